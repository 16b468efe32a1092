"""What stands around a webhook: the next and the previous one of a list, and the conversation that it belongs to."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from offhook.api.shapes import parameters_of
from offhook.console.wording import compact
from offhook.ports import Journal
from offhook.records import Kind, Reply, ReplyState, Webhook, WebhookFilter

AROUND: Final = 5
"""Webhooks of a conversation shown before and after the one that is looked at."""
MOST_LOOKED_AT: Final = 100
SHORTEST: Final = 4
WITHIN: Final = 7 * 86400.0
_WINDOWS: Final = (0.05, 1.0, 20.0, 400.0, 8_000.0, 160_000.0, 3_200_000.0, None)
"""Seconds after a webhook in which the next newer one is looked for: the journal lists the newest first."""
_OUT: Final = frozenset({ReplyState.INLINE, ReplyState.SENT})
_LONGEST: Final = 1600


class Around(NamedTuple):
    """The ids of a list's next newer and next older webhook, "" where there is none."""

    newer: str
    older: str


class Bubble(NamedTuple):
    """One message of a conversation. `mark` says what is the matter with it, "" when nothing is."""

    is_ours: bool
    who: str
    text: str
    at: float
    href: str
    media: int = 0
    mark: str = ""
    is_here: bool = False


async def around(journal: Journal, webhook: Webhook, where: WebhookFilter) -> Around:
    """Its neighbours in the list that the filter means."""
    older, newer = await asyncio.gather(journal.webhooks(where, 1, webhook.id), _newer(journal, webhook, where))
    return Around(newer, older[0].id if older else "")


async def _newer(journal: Journal, webhook: Webhook, where: WebhookFilter) -> str:
    since = webhook.received_at if where.since is None else max(where.since, webhook.received_at)
    for window in _WINDOWS:
        ends = [each for each in (where.until, None if window is None else webhook.received_at + window) if each is not None]
        within = replace(where, since=since, until=min(ends, default=None))
        found = await journal.webhooks(within, MOST_LOOKED_AT)
        later = [each.id for each in found if each.id > webhook.id]
        if later:
            return min(later)
        if within.until == where.until and window is not None:
            return ""
    return ""


async def conversation(journal: Journal, webhook: Webhook) -> list[Bubble]:
    """The messages between the same two numbers around it, the oldest first; none for what is no message between two."""
    # Of the two numbers the person's is the rare one: all that comes in has ours.
    person = _digits(webhook.recipient if webhook.kind is Kind.STATUS else webhook.sender)
    if webhook.kind not in {Kind.MESSAGE, Kind.STATUS} or len(person) < SHORTEST:
        return []
    here = webhook.received_at
    where = WebhookFilter(query=person, since=here - WITHIN, until=here + WITHIN)
    # The newest come first: of those after it the ones near it are wanted.
    before, after = await asyncio.gather(
        journal.webhooks(replace(where, until=None), AROUND * 4, webhook.id), _after(journal, webhook, where)
    )
    near = [each for each in reversed(before) if _is_between(each, webhook)][-AROUND:]
    near += [webhook] if webhook.kind is Kind.MESSAGE else []
    near += [each for each in after if _is_between(each, webhook)][:AROUND]
    stories = await asyncio.gather(*(journal.story(each.id) for each in near))
    bubbles: list[Bubble] = []
    for story in filter(None, stories):
        bubbles.append(_incoming(story.webhook, is_here=story.webhook.id == webhook.id))
        bubbles += [_outgoing(story.webhook, reply) for reply in story.replies]
    return bubbles


async def _after(journal: Journal, webhook: Webhook, where: WebhookFilter) -> Sequence[Webhook]:
    """The first few after it, the oldest first."""
    found: Sequence[Webhook] = ()
    for window in (
        WITHIN,
        3600.0,
        60.0,
    ):  # mostly the widest has all of them: each question reads what the index of words does not know yet
        within = replace(where, since=webhook.received_at, until=webhook.received_at + window)
        newest = await journal.webhooks(within, MOST_LOOKED_AT)
        found = [each for each in newest if each.id > webhook.id] or found
        if len(newest) < MOST_LOOKED_AT:
            break
    return found[::-1]


def _is_between(one: Webhook, other: Webhook) -> bool:
    return one.kind is Kind.MESSAGE and {one.sender, one.recipient} == {other.sender, other.recipient}


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _incoming(webhook: Webhook, *, is_here: bool) -> Bubble:
    given = dict(parameters_of(webhook))
    media = given.get("NumMedia", "0")
    return Bubble(
        is_ours=False,
        who=webhook.sender,
        text=given.get("Body", "")[:_LONGEST],
        at=webhook.received_at,
        href=f"/webhooks/{webhook.id}",
        media=int(media) if re.fullmatch("[0-9]{1,2}", media) else 0,
        mark="" if webhook.state == "delivered" else webhook.state.value,
        is_here=is_here,
    )


def _outgoing(webhook: Webhook, reply: Reply) -> Bubble:
    return Bubble(
        is_ours=True,
        who=reply.sender or webhook.recipient,
        text=reply.body[:_LONGEST],
        at=reply.created_at,
        href=f"/webhooks/{webhook.id}#{reply.id}",
        media=len(reply.media),
        mark="" if reply.state in _OUT else reply.state.value,
    )


def pictures(count: int) -> str:
    """So many pictures, in words."""
    return "1 picture" if count == 1 else f"{compact(count)} pictures"
