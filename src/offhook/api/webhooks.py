"""What can be asked of webhooks and their replies: list, look at, replay, hasten, dismiss, send."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, webhook_filter
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import webhook_detail, webhook_row
from offhook.api.whose import refuse_stranger
from offhook.records import ReplyState, State, WebhookFilter

REPLAYABLE = (State.FAILED, State.DISMISSED, State.DELIVERED)
SENDABLE = (ReplyState.KEPT, ReplyState.FAILED, ReplyState.EXPIRED, ReplyState.AMBIGUOUS)
REPLAY_BATCH = 500

_Item = TypeVar("_Item")
_Shape = TypeVar("_Shape")


async def shaped(shape: Callable[[_Item], _Shape], items: Sequence[_Item]) -> list[_Shape]:
    """Shape many records, letting go of the event loop in between: answers to the provider go first."""
    shapes: list[_Shape] = []
    for start in range(0, len(items), 25):
        shapes += [shape(item) for item in items[start : start + 25]]
        await asyncio.sleep(0)
    return shapes


async def list_webhooks(house: House, call: Call) -> Response:
    """A page of webhooks, newest first."""
    limit = call.values.get("limit", DEFAULT_LIMIT)
    found = await house.journal.webhooks(webhook_filter(call.values), limit + 1, call.values.get("cursor", ""))
    if not found:
        await refuse_stranger(house, call)
    page = found[:limit]
    return json_answer(
        {"webhooks": await shaped(webhook_row, page), "next_cursor": page[-1].id if len(found) > limit else None},
    )


async def get_webhook(house: House, call: Call) -> Response:
    """One webhook and its story."""
    story = await house.journal.story(call.identifier)
    if story is None:
        raise _no_webhook(call.identifier)
    # A story may hold megabytes of evidence.
    return await asyncio.to_thread(lambda: json_answer(webhook_detail(story)))


async def replay_webhook(house: House, call: Call) -> Response:
    """Deliver a webhook again."""
    webhook = await house.journal.webhook(call.identifier)
    if webhook is None:
        raise _no_webhook(call.identifier)
    if not await house.replay([webhook.id]):
        raise Problem(20409, f"Webhook {webhook.id} is {webhook.state}: it will be delivered without a replay.")
    return json_answer({"replayed": 1}, 202)


async def replay_webhooks(house: House, call: Call) -> Response:
    """Deliver many webhooks again."""
    if "ids" in call.values:
        if len(call.values) > 1:
            raise Problem(20001, "Give either ids or filters.")
        ids = tuple(dict.fromkeys(call.values["ids"]))
        if len(ids) > 1000:
            raise Problem(20001, "Parameter 'ids' must be up to 1000 ids.")
        return json_answer({"replayed": await house.replay(ids)}, 202)
    where = webhook_filter(call.values)
    undelivered = [state for state in where.states if state not in REPLAYABLE]
    if undelivered:
        raise Problem(
            20001, f"Webhooks that are {undelivered[0]} cannot be replayed; those that are {', '.join(REPLAYABLE)} can."
        )
    replayed = await replay_where(house, where)
    if not replayed:
        await refuse_stranger(house, call)
    return json_answer({"replayed": replayed}, 202)


async def replay_where(house: House, where: WebhookFilter) -> int:
    """Replay whatever the filter means; without a state in it, the failed ones. Returns how many changed."""
    where = msgspec.structs.replace(where, states=where.states or (State.FAILED,))
    replayed, before = 0, ""
    while batch := await house.journal.webhooks(where, REPLAY_BATCH, before):
        replayed += await house.replay([webhook.id for webhook in batch])
        before = batch[-1].id
    return replayed


async def hasten_webhooks(house: House, call: Call) -> Response:
    """Have what waits for a later try tried now."""
    wanted = call.values.get("endpoint", "")
    names = [endpoint.name for endpoint in house.endpoints if wanted in ("", endpoint.name)]
    if not names and wanted:
        await refuse_stranger(house, call)
        raise Problem(20409, f"Endpoint {wanted[:64]} is no longer configured: what waits there has no app to go to.")
    return json_answer({"hastened": sum([await house.hasten(name) for name in names])})


async def dismiss_webhook(house: House, call: Call) -> Response:
    """Take a failed webhook off the list."""
    webhook = await house.journal.webhook(call.identifier)
    if webhook is None:
        raise _no_webhook(call.identifier)
    if not await house.journal.dismiss([webhook.id], house.clock.now()):
        raise Problem(20409, f"Webhook {webhook.id} is {webhook.state}: only a failed one can be dismissed.")
    return json_answer({"dismissed": 1})


async def delete_number(house: House, call: Call) -> Response:
    """Delete what came from or went to a number."""
    if "number" not in call.values:
        raise Problem(20001, "Give the number whose webhooks are to be deleted.")
    return json_answer({"deleted": await house.journal.forget(call.values["number"])})


async def send_reply(house: House, call: Call) -> Response:
    """Send a reply after all."""
    reply = await house.journal.reply(call.identifier)
    if reply is None:
        raise Problem(20404, f"There is no reply {call.identifier[:50]}.")
    if reply.state not in SENDABLE or not await house.send_reply(reply.id):
        raise Problem(20409, f"Reply {reply.id} is {reply.state}: only one that is {', '.join(SENDABLE)} can be sent.")
    return json_answer({"queued": 1}, 202)


def _no_webhook(identifier: str) -> Problem:
    return Problem(20404, f"There is no webhook {identifier[:50]}.")
