"""What must not leave a piece of evidence: passwords, tokens, keys, cookies, wherever a person's paste has them. Pure.

A page may speak of passwords as it likes: only what has the shape of a value behind such a word is masked. All expressions run in linear time.
"""

import re

from offhook.debugger.evidence.values import REDACTED, without_secrets

_MEANT = r"(?:(?<!idempotency-)(?<!idempotency_)token|secret|password|passwd|api[ _-]?key|authorization)"
_NAME = re.compile(_MEANT, re.IGNORECASE)
# Words that stand behind `token:` in sentences and programs, and are no token.
_WORDS = (
    r"(?!(?:missing|invalid|required|incorrect|expired|none|nil|null|undefined|not|is|was|must|true|false|empty|wrong|failed|string|str"
    r"|the|a|an|and|or|your|for|validation|verification)\b)"
)
_SCHEMED = re.compile(
    r"\b(bearer|basic)([ \t]{1,4}|%20|\+)(?!realm|error|scope|charset)"
    r"(?=(?-i:[A-Za-z0-9._~-]{0,400}[0-9=+/~_]|[A-Za-z0-9._~-]{1,400}[A-Z])|[a-z0-9._~+/-]{16})[a-z0-9._~+/=-]{6,}+",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"({_MEANT}\w{{0,40}}+(?:\\?[\"'\]])?[ \t]{{0,8}}+(?:=>|%3D|[:=])[ \t]{{0,8}}+)"
    rf"(?:(\\?[\"'])(?!(?:null|none|true|false|missing|required|invalid)[\"'])[^\"'\n\\]+|{_WORDS}(?:(?:bearer|basic|digest|token|apikey)[ \t]+)?[^\s\"'<>&;,\\]+)",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"({_MEANT}\w{{0,40}}+(?:[ \t]{{1,4}}(?:is|was))?[ \t]{{1,8}}){_WORDS}(?!https?:|[a-z]+=)"
    r"(?=(?-i:[^\s\"'<>]{0,200}[0-9]|[^\s\"'<>]{1,200}[A-Z]))[^\s\"'<>(){}=;,]{6,}+",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"((?<!\S)(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?)[^\s:\"']{1,200}:[^\s\"']+")
_SIGNED = re.compile(r"(?<=[?&])(sig|signature|key|auth)=[^\s&#\"'<>]+", re.IGNORECASE)
# Below its name, where a page has each in a line of its own: neither a code, a time, a sid nor an address.
_BELOW = re.compile(
    rf"({_MEANT}\w{{0,40}}+[\"'*:]{{0,3}}[ \t]{{0,8}}\n\s{{0,8}})(?!https?:|[0-9]{{1,5}}\b|(?-i:[A-Z]{{2}}[0-9a-f]{{32}})|(?-i:[A-Z][A-Za-z]{{1,40}}[0-9]?\n))"
    r"(?=\S{0,200}[0-9]|\S{16})[^\s\"'<>{}\[\]()=]{4,}+(?=[ \t]{0,8}(?:\n|\Z))",
    re.IGNORECASE,
)
_JAR = re.compile(r"((?<!\S)(?:-b|--cookie)[ =]{1,4})(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s=]{1,100}=\S*)")
_KEY = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])")


def is_secret_name(name: str) -> bool:
    """Whether a parameter or a header field of this name holds a secret."""
    return _NAME.search(name) is not None


def masked(text: str) -> str:
    """The same text without what stands behind the name of a secret, and without what logs in by HTTP's schemes."""
    text = _SCHEMED.sub(rf"\1\2{REDACTED}", text)
    text = _NAMED.sub(lambda found: f"{found[1]}{found[2] or ''}{REDACTED}", text)
    text = _SIGNED.sub(rf"\1={REDACTED}", text)
    text = _JAR.sub(rf"\1{REDACTED}", text)
    return _LOGIN.sub(rf"\1{REDACTED}", _TOLD.sub(rf"\1{REDACTED}", text))


def masked_line(line: str) -> str:
    """The same line of which nothing is known: what could be a key in it is masked, too."""
    return _KEY.sub(REDACTED, masked(without_secrets(line)))


def masked_below(text: str) -> str:
    """The same text without the values that stand in the lines below the names of secrets."""
    return _BELOW.sub(rf"\1{REDACTED}", text)


def masked_pairs(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The same parameters or header fields without secrets, by their names and in their values."""
    return tuple((name, REDACTED if value and is_secret_name(name) else masked(value)) for name, value in pairs)
