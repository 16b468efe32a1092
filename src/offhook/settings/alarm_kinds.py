"""The kinds of values that only alarms have: codes, shares, the five windows, addresses to tell, references to secrets."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from offhook.settings import kinds
from offhook.settings.kinds import Kind

WINDOWS: Final[Mapping[str, float]] = MappingProxyType(
    {"5m": 300.0, "15m": 900.0, "1h": 3600.0, "12h": 43_200.0, "24h": 86_400.0}
)
"""The lengths of time that are counted in: Twilio's own five (spec: twilio-debugger §4.1)."""
MOST: Final = 50
"""How many parts a list may have."""
LONGEST: Final = 500
"""How many characters a text may have."""
_CODE: Final = re.compile(r"[1-9]\d{3,5}")
# A local part and a domain with a dot, or one name of this network; what mail servers make of the rest is up to them.
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_REFERENCE: Final = re.compile(r"(env:[A-Za-z_]\w*|file:\S(.*\S)?)", re.ASCII)


def several(read: Callable[[object], Any], word: str) -> Kind:
    """A list of such; as text, with commas. One alone need not be a list."""

    def read_all(value: object) -> tuple[Any, ...]:
        parts = value if isinstance(value, list | tuple) else str(value).split(",") if isinstance(value, str) else [value]
        given = [part.strip() if isinstance(part, str) else part for part in parts]
        if len(given) > MOST:
            raise ValueError(f"those are {len(given)}: write at most {MOST}")
        return tuple(dict.fromkeys(read(part) for part in given if part != ""))

    return Kind(word, read_all)


def codes() -> Kind:
    """Codes of errors."""

    def read(value: object) -> int:
        given = str(value)
        if isinstance(value, bool) or not _CODE.fullmatch(given) or not given.isascii():
            raise ValueError(f"{given[:20]!r} is not a code: write one of four to six digits, such as 11200")
        return int(given)

    return several(read, "codes")


def window() -> Kind:
    """One of the five windows, in seconds."""
    spelt = ", ".join(WINDOWS)

    def read(value: object) -> float:
        given = kinds.seconds(value)
        if given not in WINDOWS.values():
            raise ValueError(f"{value!r} is not a window: write one of {spelt}")
        return given

    return Kind("window", read, tuple(WINDOWS))


def share() -> Kind:
    """A part of the whole, above nothing: `10%`, or 0.1."""

    def read(value: object) -> float:
        match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*(%?)", str(value).strip(), re.ASCII)
        given = float(match[1]) / (100 if match[2] else 1) if match and not isinstance(value, bool) else 0.0
        if not 0 < given <= 1:
            raise ValueError(f"{value!r} is not a share: write 10% or 0.1, more than nothing and at most 100%")
        return given

    return Kind("share", read)


def names() -> Kind:
    """Names of things: endpoints, causes."""

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            raise ValueError(f"{str(value)[:20]!r} is not a name: write it in quotation marks, on one line")
        return value

    return several(read, "names")


def addresses() -> Kind:
    """Mail addresses."""

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > 254 or not _MAIL.fullmatch(value):
            raise ValueError(f"{str(value)[:60]!r} is not a mail address: write something like dev@example.com")
        return value

    return several(read, "mail addresses")


def phones() -> Kind:
    """Phone numbers in E.164."""

    def read(value: object) -> str:
        given = str(value)
        if not given.isascii() or not _PHONE.fullmatch(given):
            raise ValueError(
                f"{given[:20]!r} is not a phone number: write it with + and the country's code, such as +15551234567"
            )
        return given

    return several(read, "phone numbers")


def numbers() -> Kind:
    """Addresses of ours that messages come to: phone numbers, short codes, channels' addresses."""

    def read(value: object) -> str:
        given = str(value)
        if isinstance(value, bool) or len(given) > LONGEST or not given.isprintable() or not re.search(r"\d{3}", given):
            raise ValueError(
                f"{given[:20]!r} is not a number: write it as Twilio does, such as +15551234567 or whatsapp:+15551234567"
            )
        return given

    return several(read, "numbers")


def reference(value: object) -> str:
    """Where a secret is kept. Raises ValueError, of which what was written is no part: it may be the secret."""
    if not isinstance(value, str) or len(value) > LONGEST or not _REFERENCE.fullmatch(value):
        raise ValueError(
            "a secret does not belong here: write env:NAME (a variable) or file:PATH instead, so that it stays out of files, "
            "journals and process lists"
        )
    return value


def references() -> Kind:
    """Several references."""
    return several(reference, "references")


def callback() -> Kind:
    """A URL to tell, which anybody may read: no credentials in it, and no fragment."""

    def read(value: object) -> str:
        given = kinds.url().read(value)
        parts = urlsplit(given)
        if len(given) > 2000:
            raise ValueError("that URL is too long: write one of at most 2000 characters")
        if "@" in parts.netloc:
            raise ValueError(
                f"{kinds.without_credentials(given)!r} has a password in it, and this is kept with the alarm: leave it out and let "
                "webhook_secret sign instead, or give the whole URL as a reference in notify"
            )
        if parts.fragment:
            raise ValueError(f"{given!r} has a fragment, which is not sent: leave out what is behind the #")
        return str(given)

    return Kind("url", read)


def line() -> Kind:
    """A line of text."""

    def read(value: object) -> str:
        given = kinds.text().read(value)
        if len(given) > LONGEST or not given.isprintable():
            raise ValueError(f"that is too long, or not one line: write at most {LONGEST} characters")
        return str(given)

    return Kind("text", read)


def value() -> Kind:
    """What is watched, in its own unit: a number, a share or a length of time. Which it is depends on the watch, so it is read later."""

    def read(given: object) -> object:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError(  # noqa: TRY004 - what a kind raises
                f"{given!r} is not a value: write a number, a share such as 5%, or a time such as 1s"
            )
        return given

    return Kind("value", read)
