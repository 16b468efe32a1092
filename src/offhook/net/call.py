"""One exchange under way, and the evidence that it leaves."""

from collections.abc import Callable

import msgspec

from offhook.net.connection import Connection
from offhook.net.urls import without_credentials
from offhook.records import Certificate, Exchange, Failure, FailureKind, Headers, HttpRequest, Limits, Timings


class Call(msgspec.Struct, eq=False, gc=False):
    """What is asked, since when, and what dialling has shown so far.

    `started_at` is the clock's time, `start` the same moment in monotonic seconds; at `total_at` it is out of time. `dns`, `connect` and `tls` are each phase's own
    milliseconds, None while it has not happened.
    """

    request: HttpRequest
    limits: Limits
    trusted: bool
    started_at: float
    start: float
    monotonic: Callable[[], float]
    total_at: float
    headers: Headers = ()
    peer: str = ""
    certificate: Certificate | None = None
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None

    def since(self, moment: float) -> float:
        """Milliseconds since a monotonic moment."""
        return (self.monotonic() - moment) * 1000

    def unsent(self, failure: Failure) -> Exchange:
        """The evidence of an exchange that never got to sending its request."""
        url = self.request.url
        return Exchange(
            method=self.request.method,
            url=without_credentials(url) if failure.kind is FailureKind.BAD_URL else url,
            started_at=self.started_at,
            timings=Timings(dns=self.dns, connect=self.connect, tls=self.tls, total=self.since(self.start)),
            peer=self.peer,
            certificate=self.certificate,
            failure=failure,
        )

    def ended(self, connection: Connection, failure: Failure | None, *, reused: bool) -> Exchange:
        """The evidence of an exchange that sent its request, whatever came of it."""
        answer = connection.answer
        return Exchange(
            method=self.request.method,
            url=self.request.url,
            started_at=self.started_at,
            timings=self._timings(connection),
            request_headers=self.headers,
            peer=connection.peer,
            reused=reused,
            certificate=connection.certificate,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            body_size=answer.body_size,
            body_cut=answer.body_cut,
            raw=answer.raw if failure is not None and failure.kind is FailureKind.PROTOCOL else b"",
            failure=failure,
        )

    def _timings(self, connection: Connection) -> Timings:
        wrote, sent, first = connection.wrote_at, connection.sent_at, connection.first_at
        return Timings(
            dns=self.dns,
            connect=self.connect,
            tls=self.tls,
            sent=None if sent is None else (sent - wrote) * 1000,
            first_byte=None if first is None else (first - (wrote if sent is None or sent > first else sent)) * 1000,
            total=(self.monotonic() - self.start) * 1000,
        )
