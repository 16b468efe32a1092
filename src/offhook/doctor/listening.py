"""The doctor at the edge: takes what comes to a port of this host, counts it, and answers as an app with nothing to say would."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from offhook.doctor.arrivals import Seen, Tally
from offhook.doctor.hello import Hello, NotAHelloError, read_hello
from offhook.doctor.lines import Line, Plain, Secure
from offhook.intake import wire
from offhook.intake.bodies import PartialBody
from offhook.intake.heads import Head, HeadReader
from offhook.intake.limits import BODY_TOO_LARGE, HEAD_TOO_LARGE, IntakeLimits, Refusal
from offhook.providers.base import Accepted, Incoming, Provider
from offhook.records import Answer

AT_ONCE = 64
TIME_FOR_ONE = 10.0
"""Seconds that a connection has for everything."""
_READ = 16 * 1024
_LINGER = 1.0
_HEAD_END = b"\r\n\r\n"
_ANSWER = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>")
# handshake_failure: there is no certificate to go on with (RFC 8446 §6).
_ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
_SIGNATURE = b"x-twilio-signature"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Means:
    """What a listener works with. `context` serves TLS, None where there is no certificate; `checks`: the provider has a token."""

    provider: Provider
    context: ssl.SSLContext | None = None
    checks: bool = False
    time_for_one: float = TIME_FOR_ONE


class Listening:
    """Listens until it is stopped. `tell` gets one line for everything that happens."""

    def __init__(self, means: Means, tell: Tell, tally: Tally) -> None:
        self.tally = tally
        self._means = means
        self._tell = tell
        self._bounds = IntakeLimits()
        self._heads = HeadReader(self._bounds)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str | None, port: int) -> tuple[str, ...]:
        """Listen, on all addresses where the host is None; the addresses as bound. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port)
        names = (each.getsockname() for each in self._server.sockets)
        return tuple(f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}" for name in names)

    async def stop(self) -> None:
        """Take no more, and cut what is under way."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        self.tally.connected(peer)
        if len(self._tasks) >= AT_ONCE:
            self.tally.turned_away += 1
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        visitor = _Visitor(self._means, self.tally, lambda words: self._tell(f"{peer} {words}"), peer)
        try:
            async with asyncio.timeout(self._means.time_for_one):
                await visitor.take(reader, writer, self._heads, self._bounds)
        except TimeoutError:
            visitor.gave_up()
        except OSError:
            visitor.broke_off()
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()


class _Visitor:
    """One connection: how far it gets is counted and told."""

    def __init__(self, means: Means, tally: Tally, tell: Tell, peer: str) -> None:
        self._means = means
        self._tally = tally
        self._tell = tell
        self._peer = peer
        self._spoke = False
        self._secure = False
        self._asked = False

    async def take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heads: HeadReader, bounds: IntakeLimits
    ) -> None:
        """All of it, to the answer. Raises OSError."""
        begun = await reader.read(_READ)
        if not begun:
            self.gave_up()
            return
        self._spoke = True
        line: Line = Plain(begun, reader, writer)
        if begun[:1] == b"\x16":
            secured = await self._greet(begun, reader, writer)
            if secured is None:
                return
            line = secured
        await self._ask(line, heads, bounds)

    def gave_up(self) -> None:
        """It ended without a whole request."""
        if self._asked:
            return
        if not self._spoke:
            self._tally.silent += 1
            self._tell("connected, and said nothing")
        else:
            self._tell("began, and did not send a whole request in time")

    def broke_off(self) -> None:
        """The connection broke."""
        self._tally.silent += not self._spoke
        self._tell("broke the connection off")

    # -- TLS

    async def _greet(self, begun: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Secure | None:
        """The hello, and the handshake where there is a certificate for it."""
        try:
            while (hello := read_hello(begun)) is None and (data := await reader.read(_READ)):
                begun += data
        except NotAHelloError:
            hello = None
        if hello is None:
            self._strange("something that begins like TLS and is not")
            return None
        self._tally.greeted(hello)
        context = self._means.context
        if context is None:
            self._tell(f"TLS hello {_offer(hello)}; there is no certificate here to answer it with")
            writer.write(_ALERT)
            return None
        secured = Secure(context, Plain(begun, reader, writer))
        try:
            version = await secured.shake_hands()
        except ssl.SSLError as error:
            self._tell(f"TLS hello {_offer(hello)}; the handshake failed: {_reason(error)}")
            return None
        self._secure = True
        self._tally.handshakes += 1
        self._tell(f"TLS hello {_offer(hello)}; the handshake is done ({version})")
        return secured

    # -- HTTP

    async def _ask(self, line: Line, heads: HeadReader, bounds: IntakeLimits) -> None:
        found = await self._request(line, heads, bounds)
        if isinstance(found, Refusal):
            self._tally.refused += 1
            self._tell(f"a request that could not be read: {found.sentence}")
            line.write(_wire(wire.refusal(found), bodiless=False))
            await _hear_out(line)
        elif found is not None:
            head, body = found
            self._asked = True
            seen = self._judge(head, body)
            self._tally.asked(seen)
            self._tell(told(seen))
            line.write(_wire(_ANSWER, bodiless=head.bodiless))

    async def _request(self, line: Line, heads: HeadReader, bounds: IntakeLimits) -> tuple[Head, bytes] | Refusal | None:
        """One request; None when the connection ended before it was whole, or when it is something else."""
        data = await line.read()
        if data and (not data[:1].isalpha() or data.startswith(b"PROXY ")):
            self._strange(f"something that is neither TLS nor HTTP: {data[:16]!r}")
            return None
        while (end := data.find(_HEAD_END)) < 0:
            if len(data) > bounds.head:
                return HEAD_TOO_LARGE
            more = await line.read()
            if not more:
                self.gave_up()
                return None
            data += more
        end += len(_HEAD_END)
        head = heads.read(data[:end]) if end <= bounds.head else HEAD_TOO_LARGE
        if isinstance(head, Refusal):
            return head
        return await self._body(line, head, data[end:], bounds)

    async def _body(self, line: Line, head: Head, data: bytes, bounds: IntakeLimits) -> tuple[Head, bytes] | Refusal | None:
        if head.length == 0:
            return head, b""
        if head.length > bounds.body:
            return BODY_TOO_LARGE
        body = PartialBody(head, bounds, time.monotonic())
        if head.expects and not data:
            line.write(wire.CONTINUE)
        while True:
            body.feed(data, 0)
            if body.refusal is not None:
                return body.refusal
            if body.whole is not None:
                return head, body.whole
            data = await line.read()
            if not data:
                self.gave_up()
                return None

    def _judge(self, head: Head, body: bytes) -> Seen:
        request = Incoming(
            method=head.method,
            target=head.target,
            headers=head.headers,
            head=head.raw,
            body=body,
            peer=self._peer,
            secure=self._secure,
            repeated=head.repeated,
        )
        signature, url, reason = self._signature(request)
        return Seen(
            method="HEAD" if head.bodiless else head.method,
            path=head.target.partition(b"?")[0].decode("latin-1")[:200],
            agent=head.headers.get(b"user-agent", b"").decode("latin-1")[:100],
            peer=self._peer,
            secure=self._secure,
            signature=signature,
            url=url,
            reason=reason,
        )

    def _signature(self, request: Incoming) -> tuple[str, str, str]:
        """What there is to say of it, the URL that it is right for, and why it is refused."""
        if _SIGNATURE not in request.headers:
            return "none", "", ""
        if not self._means.checks:
            return "unchecked", "", ""
        verdict = self._means.provider.verify(request)
        if isinstance(verdict, Accepted):
            return "right", verdict.url, ""
        if verdict.signature:
            return "wrong", self._means.provider.near_miss(request), verdict.reason
        return "refused", verdict.url, verdict.reason

    def _strange(self, words: str) -> None:
        self._tally.strange += 1
        self._tell(words)


async def _hear_out(line: Line) -> None:
    """Read on for a moment: to close on bytes that are on their way would take the answer back."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while await line.read():
                pass


def told(seen: Seen) -> str:
    """A request on one line."""
    signature = {
        "none": "not signed",
        "unchecked": "signed (no auth token to check it with)",
        "right": f"signed, rightly for {seen.url}",
        "wrong": f"signed, wrongly{f'; it would be right for {seen.url}' if seen.url else ''}",
        "refused": f"signed, and not acceptable: {seen.reason}",
    }[seen.signature]
    scheme = "https" if seen.secure else "http"
    return f"{scheme} {seen.method} {seen.path} · {seen.agent or 'no user agent'} · {signature}"


def _wire(answer: Answer, *, bodiless: bool) -> bytes:
    answers = wire.Answers()
    answers.set_time(time.time())
    return answers.made(answer, wire.CLOSE, bodiless=bodiless)


def _offer(hello: Hello) -> str:
    name = f"for {hello.server_name}" if hello.server_name else "without a server name"
    return f"{name} ({', '.join(hello.versions) or 'no version that is known'})"


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLEOFError):
        return "the caller hung up in the middle of it, as many do when they do not accept the certificate"
    reason = error.reason or "for a reason that is not known"
    if "UNKNOWN_CA" in reason or "CERTIFICATE" in reason:
        return f"the caller does not accept the certificate ({reason})"
    return reason
