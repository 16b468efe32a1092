"""The door of the account's API: credentials, throttling, which resource is meant, and the headers that Twilio puts on every answer."""

import base64
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from offhook.api.account.asked import Asked, Desk, Handler, parameters
from offhook.api.account.problems import Refused, refusal
from offhook.simulator.records import Account


class Resource(NamedTuple):
    """A path with its handler for each method. Whoever asks for what `is_open` needs no credentials."""

    path: str
    handlers: Mapping[str, Handler]
    is_open: bool = False


class Door:
    """ASGI application for all paths of the API. Every answer of it has Twilio's shape, the refusals too."""

    def __init__(self, desk: Desk, resources: Sequence[Resource]) -> None:
        self._desk = desk
        self._resources = [(compile_path(each.path)[0], each) for each in resources]
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        self._under_way += 1
        together = self._under_way
        try:
            answer = await self._answer(Request(scope, receive))
        except Refused as refused:
            answer = refusal(refused)
        finally:
            self._under_way -= 1
        answer.headers["Twilio-Concurrent-Requests"] = str(together)
        answer.headers["Twilio-Request-Id"] = "RQ" + secrets.token_hex(16)
        answer.headers["Twilio-Request-Duration"] = f"{time.perf_counter() - began:.3f}"
        answer.headers["X-Home-Region"] = "us1"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        resource, ids = self._meant(request.url.path)
        account = self._desk.book.account
        if resource is None or not resource.is_open:
            check_credentials(account, request.headers.get("authorization", ""))
        if self._desk.carrier.throttle():
            raise Refused(20429)
        if resource is None or ids.get("account", account.sid) != account.sid:
            raise Refused(20404, f"There is nothing at {request.url.path[:200]}.")
        handle = resource.handlers.get(request.method)
        if handle is None:
            allowed = ", ".join(resource.handlers)
            raise Refused(20004, f"This resource takes {allowed}, not {request.method[:20]}.", headers={"Allow": allowed})
        given = parameters(request.url.query, request.headers.get("content-type", ""), await request.body())
        return handle(Asked(self._desk, ids, given, str(request.url)))

    def _meant(self, path: str) -> tuple[Resource | None, Mapping[str, str]]:
        for pattern, resource in self._resources:
            found = pattern.match(path)
            if found:
                return resource, found.groupdict()
        return None, {}


def check_credentials(account: Account, authorization: str) -> None:
    """Raises Refused 20003 unless they are the account's SID and token; how long that takes says nothing of either."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True) if scheme.casefold() == "basic" else b""
    except ValueError:
        given = b""
    if not secrets.compare_digest(given, f"{account.sid}:{account.auth_token}".encode()):
        raise Refused(20003, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
