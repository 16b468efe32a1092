"""Webhooks and errors as pages that a person reads: from the API's shapes to text. Pure, but for the local time zone."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from rich.text import Text

from offhook.cli.terminal import one_line, plain

Shape = dict[str, Any]

STATES: Final = {"waiting": "yellow", "delivering": "cyan", "delivered": "", "failed": "red", "dismissed": "dim"}
ISSUE_STATES: Final = {"open": "red", "regressed": "bold red", "acknowledged": "yellow", "resolved": "", "ignored": "dim"}
_BARS: Final = "▁▂▃▄▅▆▇█"
LEVELS: Final = {"ERROR": "red", "WARNING": "yellow", "INFO": ""}
_SHORTEST: Final = 12
_PHASES: Final = (
    ("dns", "DNS"),
    ("connect", "connect"),
    ("tls", "TLS"),
    ("sent", "sent"),
    ("first_byte", "first byte"),
    ("total", "total"),
)
_SHOWN: Final = 2000
_SOURCES: Final = {
    "app": "the app's own",
    "fallback": "the fallback URL's",
    "ack": "acknowledged at once",
    "stand-in": "a stand-in: the app had no usable answer in time",
}
_DEEPER: Final = " " * 5


def clock_time(iso: str | None) -> str:
    """A time of the API's as this machine's clock would show it."""
    if not iso:
        return ""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ids_shortened(ids: Sequence[str]) -> dict[str, str]:
    """Each id as short as it can be written while no other of these begins the same."""
    ordered = sorted(ids)
    shared = [0, *(_shared(one, next_one) for one, next_one in pairwise(ordered)), 0]
    return {each: each[: max(_SHORTEST, shared[place] + 1, shared[place + 1] + 1)] for place, each in enumerate(ordered)}


def _shared(one: str, other: str) -> int:
    """How many characters two ids have in common at their beginning."""
    return next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one))


class _Page:
    """Lines of text under headings."""

    def __init__(self) -> None:
        self.text = Text()

    def heading(self, words: str) -> None:
        """Begin a part."""
        self.text.append(f"\n{plain(words)}\n", "bold")

    def line(self, words: object, style: str = "", *, deeper: bool = False) -> None:
        """Add one line; `deeper`: as a part of the one before."""
        self.text.append(f"{_DEEPER if deeper else '  '}{one_line(words)}\n", style)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Add names and values; those without a value are left out."""
        present = [(name, value) for name, value in pairs if value not in ("", None)]
        width = max((len(name) for name, _ in present), default=0)
        for name, value in present:
            self.text.append(f"  {one_line(name):<{width}}  ", "dim")
            self.text.append(f"{one_line(value)}\n")

    def block(self, words: str, encoding: str, *, deeper: bool = False) -> None:
        """Add what somebody sent, line by line, up to a limit."""
        shown = words if encoding == "utf-8" else f"({encoding}) {words}"
        for each in plain(shown[:_SHOWN]).splitlines():
            self.text.append(f"{_DEEPER if deeper else '  '}│ {each}\n")
        if len(shown) > _SHOWN:
            self.line(f"… {len(shown) - _SHOWN} more characters: --json shows them", "dim", deeper=deeper)


def webhook_page(webhook: Shape, first: Sequence[str] = ()) -> Text:
    """Everything about one webhook. `first`: the ids of those that are to be delivered before it."""
    page, request = _Page(), webhook["request"]
    page.text.append(f"Webhook {plain(webhook['id'])}", "bold")
    page.text.append(f"  {webhook['state']}\n", STATES[webhook["state"]])
    page.facts(
        [
            ("received", clock_time(webhook["received_at"])),
            ("endpoint", f"{webhook['endpoint']} ({webhook['kind']})"),
            ("from", webhook["from"]),
            ("to", webhook["to"]),
            ("SID", webhook["provider_id"]),
            ("account", webhook["account_sid"]),
            ("next try", _turn(first) or clock_time(webhook["due"])),
            ("failures", webhook["failures"] or ""),
            ("note", webhook["note"]),
        ]
    )
    page.heading(f"Request: {request['method']} {request['url']} from {request['peer']}")
    if request["parameters"]:
        page.facts((pair["name"], pair["value"] or "(empty)") for pair in request["parameters"])
    else:
        page.block(request["body"], request["body_encoding"])
    _attempts(page, webhook["attempts"])
    _answer(page, webhook["answer"])
    if not (webhook["answer"] or webhook["attempts"]):
        page.line(
            "It is noted with the first attempt. Twilio gets one all the same, when the endpoint's hold is over at the latest."
        )
    _replies(page, webhook["replies"])
    if webhook["errors"]:
        page.heading("What went wrong")
        for error in webhook["errors"]:
            page.line(f"{clock_time(error['at'])} {error['level']} {error['code']} {error['message']}", LEVELS[error["level"]])
            if error["causes"]:
                page.line(f"why: {error['causes'][0]['title']} (offhook errors show {error['sid']})", deeper=True)
    return page.text


def _turn(first: Sequence[str]) -> str:
    """What a webhook waits for; "" where it waits for none."""
    if not first:
        return ""
    more = f" and {len(first) - 1} more" if len(first) > 1 else ""
    return f"after {first[0]}{more}: in one conversation the earlier message goes first"


def _attempts(page: _Page, attempts: Sequence[Shape]) -> None:
    page.heading("Attempts" if attempts else "No attempts yet")
    for attempt in attempts:
        outcome = attempt["outcome"]
        came_to = "delivered" if outcome["delivered"] else f"{outcome['code']} {outcome['message']}"
        page.line(
            f"{attempt['number']}. {clock_time(attempt['started_at'])} {attempt['role']} {attempt['url']} "
            f"{attempt['duration_ms']:.0f} ms: {came_to}",
            "green" if outcome["delivered"] else "red",
        )
        for exchange in attempt["exchanges"]:
            _exchange(page, exchange)


