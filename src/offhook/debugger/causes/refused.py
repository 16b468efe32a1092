"""The app, or what stands in front of it, does not want the request, and says no more."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

SIZE: tuple[str, ...] = ("Raise the limit of the proxy or the framework for this path.",)
STEPS: tuple[str, ...] = (
    "Look whether the request reached the app: if its log is silent, a firewall or proxy refused it.",
    "Look in the app for what ends with this status: a check of the signature, of the account, of a field.",
)


def cause(case: Case) -> Cause | None:
    """The app, or what stands in front of it, does not want the request, and says no more."""
    if not 400 <= case.status < 500 or case.status in {401, 404, 405, 407, 410, 429}:
        return None
    if case.status == 413:
        title = "The server takes no request of this size."
        steps = SIZE
    else:
        title = f"The app, or what stands in front of it, refused the request with status {case.status}."
        steps = STEPS
    return Cause(
        name="app.refused", title=title, confidence=Confidence.POSSIBLE, evidence=(f"status {case.status}",), steps=steps
    )
