"""The answer does not say what it is."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence


def cause(case: Case) -> Cause | None:
    """The answer does not say what it is."""
    if not 200 <= case.status < 300 or case.status in {202, 204} or case.failure is not None or not _told(case):
        return None
    empty = not case.body.strip()
    return Cause(
        name="answer.empty" if empty else "answer.no-content-type",
        title=(
            "The app answered with nothing at all, and Twilio takes that for a broken answer (its log says 502)."
            if empty
            else "The app's answer has no Content-Type, so Twilio does not know how to read it (its log says 502)."
        ),
        confidence=Confidence.CERTAIN,
        evidence=(f"status {case.status} without a Content-Type", f"a body of {len(case.body)} bytes"),
        steps=(
            "Answer `<Response/>` with Content-Type text/xml, also when there is nothing to say.",
            "For status callbacks an empty 204 will do.",
        ),
    )


def _told(case: Case) -> bool:
    """Whether headers are known at all, and Content-Type is not among them."""
    return not case.header("content-type") and (bool(case.headers) or case.code in {11770, 12300})
