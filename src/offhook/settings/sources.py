"""Where settings are given: flags, the environment, the file. Gathers what was said, with who said it, and refuses what nobody knows."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from offhook.settings.table import BY_NAME, EVERY_ENDPOINT, SETTINGS, Setting

DEFAULT_FILE: Final = "offhook.toml"
# Variables that are no settings: which file to read, where the command line finds a running server, and what it says there who it is.
OTHER_VARIABLES: Final = ("OFFHOOK_CONFIG", "OFFHOOK_CONSOLE_URL", "OFFHOOK_CONSOLE_KEY")
TABLES: Final = ("endpoints", "accounts", "shared_keys", "alarms")
ENDPOINT_KEYS: Final = ("to", "fallback", "provider", *(each.name for each in EVERY_ENDPOINT))
# What people write for a key that has another name, too far off for a spelling check.
_ALIASES: Final = {
    "app_url": "to",
    "url": "to",
    "target": "to",
    "fallback_url": "fallback",
    "db": "database",
    "token": "auth_token",
}


class Given(NamedTuple):
    """One value as it was given: `place` is `flag`, `environment`, `file` or `default`, `where` names it for the operator."""

    value: Any
    place: str
    where: str


class Sources(NamedTuple):
    """All that was given: by setting, first in precedence first, and the file's tables."""

    by_name: Mapping[str, tuple[Given, ...]]
    endpoints: Mapping[str, Mapping[str, Any]]
    accounts: Mapping[str, Mapping[str, Any]]
    shared_keys: Mapping[str, Mapping[str, Any]]
    alarms: Mapping[str, Mapping[str, Any]]
    file: str

    def first(self, name: str, *places: str) -> Given | None:
        """The value that counts, of those given in these places (no place: in any)."""
        return next((each for each in self.by_name[name] if not places or each.place in places), None)


class Problems(dict[str, None]):
    """All that is wrong, each thing once, in the order in which it was found."""

    def add(self, where: str, what: object) -> None:
        """Note one."""
        self[f"{where}: {what}"] = None


def config_path(flag: object, environ: Mapping[str, str]) -> Path | None:
    """The file to read: the one that --config or OFFHOOK_CONFIG names, else ./offhook.toml where there is one."""
    named = flag or environ.get("OFFHOOK_CONFIG", "")
    if named:
        return Path(str(named))
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def gather(flags: Mapping[str, object], environ: Mapping[str, str], path: Path | None, problems: Problems) -> Sources:
    """Everything that was given. An empty variable counts as not given, as in a compose file's `NAME=`."""
    document = _document(path, problems)
    file = str(path or "")
    _refuse_unknown(document, (*BY_NAME, *TABLES), file, problems)
    tables = {key: _tables(document.get(key, {}), f"{file}: [{key}]", problems) for key in TABLES}
    for name, table in tables["endpoints"].items():
        _refuse_unknown(table, ENDPOINT_KEYS, f"{file}: [endpoints.{name}]", problems)
    by_name = {setting.name: tuple(_each(setting, flags, environ, (document, file))) for setting in SETTINGS}
    return Sources(by_name, **tables, file=file)


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each OFFHOOK_ variable that means nothing: another program's perhaps, or a slip, so it is not refused."""
    known = [*(setting.variable for setting in SETTINGS), *OTHER_VARIABLES]
    unknown = (name for name in environ if name.startswith("OFFHOOK_") and name not in known)
    return tuple(f"environment {name}: there is no such setting{_suggestion(name, known)}" for name in sorted(unknown))


def _each(
    setting: Setting, flags: Mapping[str, object], environ: Mapping[str, str], file: tuple[Mapping[str, Any], str]
) -> Iterable[Given]:
    if flags.get(setting.name) not in (None, ()):
        yield Given(flags[setting.name], "flag", f"flag {setting.flag}")
    for variable in (setting.variable, *setting.also):
        if environ.get(variable):
            yield Given(environ[variable], "environment", f"environment {variable}")
    document, name = file
    if setting.name in document:
        yield Given(document[setting.name], "file", f"{name}: {setting.name}")


def _document(path: Path | None, problems: Problems) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.add(str(path), f"it cannot be read ({error.strerror}): name a file that is there, or leave --config out")
    except UnicodeDecodeError:
        problems.add(str(path), "it is not UTF-8 text: save it as such")
    except tomllib.TOMLDecodeError as error:
        problems.add(str(path), f"it is not TOML ({error}): write lines such as port = 8080, and text in quotation marks")
    return {}


def _tables(value: object, where: str, problems: Problems) -> dict[str, dict[str, Any]]:
    if isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()):
        return value
    problems.add(where, f"it holds tables: write {where.rpartition(': ')[2][:-1]}.NAME] with the keys below it")
    return {}


def _refuse_unknown(keys: Iterable[str], known: Iterable[str], where: str, problems: Problems) -> None:
    names = list(known)
    for key in keys:
        if key not in names:
            problems.add(where, f"{key} is not a key{_suggestion(key, names)}")


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    alias = _ALIASES.get(name)
    near = [alias] if alias in names else difflib.get_close_matches(name.replace("-", "_"), names, n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else ": `offhook serve --help` lists them"
