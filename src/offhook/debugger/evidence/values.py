"""Values as they stand in evidence: sids, codes, statuses, levels, URLs, lists of headers. Pure.

Every function takes any text and returns "" or 0 where there is nothing of its kind. All expressions run in linear time.
"""

import re
from http import HTTPStatus
from typing import Any

from offhook.providers import raw
from offhook.records import Headers

RESOURCES = ("SM", "MM", "CA", "CF", "RE", "FX", "CH", "IM", "FN")
SERVICES = ("MG", "IS", "ZS", "VA", "KS")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "INVITE"})

# Which product speaks, by the component that more_info names (spec: twilio-debugger §2.3).
COMPONENTS = {"14100": "Programmable Messaging", "12000": "Programmable Voice", "13400": "Programmable Voice"}

SID = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9a-f]{32}(?![A-Za-z0-9])")
_MASKED_SID = re.compile(r"(?=\S*[0-9xX*.•…])[A-Z]{2}[0-9A-Za-z*.•…_-]{2,40}")
_CODE = re.compile(r"[^0-9A-Za-z]*(?:(?:error|warning|code|twilio)[^0-9A-Za-z]*){0,3}([1-9][0-9]{4})(?![0-9])", re.IGNORECASE)
_DOCUMENTED = re.compile(r"twilio\.com/[^\s\"'<>]{0,40}?errors?/([1-9][0-9]{4})(?![0-9])")
_STATUS = re.compile(r"[^0-9A-Za-z]{0,4}(?:HTTP(?:/[0-9](?:\.[0-9])?)?[ :]{0,3})?([1-5][0-9]{2})(?![0-9.:])", re.IGNORECASE)
_TOLD_STATUSES = (
    re.compile(
        r"\bHTTP(?:/[0-9](?:\.[0-9])?)?(?: *(?:status|response|code|error)){0,3}[ :=-]{1,3}([1-5][0-9]{2})(?![0-9])",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:return(?:s|ed|ing)?|repl(?:y|ies|ied)|(?:respond|answer|fail)(?:s|ed|ing)?|got|gets?|gave|gives?|received|thr[oe]ws?)"
        r"(?: back)?(?: with)?(?: an?| the)?(?: status)?(?: code)?(?: of)? ([2-5][0-9]{2})"
        r"(?![0-9]|[.,:][0-9]| ?(?:ms|s|sec|seconds?|minutes?|hours?|messages?|results?|rows|items|bytes|records|calls|of|times)\b)",
        re.IGNORECASE,
    ),
    # A line of an access log.
    re.compile(r" HTTP/[0-9](?:\.[0-9])?\" ([1-5][0-9]{2})(?![0-9])"),
    re.compile(r"\bstatus(?: ?code)?(?: of| was| is)?[ :=\"]{1,4}([1-5][0-9]{2})(?![0-9])", re.IGNORECASE),
)
_TITLE = re.compile(
    r"<(?:title|h1)>\s{0,20}(?:(?:HTTP|Error|Status|Server Error)[ :]{1,3}){0,3}([1-5][0-9]{2})(?![0-9])", re.IGNORECASE
)
_TITLED_WITHIN = 8192
_PHRASES = {each.phrase.lower(): each.value for each in HTTPStatus if each >= 300}
_SPELLED_STATUS = re.compile(rf"(?<![0-9])([3-5][0-9]{{2}})[ :-]{{1,3}}({'|'.join(map(re.escape, _PHRASES))})\b", re.IGNORECASE)
_NEXT_CELL = re.compile(r",(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD)\b|[A-Z]{2}[0-9a-f]{32}|,)")
# Neither control characters nor marks that turn the direction of text: who reads the address must see where it leads.
_NO_SIGN = r"\s\"'<>\\^`{}|\x00-\x20\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# An apostrophe is a sign like any other (RFC 3986 §2.2), where it neither ends what one before the address began, nor a sentence's
# `…/sms's answer`. In a host there is none; in a password before it there may be one.
_HOST = rf"(?:[^{_NO_SIGN}/?#]|'(?=[^\s/?#\"'<>\\]{{0,200}}@))*"
_APOSTROPHE = r"'(?=[\w%/&])(?!s[ \t]+[a-z])"
_URL = re.compile(
    rf"(?<!')https?://{_HOST}(?:[/?#](?:[^{_NO_SIGN}]|{_APOSTROPHE})*)?|https?://{_HOST}(?:[/?#][^{_NO_SIGN}]*)?", re.IGNORECASE
)
# Pages of Twilio's own: never the address of somebody's app (handler.twilio.com and demo.twilio.com can be).
_OWN_PAGE = re.compile(
    r"https?://(?:(?:www|console|support|help|monitor|api|events|events-schemas|status|docs|ask|login|static[0-9]*)\.)?twilio\.com(?![\w.-])",
    re.IGNORECASE,
)
_ERROR_LINE = re.compile(r"(?:^|\n|\\n)[ \t]*Error:[ \t]*([^\n\\]+)")


def fold(name: str) -> str:
    """A name without case and without marks: `error_code`, `Error code` and `ErrorCode` are one."""
    return "".join(each for each in name.lower() if each.isalnum())


def said(value: Any) -> str:
    """A scalar as text; "" for anything else. Halves of surrogate pairs become U+FFFD."""
    match value:
        case str():
            return whole(value)
        case bool():
            return str(value).lower()
        case int():
            return str(value) if abs(value) < 1 << 64 else ""
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else ""
        case _:
            return ""


