"""The phone's own routes: a text goes in, the conversation comes out."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhook.api.operation import json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import iso
from offhook.dev.house import PEOPLE, DevHouse
from offhook.simulator.records import Message

MOST_SHOWN = 200
LONGEST = 1600


def phone_routes(house: DevHouse) -> list[Route]:
    """What the phone's page and `offhook dev --terminal` ask for."""

    async def send(request: Request) -> Response:
        text = msgspec.json.decode(await request.body(), type=_Text)
        if len(text.body) > LONGEST:
            raise Problem(20001, f"A text has up to {LONGEST} characters.")
        message = house.carrier.text(
            text.sender or PEOPLE["Ada"], text.to or next(iter(house.book.numbers.values())).number, text.body
        )
        return json_answer(message_shape(message), 201)

    async def messages(request: Request) -> Response:
        person = request.query_params.get("person", "")
        found = [each for each in house.book.messages() if not person or person in (each.sender, each.to)][:MOST_SHOWN]
        return json_answer({"messages": [message_shape(each) for each in reversed(found)]})

    return [Route("/api/phone/texts", send, methods=["POST"]), Route("/api/phone/messages", messages)]


class _Text(msgspec.Struct, rename={"sender": "from"}):
    body: str
    sender: str = ""
    to: str = ""


def message_shape(message: Message) -> dict[str, Any]:
    """A message as the phone shows it."""
    return {
        "sid": message.sid,
        "direction": message.direction.value,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "media": [each.url for each in message.media],
        "status": message.status.value,
        "error_code": message.error_code,
        "error_message": message.error_message,
        "webhook_id": message.reference,
        "created_at": iso(message.created_at),
    }
