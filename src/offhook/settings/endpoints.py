"""The endpoints: the one that `to` makes, and those of the file's `[endpoints.NAME]` tables."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from offhook.records import AnswerMode, Endpoint
from offhook.settings.sources import Given, Problems, Sources
from offhook.settings.table import BY_NAME, ENDPOINT_NAME, EVERY_ENDPOINT, WITHOUT_APP

Read = Callable[[str, Given | None], Any]


def build(sources: Sources, general: Mapping[str, Any], read: Read, problems: Problems) -> tuple[Endpoint, ...]:
    """All endpoints, the file's first. `general` holds the settings outside of tables, `read` turns a given value into a checked one.

    Where a flag or a variable says `to`, the endpoint flags and variables describe that endpoint alone; else they hold for all.
    """
    single = str(general["name"])
    named = [name for name in sources.endpoints if _usable_name(name, sources.file, problems)]
    if (sources.first("to") or general["provider"] == WITHOUT_APP) and single not in named:
        named.append(single)
    _check_overlap(single, sources, problems)
    alone = sources.first("to", "flag", "environment") is not None
    return tuple(
        endpoint
        for name in named
        if (
            endpoint := _endpoint(
                name, _chain(name, sources, single=name == single, outer=not alone or name == single), read, problems
            )
        )
    )


def _chain(name: str, sources: Sources, *, single: bool, outer: bool) -> dict[str, Given | None]:
    """What counts for one endpoint: flag, variable, its own table, the file's general key."""
    table = sources.endpoints.get(name, {})

    def own(key: str) -> Iterable[Given]:
        if key in table:
            yield Given(table[key], "file", f"{sources.file}: [endpoints.{name}] {key}")

    def chosen(key: str, *, general: bool, said: bool) -> Given | None:
        before = sources.first(key, "flag", "environment") if said else None
        after = sources.first(key, "file") if general else None
        return before or next(iter(own(key)), None) or after

    chain = {key: chosen(key, general=single, said=single) for key in ("to", "fallback", "provider")}
    return chain | {each.name: chosen(each.name, general=True, said=outer) for each in EVERY_ENDPOINT}


def _endpoint(name: str, chain: Mapping[str, Given | None], read: Read, problems: Problems) -> Endpoint | None:
    provider = read("provider", chain["provider"])
    if provider == WITHOUT_APP:
        _refuse_app(chain, problems)
    elif provider and chain["to"] is None:
        problems.add(f"[endpoints.{name}]", 'it has no app URL: write to = "https://…" in this table')
        return None
    values = {key: read(key, given) for key, given in chain.items()}
    if problems or any(values[each.name] is None for each in EVERY_ENDPOINT):
        return None
    to, fallback, answer = values.pop("to"), values.pop("fallback"), AnswerMode(values.pop("answer"))
    if provider == WITHOUT_APP:
        return Endpoint(name=name, app_url="", answer=AnswerMode.ACK, **values)
    return Endpoint(name=name, app_url=to, fallback_url=fallback, answer=answer, **values)


def _refuse_app(chain: Mapping[str, Given | None], problems: Problems) -> None:
    """An endpoint for Offhook itself hands nothing on."""
    for key in ("to", "fallback"):
        given = chain[key]
        if given is not None:
            problems.add(
                given.where,
                f"an endpoint of the provider {WITHOUT_APP} has no app, as Offhook itself reads what comes in: leave {key} out, "
                "or give the app an endpoint of its own",
            )


def _usable_name(name: str, file: str, problems: Problems) -> bool:
    if re.fullmatch(ENDPOINT_NAME, name):
        return True
    reason = (
        "that name is Offhook's own"
        if name == "_offhook"
        else "a name has lower-case letters, digits, _ and -, at most 64, a letter or digit first"
    )
    problems.add(f"{file}: [endpoints.{name}]", f"{reason}: call it something like {_near(name)}")
    return False


def _near(name: str) -> str:
    near = re.sub("[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:64]
    return near if near and name != "_offhook" else BY_NAME["name"].default or ""


def _check_overlap(single: str, sources: Sources, problems: Problems) -> None:
    table = sources.endpoints.get(single, {})
    for key in ("to", "fallback"):
        if key in table and sources.first(key, "file"):
            problems.add(f"{sources.file}: {key}", f"[endpoints.{single}] has its own {key}: keep one of the two")
    fallback = sources.first("fallback")
    if fallback and not sources.first("to") and "to" not in table:
        problems.add(fallback.where, f"there is no endpoint {single} for it: say --to as well, or name one with --name")
