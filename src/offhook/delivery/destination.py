"""Where a webhook is to go: an endpoint's URL taken apart once, and the requests made for it. Pure."""

import functools
import re
import uuid
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from offhook.delivery import overrides
from offhook.delivery.overrides import Overrides
from offhook.records import Headers, Record, Webhook

# What a provider's request may carry on to the app. All else is the hop's own (Host, lengths, forwarding) or a secret of ours.
PASSED_ON = frozenset({"user-agent", "accept", "content-type", "cache-control", "x-home-region"})
PASSED_ON_PREFIXES = ("i-twilio-", "x-twilio-")
NOT_PASSED_ON = frozenset({"x-twilio-signature", "x-twilio-webhooks-signature-settings", "i-twilio-idempotency-token"})

FORM = "application/x-www-form-urlencoded"
_BODY_HASH = re.compile(rb"(?:^|&)bodySHA256=[^&]*")


class Destination(Record):
    """One URL of an endpoint. `url` has neither fragment nor credentials; `overrides` are what the fragment asked for.

    `origin` is scheme, host and port: what a redirect must keep to stay the operator's own choice.
    """

    url: str
    overrides: Overrides
    origin: str
    username: str = ""
    password: str = ""


def parse(url: str) -> Destination:
    """Take an operator's URL apart: `https://user:pass@host/path?query#rc=2`."""
    bare, _, fragment = url.partition("#")
    parts = urlsplit(bare)
    credentials, at, host = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    plain = parts._replace(netloc=host).geturl() if at else bare
    return Destination(
        url=plain,
        overrides=overrides.parse(fragment),
        origin=origin(plain),
        username=unquote(username),
        password=unquote(password),
    )


@functools.lru_cache(maxsize=1024)
def origin(url: str) -> str:
    """`https://host:port` of a URL, the default port written out, for comparing."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


class Call(Record):
    """One request that is to be made for a webhook, before it is signed."""

    method: str
    url: str
    headers: Headers
    body: bytes
    content_type: str


def call(webhook: Webhook, url: str, extra: tuple[tuple[str, str], ...] = ()) -> Call:
    """The provider's request made over for the app's URL: same method, parameters and order, `extra` parameters last.

    The query that came with the webhook is appended to the URL's own; an old `bodySHA256` is dropped, since signing makes a new one.
    """
    method, query, rest = _request_line(webhook.head)
    headers, content_type = _headers(rest, webhook.id)
    body = webhook.body
    if extra:
        added = urlencode(extra)
        if method == "POST" and content_type.startswith(FORM):
            body = body + (b"&" if body else b"") + added.encode()
        else:
            query = f"{query}&{added}" if query else added
    return Call(
        method=method, url=with_query(url, query) if query else url, headers=headers, body=body, content_type=content_type
    )


def redirected(made: Call, location: str, status: int, *, carry: bool, preserve: bool) -> Call:
    """The follow-up of a redirect as Twilio makes it: a GET after 301, 302 and 303; after 307 the same request where `preserve`.

    `carry`: a GET takes the form's parameters along in its query. What Twilio carries is not settled (spec: twilio-delivery §3.1).
    """
    url = urljoin(made.url, location).partition("#")[0]
    if status == 307 and preserve:
        return Call(method=made.method, url=url, headers=made.headers, body=made.body, content_type=made.content_type)
    form = made.method == "POST" and made.content_type.startswith(FORM)
    query = made.body.decode("latin-1") if form else urlsplit(made.url).query
    headers = tuple(pair for pair in made.headers if pair[0].lower() != "content-type")
    return Call(method="GET", url=with_query(url, query) if carry else url, headers=headers, body=b"", content_type="")


def with_query(url: str, query: str) -> str:
    """The URL with a raw query appended to its own."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{query}"


def shown(url: str) -> str:
    """The URL as it may be shown and kept: without credentials and fragment."""
    return parse(url).url


# In each request these are others, as Twilio spells them: what is left without them is the same in many. The token is passed on.
_TOKEN = b"\r\nI-Twilio-Idempotency-Token:"
_DIFFERENT = (b"\r\nX-Twilio-Signature:", b"\r\nContent-Length:", b"\r\nHost:", _TOKEN)
_REPETITION = "i-twilio-idempotency-token"


def _request_line(head: bytes) -> tuple[str, str, bytes]:
    """Its method, what its query keeps, and the header lines, a line break before each."""
    line, end, lines = head.partition(b"\r\n")
    method, _, rest = line.partition(b" ")
    query = rest.rpartition(b" ")[0].partition(b"?")[2]
    if query:
        query = _BODY_HASH.sub(b"", query).lstrip(b"&")
    return ("POST" if method == b"POST" else "GET"), query.decode("latin-1"), end + lines


def _headers(lines: bytes, webhook_id: str) -> tuple[Headers, str]:
    """The headers to send on, in Twilio's order, and the content type."""
    own = b""
    for name in _DIFFERENT:
        start = lines.rfind(name)
        if start >= 0:
            value = start + len(name)
            end = lines.find(b"\r\n", value)
            if name is _TOKEN:
                own = lines[value:] if end < 0 else lines[value:end]
            lines = lines[:start] if end < 0 else lines[:start] + lines[end:]
    passed, content_type, token = _passed(lines)
    # Every attempt of one webhook carries one token, so that the app can tell a repetition.
    token = own.strip().decode("latin-1") or token or str(uuid.UUID(webhook_id[2:]))
    return (*passed, ("I-Twilio-Idempotency-Token", token)), content_type


@functools.lru_cache(maxsize=128)
def _passed(lines: bytes) -> tuple[Headers, str, str]:
    """Of header lines: the fields to pass on, their content type, and a token whose name is spelled in a way of its own."""
    passed: list[tuple[str, str]] = []
    content_type = token = ""
    for line in lines.split(b"\r\n")[1:]:
        raw_name, _, raw_value = line.partition(b":")
        name, value = raw_name.decode("latin-1"), raw_value.strip().decode("latin-1")
        lower = name.lower()
        if lower == _REPETITION:
            token = value
        elif lower in PASSED_ON or (lower.startswith(PASSED_ON_PREFIXES) and lower not in NOT_PASSED_ON):
            passed.append((name, value))
            if lower == "content-type":
                content_type = value
    # What the app answers is read here and passed on as it is: nobody may compress it (spec: limits §2.5).
    passed.append(("Accept-Encoding", "identity"))
    return tuple(passed), content_type, token
