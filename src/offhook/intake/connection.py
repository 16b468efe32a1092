"""One client's connection: reads requests within the limits, hands them on, writes the answers in order."""

import asyncio
from collections import deque
from contextlib import suppress
from math import inf
from typing import cast

from offhook.intake import limits, wire
from offhook.intake.bodies import PartialBody
from offhook.intake.heads import Head
from offhook.intake.hub import BODY, CLOSING, HEAD, IDLE, NEW, OVER, Hub
from offhook.intake.limits import Refusal
from offhook.intake.slot import Slot
from offhook.providers.base import Incoming
from offhook.records import Answer

_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
# A request of Twilio's has 1 to 2 kB. What waits for its turn is counted nowhere, so it has to be small.
_GATHERED_BYTES = 16 * 1024
# Read on for this many bytes after a refusal, so that an upload in full swing gets to see it.
_LINGER_BYTES = 16 * 1024 * 1024


class Connection(asyncio.Protocol):
    """The protocol of the public listener, written for speed: no task, no timer and no future for a request."""

    __slots__ = (
        "_body",
        "_buffer",
        "_busy",
        "_hub",
        "_hung_up",
        "_linger_left",
        "_lingers",
        "_owes_continue",
        "_paused",
        "_reading",
        "_secure",
        "_transport",
        "_waiting",
        "deadline",
        "peer",
        "write_deadline",
    )

    def __init__(self, hub: Hub, *, secure: bool) -> None:
        self._hub = hub
        self._secure = secure
        self._transport: asyncio.Transport | None = None
        self._reading: int = NEW
        self._waiting: deque[Slot] = deque()
        self._buffer = b""
        self._body: PartialBody | None = None
        self._busy = False
        self._paused = False
        self._hung_up = False
        self._owes_continue = False
        self._lingers = False
        self._linger_left = _LINGER_BYTES
        self.peer = ""
        self.deadline = inf
        self.write_deadline = inf

    # -- from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected (and shaken hands, with TLS)."""
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if name else ""
        self.deadline = self._hub.tick + self._hub.limits.header_timeout
        refusal = self._hub.joined(self)
        if refusal is not None:
            self._refuse(refusal)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape
        """The connection is gone, whoever ended it. What it had sent whole is kept all the same."""
        self._transport = None
        self._hub.inbox.end()
        self._reading = CLOSING
        self.deadline = self.write_deadline = inf
        self._give_back()
        for slot in self._waiting:
            slot.cut()
        self._waiting.clear()
        self._buffer = b""
        self._hub.left(self)

    def eof_received(self) -> bool:
        """The client has hung up its side: it is written to once more, but not counted on to hear it."""
        self._hub.inbox.end()
        self._hung_up = True
        if self._reading != CLOSING:
            self._reading = OVER
        self._give_back()
        # A TLS connection cannot stay half open.
        return bool(self._waiting) and not self._secure

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: no more of its requests until it has caught up."""
        self.write_deadline = self._hub.tick + self._hub.limits.write_timeout
        self._pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.write_deadline = inf
        self._resume()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client. Few of them are read in the loop's next turn, with those from all others."""
        inbox = self._hub.inbox
        if len(data) <= _GATHERED_BYTES:
            inbox.add((self, data))
        else:
            inbox.end()
            self.take(data)
            self._hub.calls.end()

    def take(self, data: bytes) -> None:
        """Read these bytes. Whoever has them read calls `calls.end` of the hub."""
        if self._reading <= IDLE and not (self._waiting or self._paused or self._buffer):
            # What Twilio sends comes in one piece, and alone.
            hub = self._hub
            request = hub.heads.whole(data, self.peer, secure=self._secure)
            if request is not None:
                self._reading = IDLE
                self.deadline = inf
                slot = Slot(self)
                self._waiting.append(slot)
                hub.calls.items.append((request, slot))
                return
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        if self._paused:
            self._buffer = data
            return
        self._read(data)

    # -- reading

    def _read(self, data: bytes) -> None:
        """Take all requests out of these bytes, as far as they go and as many as may wait for their answers."""
        self._busy = True
        at, end = 0, len(data)
        while at < end:
            if self._reading == BODY:
                at = self._read_body(data, at)
            elif self._reading >= OVER:
                self._throw_away(end - at)
                at = end
            elif len(self._waiting) >= self._hub.limits.pipelined or self._paused:
                self._buffer = data[at:]
                self._pause()
                break
            else:
                at = self._read_head(data, at)
        self._busy = False

    def _read_head(self, data: bytes, at: int) -> int:
        """One head that starts there; where reading goes on."""
        while data.startswith(_LINE_END, at):
            at += 2
        found = data.find(_HEAD_END, at)
        if found < 0:
            return self._keep_partial(data, at)
        end = found + 4
        if end - at > self._hub.limits.head:
            return self._refuse_in(limits.HEAD_TOO_LARGE, data)
        head = self._hub.heads.read(data[at:end])
        if type(head) is not Head:
            return self._refuse_in(cast(Refusal, head), data)
        if head.length == 0:
            self._complete(head, b"")
            return end
        whole = end + head.length
        if head.length > 0 and whole <= len(data):
            self._complete(head, data[end:whole])
            return whole
        return self._await_body(head, data, end)

    def _keep_partial(self, data: bytes, at: int) -> int:
        """Keep the beginning of a head until the rest comes, if it can still become one."""
        size = len(data) - at
        bounds = self._hub.limits
        if not size:
            return at
        if not (data[at : at + 1].isalpha() or data[at : at + 1] == b"\r"):
            return self._refuse_in(limits.MALFORMED, data)
        if size > bounds.target + 64 and data.find(_LINE_END, at) < 0:
            return self._refuse_in(limits.TARGET_TOO_LONG, data)
        if size > bounds.head:
            return self._refuse_in(limits.HEAD_TOO_LARGE, data)
        self._buffer = data[at:]
        if self._reading == IDLE:
            self.deadline = self._hub.tick + bounds.sweep + bounds.header_timeout
        self._reading = HEAD
        return len(data)

    def _await_body(self, head: Head, data: bytes, at: int) -> int:
        """The head is whole, its body is not: make room for it and wait, each for as long as it may take."""
        hub = self._hub
        body = PartialBody(head, hub.limits, hub.tick + hub.limits.sweep)
        self._body = body
        self._reading = BODY
        self.deadline = body.first_deadline()
        if head.expects and at == len(data):
            self._owes_continue = True
            self._pay_continue()
        return at

    def _read_body(self, data: bytes, at: int) -> int:
        """The next bytes of a body that did not come with its head; where reading goes on."""
        body = cast(PartialBody, self._body)
        if not self._hub.reserve(len(data) - at):
            return self._refuse_in(limits.NO_ROOM, data)
        body.room += len(data) - at
        at = body.feed(data, at)
        if body.refusal is not None:
            return self._refuse_in(body.refusal, data)
        if body.whole is not None:
            self._give_back()
            self._complete(body.head, body.whole)
        return at

    def _complete(self, head: Head, body: bytes) -> None:
        """A whole request: hand it on."""
        self._reading = IDLE if head.keep_alive else OVER
        self.deadline = inf
        usual = head.keep_alive and head.modern and not head.bodiless
        slot = Slot(self, usual=usual, keep_alive=head.keep_alive, modern=head.modern, bodiless=head.bodiless)
        self._waiting.append(slot)
        request = Incoming(
            method=head.method,
            target=head.target,
            headers=head.headers,
            head=head.raw,
            body=body,
            peer=self.peer,
            secure=self._secure,
            repeated=head.repeated,
        )
        self._hub.calls.add((request, slot))

    def _give_back(self) -> None:
        """The body is whole, or will never be: its room is free."""
        if self._body is not None:
            self._hub.reserve(-self._body.room)
            self._body = None
        self._owes_continue = False

    # -- writing

    def answer(self, slot: Slot, answer: Answer) -> bool:
        """Write the answers whose turn has come; then read on, or close. Whether the client was still there."""
        hub, transport = self._hub, self._transport
        alone = slot.usual and len(self._waiting) == 1 and self._reading == IDLE
        if alone and transport is not None and not (self._paused or hub.stopping):
            self._waiting.clear()
            transport.write(hub.answers.usual(answer))
            self.deadline = hub.idle_until
            return True
        slot.answer = answer
        heard = self.hears()
        self._flush()
        return heard

    def _flush(self) -> None:
        transport, waiting, hub = self._transport, self._waiting, self._hub
        while waiting and transport is not None:
            slot = waiting[0]
            answer = slot.answer
            if answer is None:
                return
            waiting.popleft()
            last = not waiting and (not slot.keep_alive or self._hung_up or (hub.stopping and self._reading <= IDLE))
            end = wire.CLOSE if last else wire.END if slot.modern else wire.KEEP_ALIVE
            transport.write(hub.answers.made(answer, end, bodiless=slot.bodiless))
            if last:
                self._finish()
                return
        if self._reading == IDLE:
            self.deadline = hub.idle_until
        if self._owes_continue:
            self._pay_continue()
        if self._paused:
            self._resume()

    def hears(self) -> bool:
        """Whether the client is still there, as far as one can know."""
        return self._transport is not None and not self._hung_up

    def abandon(self) -> None:
        """Close without another answer."""
        self._close()

    def _pay_continue(self) -> None:
        """Say that the body is wanted, once no answer is due before."""
        if self._transport is not None and not self._waiting:
            self._owes_continue = False
            self._transport.write(wire.CONTINUE)

    def _refuse_in(self, refusal: Refusal, data: bytes) -> int:
        """Refuse, and be done with these bytes."""
        self._refuse(refusal)
        return len(data)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer so, after the answers that are due before, and close."""
        self._hub.report(self, refusal)
        self._give_back()
        self._buffer = b""
        self._reading = OVER
        self._lingers = True
        self.deadline = inf
        slot = Slot(self, usual=False, keep_alive=False)
        self._waiting.append(slot)
        slot.send(wire.refusal(refusal))

    # -- pausing and ending

    def _pause(self) -> None:
        if not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        """Read on, if neither answers nor requests have piled up."""
        full = len(self._waiting) >= self._hub.limits.pipelined
        if self._paused and not full and self.write_deadline == inf and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
            if self._buffer and not self._busy:
                data, self._buffer = self._buffer, b""
                self._read(data)

    def _throw_away(self, size: int) -> None:
        self._lingers = True
        self._linger_left -= size
        if self._linger_left < 0 and not self._waiting:
            self._close()

    def _finish(self) -> None:
        """The last answer is written: close, and where the client may still be writing, only after it had time to read that answer."""
        transport = self._transport
        if not self._lingers or self._hung_up or transport is None:
            self._close()
            return
        self._reading = OVER
        self.deadline = self._hub.tick + self._hub.limits.sweep + self._hub.limits.linger
        if transport.can_write_eof():
            with suppress(OSError):  # it has closed without waiting for the answer, and has reset the connection when that came
                transport.write_eof()

    def _close(self) -> None:
        """Close once everything is written; a client that does not read it is given `write_timeout`."""
        self._reading = CLOSING
        self.deadline = self._hub.tick + self._hub.limits.write_timeout
        if self._transport is not None:
            self._transport.close()

    def wind_down(self) -> None:
        """The listener stops: close if nothing is under way, else after the answers that are due."""
        if not self._waiting and (self._reading == IDLE or (self._reading == NEW and not self._buffer)):
            self._close()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def expire(self, now: float) -> None:
        """A deadline has passed."""
        if now > self.write_deadline or self._reading == CLOSING:
            self.abort()
        elif self._body is not None:
            self._check_pace(self._body, now)
        elif self._reading == HEAD:
            self._refuse(limits.SLOW_HEAD)
        else:
            self._close()

    def _check_pace(self, body: PartialBody, now: float) -> None:
        later = body.next_deadline(now)
        if later is None:
            self._refuse(limits.SLOW_BODY)
        else:
            self.deadline = later
