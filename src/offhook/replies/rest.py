"""Twilio's Messages resource over our own door to the network (spec: twilio-delivery §7)."""

import base64
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from offhook import __version__
from offhook.delivery.round import Judge
from offhook.delivery.schedule import retry_after
from offhook.ports import Clock, Transport
from offhook.records import Exchange, FailureKind, HttpRequest, Kind, Limits, Record, Reply

PUBLIC_API: Final = "https://api.twilio.com"
# A create that takes longer is not lost: it is looked for. 1 MiB holds a page of the longest messages.
LIMITS: Final = Limits(connect=5.0, read=15.0, total=20.0, read_cap=1024 * 1024, keep_cap=1024 * 1024)
PAGE: Final = 100
# Twilio's code for a fault of its own: what a reply gets of which nothing better is known.
NO_WORD: Final = 20500

# Failures that come before the first byte of the request leaves.
_BEFORE_SENDING: Final = frozenset(
    {
        FailureKind.BAD_URL,
        FailureKind.BLOCKED,
        FailureKind.DNS,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.REFUSED,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TLS_NAME,
        FailureKind.TLS_EXPIRED,
        FailureKind.TLS_UNTRUSTED,
    },
)


class Credentials(Record):
    """What the API is called with: the account's SID and Auth Token, or an API key's SID and secret. Its repr shows no password."""

    account_sid: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.account_sid})"


class Created(Record):
    """The message exists."""

    sid: str
    status: str


class Rejected(Record):
    """Twilio has refused the message (or the request for a list): it does not exist. `status` is the HTTP one."""

    code: int
    status: int
    message: str


class Throttled(Record):
    """Too many requests: this one was never processed. `retry_after` in seconds, 0 when the answer does not say."""

    retry_after: float
    code: int


class NotSent(Record):
    """The request never left. `code` says why, as for a webhook that could not be delivered."""

    code: int
    reason: str


class Unknown(Record):
    """The request left, and what became of it nobody can say. `code` is the nearest that there is."""

    code: int
    reason: str


class NoCredentials(Record):
    """There are no credentials for the account."""


class Sent(Record):
    """A message as the API lists it. `created_at` in seconds since the epoch, to the second."""

    sid: str
    status: str
    direction: str
    to: str
    sender: str
    messaging_service_sid: str
    body: str
    media: int
    created_at: float


Creation = Created | Rejected | Throttled | NotSent | Unknown | NoCredentials
Listing = Sequence[Sent] | Rejected | Throttled | NotSent | Unknown | NoCredentials


