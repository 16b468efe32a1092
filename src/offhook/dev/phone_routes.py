"""The phone's own routes: the page, a text going in, what happens as it happens, the pictures; and the same for programs as JSON."""

import re
from typing import Final

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from offhook.api.guard import HEADERS
from offhook.api.operation import json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import without_credentials
from offhook.console.html import Look
from offhook.console.pages import missing_page
from offhook.console.routes import html_answer, static_route
from offhook.dev.house import PEOPLE
from offhook.dev.phone_bubbles import happening
from offhook.dev.phone_desk import MEDIA, PhoneDesk, address
from offhook.dev.phone_feed import MOST_STREAMS, stream
from offhook.dev.phone_forms import BIGGEST_FILE, Wanted, check, read
from offhook.dev.phone_pages import LOOK, Screen, phone_page
from offhook.dev.phone_view import WHATSAPP, Conversation, bare, bubble, bubbles, conversation_of, conversations, is_number
from offhook.simulator.records import Message

MOST_SHOWN: Final = 200
TEXTS: Final = "/phone/texts"
BODIES: Final = {TEXTS: BIGGEST_FILE + 64 * 1024}
"""How big a request to the phone may be, bytes: a picture and a text."""
_WRITTEN: Final = re.compile(r"(whatsapp:)?( ?)(.*)", re.DOTALL)
_CSP: Final = "content-security-policy"
_POLICY: Final = f"{HEADERS[_CSP]}; script-src 'self'; connect-src 'self'"


def phone_routes(desk: PhoneDesk) -> list[Route]:
    """What the phone's page, its script and programs ask for."""

    async def page(request: Request) -> Response:
        asked = _asked(request.query_params)
        if asked is None:
            there = "That is not a phone number: write it as +12025550123."
            return html_answer(missing_page(there, Look(links=LOOK.links)), 400)
        return _page(await _screen(desk, desk.conversation(*asked)), desk)

    async def send(request: Request) -> Response:
        by_person = "text/html" in request.headers.get("accept", "")
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

    async def events(request: Request) -> Response:
        return await _events(desk, request)

    return [
        Route("/phone", page),
        Route(TEXTS, send, methods=["POST"]),
        Route("/phone/events", events),
        Route("/api/phone/texts", send, methods=["POST"]),
        *_reading_routes(desk),
        static_route("phone.css"),
        static_route("phone.js"),
    ]


def _reading_routes(desk: PhoneDesk) -> list[Route]:
    """What the phone has, for programs: the messages, and the pictures for the app."""

    async def messages(request: Request) -> Response:
        person = _number(request.query_params.get("person", ""))
        found = [each for each in desk.house.book.messages() if not person or person in (each.sender, each.to)][:MOST_SHOWN]
        return json_answer({"messages": [await desk.shape(each) for each in reversed(found)]})

    async def picture(request: Request) -> Response:
        found = desk.picture(request.path_params["name"].partition(".")[0])
        if found is None:
            raise Problem(20404, "There is no such picture; the oldest are forgotten.")
        return Response(found.data, media_type=found.content_type)

    return [Route("/api/phone/messages", messages), Route(MEDIA + "{name}", picture)]


async def _events(desk: PhoneDesk, request: Request) -> Response:
    """The stream. Only a client that has the page's script asks for the HTML that goes with each message."""
    if desk.feed.readers >= MOST_STREAMS:
        raise Problem(20503, f"{MOST_STREAMS} streams are open already: close a page of the phone.")
    place = request.headers.get("last-event-id") or request.query_params.get("after", "")
    drawn = "drawn" in request.query_params

    async def shape(message: Message) -> dict[str, object]:
        told = await desk.shape(message)
        if not drawn:
            return told
        seen = await bubble(desk.house, message)
        return {**told, **happening(seen, desk.own_picture), "opted_out": desk.opted_out(conversation_of(message))}

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
        app_url=without_credentials(house.carrier.app_of(here.number)),
        place=place,
        opted_out=desk.opted_out(here),
    )


def _page(screen: Screen, desk: PhoneDesk, status: int = 200) -> Response:
    answer = html_answer(phone_page(screen, desk.own_picture), status)
    answer.headers[_CSP] = _POLICY
    return answer
