"""What must not be shown or kept: passwords, tokens, keys, cookies, wherever a text has them. One mark stands in their place. Pure.

A text may speak of passwords as it likes: only what has the shape of a value, behind such a word or by itself, is masked. All expressions
run in linear time, and what has been masked once stays as it is.
"""

import re
from typing import Final

from offhook.records import Headers, Parameters

MARK: Final = "[redacted]"

_NAME = (
    r"(?:(?<!idempotency[-_])token|secret|passw(?:or)?d|passphrase|(?<![a-z])pwd|nonce|authorization"
    r"|(?:api|access|account|private)[ _-]?key)"
)
# Header fields that hold nothing but secrets; of a cookie that is set, the name is none.
_FIELD = r"(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key)"
_SCHEME = r"(?:bearer|basic|digest|token|apikey|negotiate)"
# What stands behind `token:` in sentences and programs, and is no token.
_WORD = (
    r"(?:missing|invalid|required|incorrect|expired|none|nil|null|undefined|not|is|was|must|true|false|empty|wrong|failed|string|str"
    r"|the|a|an|and|or|your|for|validation|verification)(?=[.,:;!?)\]}]{0,3}(?:[\s\"'<>&\\]|\Z))"
)
# Without quotes: up to what parts values everywhere, escapes too; an apostrophe within a word is part of it, brackets that close behind it
# are not.
_BARE = r"(?:[^\s\"'<>&;,\\]|\\(?![nrtbfu\"'\\])|(?<=\w)'(?=\w))*[^\s\"'<>&;,\\)}]"
# Behind the quote that opens: up to its like, be it escaped (JSON within JSON) or not.
_QUOTED = rf"(?:(\\[\"'](?:{_SCHEME}[ \t]+)?)[^\"'\n\\]+|(\"(?:{_SCHEME}[ \t]+)?)(?:[^\"\\\n]|\\.)++|('(?:{_SCHEME}[ \t]+)?)(?:[^'\\\n]|\\.)++)"

