"""The app expects JSON, and Twilio sends a form."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_WORDS = ("json", "unsupported media type", "content type", "content-type")


def cause(case: Case) -> Cause | None:
    """The app expects JSON, and Twilio sends a form."""
    folded = case.text[:4000].lower()
    if case.status == 415 or (case.status in {400, 422} and any(words in folded for words in _WORDS)):
        return Cause(
            name="app.wants-json",
            title="The app could not read the request: Twilio sends a form (application/x-www-form-urlencoded), not JSON.",
            confidence=Confidence.LIKELY if case.status == 415 else Confidence.POSSIBLE,
            evidence=(f"status {case.status}",),
            steps=(
                "Read the parameters of a form (Flask: `request.form`; FastAPI: `Form()`; Express: `express.urlencoded()`).",
                "Make fields that Twilio leaves out optional.",
            ),
        )
    return None
