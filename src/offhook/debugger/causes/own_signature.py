"""The app checked Twilio's signature itself, and took it for wrong."""

import re
from urllib.parse import urlsplit

from offhook.debugger.case import Case
from offhook.debugger.secrets import masked
from offhook.records import Cause, Confidence

_WORDS = re.compile(
    r"(?i)signature|twilio request validation failed|request validation|not (?:a )?(?:valid )?(?:request )?from twilio|invalid twilio"
)
# What frameworks say to abort(403), which is how nearly every example ends a failed check.
_BARE = (
    "you don't have the permission to access the requested resource",
    "permission to access the requested resource. it is either read-protected",
    '{"detail":"forbidden"}',
    "<h1>403 forbidden</h1>",
)
_SEEN = re.compile(r"https?://[^\s\"'<>)\]]+")
_PROXY = (
    "Flask: `app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)`. Django: `SECURE_PROXY_SSL_HEADER` and `USE_X_FORWARDED_HOST`. "
    "FastAPI: `uvicorn --proxy-headers --forwarded-allow-ips=…`. Express: `app.set('trust proxy', true)`."
)


def cause(case: Case) -> Cause | None:
    """The app checked Twilio's signature itself, and took it for wrong."""
    if case.status not in {400, 401, 403} or case.header("www-authenticate"):
        return None
    text = masked(case.text[:4000])
    named = _WORDS.search(text)
    bare = case.status == 403 and (
        not text.strip()
        or text.strip().lower() in {"forbidden", "403 forbidden"}
        or any(words in text.lower() for words in _BARE)
    )
    if not named and not bare:
        return None
    if not case.signed and not case.told:
        return _unsigned(case, text, named)
    known = bool(case.headers or text.strip())  # a bare status may stand for a page that nobody has shown
    seen = next((url for url in _SEEN.findall(text) if _is_other(url, case.url)), "")
    evidence = [f"status {case.status}"]
    if known:
        evidence.append(f"it says {_around(text, named)!r}" if named else "a bare refusal, as a failed check gives")
    if seen:
        evidence.append(f"the app names {seen}, and the signature is for {case.url}")
    return Cause(
        name="app.signature-check",
        title=_title(case, seen),
        confidence=Confidence.LIKELY if named else Confidence.POSSIBLE,
        evidence=tuple(evidence),
        steps=_steps(case),
    )


def for_other_url(signed: str, taken: str, what: str) -> Cause:
    """The app was shown to take a signature for another URL than the one that was called. `what` was done to that one."""
    case = Case(url=signed)
    return Cause(
        name="app.signature-check",
        title=f"The app checks Twilio's signature against another URL than the one that was called: {what}.",
        confidence=Confidence.CERTAIN,
        evidence=(f"signed for {masked(signed)}: refused", f"signed for {masked(taken)}: taken"),
        steps=_steps(case),
    )


def _unsigned(case: Case, text: str, named: "re.Match[str] | None") -> Cause:
    return Cause(
        name="app.signature-missing",
        title="The request was not signed, and the app takes only what Twilio has signed.",
        confidence=Confidence.LIKELY if named else Confidence.POSSIBLE,
        evidence=(
            "no X-Twilio-Signature was sent",
            f"status {case.status}",
            f"it says {_around(text, named)!r}" if named else "a bare refusal, as a failed check gives",
        ),
        steps=(
            "Set TWILIO_AUTH_TOKEN to the account's auth token, so that requests are signed as Twilio signs them, and ask again.",
            "Leave the app's check as it is: it does what it should.",
        ),
    )


def _title(case: Case, seen: str) -> str:
    if not seen:
        return (
            "The app's own check of Twilio's signature refused the request: it checks against another URL, or with another token."
        )
    ours, theirs = urlsplit(case.url), urlsplit(seen)
    if ours.scheme != theirs.scheme:
        what = f"sees {theirs.scheme} where {ours.scheme} was signed"
    elif ours.netloc != theirs.netloc:
        what = f"sees the host {theirs.netloc} where {ours.netloc} was signed"
    else:
        what = f"sees the path {theirs.path} where {ours.path} was signed"
    return f"The app's own check of Twilio's signature refused the request: it {what}."


def _steps(case: Case) -> tuple[str, ...]:
    return (
        f"Have the app check against exactly this URL: {masked(case.url) or 'the one that Twilio was given'}",
        f"If a proxy stands in front of it, have the app believe the proxy's headers. {_PROXY}",
        "Check that its TWILIO_AUTH_TOKEN is that of the account (of the subaccount) that the message came to.",
        "Let it use every parameter of the form, blank ones included, and the query as it came.",
    )


def _is_other(url: str, signed: str) -> bool:
    return "twilio.com" not in url and "w3.org" not in url and url.rstrip(".,;") != signed


def _around(text: str, found: "re.Match[str] | None") -> str:
    if found is None:
        return ""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text[max(0, found.start() - 60) : found.end() + 60]))
    return plain.strip()
