"""How it is, in one sentence of plain words, and what there is to say besides. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import quote

from offhook.console.wording import compact
from offhook.records import DebugEvent

WHY: Final = "See why, and what to do"
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
    """Something that has a name and has been in trouble since a time; its page is at `href`."""

    name: str
    since: float
    href: str = ""


class State(NamedTuple):
    """All that the sentence is made from. `problems` are the unresolved issues that were seen lately, `leading` the last seen of all of them
    as its title and its page; `trouble` is what is wrong with Offhook itself.
    """  # noqa: D205 - one sentence

    total: int
    failed: int = 0
    backlogs: Sequence[Backlog] = ()
    firings: Sequence[Failing] = ()
    sinks: Sequence[Failing] = ()
    problems: int = 0
    leading: tuple[str, str] = ("", "")
    endpoints: int = 1
    trouble: str = ""


class Sentence(NamedTuple):
    """One sentence, and where more of it is to be seen."""

    parts: Words
    href: str = ""
    label: str = ""

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


class Health(NamedTuple):
    """The sentence, those that follow it, and whether it is `well`, `busy` or `bad`."""

    first: Sentence
    tone: str
    more: Sequence[Sentence] = ()

    @property
    def words(self) -> str:
        """The whole as text, times in UTC."""
        return " ".join(map(str, (self.first, *self.more)))


def health(state: State, now: float) -> Health:
    """What a person wants to know first; the worst comes first."""
    said: list[Sentence] = []
    stuck = [each for each in state.backlogs if each.resting or (each.waiting and _is_late(each, now))]
    if state.trouble:
        said.append(Sentence(["Offhook itself is in trouble: ", state.trouble.rstrip("."), "."], "/readyz", "What is wrong"))
    if stuck:
        said += _stuck(max(stuck, key=lambda each: each.waiting), stuck, state.endpoints)
    if state.failed:
        said.append(_lost(state.failed))
        title, href = state.leading
        if title and not any(each.event for each in stuck):
            said.append(Sentence([f"{title.rstrip('.')}."], href, WHY))
    said += _others(state)
    if said:
        return Health(said[0], "bad", said[1:])
    return _not_bad(state)


def _not_bad(state: State) -> Health:
    if not state.total:
        return Health(Sentence(["Nothing has come in yet."]), "busy")
    if state.problems:
        problems = "one problem" if state.problems == 1 else f"{compact(state.problems)} problems"
        said = f"Nothing is lost, but {problems} came up in the last hour."
        return Health(Sentence([said], "/issues", "See what"), "busy")
    waiting = sum(each.waiting for each in state.backlogs)
    if waiting:
        verb = "is" if waiting == 1 else "are"
        return Health(Sentence([f"All is well: {_messages(waiting)} {verb} on the way, all others have been delivered."]), "well")
    return Health(Sentence(["All is well: everything that came in has been delivered."]), "well")


def _is_late(backlog: Backlog, now: float) -> bool:
    return backlog.since is not None and now - backlog.since > SOON


def _stuck(worst: Backlog, stuck: Sequence[Backlog], endpoints: int) -> list[Sentence]:
    app = "your app" if endpoints == 1 else f"the app behind {worst.endpoint}"
    shows = shown(worst.event) if worst.event is not None else ""
    since: Words = [] if worst.since is None else [" since ", At(worst.since)]
    if worst.waiting:
        who = f"{_messages(worst.waiting)} {'waits' if worst.waiting == 1 else 'wait'} for {app}"
        parts: Words = [f"{who}, which {shows}", *since, "."] if shows else [who, *since, "."]
    else:
        parts = [f"{app[0].upper()}{app[1:]} {shows or 'has failed'}, and is being given a rest."]
    said = [Sentence(parts, f"/webhooks?state=waiting&endpoint={quote(worst.endpoint)}", "See what waits")]
    if worst.event is not None and worst.event.causes:
        cause = worst.event.causes[0].title.rstrip(".")
        said.append(Sentence([f"{cause}."], f"/errors/{worst.event.id}", WHY))
    others = sum(each.waiting for each in stuck) - worst.waiting
    if others:
        where = "another endpoint" if len(stuck) == 2 else "other endpoints"
        said.append(
            Sentence(
                [f"{_messages(others)} more {'waits' if others == 1 else 'wait'} for {where}."], "/endpoints", "See the endpoints"
            )
        )
    return said


def shown(event: DebugEvent) -> str:
    """What an app has done wrong, as what follows on "which": "has answered 502"."""
    status = str(event.details.get("httpResponse", ""))
    return _SHOWS.get(event.code, "") or (f"has answered {status}" if status.isdecimal() else "")


def _lost(failed: int) -> Sentence:
    said = (
        "1 message has not reached your app: it can be replayed."
        if failed == 1
        else f"{compact(failed)} messages have not reached your app: they can be replayed."
    )
    return Sentence([said], "/webhooks?state=failed", "See and replay")


def _others(state: State) -> list[Sentence]:
    """Alarms and sinks: the one, or how many."""
    said: list[Sentence] = []
    if len(state.firings) == 1:
        one = state.firings[0]
        said.append(Sentence([f"The alarm {one.name} has been firing since ", At(one.since), "."], one.href, "See the alarm"))
    elif state.firings:
        said.append(Sentence([f"{len(state.firings)} alarms are firing."], "/alarms", "See the alarms"))
    if len(state.sinks) == 1:
        one = state.sinks[0]
        said.append(Sentence([f"Events have not got through to {one.name} since ", At(one.since), "."], one.href, "See the sink"))
    elif state.sinks:
        said.append(Sentence([f"Events do not get through to {len(state.sinks)} sinks."], "/streams", "See the sinks"))
    return said


def _messages(count: int) -> str:
    return f"{compact(count)} {'message' if count == 1 else 'messages'}"
