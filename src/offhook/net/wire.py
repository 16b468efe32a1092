"""A request as bytes, and the record of it that may be kept. Pure."""

import functools
import re
from enum import Enum

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


def compose(request: HttpRequest, target: Target) -> tuple[bytes, Headers] | Failure:
    """The bytes of a request, and its headers as evidence: as sent, but for the values of credentials and cookies.

    Host comes first, then the request's own headers as they stand, then Content-Length. A line break or a NUL anywhere would let a
    value write headers of its own, so such a request is a BAD_URL failure, and so is one that sets what is ours to set.
    """
    lines = [f"{request.method} {target.path_and_query} HTTP/1.1", f"Host: {target.authority}"]
    sent = [("Host", target.authority)]
    for pair in request.headers:
        name, value = pair
        meaning = _meaning(name)
        if meaning is _Name.PLAIN:
            sent.append(pair)
        elif meaning is _Name.SECRET:
            sent.append((name, _REDACTED))
        else:
            return _bad_name(name, meaning)
        lines.append(f"{name}: {value}")
    if request.body or request.method in _BODY_METHODS:
        size = str(len(request.body))
        lines.append(f"Content-Length: {size}")
        sent.append(("Content-Length", size))
    lines.append("\r\n")
    head = "\r\n".join(lines)
    breaks = len(lines)
    if head.count("\r") != breaks or head.count("\n") != breaks or "\0" in head or not _is_token(request.method):
        return _bad_text(request)
    try:
        return head.encode("latin-1") + request.body, tuple(sent)
    except UnicodeEncodeError:
        return _bad_text(request)


@functools.lru_cache(maxsize=512)
def _meaning(name: str) -> _Name:
    low = name.lower()
    if not _TOKEN.fullmatch(name):
        return _Name.BROKEN
    if low in _OURS:
        return _Name.OURS
    return _Name.SECRET if low in _SECRET else _Name.PLAIN


@functools.lru_cache(maxsize=64)
def _is_token(method: str) -> bool:
    return _TOKEN.fullmatch(method) is not None


def _bad_name(name: str, meaning: _Name) -> Failure:
    if meaning is _Name.OURS:
        return Failure(kind=FailureKind.BAD_URL, detail=f"The request sets {name}, which the transport sets itself.")
    return Failure(kind=FailureKind.BAD_URL, detail=f"{name[:64]!r} cannot be the name of a header.")


def _bad_text(request: HttpRequest) -> Failure:
    """Which part of the request cannot stand in a head; values are not quoted, they may be secret."""
    if not _is_token(request.method):
        return Failure(kind=FailureKind.BAD_URL, detail=f"{request.method[:64]!r} cannot be a method.")
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
