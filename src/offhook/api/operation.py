"""One row of the route table: from it come the route, the reading of its parameters, and its part of the OpenAPI document."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhook.api.fields import Field, read_fields
from offhook.api.forms import read_form
from offhook.api.house import House
from offhook.api.problems import Problem

JSON = "application/json"


async def _never() -> None:
    await asyncio.Event().wait()


class Call(NamedTuple):
    """One call of an operation: the id in its path ("" where there is none), its parameters, read and checked, and the URL that was asked.

    `gone` waits until the client has gone away. `path` are all the words that stand in the path.
    """

    identifier: str
    values: Mapping[str, Any]
    url: str = ""
    gone: Callable[[], Coroutine[Any, Any, None]] = _never
    path: Mapping[str, str] = MappingProxyType({})


class Operation(NamedTuple):
    """One method on one path. `answer` is the type of the JSON, or None when `media_type` is not JSON.

    `body` are the parameters that are also taken from a JSON object; `form` are those that come in a form instead, as Twilio's SDKs send them.
    `problems` are the codes that it may answer with besides 20001. `alias` tells a second path to the same handler from the first.
    """

    method: str
    path: str
    summary: str
    handle: Callable[[House, Call], Awaitable[Response]]
    answer: type[Any] | None
    status: int = 200
    query: Sequence[Field] = ()
    body: Sequence[Field] = ()
    problems: Sequence[int] = ()
    media_type: str = JSON
    alias: str = ""
    form: Sequence[Field] = ()

    @property
    def name(self) -> str:
        """What the operation is called in the OpenAPI document."""
        return self.handle.__name__ + self.alias


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON answer. What JSON has no word for becomes text."""
    return Response(msgspec.json.encode(value, enc_hook=str), status, media_type=JSON)


def route(operation: Operation, house: House) -> Route:
    """The route that answers an operation."""

    async def endpoint(request: Request) -> Response:
        values = read_fields(operation.query, request.query_params.multi_items())
        for name, value in (await _read_body(request, operation)).items():
            if name in values:
                raise Problem(20001, f"Parameter {name!r} is given in the query and in the body.")
            values[name] = value
        gone = functools.partial(_gone, request)
        call = Call(request.path_params.get("id", ""), values, str(request.url), gone, request.path_params)
        return await operation.handle(house, call)

    return Route(operation.path, endpoint, methods=[operation.method], name=operation.name)


async def _gone(request: Request) -> None:
    """Wait for the client to go away. Only for when the body has been read: what is left to come is the news of that."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read_body(request: Request, operation: Operation) -> dict[str, Any]:
    """The parameters in the JSON object of the body. Raises Problem 20001 or 20415."""
    if operation.method == "GET":
        return {}
    if operation.form:
        return await read_form(request, operation.form)
    body = await request.body()
    if not body:
        return {}
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().casefold()
    if media_type != JSON:
        raise Problem(20415, f"Send parameters as {JSON}, or in the query.")
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(20001, "The body must be one JSON object.") from None
    return read_fields(operation.body, _texts(given, operation.body))


def _texts(given: Mapping[str, Any], fields: Sequence[Field]) -> list[tuple[str, str]]:
    """The members of the object as the texts that a query string would have had. Null is as good as absent."""
    switches = {field.name for field in fields if field.schema.get("type") == "boolean"}
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            switched = isinstance(one, bool) and name in switches
            if (isinstance(one, bool) and not switched) or not isinstance(one, str | int | float | None):
                raise Problem(20001, f"Parameter {name[:50]!r} must be a text or a number, or a list of such.")
            found.append((name, "" if one is None else str(one).lower() if switched else str(one)))
    return found
