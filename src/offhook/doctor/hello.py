"""The first message of a TLS client, read without answering it: the name that it asks for, the versions that it offers (RFC 8446 §4.1.2). Pure."""

from collections.abc import Iterator

from offhook.records import Record

LONGEST = 64 * 1024
_HANDSHAKE, _CLIENT_HELLO = 0x16, 0x01
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
_VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}


class Hello(Record):
    """What a client said. `server_name` is "" where it named none; `versions` are the newest first; `protocols` what it would speak (ALPN)."""

    server_name: str = ""
    versions: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()


class NotAHelloError(Exception):
    """These bytes are not the beginning of a TLS hello."""


class _Bytes:
    """Bytes that are taken from the front. Raises NotAHelloError where there are too few."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise NotAHelloError
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> "_Bytes":
        """What follows its own length, which has `size` bytes."""
        return _Bytes(self.take(self.number(size)))


def read_hello(data: bytes) -> Hello | None:
    """The hello that these bytes begin with; None while it is not whole. Raises NotAHelloError."""
    message = _message(data)
    return None if message is None else _hello(_Bytes(message))


def _message(data: bytes) -> bytes | None:
    """The handshake message that lies in one record or several."""
    message, at = b"", 0
    while len(data) - at >= 5:
        if data[at] != _HANDSHAKE or data[at + 1] != 3:
            raise NotAHelloError
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5])
        message += data[at + 5 : end]
        if message[:1] not in {b"", bytes([_CLIENT_HELLO])}:
            raise NotAHelloError
        size = 4 + int.from_bytes(message[1:4]) if len(message) >= 4 else LONGEST
        if len(message) >= size:
            return message[4:size]
        at = end
    if len(data) > LONGEST:
        raise NotAHelloError
    return None


def _hello(body: _Bytes) -> Hello:
    version = body.number(2)
    body.take(32)  # random
    body.vector(1)  # session id
    body.vector(2)  # ciphers
    body.vector(1)  # compressions
    name = ""
    protocols: tuple[str, ...] = ()
    offered: tuple[int, ...] = (version,)
    for kind, extension in _extensions(body):
        if kind == _SERVER_NAME and extension.left:
            name = _name(extension)
        elif kind == _ALPN:
            protocols = tuple(_protocols(extension.vector(2)))
        elif kind == _SUPPORTED_VERSIONS:
            listed = extension.vector(1)
            offered = tuple(listed.number(2) for _ in range(listed.left // 2))
    # Browsers offer made-up versions besides, so that servers stay used to what they do not know (RFC 8701).
    versions = tuple(_VERSIONS[each] for each in sorted(offered, reverse=True) if each in _VERSIONS)
    return Hello(server_name=name, versions=versions, protocols=protocols)


def _extensions(body: _Bytes) -> Iterator[tuple[int, _Bytes]]:
    if not body.left:
        return
    extensions = body.vector(2)
    while extensions.left:
        yield extensions.number(2), extensions.vector(2)


def _name(extension: _Bytes) -> str:
    names = extension.vector(2)
    while names.left:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:
            return name.take(name.left).decode("latin-1").lower()
    return ""


def _protocols(listed: _Bytes) -> Iterator[str]:
    while listed.left:
        each = listed.vector(1)
        yield each.take(each.left).decode("latin-1")