def whole(text: str) -> str:
    """Text that can be encoded: surrogate pairs joined, halves of pairs replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def sid_of(text: str, *prefixes: str) -> str:
    """The first sid in a text, of those prefixes if any are given; else the text itself where it is a masked one (`ACxxxx`)."""
    wanted = [sid for sid in SID.findall(text) if not prefixes or sid[:2] in prefixes]
    if wanted:
        return str(wanted[0])
    text = text.strip()
    masked = _MASKED_SID.fullmatch(text) if len(text) < 64 else None
    return text if masked and not SID.fullmatch(text) and (not prefixes or text[:2] in prefixes) else ""


def code_of(text: str) -> int:
    """The code that a value begins with: `11200`, `Error - 11200`, `32009,Your TwiML…`."""
    found = _CODE.match(text[:200])
    return int(found[1]) if found else documented_code(text)


def leading_code(text: str) -> int:
    """The code that a text begins with, before any word."""
    found = re.match(r"([1-9][0-9]{4})(?![0-9])", text)
    return int(found[1]) if found else 0


def documented_code(text: str) -> int:
    """The code whose page of Twilio's documentation a text links to."""
    found = _DOCUMENTED.search(text)
    return int(found[1]) if found else 0


def status_of(value: str) -> int:
    """The HTTP status that a value labelled as one is: `502`, `502 Bad Gateway`, `HTTP/1.1 502`."""
    found = _STATUS.match(value)
    return int(found[1]) if found else told_status(value)


def told_status(text: str) -> int:
    """The HTTP status that a sentence tells: `Got HTTP 502 response to …`, `… returned the HTTP status code 404`, `Bad Gateway`."""
    text = text[:4096]
    for expression in (*_TOLD_STATUSES, _SPELLED_STATUS):
        if found := expression.search(text):
            return int(found[1])
    return _PHRASES.get(text.strip().lower(), 0)


def titled_status(body: str) -> int:
    """The HTTP status that the title of a page is: `<title>502 Bad Gateway</title>`; 0 when it is none."""
    found = _TITLE.search(body[:_TITLED_WITHIN])
    return int(found[1]) if found else 0


def level_of(text: str) -> str:
    """ERROR, WARNING or INFO."""
    word = fold(text[:40])
    if word in {"error", "errors", "fatal", "critical"}:
        return "ERROR"
    if word in {"warning", "warn", "warnings"}:
        return "WARNING"
    return "INFO" if word in {"info", "notice", "debug", "information"} else ""


def method_of(text: str) -> str:
    """The HTTP method in a value: `POST`, `HTTP POST`."""
    return next((word for word in text[:40].upper().split() if word in METHODS), "")


def urls_of(text: str) -> list[str]:
    """The web addresses in a text, without the marks of the sentence around them."""
    return [url for each in _URL.findall(text) if len(url := _without_tail(each)) > len("https://")]


def first_url(text: str) -> str:
    """The first web address that is not a page of Twilio's own."""
    return next((url for url in urls_of(text) if not is_own_page(url)), "")


def is_own_page(url: str) -> bool:
    """Whether an address is of Twilio's documentation, Console or API."""
    return _OWN_PAGE.match(url) is not None


def _without_tail(url: str) -> str:
    # The next cell of a line of comma-separated values.
    url = _NEXT_CELL.split(url, maxsplit=1)[0]
    url = url.rstrip(".,;:!?*_'\u2019\u201d\u2026\u00bb")
    for opening, closing in ("()", "[]"):
        if url.endswith(closing) and opening not in url:
            url = url.rstrip(closing)
    return url


def error_line(body: str) -> str:
    """What stands behind `Error:` in the plain-text answer of Twilio's egress proxy; its line breaks may be written as escapes."""
    found = _ERROR_LINE.search(body[:8192])
    return found[1].strip() if found else ""


def pairs_of(value: Any, depth: int = 3) -> Headers:
    """Names and values, however they come: a map (of scalars or of lists), a list of pairs, a list of maps, a form, lines of a head."""
    if depth == 0:
        return ()
    match value:
        case dict():
            return tuple(pair for name, each in value.items() for pair in _named(said(name), each))
        case list() | tuple():
            return tuple(pair for each in value for pair in _listed(each, depth))
        case str():
            return head_pairs(value) if ":" in value.partition("=")[0] else form_pairs(value)
        case _:
            return ()


def form_pairs(encoded: str) -> Headers:
    """Names and values of a form body or a query."""
    if "=" not in encoded:
        return ()
    found = raw.pairs(whole(encoded).strip().encode())
    return tuple((raw.text(name), raw.text(value)) for name, value in found if name)


def head_pairs(lines: str) -> Headers:
    """Names and values of header lines."""
    parted = (line.partition(":") for line in whole(lines).splitlines())
    return tuple((name.strip(), value.strip()) for name, colon, value in parted if colon and name.strip())


def _named(name: str, value: Any) -> Headers:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, list):
        return tuple((name, said(each)) for each in value if not isinstance(each, dict | list) and each is not None)
    return ((name, said(value)),) if name and value is not None else ()


def _listed(value: Any, depth: int) -> Headers:
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str):
        return _named(said(value[0]), value[1])
    if isinstance(value, dict):
        name = said(value.get("name") or value.get("key"))
        return _named(name, value.get("value")) if name else pairs_of(value, depth - 1)
    return pairs_of(value, depth - 1)
