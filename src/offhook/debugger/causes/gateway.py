"""A gateway in front of the app had nothing to pass on. Which one it was, another rule may know."""

import re

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
# Servers that run apps and stand in front of none. A proxy that had no answer to pass on would have named itself.
_APPS = re.compile(r"(?i)\b(?:werkzeug|gunicorn|uvicorn|hypercorn|daphne|waitress|puma|webrick)\b")
_KEPT = "With Offhook in front, nothing is lost meanwhile: it delivers when the app is back."


def cause(case: Case) -> Cause | None:
    """A gateway in front of the app had nothing to pass on, or the app says so itself."""
    if case.status not in _MEANINGS:
        return None
    name, title = _MEANINGS[case.status]
    server = case.header("server")
    evidence = (f"status {case.status}", *([f"Server: {server[:60]}"] if server else []))
    if _APPS.search(server):
        return Cause(
            name="app.gateway-status",
            title=f"The app itself answered with status {case.status}, and not a proxy in front of it.",
            confidence=Confidence.LIKELY,
            evidence=evidence,
            steps=(
                f"Look in the app for what answers {case.status}: often it passes on what another service has told it.",
                _KEPT,
            ),
        )
    return Cause(name=name, title=title, confidence=Confidence.POSSIBLE, evidence=evidence, steps=(*_STEPS[case.status], _KEPT))