_CREDENTIALS = re.compile(
    r"(?<=//)(?:(?:[^\s/?#\"'<>\\]|(?<=\w)'(?=\w))+@|[^\s/:?#@\"'<>\\\[]{0,200}:(?![0-9]{1,5}[?#])[^\s/@\"'<>]{1,200}@)"
)
_LINE = re.compile(
    rf"^([ \t<>]{{0,8}}{_FIELD}[ \t]{{0,4}}:[ \t]{{0,8}}(?:{_SCHEME}[ \t]+(?=\S))?)\S[^\n]*", re.IGNORECASE | re.MULTILINE
)
_PAIR = re.compile(rf"([\"']{_FIELD}[\"'][ \t]{{0,4}}(?::|=>|,)[ \t]{{0,4}}){_QUOTED}", re.IGNORECASE)
# Plain words follow these schemes in sentences ("Basic authentication is required"), and the parameters of a challenge.
_SCHEMED = re.compile(
    r"\b((?:bearer|basic)(?:[ \t]{1,4}+|%20|\+))(?!(?:realm|error\w{0,20}|scope|charset|title|authorization_\w{1,20}|resource\w{0,20})=)"
    r"(?!(?-i:[A-Za-z][a-z]{0,14}+|[A-Za-z]{1,5}+|[0-9]{1,5}+)(?!\.{0,9}[\w~+/=-]))[\w.~+/=-]{3,}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"({_NAME}[\w-]{{0,40}}+(?:\\?[\"'])?\]?[ \t]{{0,8}}+(?:=>|%3D|={{1,3}}|:(?!:))[ \t]{{0,8}}+)"
    rf"(?:(?!\\?[\"'](?:null|none|true|false|missing|required|invalid)\\?[\"']){_QUOTED}"
    rf"|(?!{_WORD})((?:{_SCHEME}[ \t]+)?)(?!{_WORD}){_BARE})",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"((?<=[?&])(?:sig|signature|key|auth)=)(?:[^\s&#\"'<>]|(?<=\w)'(?=\w))+", re.IGNORECASE)
_JAR = re.compile(r"((?<!\S)(?:-b|--cookie)[ =]{1,4})(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s=]{1,100}=)\S*")
_LOGIN = re.compile(r"((?<!\S)(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?)[^\s:\"']{1,200}:[^\s\"']+")
_KNOWN = re.compile(
    r"()\b(?:eyJ[\w-]{8,}(?:\.[\w-]*)*|(?:sk|rk|xox[a-z]|gh[a-z]|github_pat)[-_](?=[\w-]{0,200}[0-9A-Z])[\w-]{12,}"
    r"|AKIA[A-Z0-9]{12,}\w*|AIza[\w-]{20,})"
)
# Below its name, where a page has each in a line of its own: neither a code, a time, a sid nor an address.
_BELOW = re.compile(
    rf"({_NAME}\w{{0,40}}+[\"'*:=>]{{0,3}}[ \t]{{0,8}}\n\s{{0,8}}[\"']?)"
    r"(?!https?:|[0-9]{1,5}\b|(?-i:[A-Z]{2}[0-9a-f]{32})|(?-i:[A-Z][A-Za-z]{1,40}[0-9]?\n))"
    r"(?=\S{0,200}[0-9]|\S{16})[^\s\"'<>{}\[\]()=]{4,}+(?=[\"']?[,;]?[ \t]{0,8}(?:\n|\Z))",
    re.IGNORECASE,
)
# Told in a sentence, without a mark between: `the password is Hunter2`. The name of a variable is none.
_TOLD = re.compile(
    rf"({_NAME}\w{{0,40}}+(?:[ \t]{{1,4}}(?:is|was))?[ \t]{{1,8}})(?!{_WORD})(?!https?:|[a-z]+=|(?-i:[A-Z]+(?:_[A-Z]+)+)(?![\w-]))"
    r"(?=(?-i:[^\s\"'<>]{0,200}[0-9]|[^\s\"'<>]{1,200}[A-Z]))[^\s\"'<>(){}=;,]{6,}+",
    re.IGNORECASE,
)
_REST = re.compile(rf"(\b{_FIELD}[\"']?[ \t]{{0,4}}[:=][ \t]{{0,8}}(?:{_SCHEME}[ \t]+(?=\S))?)\S[^\n]*", re.IGNORECASE)
_KEY = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])")

# In this order, so that none finds in what another has masked what it would not have found before.
_RULES = (_LINE, _PAIR, _SCHEMED, _NAMED, _SIGNED, _JAR, _LOGIN, _BELOW, _TOLD, _KNOWN)

_PLACE = re.compile(rf"(?:([\w.-]{{1,60}})(?:=|%3D))?{re.escape(MARK)}(@)?")
_NAMES = re.compile(_NAME, re.IGNORECASE)
_NO_LETTER = re.compile(r"[^a-z]")
_WHOLLY = frozenset({"authorization", "proxyauthorization", "cookie", "xapikey"})


def masked(text: str) -> str:
    """The text with the mark in place of whatever looks like a password, a token or a key, and of `user:password` in addresses."""
    text = _CREDENTIALS.sub(f"{MARK}@", text)
    for rule in _RULES:
        text = rule.sub(_kept, text)
    return text


def masked_line(line: str) -> str:
    """The same for a line or a sentence, in which nothing but the secret follows the name of a header field that holds one."""
    return masked(_REST.sub(_kept, line))


def masked_unread(line: str) -> str:
    """The same for a line of which nothing is known: what could be a key by itself is masked, too."""
    return _KEY.sub(MARK, masked_line(line))


def masked_below(text: str) -> str:
    """The text without the values that stand in the lines below the names of secrets, and all else as it was: before lines are parted."""
    return _BELOW.sub(_kept, text)


def masked_pairs(pairs: Parameters) -> Parameters:
    """Parameters without secrets, by their names and in their values."""
    return tuple((name, MARK if value and _NAMES.search(name) else masked(value)) for name, value in pairs)


def masked_headers(headers: Headers) -> Headers:
    """Header fields without secrets; of a cookie that is set, the name stays."""
    return masked_pairs(tuple((name, _field(name, value)) for name, value in headers))


def without_credentials(url: str) -> str:
    """An address, or a text with addresses in it, without `user:password@` and without a mark: it can still be called, or parsed."""
    return _CREDENTIALS.sub("", url)


def left_out(url: str) -> str:
    """What the marks in a masked address stand for: `the user and password and the value of token`; "" where there is none."""
    places = (
        "the user and password" if found[2] else f"the value of {found[1]}" if found[1] else "what was cut out"
        for found in _PLACE.finditer(url)
    )
    return " and ".join(dict.fromkeys(places))


def _kept(found: re.Match[str]) -> str:
    return f"{''.join(filter(None, found.groups()))}{MARK}"


def _field(name: str, value: str) -> str:
    folded = _NO_LETTER.sub("", name.lower())
    if folded in _WHOLLY:
        return MARK
    return re.sub(r"=[^;]*", f"={MARK}", value, count=1) if folded == "setcookie" else value
