"""A case for diagnosis: all that is known of one exchange that went wrong, whether it was ours or was told by somebody. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from offhook.headers import has_field
from offhook.records import Attempt, Exchange, Failure, Headers, Kind, Record
from offhook.twiml.encoding import decoded

# Marks of error pages stand near their beginning; an app's body may be large, and fifty rules look at it.
READ_OF_BODY = 32 * 1024


class History(Record):
    """How the endpoint has been doing, counted over its latest attempts before this one (at most some hundred). Times are seconds.

    `usual` is the middle duration of its good attempts, None when there was none; `idle` how long nothing had been sent to the app before
    this attempt, None when that is not known; `last_good` and `bad_since` are clock times.
    """

    good: int = 0
    bad: int = 0
    usual: float | None = None
    idle: float | None = None
    last_good: float | None = None
    bad_since: float | None = None


class Case(Record):
    """One exchange and its circumstances. What is not known is empty: a pasted error page has a status and a URL, and little else.

    `code` is that of the debug event, 0 when there is none yet. `said` is what a fault of the answer says (broken XML, an odd verb),
    `details` its particulars. `hops` are the URLs of the attempt in order, each with its status, when it was redirected. `signed` says that
    the request carried a signature for its URL. `stage` is how far it got: "dns", "connect", "tls" or "sent". `told` says that the exchange
    was not ours: somebody else saw it from the Internet, and tells of it.
    """

    url: str = ""
    method: str = "POST"
    kind: Kind = Kind.MESSAGE
    code: int = 0
    said: str = ""
    details: Mapping[str, str] = {}
    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    failure: Failure | None = None
    raw: bytes = b""
    seconds: float | None = None
    signed: bool = True
    told: bool = False
    stage: str = "sent"
    tries: int = 1
    hops: tuple[tuple[str, int], ...] = ()
    history: History = History()

    def header(self, name: str) -> str:
        """The answer's first header of that name, whatever its spelling; "" when there is none."""
        return next((value for found, value in self.headers if found.lower() == name), "")

    @property
    def text(self) -> str:
        """The beginning of the answer's body."""
        return self.body[:READ_OF_BODY].decode("utf-8", "replace")

    @property
    def host(self) -> str:
        """The host that was asked, lower case; "" when it is not known."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    @property
    def path(self) -> str:
        """The path that was asked; "" when it is not known."""
        try:
            return (urlsplit(self.url).path or "/") if self.url else ""
        except ValueError:
            return ""


def case_of(attempt: Attempt, kind: Kind, history: History | None = None) -> Case:
    """The case that an attempt of ours is."""
    last = attempt.exchanges[-1]
    return Case(
        url=last.url,
        method=last.method,
        kind=kind,
        code=attempt.outcome.code,
        status=last.status,
        headers=last.headers,
        body=last.body,
        failure=last.failure,
        raw=last.raw,
        seconds=last.timings.total / 1000,
        signed=is_signed(last),
        stage=_stage(last),
        tries=len(attempt.exchanges),
        hops=tuple((each.url, each.status) for each in attempt.exchanges),
        history=history or History(),
    )


def case_of_answer(exchange: Exchange, kind: Kind, *, code: int, said: str, details: Mapping[str, str]) -> Case:
    """The case of an answer that came, and cannot be used as it is. Its body is without an encoding that nobody has asked for."""
    plain = decoded(exchange.headers, exchange.body, READ_OF_BODY) if exchange.body else b""
    return Case(
        url=exchange.url,
        method=exchange.method,
        kind=kind,
        code=code,
        said=said,
        details=details,
        status=exchange.status,
        headers=exchange.headers,
        body=exchange.body if plain is None else plain,
        seconds=exchange.timings.total / 1000,
        signed=is_signed(exchange),
    )


def _stage(exchange: Exchange) -> str:
    timings = exchange.timings
    if timings.sent is not None or timings.first_byte is not None or exchange.reused or exchange.status:
        return "sent"
    if timings.tls is not None:
        return "tls"
    return "connect" if timings.connect is not None else "dns"


def is_signed(exchange: Exchange) -> bool:
    """Whether the request carried Twilio's signature."""
    return has_field(exchange.request_headers, "x-twilio-signature")
