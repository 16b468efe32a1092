"""A new sink: its kind, its configuration, and which events go there."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from offhook.console.doorway import PageRoute
from offhook.console.questions import Answers, Wrong, answers_of, first, first_wrong
from offhook.console.stream_events import SAMPLE_WITHIN, Sampled, sample
from offhook.console.stream_form import (
    TYPE,
    defaults,
    filter_problem,
    filter_question,
    read_sink,
    refused_sink,
    sink_questions,
    type_groups,
    wanted_types,
)
from offhook.console.trouble import of_answers
from offhook.console.visit import Visit
from offhook.streams.model import Sink, SinkKind, SinkStatus, Subscribed
from offhook.streams.refused import RefusedError
from offhook.streams.subscription_desk import read_types


class Said(NamedTuple):
    """What the page says of what was filled in."""

    wrong: Wrong
    sampled: Sampled | None = None


_NOTHING: Final = Said({})


async def show_new(visit: Visit) -> Response:
    """The kinds to choose from; with one chosen, its form."""
    name = visit.query.get("kind", "")
    if not name:
        return visit.page("stream_kinds.html", "New sink", kinds=visit.house.streams.kinds)
    kind = kind_of(visit, name)
    given = answers_of(item for item in visit.request.query_params.multi_items() if item[1])
    return _form(visit, kind, {**defaults(kind), **given})


def kind_of(visit: Visit, name: str) -> SinkKind:
    """A kind by its name. Raises RefusedError 91000."""
    kinds = {kind.name: kind for kind in visit.house.streams.kinds}
    if name not in kinds:
        known = f"There are {', '.join(kinds)}." if kinds else "Sinks are made where `offhook serve` runs."
        raise RefusedError(91000, f"There is no kind of sink called {name[:50]!r}. {known}")
    return kinds[name]


async def check(visit: Visit) -> Response:
    """The form as it was filled in, with what the filter lets through. Nothing is saved."""
    answers = answers_of(visit.form)
    kind = kind_of(visit, first(answers, "kind"))
    wrong = wrong_events(visit, answers)
    return _form(visit, kind, answers, Said(wrong, None if wrong else await try_filter(visit, answers)))


async def create(visit: Visit) -> Response:
    """Make a sink, prove it, and have events go there."""
    answers = answers_of(visit.form)
    kind = kind_of(visit, first(answers, "kind"))
    draft = read_sink(kind, answers)
    wrong = {**draft.wrong, **(wrong_events(visit, answers) if TYPE in answers or first(answers, "filter") else {})}
    if wrong:
        return _form(visit, kind, answers, Said(wrong))
    try:
        sink = await visit.house.streams.sinks.create(draft.description, kind.name, dict(draft.configuration))
    except RefusedError as refusal:
        return _form(visit, kind, answers, Said(refused_sink(kind, refusal)))
    visit.about = sink.sid
    return await _proved(visit, sink, answers)


async def _proved(visit: Visit, sink: Sink, answers: Answers) -> Response:
    """On to the new sink's page: what came of the test, where it needs one, and of the subscription."""
    desk, where, query = visit.house.streams, f"/streams/{sink.sid}", dict[str, str]()
    if sink.status is not SinkStatus.ACTIVE:
        delivery = await desk.sinks.test(sink.sid, activate=True)
        query["tested"] = "late" if delivery is None else "taken" if delivery.fault is None else "failed"
        sink = await desk.sinks.get(sink.sid)
    types = wanted_types(desk.catalogue, answers)
    if not types:
        said = "The sink is made."
    elif sink.status is SinkStatus.ACTIVE:
        await desk.subscriptions.create(sink.description, sink, types, first(answers, "filter"))
        said = f"The sink is made, and events of {len(types)} {'type' if len(types) == 1 else 'types'} go there."
    else:
        said = "The sink is made. No events go there before it has taken a test event."
        chosen = [(TYPE, each["type"]) for each in types] + [
            (f"version:{each['type']}", each.get("schema_version", "")) for each in types
        ]
        query["events"] = urlencode([*chosen, ("filter", first(answers, "filter"))])
    return visit.back(f"{where}?{urlencode(query)}" if query else where, said)


# -- which events


def wrong_events(visit: Visit, answers: Answers) -> Wrong:
    """What is wrong with the choice of events."""
    wrong: dict[str, tuple[str, ...]] = {}
    try:
        read_types(wanted_types(visit.house.streams.catalogue, answers), visit.house.streams.catalogue)
    except RefusedError as refusal:
        wrong[TYPE] = ("Tick at least one." if refusal.code == 91103 else str(refusal),)
    if problem := filter_problem(first(answers, "filter")):
        wrong["filter"] = (problem,)
    return wrong


async def try_filter(visit: Visit, answers: Answers) -> Sampled:
    """What a filter lets through of the events of the last day."""
    catalogue = visit.house.streams.catalogue
    types: tuple[Subscribed, ...] = read_types(wanted_types(catalogue, answers), catalogue)
    since = visit.house.clock.now() - SAMPLE_WITHIN
    return await sample(visit.house.journal, types, first(answers, "filter"), since, visit.house.alarms.account_sid)


def events_of(visit: Visit, answers: Answers, said: Said) -> dict[str, Any]:
    """What the choice of events is drawn with."""
    return {
        "groups": type_groups(visit.house.streams.catalogue, answers),
        "filter": filter_question(answers, said.wrong),
        "types_wrong": said.wrong.get(TYPE, ()),
        "sampled": said.sampled,
    }


def _form(visit: Visit, kind: SinkKind, answers: Answers, said: Said = _NOTHING) -> Response:
    questions = sink_questions(kind, answers, said.wrong)
    asked = {question.name for question in questions} | {"filter", TYPE}
    return visit.page(
        "stream_new.html",
        f"New sink: {kind.name}",
        kind=kind,
        questions=questions,
        focus=first_wrong(questions),
        trouble=of_answers(said.wrong, asked, "Nothing was made", " Secrets have to be typed again."),
        **events_of(visit, answers, said),
    )


ROUTES = (
    PageRoute("GET", "/streams/new", show_new),
    PageRoute("POST", "/streams/new", create, audit="sink made"),
    PageRoute("POST", "/streams/check", check),
)
