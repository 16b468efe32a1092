"""From any text to evidence: what kind of text it is, the surest kind first."""

import re

import msgspec

from offhook.debugger.evidence import excerpt, failures, loose, values
from offhook.debugger.evidence.codes import is_title
from offhook.debugger.evidence.page import read_page
from offhook.debugger.evidence.pasted import plain
from offhook.debugger.evidence.payload import read_payload
from offhook.debugger.evidence.record import Evidence, finished
from offhook.debugger.evidence.transcript import is_transcript, read_transcript, sent_body
from offhook.debugger.secrets import masked_below

_BARE_CODE = re.compile(
    r"(?:twilio[ '\u2019s]{0,3} ?)?(?:error|warning)? ?(?:code ?)?[-\u2013\u2014:#( ]{0,4}([1-9][0-9]{4})[)., ]{0,3}",
    re.IGNORECASE,
)
_NAMED_CODE = re.compile(
    r"((?:error|warning)[ :#\u2013\u2014-]{1,4})?([1-9][0-9]{4})([ :\u2013\u2014-]{1,4})([A-Za-z][^0-9\n]{0,160})", re.IGNORECASE
)
_DOCUMENTED = re.compile(r"(?:https?://)?[a-z0-9.-]{0,40}twilio\.com/\S*", re.IGNORECASE)
_BARE_STATUS = re.compile(r"(?:HTTP ?)?([1-5][0-9]{2})", re.IGNORECASE)
_BARE_SID = re.compile(r"NO[0-9a-f]{6,32}", re.IGNORECASE)
_FORM = re.compile(r"[?\s]{0,4}[A-Za-z][A-Za-z0-9_.%-]{0,60}=")
_PAYLOADS = ("payload", "alerttext", "appmonitortriggersid", "resourcesid")
_NAMES = "resourceSid|errorCode|alertText|resource_sid|error_code|alert_text|more_info|specversion|PayloadType|Payload|ParentAccountSid|AppMonitorTriggerSid"
_QUOTED_NAME = re.compile(r"\"\w{1,60}\"\s{0,8}:")
_INSIDE = re.compile(rf"[\"']?\b(?:{_NAMES})\b\\{{0,7}}[\"']?[ \t]{{0,4}}(?::|=>)")


def read_evidence(text: str) -> Evidence:
    """All that can be read of an error from a code, a sid, a payload, a form, HTTP, or the text of a page.

    Never raises. Of a text longer than 1 Mi characters the beginning is read.
    """
    text = masked_below(plain(text))
    draft = _code_or_sid(text.strip()) or _packed(text) or _transcript(text) or _quoted(text) or _inside(text)
    return finished(draft or excerpt.router_line(text) or excerpt.alone(text) or _page(text))


def _quoted(text: str) -> Evidence | None:
    """HTTP in the middle of other words, which may tell more of it; None when the words are an error's page."""
    before, answer = excerpt.http_in_prose(text)
    found = _transcript(answer) if answer else None
    told = read_page(before) if found else None
    if found is None or told is None or told.form != "text":
        return None
    names = ("code", "level", "message", "at", "sid", "account_sid", "resource_sid", "service_sid", "url", "method")
    added = {name: value for name in names if (value := getattr(told, name)) and not getattr(found, name)}
    return msgspec.structs.replace(found, **added, unread=(*found.unread, *told.unread))


def _page(text: str) -> Evidence:
    """The text of a page; of a text that tells neither a code nor an answer, how a request failed."""
    found = read_page(text)
    told = None if found.code or found.status or found.headers or found.body else failures.curls(text) or failures.others(text)
    if told is None:
        return found
    return msgspec.structs.replace(
        found,
        message=found.message or told.detail,
        url=found.url or told.url,
        status=told.status,
        failure=told.kind,
        failure_detail=told.detail if told.kind else "",
        seconds=told.seconds,
        unread=tuple(line for line in found.unread if told.detail not in line),
    )


def _code_or_sid(text: str) -> Evidence | None:
    if len(text) > 300 or "\n" in text:
        return None
    if found := _BARE_CODE.fullmatch(text):
        return Evidence(form="code", code=int(found[1]))
    if (found := _NAMED_CODE.fullmatch(text)) and (found[1] or found[3].strip() or is_title(int(found[2]), found[4])):
        return Evidence(form="code", code=int(found[2]), message=found[4].strip())
    if found := _BARE_STATUS.fullmatch(text):
        return Evidence(status=int(found[1]))
    if _BARE_SID.fullmatch(text):
        return Evidence(form="sid", sid=f"NO{text[2:].lower()}")
    if _DOCUMENTED.fullmatch(text):
        if code := values.documented_code(text):
            return Evidence(form="code", code=code)
        if sid := values.sid_of(text, "NO"):
            return Evidence(form="sid", sid=sid)
    return None


def _packed(text: str) -> Evidence | None:
    """A payload, as JSON or as a form."""
    text = text.strip()
    if not text.startswith(("{", "[", '"')):
        return _form(text)
    found = loose.strict(text)
    if found is not None:
        return read_payload(found)
    return _first_line(text) or _inside(f"{{{text}" if _QUOTED_NAME.match(text) else text)


def _first_line(text: str) -> Evidence | None:
    """The payload of the first of several lines, each a JSON text."""
    line, _, rest = text.partition("\n")
    if not rest.lstrip().startswith("{") or (found := read_payload(loose.strict(line))) is None:
        return None
    count = 1 + sum(each.lstrip().startswith("{") for each in rest.split("\n"))
    return msgspec.structs.replace(found, unread=(*found.unread, f"Only the first of {count} events was read."))


def _form(text: str) -> Evidence | None:
    """The form that Twilio's Debugger or an alarm sends, the text of an alert, or the parameters of a webhook. It may have been wrapped."""
    if text.lower().startswith(("http://", "https://")):
        text = text.partition("?")[2]
    if not _FORM.match(text):
        return None
    pairs = values.form_pairs(text if " " in text else "".join(text.split()))
    sent = {values.fold(name): value for name, value in reversed(pairs)}
    if not sent.keys().isdisjoint(_PAYLOADS):
        return read_payload(sent)
    if not sent.keys().isdisjoint({"messagesid", "callsid", "smssid"}):
        return Evidence(code=values.code_of(sent.get("errorcode", "")), url=sent.get("errorurl", ""), request_parameters=pairs)
    return read_payload({"alert_text": text}) if "errorcode" in sent else None


def _transcript(text: str) -> Evidence | None:
    """HTTP; when what it carries is a payload of Twilio's, that payload."""
    # No program marks an answer with `>`: somebody quotes it.
    if text.lstrip().startswith("> HTTP/"):
        return _quoted(text)
    if not is_transcript(text):
        return None
    found = read_transcript(text)
    sent, came = sent_body(text).strip(), found.body.lstrip()
    carried = (_form(sent) if "=" in sent else None, read_payload(loose.strict(came)) if came.startswith(("{", "[")) else None)
    return next((each for each in carried if each is not None and each.form != "text"), found)


def _inside(text: str) -> Evidence | None:
    """A payload somewhere in a text: in a line of a log, printed by a program, cut short, or not quite JSON."""
    named = _INSIDE.search(text)
    if named is None:
        return None
    start = text.rfind("{", 0, named.start())
    if start < 0:
        return None
    text = loose.unescaped(text[start:])
    if found := read_payload(loose.beginning(text)):
        return found
    found = read_payload(loose.loose(text))
    if found is None:
        return None
    return msgspec.structs.replace(
        found, unread=(*found.unread, "The payload is not valid JSON: what could be made out of it was read.")
    )
