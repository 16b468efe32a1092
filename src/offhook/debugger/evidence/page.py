"""The text of an error's page in Twilio's Console, as it is when it was selected and copied; and any other text, by what is known in it. Pure."""

import re

from offhook.debugger.evidence import values
from offhook.debugger.evidence.codes import told_code
from offhook.debugger.evidence.labels import JOINED
from offhook.debugger.evidence.record import Evidence
from offhook.debugger.evidence.selection import Selection, sid_field

MOST_LINES = 20_000

_JOINED = re.compile("|".join(re.escape(each) for each in JOINED))
# The blanks before the labels of a page that was pasted as one line.
_RUN_TOGETHER = re.compile(
    r" (?=(?:(?:Debug event|Error|Event|Account|Resource|Message|Call|Service|Messaging Service|Request) SID|Request URL|HTTP Response"
    r"|Log Level|Error code|Request Method|Timestamp|Request(?= (?:GET|POST) ))\b)"
)
_FEW_LINES, _ENOUGH_LABELS, _LONGEST_RUN = 3, 2, 65536
_ASKED = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD) (?:to )?(?:https?://|/\S{0,2000} HTTP/[0-9])")
_HEADLINE = re.compile(r"(?m)^[ \t#*\u2022-]{0,8}(?:Error|Warning) ?[-\u2013\u2014:] ?([1-9][0-9]{4})\b")
_EVENT_SID = re.compile(r"(?<![A-Za-z0-9])NO[0-9a-f]{32}(?![A-Za-z0-9])")
_LABELLED_CODE = re.compile(r"\bErrorCode\b[\s\"':=]{1,8}([1-9][0-9]{4})(?![0-9])")


def read_page(text: str) -> Evidence:
    """All that the text of a page says; of a text that is no page, what can be known by its shape."""
    text, remarks = _one_error(text)
    if text.count("\n") < _FEW_LINES and len(_RUN_TOGETHER.findall(text[:_LONGEST_RUN])) >= _ENOUGH_LABELS:
        text = _RUN_TOGETHER.sub("\n", text)
    lines = _JOINED.sub(lambda found: f"\n{found[0]}\n", text).split("\n")
    if len(lines) > MOST_LINES:
        remarks = (*remarks, f"Only the first {MOST_LINES} of {len(lines)} lines were read.")
    selection = Selection()
    for line in lines[:MOST_LINES]:
        selection.read(line)
    selection.end()
    if selection.rows > 1:
        remarks = (*remarks, f"Only the first of {selection.rows} errors was read.")
    return _evidence(selection, remarks)


def _one_error(text: str) -> tuple[str, tuple[str, ...]]:
    """The part of the text that belongs to the first error, when there are several errors, and a remark about the others."""
    starts = _starts(text)
    if len(starts) > 1:
        return text[: text.rfind("\n", 0, starts[1]) + 1 or starts[1]], (f"Only the first of {len(starts)} errors was read.",)
    headline = _HEADLINE.search(text)
    told = set(_LABELLED_CODE.findall(text))
    if headline is None or len(told | {headline[1]}) < 2:
        return text, ()
    start = headline.start()
    left = sorted(told - {headline[1]} - set(_LABELLED_CODE.findall(text[start:])))
    return text[start:], (f"Other errors in the same text were left out: {', '.join(left)}.",) if left else ()


def _starts(text: str) -> list[int]:
    """Where each error begins: at its headline, or where it has none, at its sid; the first at 0."""
    marks = [(found.start(), found[1]) for found in _HEADLINE.finditer(text)]
    marks += [(found.start(), found[0]) for found in _EVENT_SID.finditer(text)]
    starts: list[int] = []
    code = sid = ""
    headed = -1
    for place, mark in sorted(marks):
        if mark.startswith("NO"):
            if sid and mark != sid:
                starts.append(headed if headed >= 0 else place)
                code = code if headed < 0 else ""
            sid, headed = mark, -1
        elif code and mark != code:
            starts.append(place)
            code, sid, headed = mark, "", -1
        else:
            # The same headline again is another error only if another sid follows.
            code, headed = mark, place if code else -1
    return [0, *starts]


def _evidence(selection: Selection, remarks: tuple[str, ...]) -> Evidence:
    found = selection.found
    message = found.get("message") or found.get("title") or found.get("description") or _sentence(selection.unlabelled)
    sids = _sids_by_shape([*selection.unlabelled, message]) | {
        field: sid for field, sid in found.items() if field.endswith("sid")
    }
    is_page = selection.labelled > 1 or (selection.labelled == 1 and "headline" in found)
    return Evidence(
        form="console page" if is_page else "text",
        code=int(found.get("headline") or found.get("code") or next(filter(None, map(told_code, selection.unlabelled)), 0)),
        level=found.get("level") or found.get("headline_level") or "",
        message=message,
        product=found.get("product") or found.get("component") or "",
        at=found.get("at", ""),
        sid=sids.get("sid", ""),
        account_sid=sids.get("account_sid", ""),
        resource_sid=sids.get("resource_sid", ""),
        service_sid=sids.get("service_sid", ""),
        request_sid=sids.get("request_sid", ""),
        url=_url(selection, message),
        method=found.get("method") or next((asked[1] for line in selection.unlabelled if (asked := _ASKED.search(line))), ""),
        seconds=float(found["elapsed"]) if "elapsed" in found else None,
        status=int(found.get("status") or next(filter(None, map(values.told_status, (message, *selection.unlabelled))), 0)),
        request_headers=tuple(selection.lists["request"]),
        request_parameters=tuple(selection.lists["parameters"]) or values.form_pairs("\n".join(selection.bodies["request"])),
        headers=tuple(selection.lists["response"]),
        body="\n".join(selection.bodies["response"]).strip("\n"),
        unread=(*remarks, *selection.unread),
    )


def _sentence(lines: list[str]) -> str:
    """The first line that tells a status in a sentence."""
    return next((line for line in lines if line.count(" ") > 3 and values.told_status(line)), "")


def _sids_by_shape(lines: list[str]) -> dict[str, str]:
    sids = [sid for line in lines for sid in values.SID.findall(line)]
    return {sid_field(sid): sid for sid in reversed(sids)}


def _url(selection: Selection, message: str) -> str:
    """The address that was asked: labelled as the request's, told by the message, or the first one on the page that may be an app's."""
    found = selection.found
    named = found.get("request_url") or found.get("url") or values.first_url(message)
    return named or next(filter(None, map(values.first_url, selection.unlabelled)), "") or found.get("other_url", "")
