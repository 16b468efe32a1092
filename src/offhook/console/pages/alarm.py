"""One alarm: how it is, what it has fired, and what can be done with it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.responses import Response

from offhook.alarms.checks import COUNTING
from offhook.alarms.configured import untellable
from offhook.alarms.model import FILE, OUTBOX, Alarm, Firing, FiringState
from offhook.alarms.past import is_quick
from offhook.alarms.shelves import decode_notification, shelf
from offhook.alarms.untold import by_firing, untold
from offhook.api.alarm_fields import MUTE, SNOOZE
from offhook.api.alarm_found import alarm_or_problem, no_alarm, refuse_file
from offhook.api.alarms import until_of
from offhook.api.fields import TEXT, Field, an_id, one_of, read_fields, read_switch
from offhook.api.problems import CODES, Problem
from offhook.console.alarm_charts import DAY, counted, stretch_of
from offhook.console.alarm_measured import MEASURED, parts_of, seen, span_of
from offhook.console.alarm_view import TestLine, facts, firing_rows, is_maintained, outcomes, peak, states_of, told, untold_lines
from offhook.console.doorway import PageRoute
from offhook.console.html import Markup
from offhook.console.trouble import NOT_CHANGED, Trouble
from offhook.console.visit import Visit

SHOWN: Final = 20
TEST_SHOWN_FOR: Final = 3600.0
TEST: Final = (
    Field("test", "The first notification of a test.", TEXT, an_id("AN")),
    Field("chart", "Draw the chart, however long it takes.", TEXT, one_of(["yes"])),
)
SNOOZES: Final = (("1h", "1 hour"), ("4h", "4 hours"), ("1d", "1 day"))
_ENABLED: Final = (Field("enabled", "Whether it watches.", TEXT, read_switch),)


async def show(visit: Visit) -> Response:
    """One alarm."""
    return await _page(visit, await alarm_or_problem(visit.house, visit.identifier))


async def _page(visit: Visit, alarm: Alarm, *, trouble: Trouble | None = None, typed: str = "") -> Response:
    book, now = visit.house.alarms.book, visit.house.clock.now()
    firings = list(await book.firings(SHOWN + 1, alarm_sid=alarm.sid))
    drawn = await _chart(visit, alarm, firings) if is_at_hand(alarm) or visit.query.get("chart") else None
    missed = await untold(visit.house.journal, alarm.sid)
    rows = firing_rows(firings[:SHOWN], {alarm.sid: alarm}, now, by_firing(missed))
    fires = any(row.active for row in rows)
    maintained = is_maintained(alarm, await book.maintenance(), now)
    return visit.page(
        "alarm.html",
        alarm.name,
        live=True,
        alarm=alarm,
        states=states_of(alarm, fires=fires, maintained=maintained, now=now),
        in_file=alarm.origin == FILE,
        is_snoozed=alarm.snoozed_until > now,
        active=[row for row in rows if row.active],
        past=[row for row in rows if not row.active],
        peaks={row.firing.id: peak(alarm, row.firing) for row in rows},
        more=len(firings) > SHOWN,
        facts=facts(alarm),
        told=told(alarm),
        untellable=untellable(alarm, visit.house.alarms.lacking),
        untold=untold_lines(missed[:SHOWN]),
        more_untold=max(0, len(missed) - SHOWN),
        drawn=drawn,
        counts=alarm.watch in COUNTING,
        snoozes=SNOOZES,
        test=await _test(visit, alarm),
        asks=visit.query.get("test", ""),
        trouble=trouble,
        typed=typed,
    )


# -- the chart


class Drawn(NamedTuple):
    """The chart, and whether it shows all that there is."""

    chart: Markup | None
    complete: bool


def is_at_hand(alarm: Alarm) -> bool:
    """Whether an alarm's chart costs so little that its page need not be without it at first."""
    return alarm.watch not in COUNTING or (is_quick(alarm) and stretch_of(alarm).long <= DAY)


async def _chart(visit: Visit, alarm: Alarm, firings: Sequence[Firing]) -> Drawn:
    history, now = visit.house.history, visit.house.clock.now()
    if alarm.watch in MEASURED and history is not None:
        span = span_of(alarm)
        return Drawn(seen(alarm, parts_of(history, alarm, span), span).chart, complete=True)
    stretch = stretch_of(alarm)
    found = await visit.house.alarms.book.history(alarm, now - stretch.long, now, round(stretch.long / stretch.part))
    return Drawn(counted(alarm, found, firings, stretch), found.complete)


