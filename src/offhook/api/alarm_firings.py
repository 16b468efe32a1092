"""What can be asked of firings, their history, and the times in which nobody is told."""

from starlette.responses import Response

from offhook.alarms.model import FiringState, Maintenance
from offhook.alarms.untold import by_firing, untold
from offhook.api.alarm_found import alarm_or_problem, refusing
from offhook.api.alarm_shapes import firing_page, firing_shape, history_shape, maintenance_shape, untold_shape
from offhook.api.alarms import DAY, until_of
from offhook.api.fields import DEFAULT_BUCKETS, DEFAULT_LIMIT, MAX_LIMIT
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem


async def list_firings(house: House, call: Call) -> Response:
    """A page of firings, newest first."""
    return await _page(house, call, call.values.get("alarm", ""))


async def list_firings_of_alarm(house: House, call: Call) -> Response:
    """A page of one alarm's firings, newest first; of one that is gone, too."""
    return await _page(house, call, call.identifier)


async def _page(house: House, call: Call, alarm_sid: str) -> Response:
    limit = call.values.get("limit", DEFAULT_LIMIT)
    state = FiringState(call.values["state"]) if "state" in call.values else None
    found = await house.alarms.book.firings(limit + 1, call.values.get("cursor", ""), alarm_sid=alarm_sid, state=state)
    return json_answer(firing_page(found, limit, by_firing(await untold(house.journal))))


async def get_firing(house: House, call: Call) -> Response:
    """One firing."""
    firing = await house.alarms.book.firing(call.identifier)
    if firing is None:
        raise Problem(20404, f"There is no firing {call.identifier[:50]}.")
    return json_answer(firing_shape(firing, by_firing(await untold(house.journal, firing.alarm_sid))))


async def list_untold(house: House, _: Call) -> Response:
    """What nobody could be told of, of all alarms."""
    return json_answer({"untold": [untold_shape(each) for each in await untold(house.journal)]})


async def list_untold_of_alarm(house: House, call: Call) -> Response:
    """What nobody could be told of by one alarm, its tests too; of one that is gone, as well."""
    return json_answer({"untold": [untold_shape(each) for each in await untold(house.journal, call.identifier)]})


async def get_alarm_history(house: House, call: Call) -> Response:
    """What an alarm counted over time, and when it fired; without a time, over the last 24 hours."""
    alarm = await alarm_or_problem(house, call.identifier)
    until = call.values.get("until", house.clock.now())
    since = call.values.get("since", until - DAY)
    if not since < until:
        raise Problem(20001, "Parameter 'since' must be a time before 'until'.")
    buckets = call.values.get("buckets", DEFAULT_BUCKETS)
    found = await house.alarms.book.history(alarm, since, until, buckets)
    firings = await house.alarms.book.firings(MAX_LIMIT, alarm_sid=alarm.sid)
    missed = by_firing(await untold(house.journal, alarm.sid))
    then = [firing_shape(each, missed) for each in firings if each.fired_at < until and (each.recovered_at or until) >= since]
    return json_answer(history_shape(alarm, found, buckets, then))


async def list_maintenance(house: House, _: Call) -> Response:
    """The maintenance windows that are not over."""
    return json_answer({"maintenance": [maintenance_shape(each) for each in await house.alarms.book.maintenance()]})


async def add_maintenance(house: House, call: Call) -> Response:
    """Have nobody told for some time."""
    values = call.values
    start = values.get("since", house.clock.now())
    ends = start + values["for"] if "for" in values and "until" not in values else until_of(house, values)
    window = Maintenance(
        id="",
        starts_at=start,
        ends_at=ends,
        alarms=values.get("alarms", ()),
        endpoints=values.get("endpoints", ()),
        note=values.get("note", ""),
    )
    with refusing():
        return json_answer(maintenance_shape(await house.alarms.book.add_maintenance(window)), 201)


async def end_maintenance(house: House, call: Call) -> Response:
    """Have them told again."""
    if not await house.alarms.book.end_maintenance(call.identifier):
        raise Problem(20404, f"There is no maintenance window {call.identifier[:50]}.")
    return json_answer({"ended": 1})