class TwilioRest:
    """The part of the REST API that replies need. `credentials` gives those for an account, or None.

    The transport must never repeat a request by itself, so it must not keep connections: a create on one that the API has just closed
    would be sent twice.
    A base URL other than Twilio's is the operator's own choice, and so may be a private address.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Callable[[str], Credentials | None],
        *,
        judge: Judge,
        clock: Clock,
        base_url: str = PUBLIC_API,
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._judge = judge
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._trusted = self._base_url != PUBLIC_API

    def may_send(self, account_sid: str) -> bool:
        """Whether there are credentials for the account."""
        return self._credentials(account_sid) is not None

    async def create_message(self, reply: Reply) -> Creation:
        """Ask for the message once. The form is the one that Twilio's own SDK writes."""
        exchange = await self._call("POST", reply.account_sid, body=form(reply))
        return NoCredentials() if exchange is None else self._created(exchange)

    async def list_messages(self, account_sid: str, to: str, sender: str, since: float) -> Listing:
        """The newest messages to a number created since then; `sender` "" for any (a service's message may have none yet)."""
        query = urlencode([("To", to), *([("From", sender)] if sender else []), ("PageSize", PAGE)])
        exchange = await self._call("GET", account_sid, query=query)
        if exchange is None:
            return NoCredentials()
        failed = self._failed(exchange)
        if failed is not None:
            return failed
        rows = _json(exchange).get("messages")
        if exchange.status != 200 or not isinstance(rows, list):
            return Unknown(code=NO_WORD, reason=f"The list of messages cannot be read (status {exchange.status})")
        try:
            found = [_sent(row) for row in rows]
        except (KeyError, TypeError, ValueError, AttributeError):
            return Unknown(code=NO_WORD, reason="The list of messages holds something that is no message")
        return [message for message in found if message.created_at >= since]

    async def _call(self, method: str, account_sid: str, *, query: str = "", body: bytes = b"") -> Exchange | None:
        credentials = self._credentials(account_sid)
        if credentials is None:
            return None
        account = quote(account_sid or credentials.account_sid, safe="")
        url = f"{self._base_url}/2010-04-01/Accounts/{account}/Messages.json" + (f"?{query}" if query else "")
        headers = [
            ("User-Agent", f"offhook/{__version__}"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Authorization", _basic(credentials)),
        ]
        if method == "POST":
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        request = HttpRequest(method=method, url=url, headers=tuple(headers), body=body)
        return await self._transport.exchange(request, LIMITS, trusted=self._trusted)

    def _created(self, exchange: Exchange) -> Creation:
        failed = self._failed(exchange)
        if failed is not None:
            return failed
        answer = _json(exchange)
        sid = answer.get("sid")
        if 200 <= exchange.status < 300 and isinstance(sid, str) and sid:
            return Created(sid=sid, status=str(answer.get("status", "")))
        return Unknown(code=NO_WORD, reason=f"The answer (status {exchange.status}) does not say what became of the message")

    def _failed(self, exchange: Exchange) -> Rejected | Throttled | NotSent | Unknown | None:
        """What the two calls have in common: how a request comes to nothing; None for any other answer."""
        if exchange.failure is not None:
            outcome = self._judge(exchange, Kind.OTHER)
            return (
                NotSent(code=outcome.code, reason=outcome.message)
                if _never_left(exchange)
                else Unknown(code=outcome.code, reason=outcome.message)
            )
        answer = _json(exchange)
        code = answer.get("code")
        # Without a code of its own an error has the one that Twilio forms from the status: 20404, 20429.
        code = code if isinstance(code, int) and code else 20000 + exchange.status
        if exchange.status == 429:
            return Throttled(retry_after=retry_after(429, exchange.headers, self._clock.now()), code=code)
        if 400 <= exchange.status < 500 and exchange.status != 408:
            message = str(answer.get("message") or f"The API answered with status {exchange.status}")
            return Rejected(code=code, status=exchange.status, message=message[:500])
        if exchange.status >= 400:
            return Unknown(code=code, reason=f"The API answered with status {exchange.status}")
        return None


def form(reply: Reply) -> bytes:
    """The message as a form: the SDK's fields in the SDK's order, `MediaUrl` repeated, nothing that is empty."""
    fields = [
        ("To", reply.to),
        ("StatusCallback", reply.status_callback),
        ("From", reply.sender),
        ("MessagingServiceSid", reply.messaging_service_sid),
        ("Body", reply.body),
        *(("MediaUrl", url) for url in reply.media),
    ]
    return urlencode([(name, value) for name, value in fields if value]).encode()


def _never_left(exchange: Exchange) -> bool:
    """Whether an exchange failed before the first byte of its request was sent."""
    kind = exchange.failure.kind if exchange.failure else None
    timings = exchange.timings
    never_stood = timings.connect is None or (exchange.url.startswith("https:") and timings.tls is None)
    return kind in _BEFORE_SENDING or (kind is FailureKind.TOTAL_TIMEOUT and not exchange.reused and never_stood)


def _basic(credentials: Credentials) -> str:
    return "Basic " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()


def _json(exchange: Exchange) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(exchange.body)
    except msgspec.DecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _sent(row: dict[str, Any]) -> Sent:
    return Sent(
        sid=row["sid"],
        status=row["status"],
        direction=row["direction"],
        to=row["to"] or "",
        sender=row["from"] or "",
        messaging_service_sid=row.get("messaging_service_sid") or "",
        body=row["body"] or "",
        media=int(row["num_media"]),
        created_at=parsedate_to_datetime(row["date_created"]).timestamp(),
    )
