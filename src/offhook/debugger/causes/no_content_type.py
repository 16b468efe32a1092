"""The answer does not say what it is."""

import re

from offhook.debugger.case import Case
from offhook.debugger.causes.content_type import UNREAD, is_read, said_type
from offhook.records import Cause, Confidence

_NONE = re.compile(r"(?i)\b(?:no|without|missing|empty|null|absent|blank)\b")


def cause(case: Case) -> Cause | None:
    """The answer does not say what it is."""
    if not is_read(case) or case.status in {202, 204} or not _told(case):
        return None
    empty = case.status != 0 and not case.body.strip()
    return Cause(
        name="answer.empty" if empty else "answer.no-content-type",
        title=(
            "The app answered with nothing at all, and Twilio takes that for a broken answer (its log says 502)."
            if empty
            else "The app's answer has no Content-Type, so Twilio does not know how to read it (its log says 502)."
        ),
        confidence=Confidence.CERTAIN,
        evidence=(f"status {case.status} without a Content-Type", f"a body of {len(case.body)} bytes")
        if case.status
        else (f"Twilio says: {case.said[:120]}" if case.said else "headers without a Content-Type",),
        steps=(
            "Answer `<Response/>` with Content-Type text/xml, also when there is nothing to say.",
            "For status callbacks an empty 204 will do.",
        ),
    )


def _told(case: Case) -> bool:
    """Whether headers are known at all, and Content-Type is not among them."""
    if case.header("content-type"):
        return False
    if case.told and not case.headers:
        return case.code == UNREAD and not said_type(case) and bool(_NONE.search(case.said))
    return bool(case.headers) or case.code in {11770, UNREAD}
