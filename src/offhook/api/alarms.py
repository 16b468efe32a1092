"""What can be asked of alarms by our own API: make, look at, change, remove, try out, put to rest."""

from collections.abc import Mapping
from typing import Any

from msgspec import structs
from starlette.responses import Response

from offhook.alarms.configured import alarm_of, keys_of
from offhook.alarms.model import Alarm, FiringState, Watch
from offhook.alarms.untold import by_firing, untold
from offhook.api.alarm_found import alarm_or_problem, no_alarm, refuse_file, refusing
from offhook.api.alarm_shapes import alarm_shape, preview_shape
from offhook.api.fields import MAX_LIMIT
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.records import DebugEvent
from offhook.settings import AlarmSettings
from offhook.settings.alarm_keys import ALARM_KEYS, WATCH_KEYS
from offhook.settings.alarms import LONGEST_NAME, read_alarm
from offhook.settings.sources import Problems

DAY = 86_400
_MEASURES = frozenset(key.name for key in WATCH_KEYS if key.watch != Watch.EVENTS)
_OF_THE_WEBHOOK = frozenset({"webhook_format", "webhook_secret"})
_OF_THE_WATCH = frozenset(key.name for key in ALARM_KEYS if key.part in ("watch", "threshold"))


async def list_alarms(house: House, _: Call) -> Response:
    """All alarms, with the firings that are active."""
    active = await house.alarms.book.firings(MAX_LIMIT, state=FiringState.ACTIVE)
    missed = by_firing(await untold(house.journal)) if active else {}
    lacks = house.alarms.lacking
    return json_answer({"alarms": [alarm_shape(alarm, lacks, active, missed) for alarm in await house.alarms.book.alarms()]})


async def get_alarm(house: House, call: Call) -> Response:
    """One alarm."""
    return await _shown(house, await alarm_or_problem(house, call.identifier))


async def create_alarm(house: House, call: Call) -> Response:
    """Make an alarm."""
    return json_answer(alarm_shape(await make_alarm(house, call.body), house.alarms.lacking), 201)


async def create_alarm_from_error(house: House, call: Call) -> Response:
    """Make an alarm of an error's code, endpoint and likeliest cause; what is given besides counts before these."""
    event = await house.journal.event(call.identifier)
    if event is None:
        raise Problem(20404, f"There is no error {call.identifier[:50]}.")
    made = await make_alarm(house, {**keys_of_error(event), **call.body})
    return json_answer(alarm_shape(made, house.alarms.lacking), 201)


def keys_of_error(event: DebugEvent) -> dict[str, Any]:
    """The keys, and the name, of an alarm of such errors: their code, endpoint and likeliest cause."""
    keys: dict[str, Any] = {"name": _name_of(event), "code": [event.code]}
    if event.endpoint:
        keys["endpoint"] = [event.endpoint]
    if event.causes:
        keys["cause"] = [event.causes[0].name]
    return keys


def _name_of(event: DebugEvent) -> str:
    """A name for an alarm of such events: what the message begins with, on one line."""
    words = " ".join(f"{event.code} {event.message}".split())
    return "".join(filter(str.isprintable, words))[:LONGEST_NAME].strip()


async def make_alarm(house: House, given: Mapping[str, Any]) -> Alarm:
    """Keep a new alarm of these keys and this name. Raises Problem 20001 that names all that is wrong."""
    keys = _without_nothing(given)
    wanted = read_wanted(str(keys.pop("name", "")), keys)
    with refusing():
        return await house.alarms.book.create(alarm_of(wanted, account_sid=house.alarms.account_sid))


async def change_alarm(house: House, call: Call) -> Response:
    """Change what is given; null means the default. Another watch takes the place of the one before, with its threshold."""
    before = await alarm_or_problem(house, call.identifier)
    given = dict(call.body)
    named = given.pop("name", None)
    name = before.name if named is None else str(named)
    wanted = alarm_of(read_wanted(name, merged(before, given)), before)
    book = house.alarms.book
    if structs.replace(wanted, enabled=before.enabled, muted=before.muted) != before:
        refuse_file(before)
        with refusing():
            await book.update(wanted)
    # Of what has methods of its own, only what differs: each of them tells those who watch.
    if wanted.enabled != before.enabled:
        await book.enable(before.sid, on=wanted.enabled)
    if wanted.muted != before.muted:
        await book.mute(before.sid, on=wanted.muted)
    return await _shown(house, await alarm_or_problem(house, before.sid))


