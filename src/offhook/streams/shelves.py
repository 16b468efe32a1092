"""The records of event streams on the journal's shelves."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from offhook.ports import Journal
from offhook.records import Kept, Marks, Record
from offhook.streams.model import PARKED
from offhook.streams.places import Place
from offhook.streams.retries import Trouble

REPLAYS = "replays"
PAGE = 1_000
Kind = TypeVar("Kind", bound=Record)


class Cursor(Record):
    """How far a subscription has come, and what is in its way. Its id on the shelf is the subscription's."""

    place: Place
    trouble: Trouble = Trouble()


class Parked(Record):
    """Events that a sink has refused for good, or that were too old when it came back: those between two places, or one of them.

    `event` is the one event's id, "" for all of a stretch. Its id sorts by when it was parked.
    """

    id: str
    subscription: str
    at: float
    code: int
    message: str
    start: Marks
    end: Marks
    event: str = ""
    type: str = ""
    rows: int = 1


class Replay(Record):
    """Events that are handed to a sink once more: all between two places, or those of the parked entries with these ids.

    `state` is `waiting`, `running`, `completed` or `failed`. `place` is how far it has come.
    """

    id: str
    sink: str
    subscription: str
    created_at: float
    place: Place
    until: Marks
    parked: tuple[str, ...] = ()
    state: str = "waiting"
    done: int = 0
    note: str = ""


def put(shelf: str, identifier: str, record: Record) -> Kept:
    """A record, to be kept."""
    return Kept(shelf=shelf, id=identifier, data=msgspec.msgpack.encode(record))


def away(shelf: str, identifier: str) -> Kept:
    """A record, to be deleted."""
    return Kept(shelf=shelf, id=identifier)


async def one(journal: Journal, shelf: str, identifier: str, kind: type[Kind]) -> Kind | None:
    """One record of a shelf."""
    data = await journal.kept_one(shelf, identifier)
    return None if data is None else msgspec.msgpack.decode(data, type=kind)


async def some(journal: Journal, shelf: str, kind: type[Kind], limit: int = PAGE, after: str = "") -> Sequence[Kind]:
    """Records of a shelf by their ids, from the lowest above `after` on."""
    found = await journal.kept(shelf, limit, after)
    return [msgspec.msgpack.decode(each.data, type=kind) for each in found if each.data is not None]


async def every(journal: Journal, shelf: str, kind: type[Kind]) -> list[Kind]:
    """All records of a shelf that has few."""
    found: list[Kind] = []
    after = ""
    while page := await journal.kept(shelf, PAGE, after):
        found += [msgspec.msgpack.decode(each.data, type=kind) for each in page if each.data is not None]
        after = page[-1].id
    return found


def parked_shelf(sink: str) -> str:
    """The shelf of what a sink has refused."""
    return f"{PARKED}/{sink}"
