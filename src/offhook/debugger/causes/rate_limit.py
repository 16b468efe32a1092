"""The app, or what stands in front of it, has had enough requests for now."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence


def cause(case: Case) -> Cause | None:
    """The app, or what stands in front of it, has had enough requests for now."""
    if case.status != 429:
        return None
    later = case.header("retry-after")
    return Cause(
        name="app.rate-limit",
        title="The server limits how many requests it takes, and refused this one.",
        confidence=Confidence.LIKELY,
        evidence=("status 429", *([f"Retry-After: {later[:60]}"] if later else [])),
        steps=(
            "Exempt the webhook's path from the limit: Twilio does not slow down when it is asked to.",
            "With Offhook in front, lower `concurrency` of the endpoint: what is refused is delivered later.",
        ),
    )
