"""One webhook: what came in, what was answered, every attempt with its phases, and what can be done about it."""

import asyncio
from typing import NamedTuple

from starlette.responses import Response

from offhook.api.fields import WEBHOOK_FILTERS, read_fields, webhook_filter
from offhook.api.problems import Problem
from offhook.api.shapes import without_credentials
from offhook.api.webhooks import REPLAYABLE
from offhook.console.doorway import PageRoute
from offhook.console.inspector import MOST_ATTEMPTS, SENDABLE, Entry, Facts, facts, timeline
from offhook.console.listing import filter_words, kept_query
from offhook.console.neighbours import around, conversation
from offhook.console.snippets import Snippet, snippets
from offhook.console.trouble import NOT_CHANGED, Trouble, of_filters
from offhook.console.visit import Visit
from offhook.console.waterfall import PHASES
from offhook.console.wording import masked
from offhook.delivery import destination
from offhook.records import Endpoint, State, Webhook, WebhookFilter, WebhookStory


class Inside(NamedTuple):
    """What a page shows of a story, made in a thread: a story may hold megabytes of evidence."""

    facts: Facts
    entries: list[Entry]
    snippets: list[Snippet]


async def show(visit: Visit) -> Response:
    """The request inspector."""
    return await inspected(visit)


async def inspected(visit: Visit, trouble: Trouble | None = None) -> Response:
    """The page of a webhook, with what has gone wrong where a change could not be made."""
    journal = visit.house.journal
    story = await journal.story(visit.identifier)
    if story is None:
        raise no_webhook(visit.identifier)
    webhook = story.webhook
    where, keep, told = _list_of(visit)
    inside, near, bubbles = await asyncio.gather(
        asyncio.to_thread(_inside, story, endpoint_of(visit, webhook)),
        around(journal, webhook, where),
        conversation(journal, webhook),
    )
    return visit.page(
        "webhook.html",
        f"{inside.facts.name.capitalize()} from {masked(webhook.sender)}" if webhook.sender else f"A {inside.facts.name}",
        live=True,
        trouble=trouble or of_filters(told, visit.request.url.path, status=200),
        webhook=webhook,
        inside=inside,
        near=near,
        keep=f"?{keep}" if keep else "",
        list_words=filter_words(where),
        bubbles=bubbles,
        phases=PHASES,
        most_attempts=MOST_ATTEMPTS,
        sendable=SENDABLE,
        can_replay=webhook.state in REPLAYABLE,
        can_dismiss=webhook.state is State.FAILED,
        next_at=webhook.due if webhook.state is State.WAITING and webhook.due else None,
    )


def _inside(story: WebhookStory, endpoint: Endpoint | None) -> Inside:
    webhook = story.webhook
    url = endpoint.app_url if endpoint is not None and endpoint.app_url else webhook.url
    made = destination.call(webhook, without_credentials(url).partition("#")[0])
    return Inside(facts(webhook), timeline(story), snippets(webhook, made))


def _list_of(visit: Visit) -> tuple[WebhookFilter, str, str]:
    """The list that the page was opened from, as its URL says; all webhooks where that cannot be read."""
    given = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "said"]
    try:
        return webhook_filter(read_fields(WEBHOOK_FILTERS, given)), kept_query(tuple(given)), ""
    except Problem as problem:
        return WebhookFilter(), "", str(problem)


def endpoint_of(visit: Visit, webhook: Webhook) -> Endpoint | None:
    """The endpoint that it came in at; None for one that is no longer configured."""
    return next((each for each in visit.house.endpoints if each.name == webhook.endpoint), None)


def _unchanged(why: str) -> Trouble:
    return Trouble(NOT_CHANGED, why, 409)


async def replay(visit: Visit) -> Response:
    """Deliver it again."""
    webhook = await found(visit)
    if not await visit.house.replay([webhook.id]):
        return await inspected(visit, _unchanged(f"It is {webhook.state}: it will be delivered without a replay."))
    return visit.back(f"/webhooks/{webhook.id}", "It is being delivered again.")


async def dismiss(visit: Visit) -> Response:
    """Take it off the list of those that failed."""
    webhook = await found(visit)
    if not await visit.house.journal.dismiss([webhook.id], visit.house.clock.now()):
        return await inspected(visit, _unchanged(f"It is {webhook.state}: only a failed webhook can be dismissed."))
    return visit.back(f"/webhooks/{webhook.id}", "It is dismissed.")


async def send_reply(visit: Visit) -> Response:
    """Have a reply sent after all."""
    webhook = await found(visit)
    reply = await visit.house.journal.reply(visit.value("reply"))
    if reply is None or reply.webhook_id != webhook.id:
        raise Problem(20404, "There is no such reply to this webhook.")
    if not await visit.house.send_reply(reply.id):
        return await inspected(visit, _unchanged(f"That reply is {reply.state}: it cannot be sent once more."))
    return visit.back(f"/webhooks/{webhook.id}#{reply.id}")


async def found(visit: Visit) -> Webhook:
    """The webhook in the path. Raises Problem 20404."""
    webhook = await visit.house.journal.webhook(visit.identifier)
    if webhook is None:
        raise no_webhook(visit.identifier)
    return webhook


def no_webhook(identifier: str) -> Problem:
    """There is none with that id."""
    shape = "" if len(identifier) == 34 and identifier.startswith("WH") else " An id is WH and 32 hex digits."
    return Problem(
        20404, f"There is no such webhook as {identifier[:60]!r}: it may have been deleted, as the retention says.{shape}"
    )


ROUTES = (
    PageRoute("GET", "/webhooks/{id}", show),
    PageRoute("POST", "/webhooks/{id}/replay", replay, audit="replay"),
    PageRoute("POST", "/webhooks/{id}/dismiss", dismiss, audit="dismiss"),
    PageRoute("POST", "/webhooks/{id}/reply", send_reply, audit="send reply"),
)
