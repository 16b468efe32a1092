"""What the API says when it cannot do what was asked: one shape for everything, Twilio's.

`{"code", "message", "more_info", "status"}`: an integer that programs can rely on, a sentence for people, where to read more, and the HTTP status.
"""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from starlette.responses import Response

from offhook.debugger.catalogue import page_about


class Meaning(NamedTuple):
    """One code of the API: the HTTP status that goes with it, and what it says."""

    status: int
    meaning: str


CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        20001: Meaning(400, "A parameter, or the request's body, is not acceptable."),
        20003: Meaning(403, "The request came from another site's page."),
        20004: Meaning(405, "The resource exists, but not with this method."),
        20401: Meaning(
            401,
            "Who are you? Send the account SID and auth token, an API key and its secret, or the console key; in a browser, log in.",
        ),
        20404: Meaning(404, "There is no such resource."),
        20408: Meaning(408, "The request's body did not come in time."),
        20409: Meaning(409, "The resource is in a state in which this cannot be done."),
        20413: Meaning(413, "The request's body is too big."),
        20415: Meaning(415, "The request's body is not JSON."),
        20421: Meaning(421, "The console was called by a name that is not its own."),
        20429: Meaning(429, "As many of these are under way, or have gone wrong, as may be."),
        20500: Meaning(500, "Offhook has a fault; its log says more."),
        20503: Meaning(503, "Offhook cannot do this just now."),
        91000: Meaning(400, "A sink cannot be made so: its type, its description or its configuration is not acceptable."),
        91001: Meaning(404, "There is no such sink."),
        91002: Meaning(400, "PageSize, Page or PageToken is not acceptable."),
        91003: Meaning(400, "There are as many sinks as there may be."),
        91004: Meaning(400, "The sink cannot be validated: no test event has been sent to it."),
        91005: Meaning(400, "The TestId is not that of the last test event."),
        91006: Meaning(400, "That is no sink's SID."),
        91007: Meaning(400, "The sink cannot be deleted while a subscription uses it."),
        91100: Meaning(400, "A subscription needs an active sink that no other one uses."),
        91101: Meaning(400, "A subscription needs a description, and each event type once."),
        91102: Meaning(404, "There is no such subscription."),
        91103: Meaning(400, "A subscription needs at least one event type."),
        91104: Meaning(400, "There is no such event type, or no such version of its schema."),
        91201: Meaning(400, "A parameter of event streams is missing or not acceptable."),
        91202: Meaning(404, "There is no such event type, schema or version."),
        91203: Meaning(405, "The resource of event streams exists, but not with this method."),
    }
)
OURS = 21_000
"""Codes below are the API's own; those above are Twilio's for a product of it, and Twilio's pages say more about them."""
_BY_STATUS = {meaning.status: code for code, meaning in CODES.items() if code < OURS}


class Problem(Exception):  # noqa: N818 - the field's word (RFC 9457), and it is an answer rather than a fault
    """The request cannot be answered as asked."""

    def __init__(self, code: int, message: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message or CODES[code].meaning)
        self.code = code
        self.headers = headers


def body_of(code: int, message: str = "") -> dict[str, object]:
    """The JSON object of an error."""
    status, meaning = CODES[code]
    more_info = f"docs/api.md#{code}" if code < OURS else page_about(code)
    return {"code": code, "message": message or meaning, "more_info": more_info, "status": status}


def problem_answer(problem: Problem) -> Response:
    """The HTTP answer of a problem."""
    body = msgspec.json.encode(body_of(problem.code, str(problem)))
    return Response(body, CODES[problem.code].status, problem.headers, "application/json")


def from_status(status: int, message: str = "", *, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem that stands for an HTTP status which a library chose."""
    return Problem(_BY_STATUS.get(status, 20001 if status < 500 else 20500), message, headers=headers)


def suggest(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?` when one of the known words is near, else ""."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
