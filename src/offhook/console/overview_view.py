"""How endpoints and sinks are, as the overview lists them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from offhook.api.shapes import without_credentials
from offhook.console.sentence import SOON, Backlog, Failing
from offhook.records import Endpoint, State
from offhook.streams.carrier import SinkState
from offhook.streams.model import Sink

UNDELIVERED: Final = (State.WAITING, State.DELIVERING)
Counts = Mapping[str, Mapping[State, int]]


class EndpointRow(NamedTuple):
    """An endpoint. `state` is a word for the pill, `told` what that means; `app` is its app's URL without credentials."""

    name: str
    app: str
    state: str
    told: str
    waiting: int
    failed: int
    oldest: float | None
    last_delivered: float | None


class SinkRow(NamedTuple):
    """A sink. `lag` is in rows of the journal, `fault` is what is wrong just now."""

    sid: str
    name: str
    kind: str
    status: str
    lag: int
    last_success_at: float | None
    failing_since: float | None
    fault: str


class Known(NamedTuple):
    """What is known of endpoints: counts by state, what waits, when something was last delivered, and the time."""

    counts: Counts
    backlogs: Mapping[str, Backlog]
    last_delivered: Callable[[str], float | None]
    now: float


def total(counts: Counts, *states: State) -> int:
    """How many webhooks of all endpoints are in one of these states."""
    return sum(each.get(state, 0) for each in counts.values() for state in states)


def endpoint_rows(endpoints: Sequence[Endpoint], known: Known) -> list[EndpointRow]:
    """The configured endpoints in the operator's order, then former ones of which something is still to be done."""
    rows = [_endpoint_row(each.name, without_credentials(each.app_url).partition("#")[0], known) for each in endpoints]
    configured = {each.name for each in endpoints}
    for name, states in sorted(known.counts.items()):
        if name not in configured and any(states.get(state) for state in (*UNDELIVERED, State.FAILED)):
            rows.append(_endpoint_row(name, "no longer configured", known))
    return rows


def standing(backlog: Backlog | None, failed: int, now: float) -> tuple[str, str]:
    """How an endpoint is, in a word and in a sentence."""
    if backlog is not None and backlog.resting:
        return "resting", "Its app keeps failing: deliveries wait, and one now and then finds out whether it is back."
    if backlog is not None and backlog.waiting and backlog.since is not None and now - backlog.since > SOON:
        return "behind", "Webhooks wait for its app."
    if failed:
        return "lost some", "Some webhooks have not reached its app; they can be replayed."
    return "well", "Everything that came in has been delivered."


def failing_sinks(sinks: Sequence[Sink], states: Mapping[str, SinkState]) -> list[Failing]:
    """The sinks that do not take events just now."""
    return [
        Failing(sink.description or sink.sid, since, f"/streams/{sink.sid}")
        for sink in sinks
        if (since := states[sink.sid].failing_since) is not None
    ]


def sink_rows(sinks: Sequence[Sink], states: Mapping[str, SinkState]) -> list[SinkRow]:
    """The sinks, those in trouble first, then those that are furthest behind."""
    rows = [_sink_row(sink, states[sink.sid]) for sink in sinks]
    return sorted(rows, key=lambda row: (row.failing_since is None, -row.lag, row.name))


def _endpoint_row(name: str, app: str, known: Known) -> EndpointRow:
    backlog, states = known.backlogs.get(name), known.counts.get(name, {})
    failed = states.get(State.FAILED, 0)
    state, told = standing(backlog, failed, known.now)
    return EndpointRow(
        name=name,
        app=app,
        state=state,
        told=told,
        waiting=sum(states.get(each, 0) for each in UNDELIVERED),
        failed=failed,
        oldest=backlog.since if backlog else None,
        last_delivered=known.last_delivered(name),
    )


def _sink_row(sink: Sink, state: SinkState) -> SinkRow:
    is_failing = state.failing_since is not None
    return SinkRow(
        sid=sink.sid,
        name=sink.description or sink.sid,
        kind=sink.type,
        status="failing" if is_failing else sink.status.value,
        lag=state.lag,
        last_success_at=state.last_success_at,
        failing_since=state.failing_since,
        fault=state.last_fault.message if is_failing and state.last_fault is not None else "",
    )
