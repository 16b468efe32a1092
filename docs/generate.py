"""`make docs`: write the tables of the documents from the code, between `<!-- begin NAME -->` and `<!-- end NAME -->`, and the JSON Schema.

`tests/unit/test_docs.py` fails when a document differs from what this would write.
"""

# ruff: noqa: INP001, T201 - a script, not a package; and it says which files it has written.

import inspect
import io
import re
import sys
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from offhook.api.account.problems import CODES as ACCOUNT_CODES
from offhook.api.account.routes import RESOURCES
from offhook.api.doctor_shapes import schema_text
from offhook.api.problems import CODES as PROBLEMS
from offhook.api.routes import OPERATIONS
from offhook.cli.app import build
from offhook.cli.options import SettingOption
from offhook.cli.terminal import as_written
from offhook.debugger.catalogue import CODES, Code
from offhook.doctor.checks import CHECKS
from offhook.intake.limits import REFUSALS
from offhook.metrics import METRICS
from offhook.settings import SETTINGS, Setting
from offhook.settings.alarm_keys import ALARM_KEYS, AlarmKey
from offhook.simulator.chaos import KINDS
from offhook.streams.model import SinkField
from offhook.streams.registry import TYPES
from offhook.streams.sinks.table import KINDS as KINDS_OF_SINKS

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from examples.faults.gallery import faults  # noqa: E402 - a script sees its own folder only

