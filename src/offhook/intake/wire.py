"""Answers as bytes."""

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from offhook.intake.limits import Refusal
from offhook.records import Answer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = b"Connection: close\r\n\r\n"
KEEP_ALIVE = b"Connection: keep-alive\r\n\r\n"
END = b"\r\n"

# Ours to say, or about a connection that is not this one (RFC 9110 §7.6.1).
_NOT_PASSED = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_BODILESS = frozenset({204, 304})
_KNOWN_LIMIT = 64

_reasons: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}


def plain(status: int, sentence: str, *headers: tuple[str, str]) -> Answer:
    """A short answer in words, for people who look at the wire."""
    body = sentence.encode() + b"\n"
    return Answer(status=status, headers=(("Content-Type", "text/plain; charset=utf-8"), *headers), body=body)


def refusal(refused: Refusal) -> Answer:
    """What a refused request is answered with."""
    allow = (("Allow", "GET, HEAD, POST"),) if refused.status == 405 else ()
    return plain(refused.status, refused.sentence, *allow)


def date_field(now: float) -> bytes:
    """The Date field of an answer given now."""
    return f"Date: {formatdate(now, usegmt=True)}\r\n".encode()


class Answers:
    """Answers as bytes. The few acknowledgements that are given again and again are worked out once, and with their date once a second."""

    __slots__ = ("_date", "_known", "_ready")

    def __init__(self) -> None:
        self._date = b""
        self._known: dict[int, tuple[Answer, bytes, bytes]] = {}
        self._ready: dict[int, bytes] = {}

    def set_time(self, now: float) -> None:
        """What the Date field says from now on: seconds since the epoch."""
        date = date_field(now)
        if date != self._date:
            self._date = date
            self._ready.clear()

    def usual(self, answer: Answer) -> bytes:
        """With its body, to a client of our own time whose connection stays open."""
        ready = self._ready.get(id(answer))
        if ready is None:
            ready = self.made(answer, END, bodiless=False)
            if id(answer) in self._known:
                self._ready[id(answer)] = ready
        return ready

    def made(self, answer: Answer, end: bytes, *, bodiless: bool) -> bytes:
        """With `end` for its last field and the empty line."""
        _, start, body = self._known.get(id(answer)) or self._take(answer)
        return b"".join((start, self._date, end, b"" if bodiless else body))

    def _take(self, answer: Answer) -> tuple[Answer, bytes, bytes]:
        """The answer, its status line and fields, and the bytes after the empty line."""
        made = (answer, _start(answer), b"" if answer.status in _BODILESS else answer.body)
        if answer.source == "ack" and len(self._known) < _KNOWN_LIMIT:
            self._known[id(answer)] = made  # the entry keeps the answer, so that no other can get its id
        return made


def _start(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_reasons.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers if _may_pass(name, value)]
    if answer.status not in _BODILESS:
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n").encode("latin-1", "replace")


def _may_pass(name: str, value: str) -> bool:
    return bool(name) and name.lower() not in _NOT_PASSED and not any(mark in name + value for mark in "\r\n\0")
