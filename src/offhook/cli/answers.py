"""What came back from `offhook send`, for a person and for a program."""

from collections import Counter
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from rich.panel import Panel
from rich.text import Text

from offhook.api.shapes import pairs, text_of
from offhook.cli.terminal import one_line, out, plain, say
from offhook.headers import value_of
from offhook.providers.drafts import Draft
from offhook.records import Exchange, Record
from offhook.twiml.answer import read_answer
from offhook.twiml.reading import Reading

_SHOWN = 1500
_BUBBLE = 80
_LONG = 2500.0  # ms; an app that is well has answered by then


class Report(Record):
    """One message sent, and its answer."""

    draft: Draft
    exchange: Exchange
    reading: Reading

    @property
    def good(self) -> bool:
        """Whether it was answered with a 2xx."""
        return self.exchange.failure is None and 200 <= self.exchange.status < 300

    @property
    def content_type(self) -> str:
        """The answer's type, "" where it says none."""
        return value_of(self.exchange.headers, "content-type")

    @property
    def headline(self) -> str:
        """The answer in a line."""
        failure = self.exchange.failure
        if failure is not None:
            return f"no answer: {failure.kind.replace('_', ' ')}{failure.detail and f' ({failure.detail})'}"
        return f"{self.exchange.status} · {self.content_type or 'no Content-Type'} · {self.exchange.timings.total:.0f} ms"

    def as_json(self) -> dict[str, Any]:
        """The answer for a program."""
        exchange, (body, encoding) = self.exchange, text_of(self.exchange.body, cut=self.exchange.body_cut)
        return {
            "message_sid": self.draft.sid,
            "method": exchange.method,
            "url": exchange.url,
            "status": exchange.status,
            "failure": exchange.failure and {"kind": exchange.failure.kind.value, "detail": exchange.failure.detail},
            "headers": pairs(exchange.headers),
            "body": body,
            "body_encoding": encoding,
            "replies": [{"body": message.body, "media": message.media} for message in self.reading.messages],
            "faults": [{"code": fault.code, "message": fault.message} for fault in self.reading.faults],
            "ms": round(exchange.timings.total, 3),
        }


def report_of(draft: Draft, exchange: Exchange) -> Report:
    """An answer, read as Twilio would read it."""
    reading = Reading()
    if exchange.failure is None and not draft.status:
        reading = read_answer(exchange.status, exchange.headers, exchange.body, size=exchange.body_size, cut=exchange.body_cut)
    return Report(draft=draft, exchange=exchange, reading=reading)


def write_answer(report: Report) -> None:
    """The answer, with its replies as bubbles."""
    console = out()
    console.print(one_line(report.headline), style="green" if report.good else "red", soft_wrap=True)
    if not report.good:
        body, _ = text_of(report.exchange.body or report.exchange.raw, cut=True)
        if body.strip():
            console.print(plain(body[:_SHOWN].strip()), style="dim", soft_wrap=True)
        return
    for message in report.reading.messages:
        lines = [message.body, *(f"[{url}]" for url in message.media)]
        console.print(Panel(Text(plain("\n".join(filter(None, lines)))), width=_BUBBLE, expand=False, border_style="blue"))
    if report.reading.redirect:
        console.print(f"It goes on at {one_line(report.reading.redirect.url)}", soft_wrap=True)
    elif not report.reading.messages and not report.draft.status:
        console.print("No reply in it.", style="dim")
        if report.exchange.timings.total >= _LONG:
            say(
                "Where Offhook answered: the app was slow, or an earlier message of this sender waits. `offhook webhooks list` says which."
            )
    for fault in report.reading.faults:
        say(f"{fault.level.lower()} {fault.code}: {fault.message}", "yellow")


def summary(reports: Sequence[Report]) -> None:
    """Many answers in a line, to stderr."""
    came = Counter(str(report.exchange.status or "no answer") for report in reports)
    times = quantiles([report.exchange.timings.total for report in reports], n=20, method="inclusive")
    counted = ", ".join(f"{number} of {status}" for status, number in came.most_common())
    say(f"{len(reports)} sent: {counted}; half of them within {times[9]:.0f} ms, 95 % within {times[18]:.0f} ms")
