"""The flags that say what an alarm watches and whom it tells: made from the one table of its keys."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from offhook.settings.alarm_keys import ALARM_KEYS, AlarmKey

_F = TypeVar("_F", bound=Callable[..., Any])
_METAVARS: Final[Mapping[str, str]] = {
    "codes": "CODE",
    "number": "NUMBER",
    "share": "SHARE",
    "duration": "TIME",
    "value": "VALUE",
    "names": "NAME",
    "numbers": "NUMBER",
    "mail addresses": "ADDRESS",
    "phone numbers": "NUMBER",
    "references": "REFERENCE",
    "reference": "REFERENCE",
    "url": "URL",
    "text": "TEXT",
}
# Of a new alarm it goes without saying.
_LEFT_OUT: Final = frozenset({"enabled"})
ALARM_OPTIONS: Final = tuple(key for key in ALARM_KEYS if key.name not in _LEFT_OUT)


def alarm_options(function: _F) -> _F:
    """All flags of an alarm."""
    for key in reversed(ALARM_OPTIONS):
        function = _option(key)(function)
    return function


def changed_options(function: _F) -> _F:
    """The same flags for an alarm that there is: what can be on has a flag that turns it off."""
    for key in reversed(ALARM_OPTIONS):
        function = (_option if key.kind.word != "switch" or key.watch else _switch)(key)(function)
    return function


def _switch(key: AlarmKey) -> Callable[[_F], _F]:
    return click.option(f"{key.flag}/--no-{key.flag[2:]}", key.name, default=None, help=f"{key.meaning}.")


def _option(key: AlarmKey) -> Callable[[_F], _F]:
    word = key.kind.word
    if word == "switch":
        return click.option(key.flag, key.name, is_flag=True, help=f"{key.meaning}.")
    several = word.endswith("s")
    return click.option(
        key.flag,
        key.name,
        multiple=several,
        metavar=f"[{'|'.join(key.kind.choices)}]" if key.kind.choices else _METAVARS[word],
        help=f"{key.meaning}{'; may be repeated' if several else ''}.",
    )


def keys_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the flags that were given."""
    names = {key.name for key in ALARM_OPTIONS}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name in names and value not in (None, (), False)
    }


def changes_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the flags that were given of an alarm that there is; of one that is empty, None, which means the default."""
    changes = keys_given(given)
    for key in ALARM_OPTIONS:
        value = given[key.name]
        if value is False and not key.watch:
            changes[key.name] = False
        elif value == "" or (value and isinstance(value, tuple) and not any(value)):
            changes[key.name] = None
    return changes
