"""Somebody wants to know who is asking: a login page, or HTTP authentication."""

import re

import msgspec

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_LOGIN = re.compile(
    r"(?i)(/|\b)(log-?in|sign-?in|sso|oauth2?|auth|accounts\.google\.com|login\.microsoftonline\.com|cdn-cgi/access)(/|\b|$)"
)
_PASSWORD = re.compile(r"(?i)<input[^>]{1,200}type\s{0,9}=\s{0,9}[\"']?password")


def cause(case: Case) -> Cause | None:
    """Somebody wants to know who is asking: a login page, or HTTP authentication."""
    asked = case.header("www-authenticate")
    if case.status in {401, 407}:
        return _credentials(case, asked)
    location = case.header("location") if 300 <= case.status < 400 else ""
    led_to = location or next((url for url, _ in case.hops[1:]), "")
    if led_to and _LOGIN.search(led_to):
        return _page(f"it redirects to {led_to[:200]}")
    if case.status in {200, 403} and _PASSWORD.search(case.text):
        return msgspec.structs.replace(_page("the page that came back asks for a password"), confidence=Confidence.CERTAIN)
    return None


def _credentials(case: Case, asked: str) -> Cause:
    return Cause(
        name="auth.http",
        title="The server wants a user name and a password (or a token), and Twilio sent none that it takes.",
        confidence=Confidence.CERTAIN if asked else Confidence.LIKELY,
        evidence=(f"status {case.status}", *([f"WWW-Authenticate: {asked[:100]}"] if asked else [])),
        steps=(
            "If it is Basic or Digest, write the credentials into the URL: https://user:password@host/path.",
            "Otherwise exempt the webhook's path from authentication, and check Twilio's signature there instead.",
        ),
    )


def _page(evidence: str) -> Cause:
    return Cause(
        name="auth.login-page",
        title="The request ended at a login page: the path is protected, and Twilio cannot log in.",
        confidence=Confidence.LIKELY,
        evidence=(evidence,),
        steps=(
            "Exempt the webhook's path from the login, and check Twilio's signature there instead.",
            "At a hosting platform, look for deployment protection, private ports or an access proxy in front of the app.",
        ),
    )
