"""What can be asked of debug events, which people call errors."""

from starlette.responses import Response

from offhook.api.fields import DEFAULT_BUCKETS, DEFAULT_LIMIT, event_filter
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import counts_over_time, error_detail, error_shape
from offhook.api.webhooks import shaped
from offhook.api.whose import refuse_stranger

DAY = 86_400


async def list_errors(house: House, call: Call) -> Response:
    """A page of debug events, newest first."""
    limit = call.values.get("limit", DEFAULT_LIMIT)
    found = await house.journal.events(event_filter(call.values), limit + 1, call.values.get("cursor", ""))
    if not found:
        await refuse_stranger(house, call)
    page = found[:limit]
    return json_answer({"errors": await shaped(error_shape, page), "next_cursor": page[-1].id if len(found) > limit else None})


async def count_errors(house: House, call: Call) -> Response:
    """How many debug events over time; without a time, over the last 24 hours."""
    until = call.values.get("until", house.clock.now())
    since = call.values.get("since", until - DAY)
    if not since < until:
        raise Problem(20001, "Parameter 'since' must be a time before 'until'.")
    buckets = call.values.get("buckets", DEFAULT_BUCKETS)
    counts = await house.journal.event_counts(event_filter(call.values), since, until, buckets)
    if not any(counts):
        await refuse_stranger(house, call)
    return json_answer(counts_over_time(since, until, counts))


async def get_error(house: House, call: Call) -> Response:
    """One debug event."""
    event = await house.journal.event(call.identifier)
    if event is None:
        raise Problem(20404, f"There is no error {call.identifier[:50]}.")
    story = await house.journal.story(event.webhook_id) if event.webhook_id else None
    return json_answer(error_detail(event, story))
