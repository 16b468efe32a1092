"""The first page: how it is."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from starlette.responses import Response

from offhook.alarms.model import Firing, FiringState
from offhook.alarms.phrases import value_line
from offhook.api.shapes import webhook_row
from offhook.console.charts import spark
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, export
from offhook.console.figures import COLUMNS, as_data, figures
from offhook.console.history import SPANS, Span
from offhook.console.house import PageHouse
from offhook.console.html import Markup
from offhook.console.overview_view import UNDELIVERED, Counts, Known, endpoint_rows, failing_sinks, sink_rows, total
from offhook.console.sentence import Backlog, Failing, health
from offhook.console.sentence import State as Seen
from offhook.console.trouble import Trouble, of_filters, trouble_of
from offhook.console.visit import Visit
from offhook.errors import OffhookError
from offhook.providers.drafts import Draft
from offhook.records import DebugEvent, Endpoint, Exchange, Issue, IssueFilter, IssueState, Level, State, Webhook, WebhookFilter
from offhook.streams.carrier import SinkState
from offhook.streams.model import Sink

HOUR: Final = 3600.0
DAY: Final = 86_400.0
SHOWN: Final = 10
MOST_ISSUES: Final = 6
MOST_FIRINGS: Final = 20
MOST_BACKLOGS: Final = 20
"""Endpoints whose oldest waiting webhook is asked for: each is a question to the journal."""
NOT_SENT: Final = "Nothing was sent"
UNRESOLVED: Final = (IssueState.OPEN, IssueState.REGRESSED)


class IssueRow(NamedTuple):
    """An issue with its last day as a row of bars."""

    issue: Issue
    day: Markup


class FiringRow(NamedTuple):
    """An active firing, and what fired it in words."""

    firing: Firing
    value: str


class Asked(NamedTuple):
    """What the charts are to show, and what was wrong with what was asked."""

    span: Span
    endpoint: str = ""
    trouble: str = ""


class Found(NamedTuple):
    """What the journal and the house's rooms know just now."""

    counts: Counts
    issues: Sequence[Issue]
    firings: Sequence[FiringRow]
    sinks: Sequence[Sink]
    webhooks: Sequence[Webhook]
    backlogs: Mapping[str, Backlog]
    states: Mapping[str, SinkState]


async def show(visit: Visit) -> Response:
    """The overview, or the numbers behind its charts as a file."""
    asked, history = read_asked(visit.query, visit.house.endpoints), visit.house.history
    wanted = visit.query.get("format", "")
    if history is None or wanted not in FORMATS or asked.trouble:
        return await _overview(visit, asked, of_filters(asked.trouble, "/"))
    rows = figures(asked.span, history.parts(asked.span, asked.endpoint)).rows
    return export(wanted, f"offhook-{asked.span.name}", COLUMNS, map(as_data, rows))


async def send_test(visit: Visit) -> Response:
    """Send a message to an endpoint as the provider would."""
    name = visit.about = visit.value("endpoint")
    draft = Draft(sid="", account_sid="", body=visit.value("body", "Hello from Offhook"))
    try:
        exchange = await visit.house.send_test(name, draft)
    except OffhookError as error:
        return await _overview(visit, Asked(SPANS[0]), trouble_of(error, NOT_SENT))
    refused = not_taken(exchange)
    if refused is not None:
        return await _overview(visit, Asked(SPANS[0]), refused)
    return visit.back("/", f"A test message has come in at {name}, and was answered with {exchange.status}.")


def not_taken(exchange: Exchange) -> Trouble | None:
    """What has become of a test message; None for one that was taken."""
    if exchange.failure is None and 200 <= exchange.status < 300:
        return None
    why = exchange.failure.detail or exchange.failure.kind if exchange.failure else f"it was answered with {exchange.status}"
    return Trouble("That has not worked", f"The test message was not taken: {why}.", 502)


