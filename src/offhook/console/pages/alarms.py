"""The alarms: how they are, what they have fired, and the times in which nobody is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from starlette.responses import Response

from offhook.alarms.model import Alarm, Firing, FiringState, Maintenance
from offhook.alarms.untold import ByFiring, by_firing, untold
from offhook.api.alarm_fields import FIRING_FILTERS, FIRING_PAGE, MAINTENANCE
from offhook.api.alarm_firings import add_maintenance
from offhook.api.alarm_shapes import alarm_shape, firing_shape
from offhook.api.fields import DEFAULT_LIMIT, MAX_LIMIT, TEXT, Field, one_of, read_fields, read_query
from offhook.api.operation import Call
from offhook.api.problems import CODES, Problem
from offhook.console.alarm_charts import fired_by_day
from offhook.console.alarm_view import STATES, AlarmRow, alarm_rows, export_row, firing_rows, summary, window_rows
from offhook.console.asked import FORMAT, asked
from offhook.console.doorway import PageRoute
from offhook.console.exports import export
from offhook.console.trouble import NOT_CHANGED, Trouble, of_filters
from offhook.console.visit import Visit

SHOWN: Final = 200
LOGGED: Final = 10
FILTERS: Final = (
    Field("state", "Only those in this state.", {"type": "string", "enum": list(STATES)}, one_of(STATES)),
    Field("q", "Only those in whose name, watch or description these words occur.", TEXT, read_query),
)
ALARM_COLUMNS: Final = (
    "sid",
    "name",
    "states",
    "watch",
    "watches",
    "tells",
    "last_fired_at",
    "enabled",
    "muted",
    "snoozed_until",
    "origin",
    "created_at",
    "updated_at",
    "settings",
    "warnings",
)
FIRING_COLUMNS: Final = (
    "id",
    "alarm_sid",
    "alarm_name",
    "state",
    "subject",
    "fired_at",
    "recovered_at",
    "value",
    "peak",
    "threshold",
    "code",
    "cause",
    "cause_title",
    "steps",
    "endpoint",
    "error",
    "told",
    "untold",
)


class Board(NamedTuple):
    """All that the pages of alarms look at. `complete`: `recent` are all the firings there ever were. `missed`: what could not be told."""

    rows: list[AlarmRow]
    alarms: Mapping[str, Alarm]
    active: list[Firing]
    recent: list[Firing]
    windows: list[Maintenance]
    complete: bool
    missed: ByFiring


async def board(visit: Visit) -> Board:
    """The alarms as they are now."""
    book, now = visit.house.alarms.book, visit.house.clock.now()
    alarms = await book.alarms()
    recent = list(await book.firings(MAX_LIMIT))
    active = list(await book.firings(MAX_LIMIT, state=FiringState.ACTIVE))
    windows = list(await book.maintenance())
    complete = len(recent) < MAX_LIMIT
    rows = alarm_rows(alarms, active, recent, windows, (now, complete))
    missed = by_firing(await untold(visit.house.journal))
    return Board(rows, {alarm.sid: alarm for alarm in alarms}, active, recent, windows, complete, missed)


async def show(visit: Visit) -> Response:
    """All alarms."""
    wanted = asked((*FILTERS, FORMAT), visit.request.query_params.multi_items())
    values = wanted.values
    seen = await board(visit)
    rows = [row for row in seen.rows if matches(row, values.get("state", ""), values.get("q", ""))]
    if "format" in values:
        shapes = (export_row(row, alarm_shape(row.alarm, visit.house.alarms.lacking, seen.active, seen.missed)) for row in rows)
        return export(values["format"], "alarms", ALARM_COLUMNS, shapes)
    return _page(visit, seen, rows, wanted.typed, Refused(of_filters(wanted.trouble, "/alarms")))


def matches(row: AlarmRow, state: str, words: str) -> bool:
    """Whether an alarm is one of those that are looked for."""
    text = f"{row.alarm.name} {row.watches} {row.alarm.description} {row.alarm.sid}".casefold()
    return (not state or state in row.states) and all(word in text for word in words.casefold().split())


class Refused(NamedTuple):
    """What was wrong with a form of the page, and what was typed into it."""

    trouble: Trouble | None = None
    typed: Mapping[str, list[str]] = MappingProxyType({})


_NOTHING_REFUSED: Final = Refused()


def _page(
    visit: Visit, seen: Board, rows: list[AlarmRow], wanted: Mapping[str, str], refused: Refused = _NOTHING_REFUSED
) -> Response:
    now = visit.house.clock.now()
    past = [each for each in seen.recent if each.state is not FiringState.ACTIVE]
    return visit.page(
        "alarms.html",
        "Alarms",
        live=True,
        summary=summary(seen.rows, seen.active),
        rows=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
        wanted=wanted,
        states=STATES,
        active=firing_rows(seen.active, seen.alarms, now, seen.missed),
        logged=firing_rows(past[:LOGGED], seen.alarms, now, seen.missed),
        chart=fired_by_day(seen.recent, now) if seen.recent else None,
        windows=window_rows(seen.windows, seen.alarms, now),
        alarms=sorted(seen.alarms.values(), key=lambda alarm: alarm.name.casefold()),
        endpoints=[each.name for each in visit.house.endpoints],
        trouble=refused.trouble,
        typed=refused.typed,
    )


async def show_firings(visit: Visit) -> Response:
    """The log of firings."""
    wanted = asked((*FIRING_PAGE, *FIRING_FILTERS, FORMAT), visit.request.query_params.multi_items())
    values = wanted.values
    book, now = visit.house.alarms.book, visit.house.clock.now()
    limit = MAX_LIMIT if "format" in values else values.get("limit", DEFAULT_LIMIT)
    state = FiringState(values["state"]) if "state" in values else None
    found = list(await book.firings(limit + 1, values.get("cursor", ""), alarm_sid=values.get("alarm", ""), state=state))
    missed = by_firing(await untold(visit.house.journal))
    if "format" in values:
        shapes = ({**firing_shape(each, missed)} for each in found[:limit])
        return export(values["format"], "firings", FIRING_COLUMNS, shapes)
    alarms = {alarm.sid: alarm for alarm in await book.alarms()}
    return visit.page(
        "firings.html",
        "Firings",
        live=True,
        trouble=of_filters(wanted.trouble, "/alarms/firings"),
        rows=firing_rows(found[:limit], alarms, now, missed),
        wanted=wanted.typed,
        alarms=sorted(alarms.values(), key=lambda alarm: alarm.name.casefold()),
        next=visit.with_query(cursor=found[limit - 1].id) if len(found) > limit else "",
        newest=visit.with_query(cursor=None) if "cursor" in values else "",
    )


async def begin_maintenance(visit: Visit) -> Response:
    """Have nobody told for some time."""
    given = [(name, value) for name, value in visit.form if name != "csrf"]
    try:
        values = read_fields(MAINTENANCE, _one_end(given))
        await add_maintenance(visit.house, Call("", values))
    except Problem as problem:
        if CODES[problem.code].status != 400:
            raise
        seen = await board(visit)
        typed = {name: visit.values(name) for name, _ in given}
        trouble = Trouble(NOT_CHANGED, _plain(problem), instead=[("To the form", "#maintenance")])
        return _page(visit, seen, seen.rows, {}, Refused(trouble, typed))
    return visit.back("/alarms", "Nobody is told while maintenance goes on.")


async def end_maintenance(visit: Visit) -> Response:
    """Have them told again."""
    if not await visit.house.alarms.book.end_maintenance(visit.identifier):
        raise Problem(20404, "This maintenance is over already.")
    return visit.back("/alarms", "Maintenance is over: alarms tell again.")


def _one_end(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The form offers a length and an end: where an end is named, that counts."""
    has_end = any(name == "until" and value for name, value in given)
    return [(name, value) for name, value in given if not (name == "for" and has_end)]


def _plain(problem: Problem) -> str:
    said = str(problem)
    for name, label in (("'since'", "From"), ("'until'", "Until"), ("'for'", "For"), ("'note'", "What is being done")):
        said = said.replace(f"Parameter {name}", f"“{label}”")
    return said.replace("until: a", "A")


ROUTES = (
    PageRoute("GET", "/alarms", show),
    PageRoute("GET", "/alarms/firings", show_firings),
    PageRoute("POST", "/alarms/maintenance", begin_maintenance, audit="maintenance begun"),
    PageRoute("POST", "/alarms/maintenance/{id}/end", end_maintenance, audit="maintenance ended"),
)
