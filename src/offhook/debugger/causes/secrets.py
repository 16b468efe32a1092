"""Secrets in what an app or a header says: they are not shown again. Pure."""

import re
from typing import Final

SHOWN: Final = "***"
_VALUE = r"(?:\"[^\"\n]*\"?|'[^'\n]*'?|[^\s,;&\"'<>)]+)"
_NAMED = re.compile(
    r"(?i)([\w-]{0,40}(?:token|secret|passw(?:or)?d|passphrase|(?:api|access|account|private)[ _-]?key|nonce|(?<![a-z])pwd)[\w-]{0,40}"
    rf"[\"']?\s{{0,9}}(?:=>|[=:])\s{{0,9}})({_VALUE})"
)
_AUTHORIZATION = re.compile(
    rf"(?i)((?<!www-)authorization[\"']?\s{{0,9}}(?:=>|[=:])\s{{0,9}}[\"']?(?:\w{{1,20}}[ \t]+)?)({_VALUE})"
)
# Not the challenge of a server (`Bearer realm="x"`), and not plain words ("Basic authentication").
_SCHEME = re.compile(r"(?i)\b((?:bearer|basic)[ \t]+)(?!\w+=[\"\w])(?![a-z]{1,15}[.,:;]?(?:\s|[\"'<)]|$))([\w.~+/=-]+)")
_IN_URL = re.compile(r"(?<=//)[^\s/@\"'<>]{1,200}@")
_KNOWN = re.compile(
    r"\b(?:eyJ[\w-]{8,}(?:\.[\w-]*)*|(?:sk|rk|xox[a-z]|gh[a-z]|github_pat)[-_][\w-]{12,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,})"
)


def mask(text: str) -> str:
    """The text, with three asterisks in place of whatever looks like a password, a token or a key."""
    text = _AUTHORIZATION.sub(_kept, text)
    text = _SCHEME.sub(_kept, text)
    text = _NAMED.sub(_kept, text)
    return _KNOWN.sub(SHOWN, _IN_URL.sub(f"{SHOWN}@", text))


def _kept(found: "re.Match[str]") -> str:
    return f"{found[1]}{SHOWN}"
