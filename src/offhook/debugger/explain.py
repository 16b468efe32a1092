"""From what a person has in hand to an explanation: what it is about, what Twilio says, what probably happened, what to do. Pure."""

from offhook.debugger import catalogue
from offhook.debugger.case import Case
from offhook.debugger.catalogue import Code
from offhook.debugger.causes import diagnose
from offhook.debugger.evidence import Evidence
from offhook.records import Cause, Confidence, Kind, Record

# What Twilio's own codes say of a request that its egress proxy answered for the app: its page shows a 502 that nobody sent.
HIDDEN = {
    11100: "the URL is not a whole http(s) URL",
    11201: "no connection in time",
    11202: "the connection was refused",
    11203: "no answer within the time for the whole request",
    11205: "no connection, or no answer in time",
    11206: "the answer was not valid HTTP",
    11210: "the host name does not resolve",
    11215: "too many redirects",
    11220: "the TLS handshake failed",
    11235: "the certificate is for another name",
    11236: "the certificate has expired",
    11237: "the certificate leads to no trusted authority",
}


class Explanation(Record):
    """`code` is what was logged, `narrow` the more precise code that was hidden in it; either may be None. `causes`: likeliest first."""

    evidence: Evidence
    code: Code | None = None
    narrow: Code | None = None
    causes: tuple[Cause, ...] = ()


def explain(evidence: Evidence) -> Explanation:
    """Diagnose what was read."""
    return Explanation(
        evidence=evidence,
        code=catalogue.lookup(evidence.code),
        narrow=catalogue.lookup(evidence.hidden_code) if evidence.hidden_code != evidence.code else None,
        causes=_causes(evidence),
    )


def case_of_evidence(evidence: Evidence) -> Case:
    """The case that somebody else's words describe. An answer that Twilio's own proxy wrote is not the app's, and shows nothing of it."""
    return Case(
        url=evidence.url,
        method=evidence.method or "POST",
        kind=Kind.MESSAGE,
        code=evidence.hidden_code or evidence.code,
        said=evidence.message if evidence.code in {12100, 12101, 12102, 12200} else "",
        details={"hidden": evidence.hidden} if evidence.hidden else {},
        status=0 if evidence.synthetic and evidence.hidden else evidence.status,
        headers=() if evidence.synthetic else evidence.headers,
        body=b"" if evidence.synthetic else evidence.body.encode(),
    )


def _causes(evidence: Evidence) -> tuple[Cause, ...]:
    found = diagnose(case_of_evidence(evidence))
    narrow = evidence.hidden_code or (evidence.code if evidence.code in HIDDEN else 0)
    if found or not narrow:
        return found
    known = catalogue.lookup(narrow)
    return (
        Cause(
            name=f"twilio.{narrow}",
            title=f"Twilio could not get an answer: {HIDDEN.get(narrow) or (known.name if known else 'see the code')}.",
            confidence=Confidence.LIKELY,
            evidence=(f"Twilio says: {evidence.hidden or narrow}",),
            steps=known.solutions if known else (),
        ),
    )
