"""The reader of answers: bytes in, one HTTP/1.1 answer out, within caps. No sockets, no clock."""

from typing import NamedTuple

import httptools

from offhook.records import Headers, Limits

HEAD_CAP = 32 * 1024
FIELDS_CAP = 100
RAW_CAP = 1024
LONGEST_KNOWN = 2048
MOST_KNOWN = 128

_BODYLESS = (204, 304)
_SWITCHING_PROTOCOLS = 101
# The smallest chunk carries one byte in six ("1\r\nx\r\n"); beyond that and two heads (one for trailers), framing is an attack.
_FRAMING_RATIO = 8

_LONG_HEAD = f"The answer's head is longer than {HEAD_CAP} bytes."
_SWITCHED = "The peer switched protocols although nobody had asked it to."


class _Head(NamedTuple):
    """A head that has come before, byte for byte: it announces a body of `length` bytes, after which the connection stays open."""

    status: int
    headers: Headers
    length: int


_known: dict[bytes, _Head] = {}
"""Apps repeat themselves, those that send a Date within each second: a head that has been read once is looked up."""


class AnswerReader:
    """Reads the answers of one connection, one after another: `begin`, `feed` until it says that it is done, look, `forget`.

    `problem` says in a sentence why what came is not an answer; status, headers and body hold what had come until then. `raw` holds the
    first bytes as they came. `keep_alive` says that the connection can carry another exchange.
    """

    __slots__ = (
        "_chunks",
        "_clean",
        "_head",
        "_head_done",
        "_head_only",
        "_headers",
        "_interim",
        "_kept",
        "_limits",
        "_pairs",
        "_parser",
        "_wire",
        "body_cut",
        "body_size",
        "done",
        "keep_alive",
        "problem",
        "raw",
        "status",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._clean = True
        self._head_only = False
        self._limits = Limits()
        self.forget()

    def begin(self, head_only: bool, limits: Limits) -> None:
        """Get ready for the answer to the next request; `head_only`: it was a HEAD."""
        if not self._clean:  # the last answer left the parser in the middle of something
            self._parser = httptools.HttpResponseParser(self)
        self._clean = False
        self._head_only = head_only
        self._limits = limits

    def forget(self) -> None:
        """Let go of the last answer."""
        self.status = 0
        self.body_size = 0
        self.body_cut = False
        self.done = False
        self.keep_alive = False
        self.problem = ""
        self.raw = b""
        self._headers: Headers | None = None
        self._head = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._kept = 0
        self._wire = 0
        self._head_done = False
        self._interim = False

    def close(self) -> None:
        """No answer follows; what has come can still be looked at. Reader and parser know each other: only the collector could free them."""
        del self._parser

    @property
    def started(self) -> bool:
        """Whether any byte has come."""
        return self._wire > 0

    @property
    def headers(self) -> Headers:
        """The header fields in their order; trailers are not among them."""
        if self._headers is None:
            self._headers = tuple([(name.decode("latin-1"), value.decode("latin-1").rstrip()) for name, value in self._pairs])
        return self._headers

    @property
    def body(self) -> bytes:
        """As much of the body as is kept."""
        return b"".join(self._chunks)

    def feed(self, data: bytes) -> bool:
        """Take bytes as they come; True when the answer is complete, cut or hopeless."""
        if not self._wire and self._recognise(data):
            return True
        self._wire += len(data)
        if not self._head_done and len(self.raw) < RAW_CAP:
            self.raw = (self.raw + data)[:RAW_CAP]
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(_SWITCHED)
        except httptools.HttpParserError as error:
            if not self.done:
                self._fail(self._not_http(str(error)))
            self.keep_alive = False
        if not self.done:
            self._check_caps()
        elif self._head:
            self._remember()
        return self.done

    def _recognise(self, data: bytes) -> bool:
        """Whether that is a whole answer with a head that has come before; then it has been read."""
        end = data.find(b"\r\n\r\n") + 4
        if not 4 <= end <= LONGEST_KNOWN or self._head_only:
            return False
        known = _known.get(data[:end])
        if known is None:
            self._head = data[:end]
            return False
        size = len(data) - end
        if size != known.length or size > self._limits.keep_cap or size > self._limits.read_cap:
            return False
        self._clean = self.done = self.keep_alive = True
        self._wire = len(data)
        self.status, self._headers, self.body_size = known.status, known.headers, size
        if size:
            self._chunks.append(data[end:])
        return True

    def _remember(self) -> None:
        """Keep the head of an answer if nothing but it decides what follows: one length, and the connection stays open."""
        length = self._wire - len(self._head)
        lengths = [value for name, value in self._pairs if name.lower() in {b"content-length", b"transfer-encoding"}]
        whole = self._clean and self.keep_alive and not self.problem and not self.body_cut and self.body_size == length
        if whole and self.status not in _BODYLESS and lengths == [b"%d" % length]:
            if len(_known) >= MOST_KNOWN:
                _known.clear()
            _known[self._head] = _Head(self.status, self.headers, length)

    def end(self) -> None:
        """The peer closed: that ends a body without a length, and breaks anything else."""
        if self.done:
            return
        if not self._head_done:
            self._fail("The peer closed the connection in the middle of the answer's head.")
        elif self._has_length():
            self._fail(f"The peer closed the connection in the middle of the answer's body, after {self.body_size} bytes.")
        self.done = True

    def on_message_begin(self) -> None:
        """A second answer, which nobody has asked for, spoils the connection."""
        if self.done:
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field of the head; those of the trailer are dropped, and the framing cap bounds them."""
        if not self._head_done:
            self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        """The head stands: is it the final one, is it within the caps, does a body follow it."""
        if self.done:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != _SWITCHING_PROTOCOLS:
            self._interim = True
            return
        self.status = status
        self._head_done = True
        if status == _SWITCHING_PROTOCOLS:
            self._fail(_SWITCHED)
        elif not self.raw.startswith(b"HTTP/"):
            self._fail(self._not_http("another protocol's status line"))
        elif len(self._pairs) > FIELDS_CAP:
            self._fail(f"The answer's head has more than {FIELDS_CAP} fields.")
        elif self._wire > HEAD_CAP and sum(len(name) + len(value) + 4 for name, value in self._pairs) > HEAD_CAP:
            self._fail(_LONG_HEAD)
        else:
            self.keep_alive = self._parser.should_keep_alive()
            self.done = self._head_only or status in _BODYLESS

    def on_body(self, body: bytes) -> None:
        """A piece of the body: counted up to one cap, kept up to another."""
        if self.done:
            self.keep_alive = False
            return
        limits = self._limits
        room = limits.read_cap - self.body_size
        if len(body) > room:
            body = body[:room]
            self.body_cut = self.done = True
            self.keep_alive = False
        self.body_size += len(body)
        space = limits.keep_cap - self._kept
        if len(body) > space:
            body = body[:space]
            self.body_cut = True
        if body:
            self._chunks.append(body)
            self._kept += len(body)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it was an interim one (1xx)."""
        if self._interim:
            self._interim = False
            self._pairs.clear()
        elif self._head_done:
            self._clean = True
            self.done = True

    def _check_caps(self) -> None:
        if not self._head_done:
            if self._wire > HEAD_CAP:
                self._fail(_LONG_HEAD)
        elif self._wire > 2 * HEAD_CAP + _FRAMING_RATIO * self.body_size:
            self._fail("The answer's chunks or trailers carry far more framing than body.")

    def _has_length(self) -> bool:
        return any(
            name.lower() == b"content-length" or (name.lower() == b"transfer-encoding" and b"chunked" in value.lower())
            for name, value in self._pairs
        )

    def _fail(self, problem: str) -> None:
        self.problem = problem
        self.done = True
        self.keep_alive = False

    def _not_http(self, reason: str) -> str:
        if self.raw[:2] in (b"\x15\x03", b"\x16\x03"):
            return "The peer answered in TLS: the URL should probably begin with https."
        return f"The peer's answer is not HTTP/1.1 ({reason[:100]})."
