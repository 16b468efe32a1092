"""The first page: how it is."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from starlette.responses import Response

from offhook.alarms.model import Firing, FiringState
from offhook.alarms.phrases import value_line
from offhook.api.shapes import webhook_row, without_credentials
from offhook.console.charts import spark
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, export
from offhook.console.figures import COLUMNS, as_data, figures
from offhook.console.history import SPANS, Span
from offhook.console.house import PageHouse
from offhook.console.html import Markup
from offhook.console.sentence import Backlog, Failing, health
from offhook.console.sentence import State as Seen
from offhook.console.visit import Visit
from offhook.errors import OffhookError
from offhook.providers.drafts import Draft
from offhook.records import DebugEvent, Issue, IssueFilter, IssueState, Level, State, WebhookFilter
from offhook.streams.carrier import SinkState
from offhook.streams.model import Sink

HOUR: Final = 3600.0
SHOWN: Final = 10
MOST_ISSUES: Final = 6
MOST_FIRINGS: Final = 20
MOST_BACKLOGS: Final = 20
"""Endpoints whose oldest waiting webhook is asked for: each is a question to the journal."""
UNRESOLVED: Final = (IssueState.OPEN, IssueState.REGRESSED)
UNDELIVERED: Final = (State.WAITING, State.DELIVERING)

Counts = Mapping[str, Mapping[State, int]]


class EndpointRow(NamedTuple):
    """An endpoint as the overview lists it. `state` is a word for the pill, `told` what that means."""

    name: str
    app: str
    state: str
    told: str
    waiting: int
    failed: int
    oldest: float | None
    last_delivered: float | None


class SinkRow(NamedTuple):
    """A sink as the overview lists it."""

    sid: str
    name: str
    kind: str
    status: str
    lag: int
    last_success_at: float | None
    failing_since: float | None
    fault: str


class IssueRow(NamedTuple):
    """An issue with its last day as a row of bars."""

    issue: Issue
    day: Markup


class FiringRow(NamedTuple):
    """An active firing, and what fired it in words."""

    firing: Firing
    value: str


async def show(visit: Visit) -> Response:
    """The overview."""
    return await _overview(visit)


async def send_test(visit: Visit) -> Response:
    """Send a message to an endpoint as the provider would."""
    name = visit.value("endpoint")
    try:
        exchange = await visit.house.send_test(
            name, Draft(sid="", account_sid="", body=visit.value("body", "Hello from Offhook"))
        )
    except OffhookError as error:
        return await _overview(visit, trouble=str(error), status=400)
    if exchange.failure is not None or not 200 <= exchange.status < 300:
        why = exchange.failure.detail or exchange.failure.kind if exchange.failure else f"it was answered with {exchange.status}"
        return await _overview(visit, trouble=f"The test message was not taken: {why}.", status=502)
    return visit.back("/", f"A test message has come in at {name}, and was answered with {exchange.status}.")


async def _overview(visit: Visit, *, trouble: str = "", status: int = 200) -> Response:
    house = visit.house
    now = house.clock.now()
    span = _span(visit.query.get("span", ""))
    if span is None:
        named = ", ".join(each.name for each in SPANS)
        span, trouble, status = SPANS[0], trouble or f"There is no such span: choose one of {named}.", 400
    counts = await house.journal.counts()
    issues, firings, sinks, webhooks, backlogs = await asyncio.gather(
        house.journal.issues(IssueFilter(states=UNRESOLVED), MOST_ISSUES, now=now),
        _firings(house),
        house.streams.sinks.all(),
        house.journal.webhooks(WebhookFilter(), SHOWN),
        backlogs_of(house, counts, now),
    )
    states = {sink.sid: house.streams.status(sink.sid) for sink in sinks}
    seen = Seen(
        total=sum(sum(each.values()) for each in counts.values()),
        failed=_total(counts, State.FAILED),
        backlogs=list(backlogs.values()),
        firings=[Failing(row.firing.alarm_name, row.firing.fired_at, f"/alarms/{row.firing.alarm_sid}") for row in firings],
        sinks=failing_sinks(sinks, states),
        problems=sum(now - issue.last_seen < HOUR and issue.level is Level.ERROR for issue in issues),
        endpoints=len(house.endpoints),
        trouble=" ".join(filter(None, house.ready().values())),
    )
    history = house.history
    shown = None if history is None else figures(span, history.parts(span))
    if shown is not None and (wanted := visit.query.get("format", "")) in FORMATS:
        return export(wanted, f"offhook-{span.name}", COLUMNS, map(as_data, shown.rows))
    return visit.page(
        "overview.html",
        "Overview",
        status=status,
        live=True,
        trouble=trouble,
        health=health(seen, now),
        is_empty=not seen.total,
        addresses=house.addresses(),
        counts={state.value: _total(counts, state) for state in State},
        spans=SPANS,
        figures=shown,
        endpoints=endpoint_rows(house, counts, backlogs),
        issues=[IssueRow(issue, spark(issue.hours, f"{sum(issue.hours)} in the last 24 hours")) for issue in issues],
        firings=firings,
        sinks=sink_rows(sinks, states),
        webhooks=[(webhook_row(webhook), webhook.received_at) for webhook in webhooks],
    )


def _span(name: str) -> Span | None:
    return SPANS[0] if not name else next((each for each in SPANS if each.name == name), None)


def _total(counts: Counts, *states: State) -> int:
    return sum(each.get(state, 0) for each in counts.values() for state in states)


async def _firings(house: PageHouse) -> list[FiringRow]:
    book = house.alarms.book
    firings = await book.firings(MOST_FIRINGS, state=FiringState.ACTIVE)
    alarms = {alarm.sid: alarm for alarm in await book.alarms()} if firings else {}
    return [
        FiringRow(firing, value_line(alarms[firing.alarm_sid], firing) if firing.alarm_sid in alarms else "")
        for firing in firings
    ]


async def backlogs_of(house: PageHouse, counts: Counts, now: float) -> dict[str, Backlog]:
    """What waits for whom, by endpoint: those that have anything waiting or are given a rest."""
    breakers = house.breakers()
    waiting = {name: sum(states.get(state, 0) for state in UNDELIVERED) for name, states in counts.items()}
    names = sorted({name for name, count in waiting.items() if count} | {name for name, rests in breakers.items() if rests})
    names.sort(key=lambda name: -waiting.get(name, 0))
    found = await asyncio.gather(*(_backlog(house, name, waiting.get(name, 0), now) for name in names[:MOST_BACKLOGS]))
    return {each.endpoint: each for each in found}


async def _backlog(house: PageHouse, name: str, waiting: int, now: float) -> Backlog:
    since = await house.journal.oldest_undelivered(name) if waiting else None
    return Backlog(name, waiting, since, house.breakers().get(name, False), await _newest_error(house, name, now))


async def _newest_error(house: PageHouse, endpoint: str, now: float) -> DebugEvent | None:
    """The newest error of an endpoint: by its issues, which are few, and not by its events, which may be far back among many."""
    for issue in await house.journal.issues(IssueFilter(endpoint=endpoint), MOST_ISSUES, now=now):
        if issue.level is Level.ERROR:
            return await house.journal.event(issue.last_event)
    return None


def endpoint_rows(house: PageHouse, counts: Counts, backlogs: Mapping[str, Backlog]) -> list[EndpointRow]:
    """The configured endpoints in the operator's order, then former ones of which something is still to be done."""
    rows = [
        _endpoint_row(house, each.name, without_credentials(each.app_url).partition("#")[0], counts, backlogs)
        for each in house.endpoints
    ]
    known = {each.name for each in house.endpoints}
    former = (name for name in sorted(counts) if name not in known)
    return rows + [
        _endpoint_row(house, name, "no longer configured", counts, backlogs)
        for name in former
        if any(counts[name].get(state) for state in (*UNDELIVERED, State.FAILED))
    ]


