"""Reads the head of a request: llhttp decides what is HTTP, then what it lets through and we do not.

A provider's heads differ from one another in two or three values. So what llhttp has accepted once is remembered line by line, and a head
made of such lines is not read letter by letter again: a third of the time.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import httptools

from offhook.intake import limits
from offhook.intake.limits import IntakeLimits, Refusal
from offhook.intake.moulds import Field, Mould
from offhook.providers.base import Incoming
from offhook.providers.raw import without_credentials
from offhook.records import Record

CHUNKED = -1

_HEAD_END = b"\r\n\r\n"
_METHODS = {b"GET": "GET", b"POST": "POST", b"HEAD": "HEAD"}
_VERSIONS = {b"HTTP/1.1": True, b"HTTP/1.0": False}
_FRAMING = (b"content-length", b"transfer-encoding", b"host")
_SECRET_FIELDS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
_FRAMING_ERRORS = ("Content-Length", "Transfer-Encoding")
# Longer than any length that could pass, and short enough that turning it into a number costs nothing.
_LENGTH_DIGITS = 18

# Lines that are remembered; when there are more, all are forgotten, and the next heads teach anew.
_MOST_KNOWN = 4096
_LONGEST_KNOWN = 512
_MOST_MOULDS = 512
# Twilio's have some 500 bytes, behind a few proxies three times that.
_LONGEST_MOULD = 4096
# The meaning of these hangs on each other, or is a secret: a head that has one is always read in full.
_ALWAYS_READ = frozenset(
    {b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"connection", b"te", b"trailer", *_SECRET_FIELDS}
)
# Any well-formed value of another field may stand in place of one that was seen; of these only the very same line is recognised.
_SAME_VALUE = frozenset({b"content-length", b"host"})
_KEEP_ALIVE = b"keep-alive"
_NONE: frozenset[bytes] = frozenset()


@lru_cache(maxsize=4096)
def _written(length: int) -> bytes:
    return b"%d" % length


class Head(Record):
    """The head of one request. `length` is that of the body, or CHUNKED. `bodiless`: the answer must have no body (HEAD).

    `target` is the path and query; `headers` each field's value, its last one where it came again (then it is in `repeated`), by its name in
    lower case; `raw` the request line and header lines, in which HEAD has become GET, as which it is answered, and credentials are
    blanked: no secret of somebody's gets further than this.
    """

    method: str
    target: bytes
    headers: Mapping[bytes, bytes]
    raw: bytes
    length: int
    keep_alive: bool
    modern: bool
    expects: bool
    bodiless: bool
    repeated: frozenset[bytes] = _NONE


class HeadReader:
    """One for each listener: what one connection teaches helps the others."""

    __slots__ = ("_fields", "_headers", "_limits", "_moulds", "_names", "_starts")

    def __init__(self, bounds: IntakeLimits) -> None:
        self._limits = bounds
        self._headers: list[Field] = []
        self._starts: dict[bytes, tuple[str, bytes]] = {}
        self._fields: dict[bytes, Field] = {}
        self._names: dict[bytes, bytes] = {}
        self._moulds: dict[int, Mould] = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each field."""
        self._headers.append((name.lower(), value))

    def whole(self, data: bytes, peer: str, *, secure: bool) -> Incoming | None:
        """The request that these bytes are, if they are one with a head of a known mould, to its end and no further."""
        end = data.find(_HEAD_END) + 4
        # A find that found nothing ends one byte before the first mould, and no mould is three bytes long.
        mould = self._moulds.get(end)
        if mould is None:
            return None
        fields = mould.cast(data)
        if fields is None:
            return None
        body = data[end:]
        size = len(body)
        # A length that is written in another way than ours is read in full.
        if fields.get(b"content-length", b"0") != _written(size) or size > self._limits.body:
            return None
        return Incoming(
            method=mould.method,
            target=mould.target,
            headers=fields,
            head=data[: end - 4],
            body=body,
            peer=peer,
            secure=secure,
        )

    def read(self, raw: bytes) -> Head | Refusal:
        """Read a head that ends with its empty line."""
        mould = self._moulds.get(len(raw))
        if mould is not None and (cast := mould.cast(raw)) is not None:
            written = cast.get(b"content-length", b"0")
            if written.isdigit() and int(written) <= self._limits.body:
                return _plain(mould.method, mould.target, cast, raw[:-4], int(written))
        kept = raw[:-4]
        lines = kept.split(b"\r\n")
        start = self._starts.get(lines[0])
        if start is not None and len(lines) <= self._limits.fields:
            fields = self._recognise(lines)
            if fields is not None:
                self._take_mould(raw, start, lines)
                length = fields.get(b"content-length")
                return _plain(start[0], start[1], fields, kept, int(length) if length else 0)
        head = self._parse(raw)
        if type(head) is Head:
            self._learn(head, lines)
        return head

    def _take_mould(self, raw: bytes, start: tuple[str, bytes], lines: list[bytes]) -> None:
        """Heads of one sender have mostly one length: remember one of each."""
        if len(raw) > _LONGEST_MOULD:
            return
        if len(self._moulds) >= _MOST_MOULDS:
            self._moulds.clear()
        found = []
        for line in lines[1:]:
            field = self._fields.get(line)
            varies = field is None or field[0] == b"content-length"
            found.append((line, field or self._field(line) or (b"", b""), varies))
        self._moulds[len(raw)] = Mould(raw, start, found)

    def _recognise(self, lines: list[bytes]) -> dict[bytes, bytes] | None:
        """The fields of a head of which every line is known, or has a known name and a value that cannot mean anything but itself."""
        known = self._fields
        found = []
        for line in lines[1:]:
            field = known.get(line) or self._field(line)
            if field is None:
                return None
            found.append(field)
        fields = dict(found)
        return fields if len(fields) == len(found) and b"host" in fields else None

    def _field(self, line: bytes) -> Field | None:
        raw_name, colon, value = line.partition(b":")
        name = self._names.get(raw_name)
        if name is None or not colon or not value.isascii() or not value.decode("ascii").isprintable():
            return None
        return name, value.strip(b" ")

    def _learn(self, head: Head, lines: list[bytes]) -> None:
        """Remember the lines of a head that llhttp and we have accepted, as far as each may be judged on its own."""
        if len(lines) != len(self._headers) + 1 or not head.modern:
            return
        if max(len(self._fields), len(self._starts), len(self._names)) >= _MOST_KNOWN:
            self._starts.clear()
            self._fields.clear()
            self._names.clear()
            self._moulds.clear()
        if not head.bodiless and head.keep_alive and len(lines[0]) <= _LONGEST_KNOWN:
            self._starts[lines[0]] = (head.method, head.target)
        for line, (name, value) in zip(lines[1:], self._headers, strict=True):
            if len(line) > _LONGEST_KNOWN or (name in _ALWAYS_READ and (name, value) != (b"connection", _KEEP_ALIVE)):
                continue
            self._fields[line] = (name, value)
            if name not in _SAME_VALUE and name not in _ALWAYS_READ:
                self._names[line.partition(b":")[0]] = name

    def _parse(self, raw: bytes) -> Head | Refusal:
        """Read it in full."""
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
            headers=fields,
            raw=_kept(raw, fields, bodiless),
            length=length,
            keep_alive=_keeps_alive(fields[b"connection"], modern) if b"connection" in fields else modern,
            modern=modern,
            expects=modern and b"expect" in fields,
            bodiless=bodiless,
            repeated=_repeated(self._headers) if len(fields) != len(self._headers) else _NONE,
        )

    def _framed(self, fields: Mapping[bytes, bytes], modern: bool) -> int | Refusal:
        """The length of the body, or why it cannot be told or is not wanted."""
        if len(fields) != len(self._headers) and not _repeated(self._headers).isdisjoint(_FRAMING):
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


