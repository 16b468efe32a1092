"""The page of an error: what happened, why, what to do, and the buttons for it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from offhook.api.problems import Problem
from offhook.api.webhooks import SENDABLE
from offhook.console.doorway import PageRoute
from offhook.console.error_alarm import watching
from offhook.console.error_view import view
from offhook.console.pages.errors import rows
from offhook.console.remedies import About, elsewhere, steps
from offhook.console.trouble import NOT_CHANGED, Trouble
from offhook.console.visit import Visit
from offhook.console.volume import day_of_hours
from offhook.console.wording import compact
from offhook.debugger.catalogue import lookup
from offhook.ports import Journal
from offhook.records import DebugEvent, EventFilter, Issue, Reply, WebhookStory
from offhook.stores.grouping import issue_of

SIMILAR: Final = 6


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit, await _event(visit))


async def replay(visit: Visit) -> Response:
    """Have the webhook delivered again that the error is about."""
    event = await _event(visit)
    if not event.webhook_id or not await visit.house.replay([event.webhook_id], delivered=False):
        return await _page(visit, event, _unchanged("The message is on its way already, or has been delivered."))
    visit.about = event.webhook_id
    return visit.back(f"/errors/{event.id}", "The message is being delivered again.")


async def hasten(visit: Visit) -> Response:
    """Have all tried now that waits at the endpoint."""
    event = await _event(visit)
    if all(each.name != event.endpoint for each in visit.house.endpoints):
        return await _page(visit, event, _unchanged("The endpoint is no longer configured."))
    count = await visit.house.hasten(event.endpoint)
    visit.about = event.endpoint
    said = "1 message is tried now." if count == 1 else f"{compact(count)} messages are tried now."
    return visit.back(f"/errors/{event.id}", said if count else "Nothing waits for a later try.")


async def send_reply(visit: Visit) -> Response:
    """Have the reply sent after all that the error is about."""
    journal = visit.house.journal
    event = await _event(visit)
    story = await journal.story(event.webhook_id) if event.webhook_id else None
    reply = await _reply(journal, event, story)
    if reply is None or reply.state not in SENDABLE or not await visit.house.send_reply(reply.id):
        return await _page(visit, event, _unchanged("There is no reply that can be sent."))
    visit.about = reply.id
    return visit.back(f"/errors/{event.id}", "The reply is being sent.")


def _unchanged(why: str) -> Trouble:
    return Trouble(NOT_CHANGED, why, 409)


async def _page(visit: Visit, event: DebugEvent, trouble: Trouble | None = None) -> Response:
    house, now = visit.house, visit.house.clock.now()
    journal = house.journal
    issue_id = issue_of(event)
    story, issue, near, lost, alarms = await asyncio.gather(
        _story(journal, event),
        _issue(journal, issue_id, now),
        journal.events(EventFilter(issue=issue_id) if issue_id else EventFilter(code=event.code), SIMILAR),
        _lost(journal, issue_id, event.webhook_id),
        house.alarms.book.alarms(),
    )
    about = About(
        event=event,
        code=lookup(event.code),
        issue=issue,
        others_lost=lost,
        webhook=story.webhook if story is not None else None,
        reply=await _reply(journal, event, story),
        configured=any(each.name == event.endpoint for each in house.endpoints),
    )
    return visit.page(
        "error.html",
        f"{event.code}: {event.message[:60]}",
        live=True,
        trouble=trouble,
        event=event,
        view=await asyncio.to_thread(view, event, story),  # a story may hold megabytes of evidence
        steps=steps(about),
        elsewhere=elsewhere(about),
        webhook=about.webhook,
        issue=issue,
        chart=None if issue is None else day_of_hours(issue.hours, now),
        similar=rows([each for each in near if each.id != event.id][: SIMILAR - 1]),
        watching=watching(alarms, event, now),
    )


async def _story(journal: Journal, event: DebugEvent) -> WebhookStory | None:
    return await journal.story(event.webhook_id) if event.webhook_id else None


async def _issue(journal: Journal, issue_id: str, now: float) -> Issue | None:
    return await journal.issue(issue_id, now=now) if issue_id else None


async def _lost(journal: Journal, issue_id: str, webhook_id: str) -> bool:
    """Whether other webhooks were lost by the same issue."""
    found: Sequence[str] = await journal.issue_webhooks(issue_id, 2) if issue_id else ()
    return any(each != webhook_id for each in found)


async def _reply(journal: Journal, event: DebugEvent, story: WebhookStory | None) -> Reply | None:
    """The reply that the error is about: the one that it names, or the first of the webhook's that can still be sent."""
    if event.reply_id:
        return await journal.reply(event.reply_id)
    return next((each for each in story.replies if each.state in SENDABLE), None) if story is not None else None


async def _event(visit: Visit) -> DebugEvent:
    """The error in the path. Raises Problem 20404."""
    event = await visit.house.journal.event(visit.identifier)
    if event is not None:
        return event
    raise Problem(
        20404,
        f"There is no error {visit.identifier[:50]}. It may have been deleted with its webhook; an id is NO and 32 hex digits.",
    )


ROUTES = (
    PageRoute("GET", "/errors/{id}", show),
    PageRoute("POST", "/errors/{id}/replay", replay, audit="replay"),
    PageRoute("POST", "/errors/{id}/hasten", hasten, audit="hasten"),
    PageRoute("POST", "/errors/{id}/reply", send_reply, audit="send reply"),
)
