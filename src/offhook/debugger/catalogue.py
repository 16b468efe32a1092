"""The catalogue of codes: what each of Twilio's error and warning codes means, in our words, as data.

`codes.csv` beside this file is the whole list that concerns webhooks, replies and event streams: code, Twilio's short name for it, its level,
who is to blame according to Twilio (`log_type`: APPLICATION, CARRIER, TWILIO, or empty where unknown), and when it is raised.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from offhook.records import Level, Record


class Code(Record):
    """One code of the catalogue."""

    code: int
    name: str
    level: Level
    log_type: str
    raised_when: str

    @property
    def more_info(self) -> str:
        """Twilio's own page about the code."""
        return f"https://www.twilio.com/docs/errors/{self.code}"


def _read() -> Mapping[int, Code]:
    lines = Path(__file__).with_name("codes.csv").read_text(encoding="utf-8").splitlines()
    rows = (
        Code(
            code=int(row["code"]),
            name=row["name"],
            level=Level(row["level"]),
            log_type=row["log_type"],
            raised_when=row["raised_when"],
        )
        for row in csv.DictReader(lines)
    )
    return MappingProxyType({row.code: row for row in rows})


CODES: Mapping[int, Code] = _read()


def lookup(code: int) -> Code | None:
    """The catalogue's row for a code, or None when the code is not one that concerns us."""
    return CODES.get(code)
