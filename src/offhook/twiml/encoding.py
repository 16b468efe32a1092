"""The encoding of an answer's body. Nobody has asked for one (`Accept-Encoding: identity`), and some servers use one all the same. Pure."""

import zlib
from typing import Final

from offhook.headers import value_of
from offhook.records import Headers

# Windows of zlib: 47 takes gzip and zlib, -15 the bare deflate that some servers send by that name.
_WINDOWS: Final = {"gzip": (47,), "x-gzip": (47,), "deflate": (47, -15)}


def encoding(headers: Headers) -> str:
    """What the answer says of its encoding, lower case; "" for none."""
    named = value_of(headers, "content-encoding").strip().lower()
    return "" if named == "identity" else named


def decoded(headers: Headers, body: bytes, most: int) -> bytes | None:
    """The body without its encoding, at most `most` bytes and one; None where it cannot be decoded."""
    named = encoding(headers)
    if not named:
        return body
    for window in _WINDOWS.get(named, ()):
        try:
            return zlib.decompressobj(window).decompress(body, most + 1)
        except zlib.error:
            continue
    return None
