"""The catalogue of codes: what each of Twilio's error and warning codes means, in our words, as data.

`codes.toml` beside this file is the whole list that concerns webhooks, replies and event streams. It is read when a code is first
asked for, and then kept: most starts, and every delivery that goes well, need none of it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from offhook.records import Level, Record


class Code(Record):
    """One code of the catalogue.

    `name` is Twilio's short name for it. `log_type` is who is to blame according to Twilio (APPLICATION, CARRIER, TWILIO, or empty
    where unknown), `product` the part of Twilio that raises it. `causes` are the likeliest first, `solutions` what to do first first.
    """

    code: int
    name: str
    level: Level
    log_type: str
    product: str
    raised_when: str
    causes: tuple[str, ...]
    solutions: tuple[str, ...]

    @property
    def more_info(self) -> str:
        """Twilio's own page about the code."""
        return page_about(self.code)


def page_about(code: int) -> str:
    """The address of Twilio's own page about a code, as Twilio writes it."""
    return f"https://www.twilio.com/docs/errors/{code}"


class _Catalogue(Mapping[int, Code]):
    """The codes in order, read at the first look."""

    def __getitem__(self, code: int) -> Code:
        return _read()[code]

    def __iter__(self) -> Iterator[int]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())


CODES: Mapping[int, Code] = _Catalogue()


def lookup(code: int) -> Code | None:
    """The catalogue's row for a code, or None when the code is not one that concerns us."""
    return CODES.get(code)


@cache
def _read() -> dict[int, Code]:
    tables = tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))
    return {int(code): msgspec.convert({"code": int(code), **table}, Code) for code, table in tables.items()}
