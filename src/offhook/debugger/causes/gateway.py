"""A gateway in front of the app had nothing to pass on. Which one it was, another rule may know."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_MEANINGS = {
    502: ("gateway.bad", "A proxy or platform in front of the app got no usable answer from it: the app is down, or crashed."),
    503: ("gateway.unavailable", "The app, or the platform that it runs on, says that it cannot take requests just now."),
    504: ("gateway.timeout", "A proxy in front of the app waited for it, and gave up."),
}
_STEPS = {
    502: (
        "Start the app, and look at its log for a crash.",
        "Check that the proxy or platform asks the port that the app listens on (often `$PORT`), on 0.0.0.0.",
    ),
    503: (
        "Look whether the app is starting, sleeping, in maintenance or out of capacity.",
        "Look at the platform's own log: it knows more than its error page says.",
    ),
    504: (
        "Answer first (`<Response/>`, or an empty 202), and do the slow work afterwards.",
        "Look for what hangs: a database, another service, a worker that is blocked.",
    ),
}


def cause(case: Case) -> Cause | None:
    """A gateway in front of the app had nothing to pass on."""
    if case.status not in _MEANINGS:
        return None
    name, title = _MEANINGS[case.status]
    server = case.header("server")
    return Cause(
        name=name,
        title=title,
        confidence=Confidence.POSSIBLE,
        evidence=(f"status {case.status}", *([f"Server: {server[:60]}"] if server else [])),
        steps=(*_STEPS[case.status], "With Offhook in front, nothing is lost meanwhile: it delivers when the app is back."),
    )
