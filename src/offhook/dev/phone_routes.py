"""The phone's own routes: the page, a text going in, what happens as it happens, the pictures; and the same for programs as JSON."""

import re
from functools import partial
from itertools import islice
from typing import Final

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from offhook.api.operation import json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import without_credentials
from offhook.console.routes import html_answer, static_route
from offhook.dev.house import PEOPLE
from offhook.dev.phone_bubbles import happening
from offhook.dev.phone_desk import MEDIA, PhoneDesk, address, message_shape
from offhook.dev.phone_feed import MOST_STREAMS, stream
from offhook.dev.phone_forms import BIGGEST_FILE, Wanted, check, read
from offhook.dev.phone_pages import Screen, phone_page
from offhook.dev.phone_view import WHATSAPP, Conversation, bare, bubble, bubbles, conversation_of, conversations, is_number
from offhook.simulator.records import Direction, Message

MOST_SHOWN: Final = 200
TEXTS: Final = "/phone/texts"
BODIES: Final = {TEXTS: BIGGEST_FILE + 64 * 1024}
"""How big a request to the phone may be, bytes: a picture and a text."""
_WRITTEN: Final = re.compile(r"(whatsapp:)?( ?)(.*)", re.DOTALL)


def phone_routes(desk: PhoneDesk) -> list[Route]:
    """What the phone's page, its script and programs ask for."""
    return [
        Route("/phone", partial(_show, desk)),
        Route(TEXTS, partial(_send, desk), methods=["POST"]),
        Route(TEXTS + "/{sid}/again", partial(_again, desk), methods=["POST"]),
        Route("/phone/events", partial(_events, desk)),
        Route(MEDIA + "{name}", partial(_picture, desk)),
        Route("/api/phone/texts", partial(_send, desk), methods=["POST"]),
        Route("/api/phone/messages", partial(_messages, desk)),
        static_route("phone.css"),
        static_route("phone.js"),
    ]


async def _show(desk: PhoneDesk, request: Request) -> Response:
    """The page of a conversation."""
    asked = _asked(request.query_params)
    if asked is None:
        raise Problem(20001, "That is not a phone number: write it as +12025550123.")
    return _page(await _screen(desk, desk.conversation(*asked)), desk)


async def _send(desk: PhoneDesk, request: Request) -> Response:
    """Send a text: a person gets the page again, a program the message."""
    by_person = _by_person(request)
    text = read(request.headers.get("content-type", ""), await request.body())
    try:
        check(text)
        message = desk.send(text, str(request.base_url))
    except Problem as problem:
        if not by_person:
            raise
        return await _refused(desk, text, str(problem))
    if by_person:
        return RedirectResponse(address(Conversation(person=message.sender, number=message.to)), 303)
    if "TwilioProxy" in request.headers.get("user-agent", ""):  # `offhook send`, which looks for TwiML
        return Response(b"<Response/>", media_type="text/xml")
    return json_answer(await desk.shape(message), 201)


async def _again(desk: PhoneDesk, request: Request) -> Response:
    """Call the app once more with a text that it did not take."""
    message = desk.house.book.message(request.path_params["sid"])
    mine = message is not None and message.direction is Direction.INBOUND
    if message is None or not mine or not await desk.house.replay([message.reference]):
        raise Problem(20404, "There is no such text that could be delivered again.")
    if _by_person(request):
        return RedirectResponse(address(Conversation(person=message.sender, number=message.to)), 303)
    return json_answer(await desk.shape(message))


async def _messages(desk: PhoneDesk, request: Request) -> Response:
    """The newest messages, the oldest of them first."""
    person = _number(request.query_params.get("person", ""))
    theirs = (each for each in desk.house.book.messages() if not person or person in (each.sender, each.to))
    found = list(islice(theirs, MOST_SHOWN))
    return json_answer({"messages": [await desk.shape(each) for each in reversed(found)]})


async def _picture(desk: PhoneDesk, request: Request) -> Response:
    """A picture, for the page and for the app."""
    found = desk.picture(request.path_params["name"].partition(".")[0])
    if found is None:
        raise Problem(20404, "There is no such picture; the oldest are forgotten.")
    return Response(found.data, media_type=found.content_type)


def _by_person(request: Request) -> bool:
    """Whether a browser's form asks, which wants a page; else a program or the page's script."""
    return "text/html" in request.headers.get("accept", "")


async def _events(desk: PhoneDesk, request: Request) -> Response:
    """The stream. Only a client that has the page's script asks for the HTML that goes with each message."""
    if desk.feed.readers >= MOST_STREAMS:
        raise Problem(20503, f"{MOST_STREAMS} streams are open already: close a page of the phone.")
    place = request.headers.get("last-event-id") or request.query_params.get("after", "")
    drawn = "drawn" in request.query_params

    async def shape(message: Message) -> dict[str, object]:
        seen = await bubble(desk.house, message)
        if not drawn:
            return message_shape(seen)
        opted_out = desk.opted_out(conversation_of(message))
        return {**message_shape(seen), **happening(seen, desk.own_picture), "opted_out": opted_out}

    return StreamingResponse(stream(desk.feed, place, shape), media_type="text/event-stream")


def _asked(query: QueryParams) -> tuple[str, str] | None:
    """The person and the number that a page's address names, each "" where it does not; None where one is no phone number."""
    prefix = WHATSAPP if query.get("channel") == "whatsapp" else ""
    ends = [bare(_number(query.get(name, ""))) for name in ("person", "to")]
    if any(each and not is_number(each) for each in ends):
        return None
    person = ends[0] or next(iter(PEOPLE.values()))
    return prefix + person, prefix + ends[1] if ends[1] else ""


def _number(given: str) -> str:
    """A number from a query, without what people put between digits; the `+` of one that was typed into an address has become a blank."""
    prefix, blank, rest = _WRITTEN.fullmatch(given).groups("")  # type: ignore[union-attr]  # it matches everything
    number = re.sub(r"[\s().-]", "", rest)
    return f"{prefix}{'+' if blank and number[:1].isdigit() else ''}{number}"


async def _refused(desk: PhoneDesk, text: Wanted, why: str) -> Response:
    """The page once more, with what was typed and why it was not sent."""
    ends = [each if is_number(bare(each)) else "" for each in (text.sender, text.to)]
    screen = await _screen(desk, desk.conversation(*ends))
    return _page(msgspec.structs.replace(screen, draft=text.body, trouble=why), desk, 400)


async def _screen(desk: PhoneDesk, here: Conversation) -> Screen:
    house = desk.house
    place = desk.feed.place  # before what it shows is read: an event twice is better than one missed
    return Screen(
        conversation=here,
        conversations=conversations(house),
        numbers=[each.number for each in house.book.numbers.values()],
        bubbles=await bubbles(house, here),
        app_url=without_credentials(house.shown_app(here.number)),
        place=place,
        opted_out=desk.opted_out(here),
    )


def _page(screen: Screen, desk: PhoneDesk, status: int = 200) -> Response:
    return html_answer(phone_page(screen, desk.own_picture), status)
