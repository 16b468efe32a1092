"""What an alarm's events are mostly about: the leading code and cause within its window, with an event to look at. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from offhook.alarms.model import Alarm, Watch
from offhook.alarms.rules import Key, Scope
from offhook.alarms.window import NOTHING, RollingCount, Slots
from offhook.records import DebugEvent, Level, Record

MOST_KEYS: Final = 2_000
# Two counts of each key: to the minute for a quarter of an hour, to the quarter of an hour for a day. A window is looked up in the shorter that holds it.
_SHORT, _SHORT_SLOTS = 900, 15
_LONG, _LONG_SLOTS = 86_400, 96


class Lead(Record):
    """What leads: the most frequent code and cause, what it is called, what to do, and the latest event of that kind.

    `attempt` says whether that was about an attempt at delivery.
    """

    code: int = 0
    cause: str = ""
    title: str = ""
    steps: tuple[str, ...] = ()
    endpoint: str = ""
    event: str = ""
    attempt: bool = False


class KeptTrail(Record):
    """How often events of one key happened, as it is kept."""

    level: Level
    code: int
    twilio_code: int
    endpoint: str
    number: str
    cause: str
    lead: Lead
    short: Slots
    long: Slots


class _Trail:
    def __init__(self, lead: Lead, short: Slots = NOTHING, long: Slots = NOTHING) -> None:
        self.lead = lead
        self.short = RollingCount(_SHORT, short, most=_SHORT_SLOTS)
        self.long = RollingCount(_LONG, long, most=_LONG_SLOTS)


class Leads:
    """Counts of all keys that any alarm counts."""

    def __init__(self, kept: Iterable[KeptTrail] = ()) -> None:
        self._trails: dict[Key, _Trail] = {}
        for each in kept:
            key = Key(each.level, each.code, each.twilio_code, each.endpoint, each.number, each.cause)
            self._trails[key] = _Trail(each.lead, each.short, each.long)

    def add(self, key: Key, at: float, count: int, event: DebugEvent) -> None:
        """So many of a key at that time, one of which is this."""
        lead = lead_of(event)
        trail = self._trails.get(key)
        if trail is None:
            if len(self._trails) >= MOST_KEYS:
                self._make_room(at)
            trail = self._trails[key] = _Trail(lead)
        trail.lead = lead
        trail.short.add(at, count)
        trail.long.add(at, count)

    def leading(self, alarm: Alarm, now: float) -> Lead:
        """What the alarm has counted most within its window; of equals, what was seen first.

        Whatever an alarm measures has its reason in attempts at delivery: a refused signature or a dead sink holds no webhook up.
        """
        counts, short = Scope(alarm).counts, alarm.window <= _SHORT
        any_event = alarm.watch is Watch.EVENTS
        found: dict[tuple[int, str], tuple[int, Lead]] = {}
        for key, trail in self._trails.items():
            if counts(key) and (any_event or trail.lead.attempt):
                count = (trail.short if short else trail.long).between(now - alarm.window, now)
                before, lead = found.get((key.code, key.cause), (0, trail.lead))
                found[key.code, key.cause] = (before + count, trail.lead if count else lead)
        return max(found.values(), key=lambda each: each[0], default=(0, Lead()))[1]

    def kept(self, now: float) -> Sequence[KeptTrail]:
        """All that is still of use, to make the same of."""
        self._forget(now)
        return [
            KeptTrail(**key._asdict(), lead=trail.lead, short=trail.short.slots(), long=trail.long.slots())
            for key, trail in self._trails.items()
        ]

    def rewind(self, now: float) -> None:
        """The clock was put back to this time."""
        for trail in self._trails.values():
            trail.short.rewind(now)
            trail.long.rewind(now)

    def _forget(self, now: float) -> None:
        gone = [key for key, trail in self._trails.items() if trail.short.advance(now) + trail.long.advance(now) == 0]
        for key in gone:
            del self._trails[key]

    def _make_room(self, now: float) -> None:
        self._forget(now)
        for key in sorted(self._trails, key=lambda each: self._trails[each].long.total)[: len(self._trails) - MOST_KEYS * 3 // 4]:
            del self._trails[key]


def lead_of(event: DebugEvent) -> Lead:
    """One event as what leads."""
    cause = event.causes[0] if event.causes else None
    return Lead(
        code=event.code,
        cause=cause.name if cause else "",
        title=cause.title if cause else event.message,
        steps=cause.steps if cause else (),
        endpoint=event.endpoint,
        event=event.id,
        attempt=bool(event.attempt_id),
    )
