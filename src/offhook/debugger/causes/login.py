"""Somebody wants to know who is asking: a login page, or HTTP authentication."""

import re

import msgspec

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_LOGIN = re.compile(
    r"(?i)(/|\b)(log[-_]?in|sign[-_]?in|sso|saml2?|oauth2?|auth|wp-login\.php|accounts\.google\.com|login\.microsoftonline\.com|"
    r"[\w-]+\.cloudflareaccess\.com|cdn-cgi/access|vercel\.com/sso-api|codespaces/auth|pf-signin)(/|\b|$)"
)
_PASSWORD = re.compile(r"(?i)<input[^>]{1,200}type\s{0,9}=\s{0,9}[\"']?password")


def cause(case: Case) -> Cause | None:
    """Somebody wants to know who is asking: a login page, or HTTP authentication."""
    asked = case.header("www-authenticate")
    if case.status in {401, 407}:
        return _credentials(case, asked)
    led_to = _led_to(case)
    if leads_to_login(case):
        return _page(f"it redirects to {led_to[:200]}")
    if case.status in {200, 403} and _PASSWORD.search(case.text):
        return msgspec.structs.replace(_page("the page that came back asks for a password"), confidence=Confidence.CERTAIN)
    return None


def leads_to_login(case: Case) -> bool:
    """Whether a redirect leads to a login, and the URL itself is not that of one."""
    first = case.hops[0][0] if case.hops else case.url
    return bool(_LOGIN.search(_led_to(case).partition("?")[0])) and not _LOGIN.search(first.partition("?")[0])


def _led_to(case: Case) -> str:
    location = case.header("location") if 300 <= case.status < 400 else ""
    return location or next((url for url, _ in case.hops[1:]), "")


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
