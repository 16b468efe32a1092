"""The settings as a person reads them: by section, with where each comes from; of secrets no more than their last four characters. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from offhook.settings import SETTINGS, Secret, Setting, Settings

SECTIONS: Final = {
    "endpoint": "Where webhooks go",
    "listen": "Where they come in",
    "journal": "What is kept",
    "twilio": "Your Twilio account",
    "delivery": "Delivery",
    "streams": "Event streams",
    "alarms": "Alarms",
    "limits": "Limits",
    "logs": "Logs",
}
COLUMNS: Final = ("section", "name", "value", "source", "is_default", "meaning", "variable", "flag")
LONG_ENOUGH: Final = 12
"""Characters that a secret has before four of them may be shown."""


class SettingRow(NamedTuple):
    """One setting. `value` is fit to be shown, "" where there is none."""

    section: str
    name: str
    value: str
    source: str
    is_default: bool
    meaning: str
    variable: str
    flag: str


class Section(NamedTuple):
    """Settings that belong together."""

    name: str
    heading: str
    rows: Sequence[SettingRow]


def rows(settings: Settings) -> list[SettingRow]:
    """All settings, in the table's order."""
    return [_row(settings, each) for each in SETTINGS]


def sections(found: Sequence[SettingRow]) -> list[Section]:
    """Rows by their sections."""
    return [Section(name, SECTIONS[name], list(several)) for name, several in groupby(found, key=lambda row: row.section)]


def chosen(found: Sequence[SettingRow], words: str, *, given: bool) -> list[SettingRow]:
    """The rows in which all of these words stand; with `given` only those that somebody has set."""
    wanted = words.casefold().split()
    return [row for row in found if (not given or not row.is_default) and all(each in _text(row) for each in wanted)]


def secret_words(secret: Secret) -> str:
    """What is said of a secret: that there is one, and of a long one how it ends."""
    value = secret.reveal()
    return f"set, ends in …{value[-4:]}" if len(value) >= LONG_ENOUGH else "set"


def accounts(settings: Settings) -> list[tuple[str, str]]:
    """Each account whose webhooks are taken, and what is said of its tokens."""
    return [(each.sid or "any account", "; ".join(map(secret_words, each.auth_tokens))) for each in settings.accounts]


def shared_keys(settings: Settings) -> list[tuple[str, str, str]]:
    """Id and algorithm of each shared key, and what is said of its secret."""
    return [(each.key_id, each.algorithm, secret_words(each.secret)) for each in settings.shared_keys]


def files(settings: Settings) -> list[str]:
    """The settings files that anything was read from."""
    named = (origin.source for origin in settings.origins.values())
    return sorted({source.rpartition(": ")[0] for source in named if ": " in source})


def _row(settings: Settings, setting: Setting) -> SettingRow:
    origin = settings.origins[setting.name]
    value = "; ".join(_secrets(getattr(settings, setting.name))) if setting.secret else origin.shown
    is_default = origin.source == "default"
    return SettingRow(
        section=setting.section,
        name=setting.name,
        value=value,
        source="default" if is_default and setting.default is not None else "not set" if is_default else origin.source,
        is_default=is_default,
        meaning=setting.meaning,
        variable=", ".join((setting.variable, *setting.also)),
        flag=setting.flag,
    )


def _secrets(value: Any) -> Iterator[str]:
    for each in (value,) if isinstance(value, Secret) else value or ():
        yield secret_words(each)


def _text(row: SettingRow) -> str:
    return f"{row.name} {row.value} {row.meaning} {row.source} {row.variable}".casefold()
