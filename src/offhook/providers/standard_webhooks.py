"""Signatures as the Standard Webhooks specification has them: HMAC-SHA256 over id, timestamp and body, under `webhook-signature`. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

from offhook.records import Headers

_PREFIX: Final = "whsec_"
# The specification's own bounds of a key, bytes.
_SHORTEST, _LONGEST = 24, 64


def keys(secret: str) -> tuple[bytes, ...]:
    """The keys of a secret: `whsec_` and base64; while one takes over from another, two of them with a blank between.

    Raises ValueError in a sentence that quotes nothing of it.
    """
    found = []
    for each in secret.replace(",", " ").split():
        try:
            key = base64.b64decode(_padded(each.removeprefix(_PREFIX)), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _SHORTEST <= len(key) <= _LONGEST:
            raise ValueError(
                f"it is not {_PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64: make one with `openssl rand -base64 32`"
            )
        found.append(key)
    if not found:
        raise ValueError("it is empty: make one with `openssl rand -base64 32`")
    return tuple(found)


def headers(signing: Iterable[bytes], identifier: str, at: float, body: bytes) -> Headers:
    """The header fields for a body that is sent now (`at`, seconds since the epoch): one signature for each key; none without keys."""
    stamp = str(int(at))
    signed = f"{identifier}.{stamp}.".encode() + body
    signatures = " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in signing)
    named = (("webhook-id", identifier), ("webhook-timestamp", stamp))
    return (*named, ("webhook-signature", signatures)) if signatures else named


def batch_id(identifiers: Sequence[str]) -> str:
    """The id of several events sent as one: the same for the same events, so that a repetition is known as such."""
    if len(identifiers) == 1:
        return identifiers[0]
    return "EB" + hashlib.sha256("\n".join(identifiers).encode()).hexdigest()[:32]


def _padded(text: str) -> str:
    """Some write base64 without its padding."""
    bare = text.rstrip("=")
    return bare + "=" * (-len(bare) % 4)
