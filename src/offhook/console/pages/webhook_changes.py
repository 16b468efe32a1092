"""Many webhooks at once: delivered again or dismissed, after a dry run that says how many it would be, and which."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace
from starlette.responses import Response

from offhook.api.fields import WEBHOOK_FILTERS, WEBHOOK_IDS, read_fields, webhook_filter
from offhook.api.problems import Problem
from offhook.api.webhooks import REPLAYABLE, replay_where
from offhook.console.doorway import PageRoute
from offhook.console.house import PageHouse
from offhook.console.listing import Row, filter_fields, filter_words, ids_in, kept_query, rows
from offhook.console.visit import Visit
from offhook.console.wording import compact
from offhook.records import State, Webhook, WebhookFilter

SHOWN: Final = 50
MOST_IDS: Final = 1000
COUNTED: Final = 1000
"""So many are counted one by one; of more, only the journal's own counts are told."""
BATCH: Final = 250


class Change(NamedTuple):
    """What may be done to many: its path and words, and the states that it is for."""

    path: str
    verb: str
    title: str
    button: str
    states: Sequence[State]
    not_for: str


REPLAY: Final = Change(
    "/webhooks/replay",
    "delivered again",
    "Replay webhooks",
    "Deliver again",
    REPLAYABLE,
    "Webhooks that wait or are on their way are delivered without a replay.",
)
DISMISS: Final = Change(
    "/webhooks/dismiss", "dismissed", "Dismiss webhooks", "Dismiss", (State.FAILED,), "Only failed webhooks can be dismissed."
)


class DryRun(NamedTuple):
    """What a change would do. `is_more`: there are more than `many`. `left_out` are those that were asked for and cannot be changed."""

    many: int
    rows: Sequence[Row]
    fields: Sequence[tuple[str, str]]
    words: str = ""
    is_more: bool = False
    left_out: Sequence[Row] = ()
    again: bool = False


async def dry_run_replay(visit: Visit) -> Response:
    """What a replay would be."""
    return await _shown(visit, REPLAY)


async def dry_run_dismiss(visit: Visit) -> Response:
    """What a dismissal would be."""
    return await _shown(visit, DISMISS)


async def replay(visit: Visit) -> Response:
    """Deliver them again."""

    async def by_filter(where: WebhookFilter) -> int:
        return await replay_where(visit.house, where)

    return await _done(visit, REPLAY, visit.house.replay, by_filter)


async def dismiss(visit: Visit) -> Response:
    """Take them off the list."""

    async def by_ids(ids: Sequence[str]) -> int:
        return await visit.house.journal.dismiss(ids, visit.house.clock.now())

    return await _done(visit, DISMISS, by_ids, None)


async def _shown(visit: Visit, change: Change) -> Response:
    given = tuple((name, value) for name, value in visit.request.query_params.multi_items() if name != "said")
    values = read_fields((*WEBHOOK_IDS, *WEBHOOK_FILTERS), given)
    ids = ids_in(values.get("ids", ()))
    if len(ids) > MOST_IDS:
        raise Problem(20001, f"Select up to {MOST_IDS} webhooks at once, or replay all that match a filter.")
    keep = kept_query(given)
    if ids or change is DISMISS or given == ():
        dry = await _of_ids(visit.house, change, ids)
    else:
        dry = await _of_filter(visit.house, webhook_filter(values))
    return visit.page(
        "webhook_changes.html", change.title, change=change, dry=dry, back=f"/webhooks?{keep}" if keep else "/webhooks"
    )


async def _of_ids(house: PageHouse, change: Change, ids: Sequence[str]) -> DryRun:
    found = [webhook for each in ids if (webhook := await house.journal.webhook(each)) is not None]
    able = [webhook for webhook in found if webhook.state in change.states]
    return DryRun(
        many=len(able),
        rows=rows(able[:SHOWN]),
        fields=[("ids", webhook.id) for webhook in able],
        left_out=rows([webhook for webhook in found if webhook.state not in change.states][:SHOWN]),
        again=any(webhook.state is State.DELIVERED for webhook in able),
    )


async def _of_filter(house: PageHouse, asked: WebhookFilter) -> DryRun:
    """What comes in after this look is not meant: the filter ends now, so that what is done is what was shown."""
    states = tuple(state for state in asked.states if state in REPLAYABLE) or (() if asked.states else (State.FAILED,))
    if not states:
        return DryRun(0, (), (), filter_words(asked))
    simple = not (asked.query or asked.code) and asked.since is None and asked.until is None
    where = replace(asked, states=states)
    found = await house.journal.webhooks(where, SHOWN)
    if where.until is None:
        newest = found[0].received_at + 0.001 if found else 0.0
        where = replace(where, until=max(house.clock.now(), newest))
    counted, is_more = (await _counts(house, where), False) if simple else await _count(house, where, found)
    return DryRun(
        many=counted,
        rows=await asyncio.to_thread(rows, found),
        fields=list(filter_fields(where).items()),
        words=filter_words(replace(where, until=asked.until)),
        is_more=is_more,
        again=State.DELIVERED in states,
    )


async def _counts(house: PageHouse, where: WebhookFilter) -> int:
    counts = await house.journal.counts()
    known = [states for name, states in counts.items() if not where.endpoint or name == where.endpoint]
    return sum(each.get(state, 0) for each in known for state in where.states)


async def _count(house: PageHouse, where: WebhookFilter, first: Sequence[Webhook]) -> tuple[int, bool]:
    """How many there are, up to a limit, and whether there are more."""
    counted, batch, size = len(first), first, SHOWN
    while len(batch) == size and counted < COUNTED:
        size = BATCH
        batch = await house.journal.webhooks(where, size, batch[-1].id)
        counted += len(batch)
    return min(counted, COUNTED), counted >= COUNTED and len(batch) == size


async def _done(
    visit: Visit,
    change: Change,
    by_ids: Callable[[Sequence[str]], Awaitable[int]],
    by_filter: Callable[[WebhookFilter], Awaitable[int]] | None,
) -> Response:
    given = [(name, value) for name, value in visit.form if name != "csrf"]
    values = read_fields((*WEBHOOK_IDS, *WEBHOOK_FILTERS), given)
    ids = ids_in(values.get("ids", ()))
    where = webhook_filter(values)
    if ids or by_filter is None:
        if not ids or len(ids) > MOST_IDS:
            raise Problem(20001, f"Select between one and {MOST_IDS} webhooks.")
        changed = await by_ids(ids)
    else:
        # Without a state, or with one that cannot be replayed, it would not be what the dry run has shown.
        if not where.states or any(state not in REPLAYABLE for state in where.states):
            raise Problem(20001, change.not_for)
        changed = await by_filter(where)
    one = "1 webhook" if changed == 1 else f"{compact(changed)} webhooks"
    visit.about = one
    verb = "is" if changed == 1 else "are"
    said = f"{one} {verb} being delivered again." if change is REPLAY else f"{one} {verb} dismissed."
    return visit.back("/webhooks", said)


ROUTES = (
    PageRoute("GET", "/webhooks/replay", dry_run_replay),
    PageRoute("POST", "/webhooks/replay", replay, audit="replay webhooks"),
    PageRoute("GET", "/webhooks/dismiss", dry_run_dismiss),
    PageRoute("POST", "/webhooks/dismiss", dismiss, audit="dismiss webhooks"),
)
