"""Redirects that lead nowhere, round in circles, or lose the message on the way."""

from urllib.parse import urlsplit

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

FINAL = "Put the final URL into the configuration instead of the one that redirects: {url}"


def cause(case: Case) -> Cause | None:
    """Redirects that lead nowhere, round in circles, or lose the message on the way."""
    if case.failure is not None and case.failure.kind is FailureKind.TOO_MANY_REDIRECTS:
        return _loop(case)
    if (case.failure is not None and case.failure.kind is FailureKind.BAD_REDIRECT) or 300 <= case.status < 400:
        return _unusable(case)
    redirects = [(url, status) for url, status in case.hops[:-1] if 300 <= status < 400]
    if redirects and case.method == "GET" and (case.status >= 400 or case.failure is not None or case.code):
        return _lost(case, *redirects[0])
    return None


def _loop(case: Case) -> Cause:
    shown = [url for url, _ in case.hops[:4]]
    return Cause(
        name="redirect.loop",
        title="The app's redirects go round in a circle.",
        confidence=Confidence.CERTAIN,
        evidence=tuple(f"redirected from {url}" for url in shown) or ("more than ten redirects",),
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
        evidence=(evidence,),
        steps=(
            FINAL.format(url=location or "the address where the app really answers"),
            "If the app must redirect, let it be 301, 302, 303 or 307, with a whole http(s) URL in Location.",
        ),
    )


def _lost(case: Case, url: str, status: int) -> Cause:
    name, why = _difference(url, case.url)
    return Cause(
        name=name,
        title=f"{why}, and the redirect turned the POST into a GET: the message did not arrive with it.",
        confidence=Confidence.LIKELY,
        evidence=(f"{url} answered {status}", f"the next request was GET {case.url}", f"and that came to status {case.status}"),
        steps=(FINAL.format(url=case.url), "Or have the app take the message at the first URL, without a redirect."),
    )


def _difference(first: str, last: str) -> tuple[str, str]:
    before, after = urlsplit(first), urlsplit(last)
    if (before.scheme, after.scheme) == ("http", "https") and before.hostname == after.hostname:
        return "redirect.to-https", "The URL begins with http, and the server wants https"
    if f"www.{before.hostname}" == after.hostname or before.hostname == f"www.{after.hostname}":
        return "redirect.www", "The site has another main name, with or without www"
    if before.path.rstrip("/") == after.path.rstrip("/") and before.path != after.path:
        return "redirect.slash", "The path is the app's own but for the slash at its end"
    return "redirect.elsewhere", "The app sends its callers to another address"
