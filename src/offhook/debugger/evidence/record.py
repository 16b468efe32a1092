"""The record that evidence is read into, and its last touch: what follows from it, and what must not stand in it."""

import re

import msgspec

from offhook.debugger.evidence import values
from offhook.debugger.evidence.pasted import printable
from offhook.debugger.secrets import masked, masked_headers, masked_line, masked_pairs, masked_unread
from offhook.records import FailureKind, Headers, Parameters, Record

MOST_UNREAD = 10
LONGEST_UNREAD = 200
_READ_OF_BODY = 8192
# What Twilio's egress proxy writes; without its answer at hand it may stand in the message alone.
_PROXYS_WORDS = re.compile(r"(?i)total time ?out (?:is )?triggered|blacklisted ip")
_PAIRS = ("request_headers", "request_parameters", "headers")
_TEXTS = (
    *("level", "message", "product", "at", "sid", "account_sid", "resource_sid", "service_sid", "request_sid"),
    *("url", "method", "hidden", "failure_detail"),
)

# The egress proxy of Twilio writes an answer of its own when it has none of the app's (spec: twilio-debugger §2.4).
_SYNTHETIC_HEADERS = ("x-twilio-webhookerror", "x-twilio-reason")
SYNTHETIC_BODY = "Twilio was unable to fetch content from"


class Evidence(Record):
    """All that could be read of an error; what could not is empty. No credentials are in it.

    `form` is what the text was: `code`, `sid`, `debugger payload`, `alert`, `cloud event`, `alarm`, `http`, `console page` or `text`.
    `code` is Twilio's, 0 if none; `level` is ERROR, WARNING or INFO; `at` is the time as written. `sid` is the event's (NO…),
    `resource_sid` the message's or call's (of an alarm: the alarm's). `status`, `headers` and `body` are of the app's answer, 0 and empty
    if there was none. `hidden` is the narrower cause that Twilio's egress proxy wrote into an answer of its own, as written;
    `hidden_code` the code that it begins with; `synthetic` says that the answer is such a one, and that the app never sent it.
    `failure` is how a request failed that got no answer, told by a program such as curl ("" when there was one), `failure_detail` its words.
    `hops` are the URLs of a chain of redirects in order, each with its status, the last one included
    (the first URL is "" where nothing tells what was asked, no chain is told of one answer); `seconds` how long it all took.
    `unread` are lines that mean nothing to the reader, and remarks of the reader about what it left out.
    """

    form: str = "text"
    code: int = 0
    level: str = ""
    message: str = ""
    product: str = ""
    at: str = ""
    sid: str = ""
    account_sid: str = ""
    resource_sid: str = ""
    service_sid: str = ""
    request_sid: str = ""
    url: str = ""
    method: str = ""
    status: int = 0
    request_headers: Headers = ()
    request_parameters: Parameters = ()
    headers: Headers = ()
    body: str = ""
    hidden: str = ""
    hidden_code: int = 0
    synthetic: bool = False
    failure: FailureKind | None = None
    failure_detail: str = ""
    hops: tuple[tuple[str, int], ...] = ()
    seconds: float | None = None
    unread: tuple[str, ...] = ()


def finished(draft: Evidence) -> Evidence:
    """The same evidence with what follows from its parts, without secrets, and without what a terminal would obey."""
    draft = _printable(draft)
    hidden, synthetic = _hidden(draft.headers, draft.body)
    draft = _with_parameters(_with_proxy_answer(draft))
    hidden = hidden or (draft.message if _PROXYS_WORDS.search(draft.message) else "")
    draft = msgspec.structs.replace(
        draft,
        # Twilio writes the message's sid once more where there is no service.
        service_sid="" if draft.service_sid == draft.resource_sid else draft.service_sid,
        url=draft.url or values.first_url(draft.message),
        status=draft.status or values.told_status(draft.message) or values.titled_status(draft.body),
        hidden=hidden,
        hidden_code=values.leading_code(hidden),
        synthetic=synthetic,
    )
    return _masked(draft)


def _printable(draft: Evidence) -> Evidence:
    texts = {name: printable(value) for name in _TEXTS if (value := getattr(draft, name))}
    pairs = {name: _printable_pairs(value) for name in _PAIRS if (value := getattr(draft, name))}
    unread = tuple(printable(line) for line in draft.unread[:MOST_UNREAD])
    hops = tuple((printable(url), status) for url, status in draft.hops)
    return msgspec.structs.replace(draft, **texts, **pairs, body=printable(draft.body), unread=unread, hops=hops)


def _printable_pairs(pairs: Headers) -> Headers:
    return tuple((printable(name), printable(value)) for name, value in pairs)


def _masked(draft: Evidence) -> Evidence:
    texts = {name: masked_line(value) for name in _TEXTS if (value := getattr(draft, name))}
    return msgspec.structs.replace(
        draft,
        **texts,
        request_headers=masked_headers(draft.request_headers),
        request_parameters=masked_pairs(draft.request_parameters),
        headers=masked_headers(draft.headers),
        body=masked(draft.body),
        hops=tuple((masked(url), status) for url, status in draft.hops),
        unread=tuple(masked_unread(line)[:LONGEST_UNREAD] for line in draft.unread),
    )


def _with_parameters(draft: Evidence) -> Evidence:
    """With the sids that the request sent."""
    sent = dict(reversed(draft.request_parameters))
    return msgspec.structs.replace(
        draft,
        account_sid=draft.account_sid or _sent_sid(sent, "AccountSid"),
        resource_sid=draft.resource_sid or _sent_sid(sent, "MessageSid", "SmsSid", "SmsMessageSid", "CallSid"),
        service_sid=draft.service_sid or _sent_sid(sent, "MessagingServiceSid"),
    )


def _with_proxy_answer(draft: Evidence) -> Evidence:
    """With what the answer of Twilio's egress proxy tells of the request; its address may have lost the `s` of https."""
    told = draft.body[:_READ_OF_BODY]
    if not told.lstrip().startswith(SYNTHETIC_BODY):
        return draft
    method = re.search(r"Request Method: ([A-Z]{3,10})", told)
    return msgspec.structs.replace(
        draft,
        account_sid=draft.account_sid or values.sid_of(told, "AC"),
        resource_sid=draft.resource_sid or values.sid_of(told, *values.RESOURCES),
        url=draft.url or values.first_url(draft.message) or values.first_url(told.replace("\\n", "\n")),
        method=draft.method or (method[1] if method else ""),
    )


def _sent_sid(sent: dict[str, str], *names: str) -> str:
    return next((sid for name in names if (sid := values.sid_of(sent.get(name, "")))), "")


def _hidden(headers: Headers, body: str) -> tuple[str, bool]:
    """The cause that the egress proxy gives, "" if none, and whether the answer is the proxy's."""
    fields = {name.lower(): value.strip() for name, value in headers}
    from_body = body.lstrip().startswith(SYNTHETIC_BODY)
    synthetic = from_body or any(name in fields for name in _SYNTHETIC_HEADERS)
    named = next((fields[name] for name in _SYNTHETIC_HEADERS if fields.get(name)), "")
    return named or (values.error_line(body) if from_body else ""), synthetic