def merged(before: Alarm, given: Mapping[str, Any]) -> dict[str, Any]:
    """An alarm's keys with what is to change in them."""
    keys = keys_of(before)
    chosen = [key for key in WATCH_KEYS if given.get(key.name)]
    # Which errors count may be said of issues as well.
    if any(key.watch != before.watch and not (key.watch == Watch.EVENTS and before.watch is Watch.ISSUES) for key in chosen):
        keys = {key: value for key, value in keys.items() if key not in _OF_THE_WATCH}
    if any(key.watch != Watch.EVENTS for key in chosen):
        keys = {key: value for key, value in keys.items() if key not in _MEASURES}
    if given.get("code") and keys.get("any") == "both":
        del keys["any"]  # which nobody has written: it stands for all errors and warnings
    if "webhook" in given and given["webhook"] is None:
        keys = {key: value for key, value in keys.items() if key not in _OF_THE_WEBHOOK}
    return _without_nothing({**keys, **given})


def read_wanted(name: str, keys: Mapping[str, Any]) -> AlarmSettings:
    """The alarm that these keys say. Raises Problem 20001 that names all that is wrong."""
    if not name.strip():
        raise Problem(20001, "Give the alarm a name.")
    problems = Problems()
    wanted = read_alarm(name, keys, f"alarm {name[:LONGEST_NAME]}", problems)
    if wanted is None:
        raise Problem(20001, "\n".join(problems))
    return wanted


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


async def delete_alarm(house: House, call: Call) -> Response:
    """Remove an alarm; its firings end without a word."""
    alarm = await alarm_or_problem(house, call.identifier)
    refuse_file(alarm)
    return json_answer({"deleted": int(await house.alarms.book.delete(alarm.sid))})


async def test_alarm(house: House, call: Call) -> Response:
    """Have everybody whom an alarm tells told that this is a test."""
    made = await house.alarms.book.test(call.identifier)
    if made is None:
        raise no_alarm(call.identifier)
    return json_answer({"told": [{"channel": each.channel, "address": each.address} for each in made]}, 202)


async def snooze_alarm(house: House, call: Call) -> Response:
    """Have an alarm tell nobody for some time."""
    until = until_of(house, call.values)
    alarm = await house.alarms.book.snooze(call.identifier, until if until > house.clock.now() else 0.0)
    if alarm is None:
        raise no_alarm(call.identifier)
    return await _shown(house, alarm)


def until_of(house: House, values: Mapping[str, Any]) -> float:
    """The time that is said by `for` or by `until`. Raises Problem 20001."""
    if ("for" in values) == ("until" in values):
        raise Problem(20001, "Give either for, such as 2h, or until, such as 2026-11-23T15:00:00Z.")
    return float(values["until"]) if "until" in values else house.clock.now() + float(values["for"])


async def mute_alarm(house: House, call: Call) -> Response:
    """Have an alarm tell nobody until it is told otherwise."""
    alarm = await house.alarms.book.mute(call.identifier, on=call.values.get("muted", True))
    if alarm is None:
        raise no_alarm(call.identifier)
    return await _shown(house, alarm)


async def preview_alarm(house: House, call: Call) -> Response:
    """What an alarm would have done."""
    return await _previewed(house, await alarm_or_problem(house, call.identifier), call.values)


async def preview_new_alarm(house: House, call: Call) -> Response:
    """What an alarm of these keys would have done; it is not kept."""
    given = _without_nothing(call.body)
    return await _previewed(house, alarm_of(read_wanted(str(given.pop("name", "new")), given)), call.values)


async def _previewed(house: House, alarm: Alarm, values: Mapping[str, Any]) -> Response:
    since = values.get("since", house.clock.now() - DAY)
    if not since < house.clock.now():
        raise Problem(20001, "Parameter 'since' must be a time before now.")
    with refusing():
        return json_answer(preview_shape(await house.alarms.book.preview(alarm, since)))


async def _shown(house: House, alarm: Alarm) -> Response:
    active = await house.alarms.book.firings(MAX_LIMIT, alarm_sid=alarm.sid, state=FiringState.ACTIVE)
    missed = by_firing(await untold(house.journal, alarm.sid)) if active else {}
    return json_answer(alarm_shape(alarm, house.alarms.lacking, active, missed))
