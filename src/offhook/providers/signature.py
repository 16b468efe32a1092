"""Twilio's request signature on bytes: base64(HMAC(key, URL + every parameter)). Source: `spec: twilio-delivery §5`.

The official validators work on decoded text and cost some 100 µs for a 20-field form; this is the same rule on the raw bytes.
"""

import hashlib
from binascii import b2a_base64
from hmac import compare_digest

ALGORITHMS = {"hmac-sha1": "sha1", "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512"}


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
        inner = self._inner.copy()
        inner.update(signed)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return compare_digest(b2a_base64(outer.digest(), newline=False), signature)


def body_hash(body: bytes) -> str:
    """What `bodySHA256` must be for a body that is not a form (§5.2)."""
    return hashlib.sha256(body).hexdigest()
