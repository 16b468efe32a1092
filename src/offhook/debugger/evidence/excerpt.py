"""What people paste parts of: HTTP within a letter or a code fence, the body of an answer alone, lines of a head alone. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from offhook.debugger.evidence import loose, values
from offhook.debugger.evidence.record import Evidence

_SEARCHED_LINES = 40
_SEARCHED = 16384
_QUOTE = re.compile(r"[ \t]{0,4}(?:[>|][ \t]?){1,6}")
_FENCE = re.compile(r"[ \t]{0,4}(?:```|~~~)")
_STATUS_LINE = re.compile(r"[ \t]{0,8}HTTP/[0-9](?:\.[0-9])? [1-5][0-9]{2}(?: .*)?")
_FIELD = re.compile(r"[ \t]{0,8}[A-Za-z][A-Za-z0-9-]{0,60}:(?: .*|$)")
_HEAD_FIELD = re.compile(
    r"[A-Za-z](?:[A-Za-z0-9]{0,30}-){1,6}[A-Za-z0-9]{1,40}:(?: .*)?|(?:server|via|location|date|allow|vary|age|etag):.*",
    re.IGNORECASE,
)
_MOST_HEAD_LINES = 100

_PAGE = re.compile(r"<(?:!doctype html|html|head|title|center|h1)\b", re.IGNORECASE)
_XML = re.compile(r"<(?:\?xml|Response)\b")
_EDGE = re.compile(r"error code: [0-9]{3,4}|ERR_NGROK_[0-9]{1,5}\b[^\0]*", re.IGNORECASE)
_VERCEL = re.compile(r"(?m)^[A-Z_]{6,60}\n\n?(?:ID: )?[a-z]{3}[0-9]::")
_LONGEST_EDGE = 8192
_ROUTER = re.compile(r"\bheroku\[router\]: ([^\n]{1,4096})")
_LOGGED = re.compile(r"(?<!\S)([a-z_]{1,30})=(?:\"([^\"]*)\"|(\S*))")
_MILLISECONDS = re.compile(r"([0-9]{1,9})ms")
_ERROR_NAMES = frozenset({"message", "error", "errors", "detail", "title", "errormessage", "errortype", "statuscode", "reason"})
_LOG_NAMES = frozenset({"level", "msg", "@timestamp", "logger", "severity", "log"})


def router_line(text: str) -> Evidence | None:
    """A line of Heroku's router: `heroku[router]: at=error code=H12 desc="Request timeout" method=POST path="/sms" host=… status=503`."""
    found = _ROUTER.search(text)
    if found is None:
        return None
    told = {each[1]: each[2] or each[3] or "" for each in _LOGGED.finditer(found[1])}
    served = _MILLISECONDS.fullmatch(told.get("service", ""))
    host, path = told.get("host", ""), told.get("path", "")
    return Evidence(
        message=" ".join(filter(None, (f"code={told['code']}" if "code" in told else "", told.get("desc", "")))),
        url=f"{told.get('protocol') or 'https'}://{host}{path}" if host and path.startswith("/") else "",
        method=values.method_of(told.get("method", "")),
        status=values.status_of(told.get("status", "")),
        seconds=int(served[1]) / 1000 if served else None,
    )


def http_in_prose(text: str) -> tuple[str, str]:
    """The words before an answer that a text quotes, and the answer, without quote marks and fences; "" and "" when there is none."""
    lines = text[:_SEARCHED].split("\n")[:_SEARCHED_LINES]
    start = next((number for number in range(len(lines)) if _begins(lines, number)), None)
    if start is None:
        return "", ""
    kept = text.split("\n")
    before, rest = kept[:start], kept[start:]
    if quote := _QUOTE.match(rest[0]):
        mark = quote[0].strip()[0]
        ended = next((number for number, line in enumerate(rest) if not line.lstrip().startswith(mark)), len(rest))
        rest = [_QUOTE.sub("", line, count=1) for line in rest[:ended]]
    elif any(map(_FENCE.match, before)):
        ended = next((number for number, line in enumerate(rest) if _FENCE.match(line)), len(rest))
        rest = rest[:ended]
    before = [line for line in before if not _FENCE.match(line)]
    return "\n".join(before), "\n".join(rest)


def _begins(lines: list[str], number: int) -> bool:
    """Whether an answer begins in this line: a status line, with a header field or nothing below it."""
    line = _QUOTE.sub("", lines[number], count=1)
    if _STATUS_LINE.fullmatch(line) is None:
        return False
    following = _QUOTE.sub("", lines[number + 1], count=1) if number + 1 < len(lines) else ""
    return _FIELD.fullmatch(following) is not None


def alone(text: str) -> Evidence | None:
    """A body or header lines without the rest of their answer."""
    text = text.strip()
    if body_alone(text):
        return Evidence(form="http", status=values.titled_status(text), body=text)
    lines = [line.strip() for line in text[:_SEARCHED].split("\n") if line.strip()]
    if 0 < len(lines) <= _MOST_HEAD_LINES and len(text) < _SEARCHED and all(map(_HEAD_FIELD.fullmatch, lines)):
        return Evidence(form="http", headers=values.head_pairs("\n".join(lines)))
    return None


def body_alone(text: str) -> bool:
    """Whether a text is nothing but the body of an answer: a page, a JSON error, TwiML, what an edge says."""
    if text.startswith("<"):
        return (_PAGE.match(text) or _XML.match(text)) is not None and values.sid_of(text, "NO") == ""
    if text.startswith("{"):
        return _is_error(loose.strict(text))
    return _EDGE.fullmatch(text) is not None or (len(text) < _LONGEST_EDGE and _VERCEL.search(text) is not None)


def _is_error(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    names = {name.lower() for name in value}
    return not names.isdisjoint(_ERROR_NAMES) and names.isdisjoint(_LOG_NAMES)