def _exchange(page: _Page, exchange: Shape) -> None:
    failure, timings = exchange["failure"], exchange["timings"]
    ended = f"{failure['kind']} {failure['detail']}" if failure else f"{exchange['status']} {exchange['body_size']} bytes"
    phases = " · ".join(f"{name} {timings[key]:.0f} ms" for key, name in _PHASES if timings[key] is not None)
    peer = f" at {exchange['peer']}{' (kept open)' if exchange['reused'] else ''}" if exchange["peer"] else ""
    page.line(f"{exchange['method']} {exchange['url']}{peer}: {ended}", deeper=True)
    page.line(phases, "dim", deeper=True)
    if exchange["certificate"]:
        certificate = exchange["certificate"]
        page.line(f"{certificate['version']} {certificate['cipher']} {certificate['subject']}", "dim", deeper=True)
    body = exchange["body"] or exchange["raw"]
    if body:
        page.block(body, exchange["body_encoding"] if exchange["body"] else exchange["raw_encoding"], deeper=True)


def _answer(page: _Page, answer: Shape | None) -> None:
    if answer is None:
        page.heading("No answer noted yet")
        return
    page.heading(
        f"Answer to the provider: {answer['status']} ({_SOURCES.get(answer['source'], answer['source'])}) at {clock_time(answer['at'])}"
    )
    page.block(answer["body"], answer["body_encoding"])


def _replies(page: _Page, replies: Sequence[Shape]) -> None:
    if replies:
        page.heading("Replies")
    for number, reply in enumerate(replies, 1):
        page.line(f"{number}. {reply['state']} {reply['from']} → {reply['to']} {reply['message_sid']} {reply['note']}")
        page.block(reply["body"], "utf-8", deeper=True)
        for url in reply["media"]:
            page.line(f"media {url}", deeper=True)


def error_page(error: Shape) -> Text:
    """Everything about one debug event."""
    page = _Page()
    page.text.append(f"{error['level']} {error['code']} ", f"bold {LEVELS[error['level']]}".strip())
    page.text.append(f"{one_line(error['message'])}\n", "bold")
    page.facts(
        [
            ("id", error["sid"]),
            ("at", clock_time(error["at"])),
            ("origin", error["origin"]),
            (
                "Twilio logged" if error["origin"] == "twilio" else "Twilio would log",
                error["twilio_code"] if error["twilio_code"] != error["code"] else "",
            ),
            ("product", error["product"]),
            ("endpoint", error["endpoint"]),
            ("webhook", error["webhook_id"]),
            ("attempt", error["attempt_id"]),
            ("reply", error["reply_id"]),
            ("resource", error["resource_sid"]),
            ("service", error["service_sid"]),
            ("account", error["account_sid"]),
            ("request", f"{error['request_method']} {error['request_url']}".strip()),
        ]
    )
    _causes(page, error["causes"])
    if error.get("attempt"):
        _attempts(page, [error["attempt"]])
    if error.get("request") and error["request"]["parameters"]:
        page.heading("The message")
        page.facts((pair["name"], pair["value"]) for pair in error["request"]["parameters"])
    if error["more_info"]:
        page.heading("Details")
        page.facts(error["more_info"].items())
    return page.text


def bars(counts: Sequence[int]) -> str:
    """Counts as bars, the greatest as high as can be; nothing is a dot."""
    top = max(counts, default=0)
    return "".join("·" if not count else bar(count, top) for count in counts)


def bar(value: float, top: float) -> str:
    """One value as a bar, as high as its share of the greatest."""
    steps = math.ceil(value * len(_BARS) / top) if top > 0 else 1
    return _BARS[min(max(steps, 1), len(_BARS)) - 1]


def issue_page(issue: Shape) -> Text:
    """Everything about one issue, and what to do."""
    page, error = _Page(), issue["last_error"]
    page.text.append(f"{issue['level']} {issue['code']} ", f"bold {LEVELS[issue['level']]}".strip())
    page.text.append(f"{one_line(issue['title'])}", "bold")
    page.text.append(f"  {issue['state']}\n", ISSUE_STATES[issue["state"]])
    page.facts(
        [
            ("id", issue["id"]),
            ("endpoint", issue["endpoint"]),
            ("cause", issue["cause"]),
            ("errors", issue["count"]),
            ("first seen", clock_time(issue["first_seen"])),
            ("last seen", clock_time(issue["last_seen"])),
            ("last 24 h", f"{bars(issue['hours'])} {sum(issue['hours'])}"),
            ("newest error", issue["last_event"]),
            ("its message", error and error["message"]),
            ("its webhook", error and error["webhook_id"]),
        ]
    )
    if error:
        _causes(page, error["causes"])
    return page.text


def attempt_text(attempt: Shape) -> Text:
    """One attempt with its exchanges and their timings."""
    page = _Page()
    _attempts(page, [attempt])
    return page.text


def causes_text(causes: Sequence[Shape]) -> Text:
    """The likely causes, each with its evidence; the steps of the first one."""
    page = _Page()
    _causes(page, causes)
    return page.text


def _causes(page: _Page, causes: Sequence[Shape]) -> None:
    for number, cause in enumerate(causes):
        if number == 0:
            page.heading(f"Why ({cause['confidence']})")
        elif number == 1:
            page.heading("Or perhaps")
        page.line(cause["title"], "" if number else "bold")
        for evidence in cause["evidence"]:
            page.line(f"· {evidence}", "dim", deeper=True)
    if causes:
        page.heading("What to do")
        for number, step in enumerate(causes[0]["steps"], 1):
            page.line(f"{number}. {step}")
