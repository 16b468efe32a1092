"""How it is, in one sentence of plain words. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from offhook.console.html import ago
from offhook.console.wording import compact
from offhook.records import DebugEvent, State


class Health(NamedTuple):
    """The sentence, and whether it is `well`, `busy` or `bad`."""

    words: str
    tone: str


def health(
    counts: Mapping[str, Mapping[State, int]], breakers: Sequence[str], newest: DebugEvent | None, since: float | None, now: float
) -> Health:
    """What a person wants to know first. `newest` is the newest error of the last hour, `since` when the oldest undelivered webhook came in."""
    waiting = sum(states.get(State.WAITING, 0) + states.get(State.DELIVERING, 0) for states in counts.values())
    failed = sum(states.get(State.FAILED, 0) for states in counts.values())
    total = sum(sum(states.values()) for states in counts.values())
    if not total:
        return Health("Nothing has come in yet.", "busy")
    if waiting and (breakers or newest is not None):
        who = f"your app ({', '.join(breakers)})" if breakers else "your app"
        long = f", the oldest came in {ago(now - since)}" if since is not None else ""
        why = f" {newest.causes[0].title}" if newest is not None and newest.causes else ""
        return Health(f"{_messages(waiting)} for {who}{long}.{why}", "bad")
    if failed:
        return Health(
            f"{compact(failed)} {'message has' if failed == 1 else 'messages have'} not reached your app, and can be replayed.",
            "bad",
        )
    if waiting:
        return Health(f"{_messages(waiting)} to be delivered.", "busy")
    return Health("All is well: everything that came in has been delivered.", "well")


def _messages(count: int) -> str:
    return f"{compact(count)} {'message waits' if count == 1 else 'messages wait'}"
