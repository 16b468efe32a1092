"""What can be asked of debug events, which people call errors."""

from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, event_filter
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import error_detail, error_shape
from offhook.api.webhooks import shaped


async def list_errors(house: House, call: Call) -> Response:
    """A page of debug events, newest first."""
    limit = call.values.get("limit", DEFAULT_LIMIT)
    found = await house.journal.events(event_filter(call.values), limit + 1, call.values.get("cursor", ""))
    page = found[:limit]
    return json_answer({"errors": await shaped(error_shape, page), "next_cursor": page[-1].id if len(found) > limit else None})


async def get_error(house: House, call: Call) -> Response:
    """One debug event."""
    event = await house.journal.event(call.identifier)
    if event is None:
        raise Problem(20404, f"There is no error {call.identifier[:50]}.")
    story = await house.journal.story(event.webhook_id) if event.webhook_id else None
    return json_answer(error_detail(event, story))