def _endpoint_row(house: PageHouse, name: str, app: str, counts: Counts, backlogs: Mapping[str, Backlog]) -> EndpointRow:
    backlog, states = backlogs.get(name), counts.get(name, {})
    history = house.history
    state, told = standing(backlog, states.get(State.FAILED, 0), house.clock.now())
    return EndpointRow(
        name=name,
        app=app,
        state=state,
        told=told,
        waiting=sum(states.get(each, 0) for each in UNDELIVERED),
        failed=states.get(State.FAILED, 0),
        oldest=backlog.since if backlog else None,
        last_delivered=None if history is None else history.last_delivered(name),
    )


def standing(backlog: Backlog | None, failed: int, now: float) -> tuple[str, str]:
    """How an endpoint is, in a word and in a sentence."""
    if backlog is not None and backlog.resting:
        return "resting", "Its app keeps failing: deliveries wait, and one now and then finds out whether it is back."
    if backlog is not None and backlog.waiting and backlog.since is not None and now - backlog.since > 60:
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
    """The sinks, those in trouble first."""
    rows = []
    for sink in sinks:
        state = states[sink.sid]
        fault = state.last_fault.message if state.last_fault is not None and state.failing_since is not None else ""
        rows.append(
            SinkRow(
                sink.sid,
                sink.description or sink.sid,
                sink.type,
                "failing" if state.failing_since is not None else sink.status.value,
                state.lag,
                state.last_success_at,
                state.failing_since,
                fault,
            )
        )
    return sorted(rows, key=lambda row: (row.failing_since is None, -row.lag, row.name))


ROUTES = (PageRoute("GET", "/", show), PageRoute("POST", "/test-message", send_test, audit="test message"))
