"""What a refusal is asked next, so that its cause is shown rather than guessed: by another name, another method, another signature."""

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from offhook.debugger.causes.private_address import is_local
from offhook.doctor import signing
from offhook.doctor.findings import Finding, not_applicable, unknown
from offhook.doctor.patient import Patient, Rebuilt
from offhook.doctor.visits import Visit
from offhook.doctor.wording import came_to
from offhook.headers import has_field
from offhook.net.urls import Target, parse_target
from offhook.records import Cause, Confidence, Failure, Webhook
from offhook.replies.methods import by_method

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
MOST_SECONDS = 10.0
MOST_NAMED = 3
READ = 4000
_URL = re.compile(r"https?://[^\s\"'<>)\]]+")
_REFUSALS = frozenset({400, 401, 403, 404, 422})


async def by_get(patient: Patient) -> Visit | None:
    """The same message by GET, its parameters in the query; None when it was not to be had."""
    return await _once(patient, "get", by_method(patient.visitor.draw(), "GET"))


async def as_browser(patient: Patient) -> Visit | None:
    """The same message, by a caller who says that it is a browser."""
    webhook = patient.visitor.draw()
    lines = webhook.head.split(b"\r\n")
    named = [b"User-Agent: " + BROWSER.encode() if line.lower().startswith(b"user-agent:") else line for line in lines]
    return await _once(patient, "browser", msgspec.structs.replace(webhook, head=b"\r\n".join(named)))


async def beside_first(
    patient: Patient, look: Callable[[Patient], Awaitable[Visit | None]], what: str, judge: Callable[[Visit, Visit], Finding]
) -> Sequence[Finding]:
    """A check that makes the first request in another way, and judges the two; `what` names that way where it was not to be had."""
    if patient.first is None:
        return [not_applicable("The app was not asked.")]
    other = await look(patient)
    if other is None:
        return [unknown(f"{what} was not tried to the end: no time, or no request, was left.")]
    return [judge(patient.first, other)]


async def passes_now(patient: Patient) -> bool:
    """Whether the first request, made once more, is well now: then what passed otherwise proves nothing."""
    again = await patient.visitor.visit_within(min(MOST_SECONDS, patient.time_to_ask), verify_tls=patient.verify_tls)
    if again is None:
        return False
    patient.visits.append(again)
    return again.well


def judged_by_user_agent(visit: Visit, browser: Visit) -> Cause:
    """The cause where a browser gets through, and Twilio does not."""
    return Cause(
        name="waf.user-agent",
        title="A browser is let through, and Twilio is not: something in front of the app judges by the user agent.",
        confidence=Confidence.CERTAIN,
        evidence=(f"as TwilioProxy/1.1: {came_to(visit.exchange)}", f"as a browser: {came_to(browser.exchange)}"),
        steps=(
            "Exempt the webhook's path from bot protection, or allow the user agent TwilioProxy/1.1.",
            "Let the app check Twilio's signature: that tells Twilio from others, a user agent does not.",
        ),
    )


async def rebuilt_url(patient: Patient) -> Rebuilt:
    """The URL for which the app takes a signature, when it refuses the one for the URL that was called."""
    if patient.rebuilt is None:
        patient.rebuilt = await _look_for_url(patient)
    return patient.rebuilt


def could_be_signature(patient: Patient) -> bool:
    """Whether the first answer may be that of a signature check that went wrong."""
    first = patient.first
    if not patient.question.signed or first is None or first.exchange.status not in _REFUSALS:
        return False
    return not has_field(first.exchange.headers, "www-authenticate")


async def _look_for_url(patient: Patient) -> Rebuilt:
    url, tried = patient.first.exchange.url if patient.first else patient.destination.url, 0
    for other, what in signing.rebuilt(url, _named(patient, url)).items():
        if patient.time_left < MOST_SECONDS:
            break
        tried += 1
        sign = signing.for_url(patient.visitor.sign, other)
        visit = await patient.visitor.visit_within(
            min(MOST_SECONDS, patient.time_to_ask), sign=sign, verify_tls=patient.verify_tls
        )
        if visit is None:
            break
        if visit.accepted:
            return Rebuilt(url=other, what=what, tried=tried)
    return Rebuilt(tried=tried)


def _named(patient: Patient, url: str) -> list[str]:
    """The URLs of the same path that the app's refusal names: what it has checked against, perhaps.

    None of another public host: a signature that is good for that one is not for this app to have.
    """
    text = patient.first.exchange.body[:READ].decode("utf-8", "replace") if patient.first else ""
    path = urlsplit(url).path.strip("/")
    found = dict.fromkeys(match.rstrip(".,;") for match in _URL.findall(text))
    own = urlsplit(url).hostname or ""
    return [each for each in found if path and path in each and _is_near(parse_target(each), own)][:MOST_NAMED]


def _is_near(target: Target | Failure, own: str) -> bool:
    return isinstance(target, Target) and (target.host == own or "." not in target.host or is_local(target.host))


async def _once(patient: Patient, name: str, webhook: Webhook) -> Visit | None:
    if name not in patient.looks:
        within = min(MOST_SECONDS, patient.time_to_ask)
        patient.looks[name] = await patient.visitor.visit_within(within, webhook, verify_tls=patient.verify_tls)
    return patient.looks[name]
