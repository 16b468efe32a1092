"""The API of alarms without a server: the same handlers, on the journal that no server has open."""

import re
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import click
import msgspec

from offhook.api.alarm_desk import open_desk
from offhook.api.alarm_routes import OUR_ALARMS
from offhook.api.house import House
from offhook.api.operation import Operation, asked
from offhook.api.problems import CODES, Problem
from offhook.errors import OffhookError
from offhook.ports import Journal
from offhook.system import SystemClock, TimeSortedIds


class Known(NamedTuple):
    """The journal, the endpoints that there are (None where nobody knows), and the ways by which alarms can tell nobody as the settings are."""

    journal: Journal
    endpoints: Collection[str] | None
    lacking: Mapping[str, str]


async def ask(known: Known, method: str, path: str, body: object = None) -> Any:
    """What the API answers, as a server would; None where there is no such thing.

    Raises OffhookError, or click.UsageError for what is not acceptable.
    """
    parts = urlsplit(path)
    operation, identifier = _operation(method, parts.path)
    clock = SystemClock()
    desk = open_desk(known.journal, clock, TimeSortedIds(), endpoints=known.endpoints)._replace(lacking=known.lacking)
    # As much of a house as these handlers ask of one.
    house = cast("House", SimpleNamespace(journal=known.journal, clock=clock, alarms=desk))
    try:
        call = asked(operation, identifier, parse_qsl(parts.query), body if isinstance(body, dict) else {})
        answer = await operation.handle(house, call)
    except Problem as problem:
        status = CODES[problem.code].status
        if status == 404:
            return None
        raise (click.UsageError if status == 400 else OffhookError)(str(problem)) from None
    return msgspec.json.decode(answer.body)


def _operation(method: str, path: str) -> tuple[Operation, str]:
    """The operation that answers there, and the id in its path."""
    for operation in OUR_ALARMS:
        found = re.fullmatch(operation.path.replace("{id}", "([^/]+)"), path)
        if found and operation.method == method:
            return operation, unquote(found[1]) if found.groups() else ""
    raise OffhookError(f"There is nothing at {path}.")
