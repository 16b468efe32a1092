"""Redirects that lead nowhere, round in circles, or lose the message on the way."""

from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from offhook.debugger.case import Case
from offhook.debugger.causes.login import leads_to_login
from offhook.debugger.secrets import MARK, left_out, masked
from offhook.providers.drafts import without_parameters
from offhook.records import Cause, Confidence, FailureKind

FOLLOWED: Final = frozenset({301, 302, 303, 307})
# HTTP says that the method and the body are kept; what Twilio does is not documented.
PRESERVING: Final = frozenset({307, 308})
TOO_MANY: Final = 11215
UNUSABLE: Final = 11216


def put_final(url: str) -> str:
    """What to do, with the URL where the redirects end, masked: whoever copies it must know what was cut out."""
    missing = left_out(url)
    filled_in = f" (in place of {MARK} write {missing}; secrets are not repeated here)" if missing else ""
    return f"Put the final URL into the configuration instead of the one that redirects: {url}{filled_in}"


def cause(case: Case) -> Cause | None:
    """Redirects that lead nowhere, round in circles, or lose the message on the way."""
    failure = case.failure.kind if case.failure is not None else None
    if failure is FailureKind.TOO_MANY_REDIRECTS or case.code == TOO_MANY:
        return _loop(case)
    if failure is FailureKind.BAD_REDIRECT or case.code == UNUSABLE:
        return _unusable(case)
    if 300 <= case.status < 400:
        return _at_redirect(case)
    redirects = [(url, status) for url, status in case.hops[:-1] if 300 <= status < 400]
    if redirects and case.method == "GET" and (case.status >= 400 or case.failure is not None or case.code):
        return _lost(case, *redirects[0])
    return None


def _at_redirect(case: Case) -> Cause | None:
    """What is known ends at the redirect; whoever follows it may have come further."""
    if leads_to_login(case):
        return None  # the rule about logins tells of it
    target = _target(case)
    if case.status not in FOLLOWED or not target:
        return _unusable(case)
    if target in {urldefrag(url)[0] for url in (case.url, *(url for url, _ in case.hops))}:
        return _loop(case)
    name, why = _difference(case.url, target)
    if case.method != "POST":
        what = "the redirect costs a second request"
    elif case.status in PRESERVING:
        what = f"whether Twilio sends the message again after a {case.status} is not certain"
    else:
        what = "the redirect turns the POST into a GET, and the message is lost"
    return Cause(
        name=name,
        title=f"{why}: {what}.",
        confidence=Confidence.LIKELY,
        evidence=(f"status {case.status} with Location {case.header('location')!r}",),
        steps=(put_final(masked(target)), "Or have the app take the message at the first URL, without a redirect."),
    )


def _target(case: Case) -> str:
    """The whole URL that the redirect leads to; "" when it is of no use. Where the first URL is not known, a path is all there is."""
    location = case.header("location").strip()
    try:
        target = urldefrag(urljoin(case.url, location))[0] if location else ""
        parts = urlsplit(target)
    except ValueError:
        return ""
    whole = parts.scheme in {"http", "https"} and parts.hostname
    return target if whole or (not case.url and not parts.scheme) else ""


def _loop(case: Case) -> Cause:
    shown = [without_parameters(url) for url, _ in case.hops[:4]] or [case.url] * bool(case.url and case.status)
    return Cause(
        name="redirect.loop",
        title="The app's redirects go round in a circle.",
        confidence=Confidence.CERTAIN,
        evidence=tuple(f"redirected from {url}" for url in dict.fromkeys(shown)) or ("more than ten redirects",),
        steps=(
            "Look at what redirects: often the app insists on https and its proxy always asks it by http.",
            "Have the app believe X-Forwarded-Proto of its proxy.",
            "Exempt the webhook's path from redirects.",
        ),
    )


def _unusable(case: Case) -> Cause:
    location = case.header("location")
    evidence = f"status {case.status} with Location {location!r}" if location else f"status {case.status} without a Location"
    return Cause(
        name="redirect.unusable",
        title="The app answers with a redirect that Twilio does not follow.",
        confidence=Confidence.CERTAIN,
        evidence=(evidence if case.status else f"Twilio's code {case.code}",),
        steps=(
            put_final(masked(_target(case)) or "the address where the app really answers"),
            "If the app must redirect, let it be 301, 302, 303 or 307, with a whole http(s) URL in Location.",
        ),
    )


def _lost(case: Case, url: str, status: int) -> Cause:
    final = without_parameters(case.hops[-1][0])  # a case that was told has the URL that was asked first
    name, why = _difference(url, final)
    return Cause(
        name=name,
        title=f"{why}, and the redirect turned the POST into a GET: the message did not arrive with it.",
        confidence=Confidence.LIKELY,
        evidence=(f"{url} answered {status}", f"the next request was GET {final}", f"and that came to {_end(case)}"),
        steps=(put_final(masked(final)), "Or have the app take the message at the first URL, without a redirect."),
    )


def _end(case: Case) -> str:
    if case.status or case.failure is None:
        return f"status {case.status}"
    return (
        "nothing: another port of this machine is not called for a redirect"
        if case.failure.kind is FailureKind.BLOCKED
        else "nothing"
    )


def _difference(first: str, last: str) -> tuple[str, str]:
    before, after = urlsplit(first), urlsplit(last)
    if not first:
        return "redirect.elsewhere", "The app sends its callers to another address"
    if (before.scheme, after.scheme) == ("http", "https") and before.hostname == after.hostname:
        return "redirect.to-https", "The URL begins with http, and the server wants https"
    if f"www.{before.hostname}" == after.hostname or before.hostname == f"www.{after.hostname}":
        return "redirect.www", "The site has another main name, with or without www"
    if before.path.rstrip("/") == after.path.rstrip("/") and before.path != after.path:
        return "redirect.slash", "The path is the app's own but for the slash at its end"
    return "redirect.elsewhere", "The app sends its callers to another address"
