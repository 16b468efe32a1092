"""Alarms by Twilio's Monitor API v2, so that programs written for `/v2/Alarms` work against ours (spec: twilio-debugger §4.3)."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec import structs
from starlette.responses import Response

from offhook.alarms.model import Alarm
from offhook.api.alarm_desk import OtherBodyError
from offhook.api.alarm_found import alarm_or_problem, no_alarm, refuse_file, refusing
from offhook.api.alarm_v2_body import ENABLED, AlarmProblem, changed, made, read_members
from offhook.api.alarm_v2_shapes import alarm_v2
from offhook.api.alert_fields import read_page, read_page_size
from offhook.api.alert_shapes import Paging
from offhook.api.fields import DEFAULT_LIMIT, MAX_LIMIT, TEXT, Field, one_of
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import CODES, Problem, body_of

AFTER: Final = "PA"


def read_after(text: str) -> str:
    """The id of the alarm after which a page begins."""
    if not re.fullmatch(rf"{AFTER}AK[0-9a-f]{{32}}", text):
        raise ValueError("one that stands in `next_page_url`")
    return text.removeprefix(AFTER)


def read_key(text: str) -> str:
    """A token that tells one creation from another."""
    if len(text) > 255 or not text.isprintable():
        raise ValueError("up to 255 printable characters")
    return text


ALARM_PAGE: Final = (
    Field(
        "PageSize",
        f"How many at most; more than {MAX_LIMIT} means {MAX_LIMIT}.",
        {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
        read_page_size,
    ),
    Field("Page", "Which page it is, from 0.", {"type": "integer", "minimum": 0, "default": 0}, read_page),
    Field("PageToken", "Where the page begins: part of `next_page_url`.", TEXT, read_after),
    Field(
        "SortOrder",
        "The oldest first, or the newest.",
        {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
        one_of(("asc", "desc")),
    ),
)
TOKEN: Final = (
    Field(
        "Idempotency-Token",
        "Tells this creation from others: with the same one again, the same alarm is the answer and no second one is made.",
        {"type": "string", "maxLength": 255},
        read_key,
    ),
)


def refuse_v2(problem: Problem) -> Response:
    """An error as these paths say it: Twilio's other shape."""
    status = CODES[problem.code].status
    body = {
        **body_of(problem.code, str(problem)),
        "user_error": status < 500,
        "http_status_code": status,
        "params": dict(problem.params) if isinstance(problem, AlarmProblem) else {},
    }
    return json_answer(body, status)


async def list_alarms_v2(house: House, call: Call) -> Response:
    """A page of alarms, by the time at which they were made."""
    found = sorted(await house.alarms.book.alarms(), key=lambda alarm: (alarm.created_at, alarm.sid))
    if call.values.get("SortOrder", "desc") == "desc":
        found.reverse()
    number, size = call.values.get("Page", 0), call.values.get("PageSize", DEFAULT_LIMIT)
    start = _start(found, call.values.get("PageToken", ""), number * size)
    page = found[start : start + size]
    meta = _paging(call.url, number, size, (page, start > 0, start + size < len(found)))
    return json_answer({"alarms": [alarm_v2(alarm) for alarm in page], "meta": meta})


def _start(found: Sequence[Alarm], after: str, otherwise: int) -> int:
    """Where a page begins. Of an alarm that is gone meanwhile its place among the others is not known: then its number counts."""
    return next((place for place, alarm in enumerate(found, 1) if alarm.sid == after), otherwise)


def _paging(url: str, number: int, size: int, around: tuple[Sequence[Alarm], bool, bool]) -> Paging:
    page, earlier, later = around
    link = partial(_link, url, size)
    return {
        "key": "alarms",
        "page": number,
        "page_size": size,
        "first_page_url": link(0),
        "previous_page_url": link(number - 1) if earlier and number > 0 else None,
        "next_page_url": link(number + 1, AFTER + page[-1].sid) if later and page else None,
        "url": link(number),
    }


def _link(url: str, size: int, number: int, token: str = "") -> str:
    """The URL of another page of the same query."""
    parts = urlsplit(url)
    query: list[tuple[str, Any]] = [pair for pair in parse_qsl(parts.query) if pair[0] == "SortOrder"]
    query += [("PageSize", size), ("Page", number), *([("PageToken", token)] if token else [])]
    return urlunsplit(parts._replace(query=urlencode(query), fragment=""))


async def create_alarm_v2(house: House, call: Call) -> Response:
    """Make an alarm."""
    token = call.values.get("Idempotency-Token", "")
    if not token:
        raise Problem(20001, "The header Idempotency-Token is missing: send a text that tells this creation from others.")
    values = read_members(call.body)

    async def make(sid: str) -> None:
        if await house.alarms.book.alarm(sid) is None:
            with refusing():
                await house.alarms.book.create(structs.replace(made(values, sid), account_sid=house.alarms.account_sid))

    try:
        sid = await house.alarms.tokens.once(token, msgspec.json.encode(call.body, order="deterministic"), make)
    except OtherBodyError:
        raise Problem(
            20409, "This Idempotency-Token has made another alarm: send the same body with it, or another token."
        ) from None
    return json_answer({"sid": sid}, 201)


async def get_alarm_v2(house: House, call: Call) -> Response:
    """One alarm."""
    return json_answer(alarm_v2(await alarm_or_problem(house, call.identifier)))


async def update_alarm_v2(house: House, call: Call) -> Response:
    """Change an alarm."""
    alarm = await alarm_or_problem(house, call.identifier)
    refuse_file(alarm)
    wanted = changed(alarm, call.body)
    with refusing():
        await house.alarms.book.update(wanted)
    if wanted.enabled != alarm.enabled:
        await house.alarms.book.enable(alarm.sid, on=wanted.enabled)
    return json_answer({"sid": alarm.sid})


async def delete_alarm_v2(house: House, call: Call) -> Response:
    """Remove an alarm."""
    alarm = await alarm_or_problem(house, call.identifier)
    refuse_file(alarm)
    await house.alarms.book.delete(alarm.sid)
    return Response(status_code=204)


async def enable_alarm_v2(house: House, call: Call) -> Response:
    """Turn an alarm on or off."""
    values = read_members(call.body, ENABLED)
    if await house.alarms.book.enable(call.identifier, on=values["enabled"]) is None:
        raise no_alarm(call.identifier)
    return Response(status_code=204)