SOURCE = DOCS.parent / "src" / "offhook"
BLOCK = re.compile(r"(<!-- begin (?P<name>[\w-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)
SECTIONS = {
    "endpoint": "Endpoints: where webhooks go, and how they are answered",
    "listen": "Listeners",
    "journal": "Journal",
    "twilio": "Twilio account",
    "delivery": "Delivery",
    "alarms": "Alarms: how people and systems are told",
    "limits": "Limits of the public listener",
    "streams": "Event streams",
    "logs": "Logs",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def plain(text: str) -> str:
    """Text in which Markdown must not take anything in angle brackets for HTML; what stands in backticks is safe already."""
    return "".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(re.split(r"(`[^`]*`)", text)))


def settings() -> str:
    """Every setting, by section."""
    return "\n".join(
        f"### {SECTIONS[section]}\n\n" + table(("setting", "kind", "default", "meaning"), map(_setting, rows))
        for section, rows in groupby(SETTINGS, key=lambda setting: setting.section)
    )


def _setting(setting: Setting) -> Sequence[str]:
    kind = " or ".join(f"`{choice}`" for choice in setting.choices) or setting.kind.word
    also = "".join(f"; also the variable `{variable}`" for variable in setting.also)
    return (f"`{setting.name}`", kind, f"`{setting.default}`" if setting.default else "", plain(setting.meaning) + also)


def checks() -> str:
    """The doctor's checks, in their order."""
    return table(("check", "what it asks"), ((f"`{each.name}`", plain(each.asks)) for each in CHECKS))


def metrics() -> str:
    """Every metric."""
    return table(
        ("metric", "kind", "labels", "meaning"),
        (
            (f"`{each.name}`", each.kind.value, ", ".join(f"`{label}`" for label in each.labels), plain(each.meaning))
            for each in METRICS
        ),
    )


def routes() -> str:
    """Every route of the private listener."""
    return table(
        ("request", "does", "parameters"),
        (
            (
                f"`{each.method} {each.path}`",
                plain(each.summary),
                ", ".join(dict.fromkeys(f"`{field.name}`" for field in (*each.query, *each.body))),
            )
            for each in OPERATIONS
        ),
    )


def parameters() -> str:
    """Every parameter of those routes."""
    meanings: dict[str, dict[str, None]] = {}
    for field in (field for each in OPERATIONS for field in (*each.query, *each.body)):
        meanings.setdefault(field.name, {})[plain(field.meaning)] = None
    return table(("parameter", "meaning"), ((f"`{name}`", " Or: ".join(found)) for name, found in meanings.items()))


def problems() -> str:
    """Every code that the API answers with."""
    return table(
        ("code", "status", "meaning"),
        ((f'<a id="{code}"></a>{code}', str(status), plain(meaning)) for code, (status, meaning) in PROBLEMS.items()),
    )


def account_routes() -> str:
    """Every path of the simulated account's API, once."""
    found = ((method, each.path, handle) for each in RESOURCES for method, handle in each.handlers.items())
    rows = ((f"`{method} {path}`", handle) for method, path, handle in found if not path.startswith("/messaging/"))
    return table(
        ("request", "does"), ((cell, plain(inspect.cleandoc(handle.__doc__ or "").splitlines()[0])) for cell, handle in rows)
    )


def account_codes() -> str:
    """Every code that the simulated account's API answers with."""
    return table(
        ("code", "status", "meaning"),
        (
            (f"[{code}](https://www.twilio.com/docs/errors/{code})", str(status), plain(meaning))
            for code, (status, meaning) in ACCOUNT_CODES.items()
        ),
    )


def refusals() -> str:
    """Every way in which the public listener says no before it has looked at a signature."""
    return table(
        ("reason", "status", "meaning"), ((f"`{each.name}`", str(each.status), plain(each.sentence)) for each in REFUSALS)
    )


def codes() -> str:
    """Every code of the catalogue that Offhook's own code names: what a debug event may carry."""
    return table(("code", "name", "level", "when"), (_code(CODES[code]) for code in sorted(codes_in_use())))


def _code(code: Code) -> Sequence[str]:
    name = f"[{code.name}](#solve-{code.code})" if code in solvable() else code.name
    return f'<a id="{code.code}"></a>[{code.code}]({code.more_info})', name, code.level, plain(code.raised_when)


def solutions() -> str:
    """What may be behind each code of webhooks and their answers, and what to do about it."""
    return "\n".join(map(_solution, solvable()))


def _solution(code: Code) -> str:
    causes = "".join(f"- {plain(cause)}\n" for cause in code.causes)
    steps = "".join(f"{number}. {plain(step)}\n" for number, step in enumerate(code.solutions, 1))
    return (
        f'### <a id="solve-{code.code}"></a>{code.code} {plain(code.name)}\n\n{plain(code.raised_when)}\n\n'
        f"Possible causes:\n\n{causes}\nWhat to do:\n\n{steps}"
    )


def solvable() -> list[Code]:
    """The codes of webhook delivery and of TwiML that answers messages, whoever raises them."""
    voice = {"Programmable Voice", "TaskRouter"}
    return [each for code, each in CODES.items() if code // 1000 in range(11, 15) and each.product not in voice]


def codes_in_use() -> set[int]:
    """The catalogue's codes that stand as numbers in the source, the API's own left out. `15_000` is a quantity, `15000` a code."""
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if "api" not in path.relative_to(SOURCE).parts)
    tokens = (token for text in texts for token in tokenize.generate_tokens(io.StringIO(text).readline))
    return {
        int(token.string) for token in tokens if token.type == tokenize.NUMBER and re.fullmatch(r"\d{5}", token.string)
    } & set(CODES)


def commands() -> str:
    """Every command with its arguments and options; flags that are settings are left to settings.md."""
    return "\n".join(_command(path, command) for path, command in leaves(build()))


def leaves(command: click.Command, path: str = "offhook") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from leaves(command.commands[name], f"{path} {name}")
    else:
        yield path, command


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    flags = [each.opts[0] for each in options if isinstance(each, SettingOption)]
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    parts = [f"### {path}\n", f"```\n{usage}\n```\n", plain(inspect.cleandoc(command.help or "")) + "\n"]
    if command.epilog:
        parts += map(_block, command.epilog.replace("\b\n", "").strip().split("\n\n"))
    if len(flags) == len(SETTINGS):
        parts.append("Takes every setting of [settings.md](settings.md) as a flag.\n")
    elif flags:
        parts.append(f"Takes these [settings](settings.md) as flags: {', '.join(f'`{flag}`' for flag in flags)}.\n")
    own = [_option(each, context) for each in options if not isinstance(each, SettingOption)]
    return "\n".join([*parts, table(("option", "meaning"), own)] if own else parts)


def _block(words: str) -> str:
    """A paragraph of a command's epilogue: its heading (that of the examples goes without saying), and its lines as they are."""
    heading, _, lines = words.partition("\n")
    block = f"```\n{textwrap.dedent(lines).strip()}\n```\n"
    return block if heading == "Examples:" else f"{heading}\n\n{block}"


def _option(option: click.Option, context: click.Context) -> Sequence[str]:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    default = f" (default: `{option.default}`)" if option.show_default else ""
    return ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts)), plain(option.help or "") + default


