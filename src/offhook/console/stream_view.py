"""What the pages of event streams show, made of sinks and how they are doing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from offhook.console.html import ago
from offhook.console.questions import sentence
from offhook.console.wording import compact, duration
from offhook.records import DebugEvent
from offhook.streams.carrier import SinkState
from offhook.streams.model import Sink, SinkStatus, Subscription
from offhook.streams.shelves import Parked, Replay

STATES: Final = ("active", "failing", "idle", "validating", "initialized", "failed")
FAULT_CODES: Final = (91302, 91303, 91304, 91305, 91306, 91307, 91308)
"""Of debug events about sinks."""
UNDER_WAY: Final = frozenset({"waiting", "running"})


class SinkRow(NamedTuple):
    """A sink in the list. `state` is a word for the pill, `types` how many types of events go there."""

    sink: Sink
    state: str
    doing: SinkState
    types: int
    fault: str


class Told(NamedTuple):
    """How a sink is in a sentence, and whether that is `well`, `busy` or `bad`."""

    words: str
    tone: str


def state_of(sink: Sink, subscription: Subscription | None, doing: SinkState) -> str:
    """How a sink is, in a word: what is wrong before what is usual."""
    if doing.failing_since is not None:
        return "failing"
    if sink.status is not SinkStatus.ACTIVE:
        return sink.status.value
    return "active" if subscription is not None else "idle"


def sink_rows(sinks: Iterable[Sink], subscriptions: Mapping[str, Subscription], doing: Mapping[str, SinkState]) -> list[SinkRow]:
    """The list, those in trouble first."""
    rows = []
    for sink in sinks:
        subscription, state = subscriptions.get(sink.sid), doing[sink.sid]
        fault = state.last_fault.message if state.last_fault is not None and state.failing_since is not None else ""
        types = len(subscription.types) if subscription is not None else 0
        rows.append(SinkRow(sink, state_of(sink, subscription, state), state, types, fault))
    return sorted(rows, key=lambda row: (row.doing.failing_since is None, row.state == "active", -row.doing.lag))


def told(sink: Sink, subscription: Subscription | None, doing: SinkState, now: float) -> Told:
    """How a sink is, in a sentence."""
    if doing.failing_since is not None:
        fault = f": {sentence(doing.last_fault.message)}" if doing.last_fault is not None else "."
        again = f" It is tried again {ago(now - doing.retry_at)}." if doing.retry_at is not None and doing.retry_at > now else ""
        return Told(f"It has taken nothing for {duration(now - doing.failing_since)}{fault}{again}", "bad")
    if sink.status is SinkStatus.FAILED:
        why = f": {sentence(doing.last_fault.message)}" if doing.last_fault is not None else "."
        return Told(f"It has refused the test event{why} Mend that, and send another test.", "bad")
    if sink.status is not SinkStatus.ACTIVE:
        return Told("It is not active yet: send it a test event. When it takes that, events can go there.", "busy")
    if subscription is None:
        return Told("Nothing goes there yet: choose which events are to.", "busy")
    if doing.parked:
        return Told(f"It takes events, and has refused {compact(doing.parked)}: they are put aside below.", "busy")
    if doing.lag:
        return Told(f"It is {compact(doing.lag)} {'row' if doing.lag == 1 else 'rows'} of the journal behind.", "busy")
    return Told("All is well: every event has been handed over.", "well")


def faults_of(sink: Sink, events: Iterable[DebugEvent], most: int) -> list[DebugEvent]:
    """The newest debug events about a sink."""
    mine = [event for event in events if event.resource_sid == sink.sid]
    return sorted(mine, key=lambda event: event.id, reverse=True)[:most]


def replay_words(replay: Replay) -> str:
    """What is delivered again, in words."""
    return "what was put aside" if replay.parked else "events of a time"


def parked_row(entry: Parked) -> str:
    """What is put aside, in words."""
    if entry.event:
        return entry.type or entry.event
    return f"all events of {compact(entry.rows)} {'row' if entry.rows == 1 else 'rows'} of the journal"


def configuration_rows(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A configuration as names and values for people."""
    rows = []
    for name, value in shown.items():
        text = ", ".join(f"{key}: {each}" for key, each in value.items()) if isinstance(value, Mapping) else value
        rows.append((name.replace("_", " "), {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(text)))
    return rows


def export_rows(details: Sequence[Mapping[str, Any]], rows: Iterable[SinkRow]) -> list[dict[str, Any]]:
    """The list as a file: all that the API says of each, and its state in a word."""
    by_sid = {detail["sid"]: detail for detail in details}
    return [{**by_sid[row.sink.sid], "state": row.state} for row in rows if row.sink.sid in by_sid]
