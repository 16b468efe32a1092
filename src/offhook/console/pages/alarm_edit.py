"""The form of an alarm: a new one, a changed one, and what it would have done."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from msgspec import structs
from starlette.responses import Response

from offhook.alarms.checks import UnusableAlarmError
from offhook.alarms.configured import alarm_of, untellable
from offhook.alarms.model import FILE, Alarm, Watch
from offhook.alarms.past import Preview
from offhook.api.alarm_found import alarm_or_problem, no_alarm, refuse_file
from offhook.api.problems import Problem
from offhook.console.alarm_charts import DAY, Stretch, counted
from offhook.console.alarm_form import EXAMPLES, Known, Read, answers_from, kept, name_of_copy, read, refused, sections, watch_of
from offhook.console.alarm_measured import MEASURED, parts_of, seen
from offhook.console.alarm_measured import WEEK as WEEK_SPAN
from offhook.console.alarm_questions import WATCHES
from offhook.console.doorway import PageRoute
from offhook.console.error_alarm import answers_of_error
from offhook.console.html import Markup
from offhook.console.questions import Answers, Wrong, answers_of, first, first_wrong
from offhook.console.trouble import of_answers
from offhook.console.visit import Visit
from offhook.records import IssueFilter

WEEK: Final = 7 * DAY
_LOOKED: Final = Stretch(WEEK, 3600.0, "7 days")
_MOST_SPANS: Final = 20
_MOST_ISSUES: Final = 100
_COUNTING: Final = frozenset({Watch.EVENTS, Watch.ISSUES})


class Previewed(NamedTuple):
    """What an alarm would have done: `said` in a sentence; `found` is None where that cannot be told."""

    said: str
    found: Preview | None = None
    chart: Markup | None = None
    shown: int = _MOST_SPANS


class Said(NamedTuple):
    """What the page says of a form that was filled in: what is wrong with it, or what it would have done."""

    wrong: Wrong = MappingProxyType({})
    previewed: Previewed | None = None


_NOTHING_SAID: Final = Said()


# -- looking


async def show_new(visit: Visit) -> Response:
    """The form of a new alarm; of an error (`error`), of another alarm (`from`), or of what the address says."""
    query = visit.query
    answers: dict[str, tuple[str, ...]] = dict(EXAMPLES)
    if "error" in query:
        answers |= await _of_error(visit, query["error"])
    elif "from" in query:
        alarm = await alarm_or_problem(visit.house, query["from"])
        name = name_of_copy(alarm, await visit.house.alarms.book.alarms())
        answers = {**answers_from(alarm), "name": (name,), "enabled": ("true",)}
    given = answers_of(item for item in visit.request.query_params.multi_items() if item[1])
    answers |= {name: values for name, values in given.items() if name not in {"error", "from", "said", "format"}}
    return await _form(visit, None, answers)


async def _of_error(visit: Visit, identifier: str) -> Answers:
    event = await visit.house.journal.event(identifier)
    if event is None:
        raise Problem(20404, f"There is no error {identifier[:50]}.")
    return answers_of_error(event)


async def show_edit(visit: Visit) -> Response:
    """The form of an alarm that is there."""
    alarm = await alarm_or_problem(visit.house, visit.identifier)
    refuse_file(alarm)
    return await _form(visit, alarm, {**EXAMPLES, **answers_from(alarm)})


# -- what changes nothing


async def show_fields(visit: Visit) -> Response:
    """The form as it was filled in, with the questions of the watch that was chosen."""
    examples = {name: values for name, values in EXAMPLES.items() if name != "enabled"}
    return await _form(visit, await _alarm(visit), examples | answers_of(visit.form))


async def show_preview(visit: Visit) -> Response:
    """The form as it was filled in, with what such an alarm would have done."""
    answers = answers_of(visit.form)
    before = await _alarm(visit)
    said = read(answers)
    if said.wanted is None:
        return await _form(visit, before, answers, Said(said.wrong))
    alarm = alarm_of(said.wanted, before) if before else alarm_of(said.wanted)
    previewed = await _previewed(visit, alarm)
    if isinstance(previewed, UnusableAlarmError):
        return await _form(visit, before, answers, Said(refused(previewed.problems)))
    return await _form(visit, before, answers, Said(previewed=previewed))


async def _previewed(visit: Visit, alarm: Alarm) -> Previewed | UnusableAlarmError:
    history = visit.house.history
    if alarm.watch in MEASURED and history is not None:
        found = seen(alarm, parts_of(history, alarm, WEEK_SPAN), WEEK_SPAN, "preview-chart")
        return Previewed(found.said, chart=found.chart)
    if alarm.watch not in _COUNTING:
        return Previewed("This is measured as it happens and not kept, so what it would have done cannot be told.")
    book, now = visit.house.alarms.book, visit.house.clock.now()
    try:
        past = await book.preview(alarm, now - WEEK)
    except UnusableAlarmError as refusal:
        return refusal
    counts = await book.history(alarm, now - WEEK, now, round(WEEK / _LOOKED.part))
    return Previewed(would(past, alarm), past, counted(alarm, counts, past.spans, _LOOKED, "preview-chart"))


def would(found: Preview, alarm: Alarm) -> str:
    """What an alarm would have done, in a sentence."""
    times = {0: "not have fired", 1: "have fired once", 2: "have fired twice"}.get(
        len(found.spans), f"have fired {len(found.spans)} times"
    )
    what = "issue" if alarm.watch is Watch.ISSUES else "event"
    counts = f"{found.counted} {what}{'' if found.counted == 1 else 's'} counted"
    return f"It would {times} in the last 7 days ({counts})."


# -- what changes something


async def create(visit: Visit) -> Response:
    """Make an alarm."""
    answers = answers_of(visit.form)
    said = read(answers)
    book = visit.house.alarms.book
    if said.wanted is not None:
        try:
            made = await book.create(alarm_of(said.wanted, account_sid=visit.house.alarms.account_sid))
        except UnusableAlarmError as refusal:
            said = Read(None, refused(refusal.problems))
        else:
            visit.about = made.sid
            said_of_it = ["The alarm is made.", *(["It watches from now on."] if made.enabled else ()), *_untellable(visit, made)]
            return visit.back(f"/alarms/{made.sid}", " ".join(said_of_it))
    return await _form(visit, None, answers, Said(said.wrong))


async def change(visit: Visit) -> Response:
    """Have an alarm be as the form says."""
    before = await alarm_or_problem(visit.house, visit.identifier)
    refuse_file(before)
    answers = answers_of(visit.form)
    said = read(answers)
    if said.wanted is not None:
        try:
            changed = await visit.house.alarms.book.update(alarm_of(said.wanted, structs.replace(before)))
        except UnusableAlarmError as refusal:
            said = Read(None, refused(refusal.problems))
        else:
            if changed is None:
                raise no_alarm(before.sid)
            return visit.back(f"/alarms/{before.sid}", " ".join(["The alarm is changed.", *_untellable(visit, changed)]))
    return await _form(visit, before, answers, Said(said.wrong))


def _untellable(visit: Visit, alarm: Alarm) -> list[str]:
    """What its maker has to know: by which of the ways that were asked for nobody can be told."""
    return [f"But {each}" for each in untellable(alarm, visit.house.alarms.lacking)]


# -- the form


async def _alarm(visit: Visit) -> Alarm | None:
    """The alarm that a form is of; None for that of a new one."""
    sid = visit.value("alarm")
    return await alarm_or_problem(visit.house, sid) if sid else None


async def _form(visit: Visit, alarm: Alarm | None, answers: Answers, said: Said = _NOTHING_SAID) -> Response:
    known = Known([each.name for each in visit.house.endpoints], await _causes(visit))
    parts = sections(answers, said.wrong, known, new=alarm is None)
    asked = {question.name for part in parts.values() for question in part.questions}
    error = visit.query.get("error", "") or first(answers, "error")[:50]
    values: Mapping[str, Any] = {
        "alarm": alarm,
        "action": "/alarms/new" if alarm is None else f"/alarms/{alarm.sid}/edit",
        "watch": watch_of(answers),
        "watches": WATCHES,
        "parts": parts,
        "kept": kept(answers, parts),
        "error": error,
        "cancel": f"/alarms/{alarm.sid}" if alarm else f"/errors/{quote(error, safe='')}" if error else "/alarms",
        "focus": first_wrong(question for part in parts.values() for question in part.questions),
        "previewed": said.previewed,
        "in_file": alarm is not None and alarm.origin == FILE,
    }
    title = "New alarm" if alarm is None else f"Change {alarm.name}"
    return visit.page("alarm_form.html", title, trouble=of_answers(said.wrong, asked), **values)


async def _causes(visit: Visit) -> list[str]:
    """The causes that have been seen lately, to choose from."""
    issues = await visit.house.journal.issues(IssueFilter(), _MOST_ISSUES, now=visit.house.clock.now())
    return sorted({issue.cause for issue in issues if issue.cause})


ROUTES = (
    PageRoute("GET", "/alarms/new", show_new),
    PageRoute("POST", "/alarms/new", create, audit="alarm made"),
    PageRoute("POST", "/alarms/fields", show_fields),
    PageRoute("POST", "/alarms/preview", show_preview),
    PageRoute("GET", "/alarms/{id}/edit", show_edit),
    PageRoute("POST", "/alarms/{id}/edit", change, audit="alarm changed"),
)
