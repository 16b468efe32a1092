"""Reads the head of a request: llhttp decides what is HTTP, then what it lets through and we do not."""

from collections.abc import Mapping

import httptools

from offhook.intake import limits
from offhook.intake.limits import IntakeLimits, Refusal
from offhook.providers.raw import without_credentials
from offhook.records import Record

CHUNKED = -1

_METHODS = {b"GET": "GET", b"POST": "POST", b"HEAD": "HEAD"}
_VERSIONS = {b"HTTP/1.1": True, b"HTTP/1.0": False}
_FRAMING = (b"content-length", b"transfer-encoding", b"host")
_SECRET_FIELDS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
_FRAMING_ERRORS = ("Content-Length", "Transfer-Encoding")
# Longer than any length that could pass, and short enough that turning it into a number costs nothing.
_LENGTH_DIGITS = 18


class Head(Record):
    """The head of one request. `length` is that of the body, or CHUNKED. `bodiless`: the answer must have no body (HEAD).

    `target` is the path and query; `raw` the request line and header lines, in which HEAD has become GET, as which it is answered, and
    credentials are blanked: no secret of somebody's gets further than this.
    """

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    raw: bytes
    length: int
    keep_alive: bool
    modern: bool
    expects: bool
    bodiless: bool


class HeadReader:
    """One for each connection."""

    __slots__ = ("_headers", "_limits")

    def __init__(self, bounds: IntakeLimits) -> None:
        self._limits = bounds
        self._headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each field."""
        self._headers.append((name.lower(), value))

    def read(self, raw: bytes) -> Head | Refusal:
        """Read a head that ends with its empty line."""
        self._headers = []
        parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(raw)
        except httptools.HttpParserUpgrade:
            pass  # we know no other protocol, and one that is asked for may be ignored (RFC 9110 §7.8)
        except httptools.HttpParserInvalidMethodError:
            return limits.UNKNOWN_METHOD if raw.partition(b" ")[0].isalpha() else limits.MALFORMED
        except httptools.HttpParserError as error:
            return limits.AMBIGUOUS_LENGTH if any(word in str(error) for word in _FRAMING_ERRORS) else limits.MALFORMED
        if len(self._headers) > self._limits.fields:
            return limits.TOO_MANY_FIELDS
        # A request line, one line for each field, an empty line: a line end more is a folded or a bare one that the parser let through.
        if raw.count(b"\n") != len(self._headers) + 2:
            return limits.MALFORMED
        if b" \r\n" in raw or b"\t\r\n" in raw:
            self._headers = [(name, value.rstrip(b" \t")) for name, value in self._headers]
        return self._judge(raw)

    def _judge(self, raw: bytes) -> Head | Refusal:
        line = raw[: raw.find(b"\r\n")].split(b" ")
        if len(line) != 3:
            return limits.MALFORMED
        method, target, version = line
        modern = _VERSIONS.get(version)
        if modern is None:
            return limits.UNKNOWN_VERSION
        if len(target) > self._limits.target:
            return limits.TARGET_TOO_LONG
        if method == b"CONNECT":
            return limits.UNKNOWN_METHOD
        if not target.startswith(b"/") or b"#" in target:
            target = _origin_form(target)
            if not target:
                return limits.MALFORMED
        fields = dict(self._headers)
        length = self._framed(fields, modern)
        if not isinstance(length, int):
            return length
        bodiless = method == b"HEAD"
        return Head(
            method="GET" if bodiless else _METHODS.get(method) or method.decode("latin-1"),
            target=target,
            headers=tuple(self._headers),
            raw=_kept(raw, fields, bodiless),
            length=length,
            keep_alive=_keeps_alive(fields[b"connection"], modern) if b"connection" in fields else modern,
            modern=modern,
            expects=modern and b"expect" in fields,
            bodiless=bodiless,
        )

    def _framed(self, fields: Mapping[bytes, bytes], modern: bool) -> int | Refusal:
        """The length of the body, or why it cannot be told or is not wanted."""
        if len(fields) != len(self._headers) and _is_repeated(self._headers):
            return limits.AMBIGUOUS_LENGTH
        if modern and b"host" not in fields:
            return limits.MALFORMED
        if b"content-encoding" in fields:
            return limits.COMPRESSED
        if b"expect" in fields and modern and fields[b"expect"].lower() != b"100-continue":
            return limits.EXPECTATION
        length = fields.get(b"content-length")
        if b"transfer-encoding" in fields:
            only = length is None and modern and fields[b"transfer-encoding"].lower() == b"chunked"
            return CHUNKED if only else limits.AMBIGUOUS_LENGTH
        if length is None:
            return 0
        if not length.isdigit():
            return limits.AMBIGUOUS_LENGTH
        size = int(length) if len(length) <= _LENGTH_DIGITS else self._limits.body + 1
        return size if size <= self._limits.body else limits.BODY_TOO_LARGE


def _keeps_alive(connection: bytes, modern: bool) -> bool:
    """Whether the client wants to go on after this request (RFC 9112 §9.3)."""
    options = {option.strip() for option in connection.lower().split(b",")}
    return b"close" not in options and (modern or b"keep-alive" in options)


def _kept(raw: bytes, fields: Mapping[bytes, bytes], bodiless: bool) -> bytes:
    """The head as it may be kept: HEAD as GET, credentials blanked, without the empty line."""
    head = b"GET" + raw[4:-4] if bodiless else raw[:-4]
    return head if _SECRET_FIELDS.isdisjoint(fields) else without_credentials(head)


def _is_repeated(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a field comes twice on which the end of the message, or whom it is for, hangs."""
    names = [name for name, _ in headers if name in _FRAMING]
    return len(set(names)) != len(names)


def _origin_form(target: bytes) -> bytes:
    """`http://host/path` → `/path` (RFC 9112 §3.2.2); empty for what has no path or has a fragment."""
    scheme, mark, rest = target.partition(b"://")
    if b"#" in target or not mark or scheme.lower() not in {b"http", b"https"}:
        return b""
    return rest[rest.find(b"/") :] if b"/" in rest else b"/"