async def show_chart(visit: Visit) -> Response:
    """The piece of the page that is the chart, where it takes a while."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    firings = await visit.house.alarms.book.firings(SHOWN, alarm_sid=alarm.sid)
    drawn = await _chart(visit, alarm, firings)
    return visit.part("alarm_chart.html", alarm=alarm, drawn=drawn, counts=alarm.watch in COUNTING)


# -- the test


async def _test(visit: Visit, alarm: Alarm) -> Sequence[TestLine]:
    """What has come of the test that the address speaks of."""
    given = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "said"]
    first = read_fields(TEST, given).get("test", "")
    began = int(first[2:14], 16) / 1000 if first else 0.0
    if not alarm.updated_at - 1 <= began or visit.house.clock.now() - began > TEST_SHOWN_FOR:
        return []
    waiting = [decode_notification(data) async for data in shelf(visit.house.journal, OUTBOX)]
    return outcomes(alarm, first, waiting, await untold(visit.house.journal, alarm.sid))


async def show_test(visit: Visit) -> Response:
    """The piece of the page that says what has come of a test: it asks for itself again until all is said."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    return visit.part("alarm_test.html", alarm=alarm, test=await _test(visit, alarm), asks=visit.query.get("test", ""))


async def run_test(visit: Visit) -> Response:
    """Have everybody whom it tells told that this is a test."""
    made = await visit.house.alarms.book.test(visit.identifier)
    if made is None:
        raise no_alarm(visit.identifier)
    if not made:
        return visit.back(_home(visit), "There is nobody to be told: name a mail address, a webhook, a chat or a phone first.")
    return visit.back(f"{_home(visit)}?test={min(each.id for each in made)}#test")


# -- changes


async def snooze(visit: Visit) -> Response:
    """Have it tell nobody for some time, or again at once."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    given = [(name, value) for name, value in visit.form if name != "csrf"]
    now = visit.house.clock.now()
    try:
        until = until_of(visit.house, read_fields(SNOOZE, given))
    except Problem as problem:
        if CODES[problem.code].status != 400:
            raise
        untold = Trouble(NOT_CHANGED, "Say until when it is to be snoozed, such as 2026-11-23 15:00.")
        return await _page(visit, alarm, trouble=untold, typed=visit.value("until"))
    await visit.house.alarms.book.snooze(alarm.sid, until if until > now else 0.0)
    return visit.back(_home(visit), "It is snoozed: it goes on watching, and tells nobody." if until > now else "It tells again.")


async def mute(visit: Visit) -> Response:
    """Have it tell nobody until it is told otherwise, or tell again."""
    on = read_fields(MUTE, [("muted", visit.value("muted", "true"))]).get("muted", True)
    if await visit.house.alarms.book.mute(visit.identifier, on=on) is None:
        raise no_alarm(visit.identifier)
    return visit.back(_home(visit), "It is muted: it goes on watching, and tells nobody." if on else "It tells again.")


async def enable(visit: Visit) -> Response:
    """Switch it on or off."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    refuse_file(alarm)
    on = read_fields(_ENABLED, [("enabled", visit.value("enabled", "true"))]).get("enabled", True)
    await visit.house.alarms.book.enable(alarm.sid, on=on)
    return visit.back(_home(visit), "It watches." if on else "It is off: it watches nothing, and its firings have ended.")


async def ask_delete(visit: Visit) -> Response:
    """Whether it is really to go."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    refuse_file(alarm)
    active = await visit.house.alarms.book.firings(1, alarm_sid=alarm.sid, state=FiringState.ACTIVE)
    return visit.page("alarm_delete.html", f"Delete {alarm.name}", alarm=alarm, facts=facts(alarm), fires=bool(active))


async def delete(visit: Visit) -> Response:
    """Take it away."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    refuse_file(alarm)
    await visit.house.alarms.book.delete(alarm.sid)
    return visit.back("/alarms", f"The alarm {alarm.name} is deleted. What it has fired stays in the log.")


def _home(visit: Visit) -> str:
    return f"/alarms/{visit.identifier}"


ROUTES = (
    PageRoute("GET", "/alarms/{id}", show),
    PageRoute("GET", "/alarms/{id}/chart", show_chart),
    PageRoute("GET", "/alarms/{id}/test", show_test),
    PageRoute("POST", "/alarms/{id}/test", run_test, audit="alarm tested"),
    PageRoute("POST", "/alarms/{id}/snooze", snooze, audit="alarm snoozed"),
    PageRoute("POST", "/alarms/{id}/mute", mute, audit="alarm muted"),
    PageRoute("POST", "/alarms/{id}/enable", enable, audit="alarm enabled"),
    PageRoute("GET", "/alarms/{id}/delete", ask_delete),
    PageRoute("POST", "/alarms/{id}/delete", delete, audit="alarm deleted"),
)