def fault_table() -> str:
    """The gallery of faults."""
    return table(
        ("path", "what happens", "first cause"), ((f"`/{each.path}`", plain(each.what), f"`{each.cause}`") for each in faults())
    )


def event_types() -> str:
    """Every type of event."""
    return table(
        ("type", "schema, versions", "when"),
        (
            (
                f"`{each.name}`",
                f"`{each.schema}`, {each.versions[0]}{f' to {each.latest}' if len(each.versions) > 1 else ''}",
                plain(each.description),
            )
            for each in TYPES
        ),
    )


def sink_kinds() -> str:
    """Every kind of sink with its configuration."""
    return "\n".join(
        f"### `{kind.name}`\n\n{plain(kind.meaning[:1].upper() + kind.meaning[1:])}."
        + (f" Needs `pip install offhook[{kind.extra}]`." if kind.extra else "")
        + "\n\n"
        + table(("key", "meaning", "default"), map(_sink_field, kind.fields))
        for kind in KINDS_OF_SINKS
    )


def _sink_field(field: SinkField) -> Sequence[str]:
    default = "" if field.default in (None, "") else f"`{as_written(field.default)}`"
    return (
        f"`{field.name}`",
        plain(field.meaning) + (" (secret)" if field.secret else ""),
        "required" if field.required and field.default is None else default,
    )


def chaos() -> str:
    """Every kind of chaos."""
    return table(
        ("kind", "what happens", "your app is asked"),
        ((f"`{kind}`", plain(meaning.what), "yes" if meaning.asked else "no") for kind, meaning in KINDS.items()),
    )


PARTS = {
    "watch": "What it watches: one of these",
    "threshold": "How much is too much",
    "scope": "Where",
    "told": "Who is told",
    "state": "What it is for, and how it is",
}


def alarm_keys() -> str:
    """Every key of an alarm, by what it says."""
    return "\n".join(
        f"### {heading}\n\n" + table(("key", "kind", "meaning"), (_alarm_key(key) for key in ALARM_KEYS if key.part == part))
        for part, heading in PARTS.items()
    )


def _alarm_key(key: AlarmKey) -> Sequence[str]:
    return f"`{key.name}`", ", ".join(f"`{choice}`" for choice in key.kind.choices) or key.kind.word, plain(key.meaning)


WRITERS: dict[str, Callable[[], str]] = {
    "checks": checks,
    "settings": settings,
    "metrics": metrics,
    "routes": routes,
    "parameters": parameters,
    "problems": problems,
    "account-routes": account_routes,
    "account-codes": account_codes,
    "refusals": refusals,
    "codes": codes,
    "solutions": solutions,
    "commands": commands,
    "alarm-keys": alarm_keys,
    "faults": fault_table,
    "chaos": chaos,
    "event-types": event_types,
    "sink-kinds": sink_kinds,
}


# Files that are made as a whole.
FILES: dict[str, Callable[[], str]] = {"doctor-report.schema.json": schema_text}


def written(text: str) -> str:
    """A document with each of its tables as the code has it now. Raises KeyError for a table that nobody writes."""
    return BLOCK.sub(lambda block: f"{block[1]}{WRITERS[block['name']]()}{block[3]}", text)


def main() -> None:
    """Write what has changed."""
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (fresh := written(text)) != text:
            path.write_text(fresh, encoding="utf-8")
            print(f"written: docs/{path.name}")
    for name, made in FILES.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != made():
            path.write_text(made(), encoding="utf-8")
            print(f"written: docs/{name}")


if __name__ == "__main__":
    main()
