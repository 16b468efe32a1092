"""Reads and checks all settings at once, so that an operator hears of everything that is wrong in one go."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from offhook.errors import SettingsError
from offhook.settings import alarms, credentials, endpoints
from offhook.settings.alarm_keys import AlarmSettings
from offhook.settings.alarms import WAYS
from offhook.settings.kinds import spell, without_credentials
from offhook.settings.secret import Secret
from offhook.settings.sources import Given, Problems, Sources, gather, unknown_variables
from offhook.settings.starting import is_loopback
from offhook.settings.table import BY_NAME, SETTINGS, Origin, Setting, Settings


def load(flags: Mapping[str, object], environ: Mapping[str, str], path: Path | None, *, secrets: bool = True) -> Settings:
    """The settings that flags (by setting's name; None: not given), environment and file come to; without the secrets where nobody needs them.

    Raises SettingsError that names every problem: where it is, what is wrong, and what to write instead.
    """
    problems = Problems()
    sources = gather(flags, environ, path, problems)

    def read(name: str, given: Given | None) -> Any:
        setting = BY_NAME[name]
        return _interpret(setting, given if secrets or not setting.secret else None, environ, problems)

    values = {setting.name: read(setting.name, sources.first(setting.name)) for setting in SETTINGS}
    _check_pairs(values, sources, problems)
    built: dict[str, Any] = {
        "endpoints": endpoints.build(sources, values, read, problems) if values["name"] else (),
        "accounts": credentials.accounts(sources, values, environ, problems) if secrets else (),
        "shared_keys": credentials.shared_keys(sources, environ, problems) if secrets else (),
        "alarms": alarms.build(sources.alarms, sources.file, problems),
    }
    if problems:
        raise SettingsError("\n".join(problems))
    origins = {setting.name: _origin(setting, sources.first(setting.name), values[setting.name]) for setting in SETTINGS}
    warnings = (*unknown_variables(environ), *_untellable(values, built["alarms"]), *(_oddities(values) if secrets else ()))
    return Settings(**values, **built, origins=origins, warnings=warnings)


def _interpret(setting: Setting, given: Given | None, environ: Mapping[str, str], problems: Problems) -> Any:
    """The value that a setting has: checked, or the default. None (an empty tuple for lists) where there is neither."""
    several = setting.kind.word in {"secrets", "networks"}
    if given is None and setting.default is None:
        return () if several else None
    try:
        if given is None:
            return setting.kind.read(setting.default)
        if setting.secret:
            found = credentials.read(given.value, environ, literal=given.place == "environment")
            return found if several else credentials.only(found)
        return setting.kind.read(given.value)
    except ValueError as error:
        problems.add(given.where if given else setting.name, error)
        return () if several else None


def _origin(setting: Setting, given: Given | None, read: Any) -> Origin:
    """Where a setting comes from, and how it is shown: a length of time in one way, whoever wrote it as 72h and whoever as 3d."""
    if given is None:
        return Origin("" if setting.default is None else setting.default, "default")
    value = given.value
    if setting.secret:
        shown = str(Secret(""))
    elif setting.kind.word == "duration":
        shown = spell(read)
    elif setting.kind.word == "durations":
        shown = ",".join(map(spell, read))
    elif isinstance(value, list | tuple):
        shown = ",".join(map(str, value))
    else:
        shown = str(value).lower() if isinstance(value, bool) else without_credentials(str(value))
    return Origin(shown, given.where)


def _check_pairs(values: Mapping[str, Any], sources: Sources, problems: Problems) -> None:
    for one, other in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        given = sources.first(one)
        if given and values[one] and not values[other]:
            problems.add(given.where, f"it needs {other} as well: give both, or neither")


def _oddities(values: Mapping[str, Any]) -> Iterator[str]:
    if bool(values["api_key"]) != bool(values["api_secret"]):
        yield "only one of api_key and api_secret is set: replies are sent with the account's auth token, or not at all"
    if not is_loopback(values["console_host"]) and not (values["console_url"] or "").startswith("https://"):
        yield (
            f"console_host: on {values['console_host']} logins and messages cross the network in the clear: put a proxy with HTTPS before "
            "the console and name it with console_url, or set console_host to 127.0.0.1 and use a tunnel"
        )


def _untellable(values: Mapping[str, Any], alarms: Iterable[AlarmSettings]) -> Iterator[str]:
    """A sentence for each way by which alarms of the file are to be told, and that leads nowhere."""
    for key, needed, words in WAYS:
        names = [each.name for each in alarms if getattr(each, key)]
        if names and not values[needed]:
            yield f"[alarms.{names[0]}] {key}{f' (and {len(names) - 1} more)' if names[1:] else ''}: {words}"
