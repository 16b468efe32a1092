"""How it is, in one sentence of plain words. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from offhook.console.wording import compact
from offhook.records import DebugEvent

SOON: Final = 60.0
"""Seconds for which a webhook may be on its way before that is worth a word."""
_SHOWS: Final = {
    11201: "has not been reachable",
    11202: "has refused connections",
    11203: "has been too slow to answer",
    11205: "has given no answer",
    11206: "has answered with what is not HTTP",
    11210: "has had a host name that is not found",
    11215: "has redirected in circles",
    11216: "has redirected to where nobody can follow",
    11220: "has failed at encryption (TLS)",
    11235: "has had a certificate for another name",
    11236: "has had an expired certificate",
    11237: "has had a certificate that nobody vouches for",
}


class At(NamedTuple):
    """A time within a sentence: shown in the viewer's zone."""

    at: float

    def __str__(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).strftime("%H:%M UTC")


Words = Sequence[str | At]


class Backlog(NamedTuple):
    """What waits for the app of an endpoint: how many, since when the oldest, whether the app is given a rest, and its newest error."""

    endpoint: str
    waiting: int
    since: float | None = None
    resting: bool = False
    event: DebugEvent | None = None


class Failing(NamedTuple):
    """Something that has a name and has been in trouble since a time."""

    name: str
    since: float


class State(NamedTuple):
    """All that the sentence is made from. `problems` are the unresolved issues that were seen lately, `trouble` what is wrong with Offhook itself."""

    total: int
    failed: int = 0
    backlogs: Sequence[Backlog] = ()
    firings: Sequence[Failing] = ()
    sinks: Sequence[Failing] = ()
    problems: int = 0
    endpoints: int = 1
    trouble: str = ""


class Health(NamedTuple):
    """The sentence (and those that follow it), and whether it is `well`, `busy` or `bad`."""

    parts: Words
    tone: str

    @property
    def words(self) -> str:
        """The whole as text, times in UTC."""
        return "".join(map(str, self.parts))


def health(state: State, now: float) -> Health:
    """What a person wants to know first; the worst comes first."""
    said: list[Words] = []
    stuck = [each for each in state.backlogs if each.resting or (each.waiting and _is_late(each, now))]
    if state.trouble:
        said.append(["Offhook itself is in trouble: ", state.trouble.rstrip("."), "."])
    if stuck:
        said.append(_stuck(max(stuck, key=lambda each: each.waiting), stuck, state.endpoints))
    if state.failed:
        said.append(_lost(state.failed))
    said += _others(state)
    if said:
        return Health(_joined(said), "bad")
    if not state.total:
        return Health(["Nothing has come in yet."], "busy")
    waiting = sum(each.waiting for each in state.backlogs)
    if state.problems:
        problems = "one problem" if state.problems == 1 else f"{compact(state.problems)} problems"
        return Health([f"Nothing is lost, but {problems} came up in the last hour."], "busy")
    if waiting:
        return Health([f"All is well: {_messages(waiting)} on the way, everything else has been delivered."], "well")
    return Health(["All is well: everything that came in has been delivered."], "well")


def _is_late(backlog: Backlog, now: float) -> bool:
    return backlog.since is not None and now - backlog.since > SOON


def _stuck(worst: Backlog, stuck: Sequence[Backlog], endpoints: int) -> Words:
    app = "your app" if endpoints == 1 else f"the app behind {worst.endpoint}"
    shows = shown(worst.event) if worst.event is not None else ""
    since: Words = [] if worst.since is None else [" since ", At(worst.since)]
    if not worst.waiting:
        said: Words = [f"{app[0].upper()}{app[1:]} {shows or 'has failed'}, and is being given a rest."]
    else:
        verb = "waits" if worst.waiting == 1 else "wait"
        who = f"{_messages(worst.waiting)} {verb} for {app}"
        said = [f"{who}, which {shows}", *since, "."] if shows else [who, *since, "."]
    others = sum(each.waiting for each in stuck) - worst.waiting
    more: Words = [f" {_messages(others)} more for {'another endpoint' if len(stuck) == 2 else 'other endpoints'}."] if others else []
    cause = worst.event.causes[0].title if worst.event is not None and worst.event.causes else ""
    return [*said, *more, *([f" {cause.rstrip('.')}."] if cause else [])]


def shown(event: DebugEvent) -> str:
    """What an app has done wrong, as what follows on "which": "has answered 502"."""
    status = str(event.details.get("httpResponse", ""))
    return _SHOWS.get(event.code, "") or (f"has answered {status}" if status.isdecimal() else "")


def _lost(failed: int) -> Words:
    if failed == 1:
        return ["1 message has not reached your app: it can be replayed."]
    return [f"{compact(failed)} messages have not reached your app: they can be replayed."]


def _others(state: State) -> list[Words]:
    """Alarms and sinks: the one, or how many."""
    said: list[Words] = []
    if len(state.firings) == 1:
        said.append([f"The alarm {state.firings[0].name} has fired at ", At(state.firings[0].since), "."])
    elif state.firings:
        said.append([f"{len(state.firings)} alarms fire."])
    if len(state.sinks) == 1:
        said.append([f"Events have not got through to {state.sinks[0].name} since ", At(state.sinks[0].since), "."])
    elif state.sinks:
        said.append([f"Events do not get through to {len(state.sinks)} sinks."])
    return said


def _joined(said: Sequence[Words]) -> Words:
    return [part for place, words in enumerate(said) for part in ([" ", *words] if place else words)]


def _messages(count: int) -> str:
    return f"{compact(count)} {'message' if count == 1 else 'messages'}"
