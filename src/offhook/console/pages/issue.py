"""The page of an issue: why, how often, what was lost by it, and what is being done about it."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.responses import Response

from offhook.api.issues import replay_lost
from offhook.api.problems import Problem
from offhook.api.shapes import body_preview
from offhook.console.doorway import PageRoute
from offhook.console.issue_view import change_to, changes
from offhook.console.pages.errors import rows
from offhook.console.trouble import NOT_CHANGED, Trouble
from offhook.console.visit import Visit
from offhook.console.volume import Volume, day_of_hours, period, volume
from offhook.console.wording import compact
from offhook.debugger.catalogue import lookup
from offhook.ports import Journal
from offhook.records import EventFilter, Issue, Webhook

SHOWN: Final = 20
MOST_COUNTED: Final = 5_000
"""Lost webhooks that are counted before a replay; of more it is said that there are more."""
AT_ONCE: Final = 500
SPANS: Final = ("24h", "7d", "30d")


class LostRow(NamedTuple):
    """A webhook that was lost, and what it says."""

    webhook: Webhook
    words: str


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit, await _issue(visit))


async def change(visit: Visit) -> Response:
    """Say what is being done about it."""
    issue, wanted = await _issue(visit), change_to(visit.value("state"))
    if wanted is None:
        return await _page(visit, issue, trouble=Trouble(NOT_CHANGED, "Choose what the issue is to be."))
    await visit.house.journal.set_issue_state(issue.id, wanted.state, now=visit.house.clock.now())
    return visit.back(f"/issues/{issue.id}", f"The issue is {wanted.done}.")


async def ask_replay(visit: Visit) -> Response:
    """What a replay would deliver: how many, and which."""
    issue = await _issue(visit)
    journal = visit.house.journal
    lost, count = await asyncio.gather(_lost(journal, issue.id, SHOWN), _count(journal, issue.id))
    said = compact(MOST_COUNTED) + "+" if count > MOST_COUNTED else compact(count)
    return visit.page(
        "issue_replay.html", "Replay what was lost", issue=issue, lost=lost, count=count, said_count=said, shown=len(lost)
    )


async def replay(visit: Visit) -> Response:
    """Have all delivered again that was lost by it."""
    issue = await _issue(visit)
    house = visit.house

    async def again(ids: Sequence[str]) -> int:
        return await house.replay(ids, delivered=False)

    count = await replay_lost(house.journal, issue.id, again)
    said = "1 message is" if count == 1 else f"{compact(count)} messages are"
    return visit.back(f"/issues/{issue.id}", f"{said} being delivered again.")


async def _issue(visit: Visit) -> Issue:
    """The issue in the path. Raises Problem 20404."""
    issue = await visit.house.journal.issue(visit.identifier, now=visit.house.clock.now())
    if issue is not None:
        return issue
    raise Problem(
        20404, f"There is no issue {visit.identifier[:50]}. It goes with the last of its errors; an id is IS and 32 hex digits."
    )


async def _page(visit: Visit, issue: Issue, *, trouble: Trouble | None = None) -> Response:
    journal, now = visit.house.journal, visit.house.clock.now()
    span = visit.query.get("span", "")
    span = span if span in SPANS else SPANS[0]
    newest, events, lost, chart = await asyncio.gather(
        journal.event(issue.last_event),
        journal.events(EventFilter(issue=issue.id), SHOWN),
        _lost(journal, issue.id, SHOWN + 1),
        _chart(journal, issue, span, now),
    )
    known = lookup(issue.code)
    causes = newest.causes if newest is not None else ()
    return visit.page(
        "issue.html",
        issue.title[:80],
        live=True,
        trouble=trouble,
        issue=issue,
        known=known,
        cause=causes[0] if causes else None,
        event=newest,
        steps=causes[0].steps if causes and causes[0].steps else known.solutions if known else (),
        changes=changes(issue.state),
        chart=chart,
        spans=SPANS,
        span=span,
        rows=rows(events),
        lost=lost[:SHOWN],
        more_lost=len(lost) > SHOWN,
        configured=any(each.name == issue.endpoint for each in visit.house.endpoints),
    )


async def _chart(journal: Journal, issue: Issue, span: str, now: float) -> Volume:
    """The last day is in the issue; of longer times its events are counted."""
    if span == SPANS[0]:
        return day_of_hours(issue.hours, now)
    over = period({}, span, now)
    return volume(await journal.event_counts(EventFilter(issue=issue.id), over.since, over.until, over.buckets), over, now)


async def _lost(journal: Journal, issue_id: str, most: int) -> list[LostRow]:
    """The first webhooks that were lost, the oldest first."""
    ids = await journal.issue_webhooks(issue_id, most)
    found = await asyncio.gather(*map(journal.webhook, ids))
    return [LostRow(each, body_preview(each)) for each in found if each is not None]


async def _count(journal: Journal, issue_id: str) -> int:
    count, after = 0, ""
    while count <= MOST_COUNTED and (ids := await journal.issue_webhooks(issue_id, AT_ONCE, after)):
        count, after = count + len(ids), ids[-1]
    return count


ROUTES = (
    PageRoute("GET", "/issues/{id}", show),
    PageRoute("POST", "/issues/{id}/state", change, audit="issue {state}"),
    PageRoute("GET", "/issues/{id}/replay", ask_replay),
    PageRoute("POST", "/issues/{id}/replay", replay, audit="replay issue"),
)