def read_asked(query: Mapping[str, str], endpoints: Sequence[Endpoint]) -> Asked:
    """The span and the endpoint that a URL asks for; the first span of all endpoints where it asks for what there is not."""
    names = [each.name for each in endpoints]
    span, endpoint = query.get("span", SPANS[0].name), query.get("endpoint", "")
    found = next((each for each in SPANS if each.name == span), None)
    if found is None:
        return Asked(SPANS[0], trouble=f"There is no such span: choose one of {', '.join(each.name for each in SPANS)}.")
    if endpoint and endpoint not in names:
        return Asked(found, trouble=f"There is no such endpoint: choose one of {', '.join(names)}.")
    return Asked(found, endpoint)


async def _overview(visit: Visit, asked: Asked, trouble: Trouble | None = None) -> Response:
    house = visit.house
    now, found, history = house.clock.now(), await _look(house), house.history
    return visit.page(
        "overview.html",
        "Overview",
        live=True,
        trouble=trouble,
        asked=asked,
        health=health(_seen(house, found), now),
        is_empty=not total(found.counts, *State),
        addresses=house.addresses(),
        counts={state.value: total(found.counts, state) for state in State},
        spans=SPANS,
        figures=None if history is None else figures(asked.span, history.parts(asked.span, asked.endpoint)),
        endpoints=endpoint_rows(house.endpoints, Known(found.counts, found.backlogs, last_delivered(house), now)),
        names=[each.name for each in house.endpoints],
        issues=[IssueRow(issue, spark(issue.hours, f"{sum(issue.hours)} in the last 24 hours")) for issue in found.issues],
        firings=found.firings,
        sinks=sink_rows(found.sinks, found.states),
        webhooks=[(webhook_row(webhook), webhook.received_at) for webhook in found.webhooks],
    )


async def _look(house: PageHouse) -> Found:
    """Ask for everything at once. Raises JournalError."""
    now, counts = house.clock.now(), await house.journal.counts()
    issues, firings, sinks, webhooks, backlogs = await asyncio.gather(
        house.journal.issues(IssueFilter(states=UNRESOLVED), MOST_ISSUES, now=now),
        _firings(house),
        house.streams.sinks.all(),
        house.journal.webhooks(WebhookFilter(), SHOWN),
        backlogs_of(house, counts, now),
    )
    states = {sink.sid: house.streams.status(sink.sid) for sink in sinks}
    return Found(counts, issues, firings, sinks, webhooks, backlogs, states)


def _seen(house: PageHouse, found: Found) -> Seen:
    now = house.clock.now()
    firings = [row.firing for row in found.firings]
    leading = next((issue for issue in found.issues if issue.level is Level.ERROR), None)
    return Seen(
        total=total(found.counts, *State),
        failed=total(found.counts, State.FAILED),
        backlogs=list(found.backlogs.values()),
        firings=[Failing(each.alarm_name, each.fired_at, f"/alarms/{each.alarm_sid}") for each in firings],
        sinks=failing_sinks(found.sinks, found.states),
        problems=sum(now - issue.last_seen < HOUR and issue.level is Level.ERROR for issue in found.issues),
        leading=(leading.title, f"/issues/{leading.id}") if leading is not None else ("", ""),
        endpoints=len(house.endpoints),
        trouble=" ".join(filter(None, house.ready().values())),
    )


def last_delivered(house: PageHouse) -> Callable[[str], float | None]:
    """When an endpoint last took something, by its name."""
    return house.history.last_delivered if house.history is not None else lambda _: None


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
    event = await _newest_error(house, name, now - DAY if since is None else since)
    return Backlog(name, waiting, since, house.breakers().get(name, False), event)


async def _newest_error(house: PageHouse, endpoint: str, since: float) -> DebugEvent | None:
    """The newest error of an endpoint since then: by its issues, which are few, and not by its events, which may be far back among many."""
    for issue in await house.journal.issues(IssueFilter(endpoint=endpoint), MOST_ISSUES, now=house.clock.now()):
        if issue.level is Level.ERROR and issue.last_seen >= since:
            return await house.journal.event(issue.last_event)
    return None


ROUTES = (PageRoute("GET", "/", show), PageRoute("POST", "/test-message", send_test, audit="test message"))
