"""Which events go to a sink: types, their versions, and a filter."""

from typing import Final

from starlette.responses import Response

from offhook.console.doorway import PageRoute
from offhook.console.pages.stream import subscription_of
from offhook.console.pages.stream_new import Said, events_of, try_filter, wrong_events
from offhook.console.questions import Answers, answers_of, first
from offhook.console.stream_form import TYPE, answers_from, wanted_types
from offhook.console.trouble import of_answers
from offhook.console.visit import Visit
from offhook.streams.model import Sink, SinkStatus
from offhook.streams.refused import RefusedError

_NOTHING: Final = Said({})


async def show(visit: Visit) -> Response:
    """The types to tick, and the filter."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    given = answers_of(item for item in visit.request.query_params.multi_items() if item[1])
    return await _form(visit, sink, {**answers_from(await subscription_of(visit, sink)), **given})


async def check(visit: Visit) -> Response:
    """The form as it was filled in, with what the filter lets through. Nothing is saved."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    answers = answers_of(visit.form)
    wrong = wrong_events(visit, answers)
    return await _form(visit, sink, answers, Said(wrong, None if wrong else await try_filter(visit, answers)))


async def save(visit: Visit) -> Response:
    """Have these events go there from now on."""
    desk = visit.house.streams
    sink = await desk.sinks.get(visit.identifier)
    answers = answers_of(visit.form)
    wrong = wrong_events(visit, answers)
    if wrong:
        return await _form(visit, sink, answers, Said(wrong))
    types, filter_ = wanted_types(desk.catalogue, answers), first(answers, "filter")
    before = await subscription_of(visit, sink)
    try:
        if before is None:
            await desk.subscriptions.create(sink.description, sink, types, filter_)
        else:
            await desk.subscriptions.choose(before.sid, types, filter_)
    except RefusedError as refusal:
        return await _form(visit, sink, answers, Said({"": (str(refusal),)}))
    return visit.back(
        f"/streams/{sink.sid}", f"Events of {len(types)} {'type' if len(types) == 1 else 'types'} go there from now on."
    )


async def end(visit: Visit) -> Response:
    """Let nothing go there any more; the sink stays."""
    sink = await visit.house.streams.sinks.get(visit.identifier)
    subscription = await subscription_of(visit, sink)
    if subscription is not None:
        await visit.house.streams.subscriptions.delete(subscription.sid)
    return visit.back(f"/streams/{sink.sid}", "Nothing goes there any more.")


async def _form(visit: Visit, sink: Sink, answers: Answers, said: Said = _NOTHING) -> Response:
    return visit.page(
        "stream_events.html",
        f"What goes to {sink.description}",
        sink=sink,
        is_active=sink.status is SinkStatus.ACTIVE,
        trouble=of_answers(said.wrong, {TYPE, "filter"}),
        **events_of(visit, answers, said),
    )


ROUTES = (
    PageRoute("GET", "/streams/{id}/events", show),
    PageRoute("POST", "/streams/{id}/events", save, audit="subscription changed"),
    PageRoute("POST", "/streams/{id}/check", check),
    PageRoute("POST", "/streams/{id}/end", end, audit="subscription ended"),
)
