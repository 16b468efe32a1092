"""The console's doorman: who may ask, how much may be sent, and which headers every answer carries (limits §5).

The browser of the person at the console is the way in for others: a page of theirs may post to us, or let its own name resolve to our
address. Hence a list of the names that we answer to, and no change for a request that another site's page has made.
"""

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offhook import logs
from offhook.api.problems import Problem, problem_answer
from offhook.settings import is_loopback

MAX_BODY = 64 * 1024
ANY_ADDRESS = "any address in figures"
"""Among the allowed hosts: every address in figures. No name can be made to lead there (DNS rebinding), as there is no name."""
BODY_WITHIN = 10.0
"""Seconds in which a request's body has to be there."""

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: a form of ours would then be posted with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logs.get("api")


class Guard:
    """ASGI middleware around the whole console. `bodies`: the paths whose requests may be bigger than others', and how big in bytes."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str], bodies: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._bodies = bodies or {}
        self._allowed = frozenset(host.casefold() for host in allowed_hosts if host != ANY_ADDRESS)
        self._takes_addresses = ANY_ADDRESS in allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: refuse it, pass it on, or say that we failed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            most = self._bodies.get(scope["path"], MAX_BODY)
            self._check(scope["method"], Headers(scope=scope), most)
            await self._app(scope, _limited(receive, most), answer.send)
        except ClientDisconnect:
            return
        except Problem as problem:
            await problem_answer(problem)(scope, receive, answer.send)
        except Exception:  # noqa: BLE001 - whatever it is: it is logged, and the one who asked gets an answer
            _log.exception("api.failed", method=scope["method"], path=scope["path"])
            if not answer.started:
                await problem_answer(Problem(20500))(scope, receive, answer.send)

    def _check(self, method: str, headers: Headers, most: int) -> None:
        """Raises Problem 20421, 20003 or 20413."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            known = ", ".join(["localhost", *sorted(self._allowed), *([ANY_ADDRESS] if self._takes_addresses else ())])
            raise Problem(
                20421,
                f"The console does not answer to the name {host[:100]!r}. It answers to {known}. The setting console_url gives it a name of its own.",
            )
        if method not in SAFE_METHODS and not is_same_origin(headers, host):
            raise Problem(
                20003, "A page of another site made this request. Changes are made from the console's own pages, or by a program."
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > most:
            raise _too_big(most)

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        return name in self._allowed or is_loopback(name) or (self._takes_addresses and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_name(host: str) -> str:
    """The name in a `Host` header, in lower case, without port or brackets; "" when it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host:
        return ""
    return (parts.hostname or "").removesuffix(".")


def is_same_origin(headers: Headers, host: str) -> bool:
    """Whether a request comes from our own page, or from no page at all (a program sends neither header)."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or (
        origin.partition("://")[0] in ("http", "https") and origin.partition("://")[2].casefold() == host.casefold()
    )


def _too_big(most: int) -> Problem:
    return Problem(20413, f"A request's body may have up to {most} bytes.")


def _limited(receive: Receive, most: int) -> Receive:
    """`receive` with the caps on a body's size and on the time that it takes. Raises Problem 20413 or 20408."""
    taken, complete, until = 0, False, 0.0

    async def limited() -> Message:
        nonlocal taken, complete, until
        if complete:  # what follows is the wait for the client to go away
            return await receive()
        now = asyncio.get_running_loop().time()
        until = until or now + BODY_WITHIN
        try:
            async with asyncio.timeout(until - now):
                message = await receive()
        except TimeoutError:
            raise Problem(20408) from None
        taken += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if taken > most:
            raise _too_big(most)
        return message

    return limited


class _Answer:
    """The way out: puts our headers on the answer, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
