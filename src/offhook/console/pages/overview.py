"""The first page: how it is."""

from starlette.responses import Response

from offhook.console.doorway import PageRoute
from offhook.console.sentence import health
from offhook.console.visit import Visit
from offhook.records import EventFilter, IssueFilter, IssueState, Level, State, WebhookFilter

HOUR = 3600.0
SHOWN = 10


async def show(visit: Visit) -> Response:
    """The overview."""
    house = visit.house
    journal, now = house.journal, house.clock.now()
    counts = await journal.counts()
    errors = await journal.events(EventFilter(level=Level.ERROR, since=now - HOUR), 1)
    totals = {state: sum(states.get(state, 0) for states in counts.values()) for state in State}
    unresolved = (IssueState.OPEN, IssueState.REGRESSED)
    said = health(counts, (), errors[0] if errors else None, await journal.oldest_undelivered(""), now)
    return visit.page(
        "overview.html",
        "Overview",
        live=True,
        health=said,
        totals=totals,
        endpoints=house.endpoints,
        counts=counts,
        issues=await journal.issues(IssueFilter(states=unresolved), SHOWN, now=now),
        webhooks=await journal.webhooks(WebhookFilter(), SHOWN),
    )


ROUTES = (PageRoute("GET", "/", show),)
