"""The path exists, and does not take this method."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_EXAMPLES = " (Flask: `methods=['POST']`; Express: `app.post`; FastAPI: `@app.post`)"


def cause(case: Case) -> Cause | None:
    """The path exists, and does not take this method."""
    if case.status not in {405, 501} or _after_redirect(case):
        return None
    allowed = case.header("allow")
    return Cause(
        name="app.wrong-method",
        title=f"The app knows the path{f' {case.path}' if case.path else ''}, and does not take {case.method} there.",
        confidence=Confidence.CERTAIN if allowed else Confidence.LIKELY,
        evidence=(f"status {case.status} to {case.method}", *([f"Allow: {allowed[:80]}"] if allowed else [])),
        steps=(
            f"Have the route take {case.method}{_EXAMPLES if case.method == 'POST' else ''}.",
            "If the URL is that of a page or a static file, use the path of the webhook's handler.",
            "Or set the method to the one that the app takes, where the URL is configured.",
        ),
    )


def _after_redirect(case: Case) -> bool:
    """Whether it was a redirect that made a GET of it: then that is the trouble."""
    return case.method == "GET" and any(300 <= status < 400 for _, status in case.hops[:-1])
