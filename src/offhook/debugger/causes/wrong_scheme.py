"""http was spoken to a port that expects TLS, or the other way round."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind

# What servers answer when plain HTTP comes in on their TLS port: nginx, Apache, Go, HAProxy and others.
PLAIN_ON_TLS = (
    "plain http request was sent to https port",
    "speaking plain http to an ssl-enabled server port",
    "client sent an http request to an https server",
    "this combination of host and port requires tls",
)
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")


def cause(case: Case) -> Cause | None:
    """Http was spoken to a port that expects TLS, or the other way round."""
    failure = case.failure
    if failure is not None and failure.kind is FailureKind.TLS and "does not speak TLS" in failure.detail:
        return _cause(
            "tls.plain-port", "The URL says https, and the server at this port speaks plain http.", failure.detail, "http"
        )
    if failure is not None and (case.raw[:2] in _TLS_RECORDS or "answered in TLS" in failure.detail):
        return _cause(
            "tls.on-plain-url", "The URL says http, and the server at this port expects https.", failure.detail, "https"
        )
    folded = case.text.lower()
    words = next((words for words in PLAIN_ON_TLS if words in folded), "")
    if case.status in {400, 426, 497} and words:
        return _cause(
            "tls.on-plain-url", "The URL says http, and the server at this port expects https.", f"it says {words!r}", "https"
        )
    return None


def _cause(name: str, title: str, evidence: str, scheme: str) -> Cause:
    return Cause(
        name=name,
        title=title,
        confidence=Confidence.CERTAIN,
        evidence=(evidence,),
        steps=(f"Write {scheme}:// at the beginning of the URL.", "Check that the port in the URL is the one for that scheme."),
    )
