"""The app failed, and says no more."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

CLOUDFLARES = range(520, 531)


def cause(case: Case) -> Cause | None:
    """The app failed, and says no more."""
    if case.status < 500 or case.status in {501, 502, 503, 504} or case.status in CLOUDFLARES:
        return None
    return Cause(
        name="app.failed",
        title=f"The app failed while it handled the request, and says no more than status {case.status}.",
        confidence=Confidence.POSSIBLE,
        evidence=(f"status {case.status}",),
        steps=(
            "Look at the app's log at this time: the exception stands there.",
            "Have the same message delivered again with the log open (`offhook webhooks replay`).",
        ),
    )
