"""Twilio's request signature on bytes: base64(HMAC(key, URL + every parameter)). Source: `spec: twilio-delivery §5`.

The official validators work on decoded text and cost some 100 µs for a 20-field form; this is the same rule on the raw bytes.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Iterable
from functools import lru_cache
from hmac import compare_digest
from itertools import repeat
from urllib.parse import unquote_to_bytes

from offhook.providers.raw import pairs
from offhook.records import Record

ALGORITHMS = {"hmac-sha1": "sha1", "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512"}

_SEPARATORS = b"\0&"
_DIGITS = "0123456789abcdefABCDEF"
_ESCAPES = {(high + low).encode(): bytes.fromhex(high + low) for high in _DIGITS for low in _DIGITS}
_NULS = repeat(b"\0")


class Key:
    """A signing key: an Auth Token with SHA-1, or a shared key with the algorithm it was made for (a key of ALGORITHMS).

    It keeps the two hash states of HMAC with the key already in them (RFC 2104 §4), which halves the work for a short text.
    """

    __slots__ = ("_inner", "_outer", "algorithm")

    def __init__(self, secret: str, algorithm: str = "hmac-sha1") -> None:
        self.algorithm = algorithm
        make = getattr(hashlib, ALGORITHMS[algorithm])
        block = make().block_size
        key = secret.encode()
        key = (make(key).digest() if len(key) > block else key).ljust(block, b"\0")
        self._inner = make(bytes(byte ^ 0x36 for byte in key))
        self._outer = make(bytes(byte ^ 0x5C for byte in key))

    def sign(self, signed: bytes) -> bytes:
        """The signature, as it stands in the header."""
        inner = self._inner.copy()
        inner.update(signed)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False)

    def matches(self, signed: bytes, signature: bytes) -> bool:
        """Is that the signature? In constant time."""
        return compare_digest(self.sign(signed), signature)


class Form(Record):
    """A form body or a query, read for checking.

    `values` holds the first value of each name, still with its percent-escapes (few are ever looked at); `repeated` the names that came
    more than once; `signed` the bytes that follow the URL in what is signed.
    """

    values: dict[bytes, bytes]
    signed: bytes
    repeated: frozenset[bytes] = frozenset()

    def get(self, name: bytes) -> bytes:
        """The first value of that name, decoded; empty when there is none."""
        value = self.values.get(name, b"")
        return unquote_to_bytes(value) if b"%" in value else value


def read_form(encoded: bytes) -> Form:
    """Read a form of any shape. The latest small ones are remembered: each is read to verify it, to name it, and to sign it anew."""
    return _remembered(encoded) if len(encoded) <= _SMALL else _read(encoded)


def _read(encoded: bytes) -> Form:
    """The quick way where each name comes once and has one plain `=`, which is how Twilio writes."""
    if b"\0" in encoded:
        return _read_any(encoded)
    # Most escapes are the plus of a phone number. Undoing them first is safe: a plus is no part of any other escape.
    marked = encoded.replace(b"+", b" ").replace(b"%2B", b"+").replace(b"=", b"\0")
    parts = sorted(marked.split(b"&"))
    try:
        values: dict[bytes, bytes] = dict(map(bytes.split, parts, _NULS))
    except ValueError:
        return _read_any(encoded)
    if len(values) != len(parts) or b"%" in b"".join(values):
        return _read_any(encoded)
    return Form(values=values, signed=_joined(b"&".join(parts)))


_SMALL = 4096
_remembered = lru_cache(maxsize=512)(_read)


def _joined(marked: bytes) -> bytes:
    """Sorted `name NUL value` pairs between `&` → names and values in a row, unescaped; an escape never reaches over a separator."""
    if b"%" not in marked:
        return marked.translate(None, _SEPARATORS)
    first, *rest = marked.split(b"%")
    out = [first.translate(None, _SEPARATORS)]
    for piece in rest:
        byte = _ESCAPES.get(piece[:2])
        out += (b"%", piece.translate(None, _SEPARATORS)) if byte is None else (byte, piece[2:].translate(None, _SEPARATORS))
    return b"".join(out)


def _read_any(encoded: bytes) -> Form:
    """Repeated names (each distinct value counts once, in order), escaped names, fields without `=`."""
    values: dict[bytes, bytes] = {}
    repeated = set()
    found = pairs(encoded)
    for name, value in found:
        if name in values:
            repeated.add(name)
        else:
            values[name] = value
    # A literal percent sign that was decoded must not be decoded again by who looks a value up.
    kept = {name: value.replace(b"%", b"%25") for name, value in values.items()}
    return Form(values=kept, signed=signed_parameters(found), repeated=frozenset(repeated))


def signed_parameters(found: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Names in byte order, for each its distinct values in byte order, name and value in a row without separators (§5.1.2)."""
    return b"".join(name + value for name, value in sorted(set(found)))


def body_hash(body: bytes) -> str:
    """What `bodySHA256` must be for a body that is not a form (§5.2)."""
    return hashlib.sha256(body).hexdigest()
