"""A request as bytes, and the record of it that may be kept. Pure."""

import functools
import re
from enum import Enum
from typing import NamedTuple

from offhook.net.urls import Target
from offhook.records import Failure, FailureKind, Headers, HttpRequest

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_REDACTED = "[redacted]"


class _Name(Enum):
    PLAIN = 1
    SECRET = 2
    OURS = 3
    BROKEN = 4


class _Frame(NamedTuple):
    """The head of requests that have the same fields, with places for the request's target, its authority and the fields' values.

    `breaks` is how many line breaks stand in it; `secret` says which of the values may not be kept, empty for none.
    """

    head: str
    breaks: int
    secret: tuple[bool, ...]


def compose(request: HttpRequest, target: Target) -> tuple[bytes, Headers] | Failure:
    """The bytes of a request, and its headers as evidence: as sent, but for the values of credentials and cookies.

    Host comes first, then the request's own headers as they stand, then Content-Length. A line break or a NUL anywhere would let a
    value write headers of its own, so such a request is a BAD_URL failure, and so is one that sets what is ours to set.
    """
    headers, body, authority = request.headers, request.body, target.authority
    sized = bool(body) or request.method in _BODY_METHODS
    names, values = zip(*headers, strict=True) if headers else ((), ())
    frame = _frame(request.method, names, sized)
    if isinstance(frame, Failure):
        return frame
    sent = (("Host", authority), *(_redacted(headers, frame.secret) if frame.secret else headers))
    if sized:
        size = str(len(body))
        values = (*values, size)
        sent = (*sent, ("Content-Length", size))
    head = frame.head % (target.path_and_query, authority, *values)
    if head.count("\r") != frame.breaks or head.count("\n") != frame.breaks or "\0" in head:
        return _bad_text(request)
    try:
        return head.encode("latin-1") + body, sent
    except UnicodeEncodeError:
        return _bad_text(request)


@functools.lru_cache(maxsize=256)
def _frame(method: str, names: tuple[str, ...], sized: bool) -> _Frame | Failure:
    """Few kinds of requests are made again and again: their names are looked at once."""
    meanings = [_meaning(name) for name in names]
    for name, meaning in zip(names, meanings, strict=True):
        if meaning in {_Name.OURS, _Name.BROKEN}:
            return _bad_name(name, meaning)
    if not _TOKEN.fullmatch(method):
        return Failure(kind=FailureKind.BAD_URL, detail=f"{method[:64]!r} cannot be a method.")
    written = ["Host", *names, *(["Content-Length"] if sized else [])]
    lines = [f"{_plain(method)} %s HTTP/1.1", *[f"{_plain(name)}: %s" for name in written], "\r\n"]
    secret = tuple([meaning is _Name.SECRET for meaning in meanings])
    return _Frame("\r\n".join(lines), len(lines), secret if any(secret) else ())


def _plain(word: str) -> str:
    return word.replace("%", "%%")


def _meaning(name: str) -> _Name:
    low = name.lower()
    if not _TOKEN.fullmatch(name):
        return _Name.BROKEN
    if low in _OURS:
        return _Name.OURS
    return _Name.SECRET if low in _SECRET else _Name.PLAIN


def _redacted(headers: Headers, secret: tuple[bool, ...]) -> Headers:
    return tuple([(name, _REDACTED if hidden else value) for (name, value), hidden in zip(headers, secret, strict=True)])


def _bad_name(name: str, meaning: _Name) -> Failure:
    if meaning is _Name.OURS:
        return Failure(kind=FailureKind.BAD_URL, detail=f"The request sets {name}, which the transport sets itself.")
    return Failure(kind=FailureKind.BAD_URL, detail=f"{name[:64]!r} cannot be the name of a header.")


def _bad_text(request: HttpRequest) -> Failure:
    """Which part of the request cannot stand in a head; values are not quoted, they may be secret."""
    culprit = next(name for name, value in request.headers if re.search(r"[\r\n\0]", value) or not _fits(value))
    return Failure(
        kind=FailureKind.BAD_URL,
        detail=f"The value of the header {culprit} contains a line break, a NUL or a character that HTTP cannot carry.",
    )


def _fits(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