def _plain(method: str, target: bytes, fields: Mapping[bytes, bytes], raw: bytes, length: int) -> Head:
    return Head(
        method=method,
        target=target,
        headers=fields,
        raw=raw,
        length=length,
        keep_alive=True,
        modern=True,
        expects=False,
        bodiless=False,
    )


def _keeps_alive(connection: bytes, modern: bool) -> bool:
    """Whether the client wants to go on after this request (RFC 9112 §9.3)."""
    options = {option.strip() for option in connection.lower().split(b",")}
    return b"close" not in options and (modern or b"keep-alive" in options)


def _kept(raw: bytes, fields: Mapping[bytes, bytes], bodiless: bool) -> bytes:
    """The head as it may be kept: HEAD as GET, credentials blanked, without the empty line."""
    head = b"GET" + raw[4:-4] if bodiless else raw[:-4]
    return head if _SECRET_FIELDS.isdisjoint(fields) else without_credentials(head)


def _repeated(headers: list[Field]) -> frozenset[bytes]:
    """The names that come more than once."""
    return frozenset(name for name, count in Counter(name for name, _ in headers).items() if count > 1)


def _origin_form(target: bytes) -> bytes:
    """`http://host/path` → `/path` (RFC 9112 §3.2.2); empty for what has no path or has a fragment."""
    scheme, mark, rest = target.partition(b"://")
    if b"#" in target or not mark or scheme.lower() not in {b"http", b"https"}:
        return b""
    return rest[rest.find(b"/") :] if b"/" in rest else b"/"
