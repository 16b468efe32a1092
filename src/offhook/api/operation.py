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
from offhook.api.problems import Problem, problem_answer
from offhook.api.reception import Reception

JSON = "application/json"


async def _never() -> None:
    await asyncio.Event().wait()


class Call(NamedTuple):
    """One call of an operation: the id in its path ("" where there is none), its parameters, read and checked, and the URL that was asked.

    `gone` waits until the client has gone away. `path` are all the words that stand in the path. `body` is the JSON object that was sent, where the
    operation takes one as it is.
    """

    identifier: str
    values: Mapping[str, Any]
    url: str = ""
    gone: Callable[[], Coroutine[Any, Any, None]] = _never
    path: Mapping[str, str] = MappingProxyType({})
    body: Mapping[str, Any] = {}


class Operation(NamedTuple):
    """One method on one path. `answer` is the type of the JSON, or None when `media_type` is not JSON.

    `body` are the parameters that are also taken from a JSON object; `form` are those that come in a form instead, as Twilio's SDKs send
    them; `takes` is the schema of a JSON object that its handler reads itself, as it has values in values. `headers` are header fields that are
    read with the parameters. `problems` are the codes that it may answer with besides 20001, `refuse` is how they are said and `problem` the
    type of that, None for the usual one. `alias` tells a second path to the same handler from the first. `audit` is what the audit log calls the
    change that it makes, "" where it changes nothing; a parameter in braces is filled in. What `is_open` may be asked by anybody.
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
    headers: Sequence[Field] = ()
    takes: Mapping[str, Any] | None = None
    refuse: Callable[[Problem], Response] = problem_answer
    problem: type[Any] | None = None
    audit: str = ""
    is_open: bool = False

    @property
    def name(self) -> str:
        """What the operation is called in the OpenAPI document."""
        return self.handle.__name__ + self.alias


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON answer. What JSON has no word for becomes text."""
    return Response(msgspec.json.encode(value, enc_hook=str), status, media_type=JSON)


def route(operation: Operation, house: House, reception: Reception | None = None) -> Route:
    """The route that answers an operation, to whom the reception admits."""

    async def endpoint(request: Request) -> Response:
        try:
            if reception is not None and not operation.is_open:
                await reception.admit(request)
            call = await _call(request, operation)
            answer = await operation.handle(house, call)
        except Problem as problem:
            return operation.refuse(problem)
        if reception is not None and _is_change(operation, call, answer):
            await reception.note(operation.audit.format_map(call.values), about(call, answer), request)
        return answer

    return Route(operation.path, endpoint, methods=[operation.method], name=operation.name)


def _is_change(operation: Operation, call: Call, answer: Response) -> bool:
    return bool(operation.audit) and answer.status_code < 400 and not call.values.get("dry_run")


def about(call: Call, answer: Response) -> str:
    """What a change was made to: the id in the path, else that of what was made, else how many."""
    if call.identifier:
        return call.identifier
    try:
        made = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        return ""
    name = next((made[key] for key in ("sid", "id") if made.get(key)), "")
    count = next((made[key] for key in ("replayed", "hastened", "deleted") if key in made), None)
    return str(name) if name or count is None else f"{count} {'webhook' if count == 1 else 'webhooks'}"


async def _call(request: Request, operation: Operation) -> Call:
    """What a request asks of an operation. Raises Problem."""
    query = request.query_params.multi_items()
    read_fields(operation.query, query)  # whoever is wrong there need not send a body
    identifier = request.path_params.get("id", "")
    if operation.form:
        call = Call(identifier, _joined(read_fields(operation.query, query), await read_form(request, operation.form)))
    else:
        call = asked(operation, identifier, query, await _read_body(request, operation))
    headers = [(field.name, request.headers[field.name]) for field in operation.headers if field.name in request.headers]
    values = {**call.values, **read_fields(operation.headers, headers)}
    return call._replace(values=values, url=str(request.url), gone=functools.partial(_gone, request), path=request.path_params)


def asked(operation: Operation, identifier: str, query: Sequence[tuple[str, str]], body: Mapping[str, Any]) -> Call:
    """What these parameters, and this JSON object, ask of an operation. Raises Problem 20001."""
    values = read_fields(operation.query, query)
    if operation.takes is not None:
        return Call(identifier, values, body=body)
    return Call(identifier, _joined(values, read_fields(operation.body, _texts(body, operation.body))))


def _joined(query: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of both. Raises Problem 20001 for one that is in each."""
    for name in body:
        if name in query:
            raise Problem(20001, f"Parameter {name!r} is given in the query and in the body.")
    return {**query, **body}


async def _gone(request: Request) -> None:
    """Wait for the client to go away. Only for when the body has been read: what is left to come is the news of that."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _read_body(request: Request, operation: Operation) -> dict[str, Any]:
    """The JSON object in the body. Raises Problem 20001 or 20415."""
    if operation.method == "GET":
        return {}
    body = await request.body()
    if not body:
        return {}
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().casefold()
    if media_type != JSON:
        raise Problem(20415, f"Send parameters as {JSON}, or in the query.")
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(20001, "The body must be one JSON object.") from None


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
