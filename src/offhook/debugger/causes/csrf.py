"""The app's protection against forged forms took the webhook for one."""

import re

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_WORDS = re.compile(r"(?i)csrf|xsrf|invalidauthenticitytoken|cross.site request|authenticity token|tokenmismatch|page expired")

_HOW = (
    "Django: `@csrf_exempt`; Rails: `skip_before_action :verify_authenticity_token`; "
    "Laravel: `validateCsrfTokens(except: […])`; Flask-WTF: `@csrf.exempt`"
)


def cause(case: Case) -> Cause | None:
    """The app's protection against forged forms took the webhook for one."""
    found = _WORDS.search(case.text) if case.status in {400, 403, 419, 422, 500} else None
    if found is None and case.status != 419:
        return None
    return Cause(
        name="app.csrf",
        title="The app's protection against forged forms (CSRF) refused the request: Twilio cannot know its token.",
        confidence=Confidence.LIKELY,
        evidence=(f"status {case.status}", *([f"it says {found[0]!r}"] if found else [])),
        steps=(
            f"Exempt this one path ({_HOW}).",
            "Check Twilio's signature there instead: it proves more.",
        ),
    )
