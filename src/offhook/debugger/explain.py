"""From what a person has in hand to an explanation: what it is about, what Twilio says, what probably happened, what to do. Pure."""

import msgspec

from offhook.debugger import catalogue
from offhook.debugger.case import Case
from offhook.debugger.catalogue import Code
from offhook.debugger.causes import diagnose
from offhook.debugger.evidence import Evidence
from offhook.debugger.secrets import without_credentials
from offhook.records import Cause, Confidence, Failure, Kind, Record
from offhook.twiml import Reading, read_answer

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


# Of Twilio's REST API, and of the delivery of outgoing messages: the app's answer to a webhook has nothing to do with them.
NOT_THE_APPS = (range(20000, 21000), range(21200, 21800), range(30000, 31000))
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html", "application/twiml+xml"})


class Explanation(Record):
    """`code` is what was logged, `narrow` the more precise code that was hidden in it; either may be None. `causes`: likeliest first.

    `usable` says that the answer which was shown is well: Twilio can use it.
    """

    evidence: Evidence
    code: Code | None = None
    narrow: Code | None = None
    causes: tuple[Cause, ...] = ()
    usable: bool = False


def explain(evidence: Evidence) -> Explanation:
    """Diagnose what was read."""
    case = case_of_evidence(evidence)
    reading = _reading(case)
    fault = reading.faults[0] if reading is not None and reading.faults else None
    if fault is not None and (not case.code or case.code in {fault.code, fault.twilio_code}):
        place = {"line": str(fault.line), "column": str(fault.column)} if fault.line else {}
        case = msgspec.structs.replace(
            case, code=fault.code, said=fault.message, details={**case.details, **fault.details, **place}
        )
    return Explanation(
        evidence=evidence,
        code=catalogue.lookup(evidence.code or (fault.code if fault is not None else 0)),
        narrow=catalogue.lookup(evidence.hidden_code) if evidence.hidden_code != evidence.code else None,
        causes=_causes(case, evidence),
        usable=reading is not None and fault is None and not evidence.code,
    )


def case_of_evidence(evidence: Evidence) -> Case:
    """The case that somebody else's words describe. An answer that Twilio's own proxy wrote is not the app's, and shows nothing of it."""
    silent = evidence.synthetic or any(evidence.code in codes for codes in NOT_THE_APPS)
    return Case(
        url=without_credentials(evidence.url),
        method=evidence.method or "POST",
        kind=Kind.MESSAGE,
        code=evidence.hidden_code or evidence.code,
        said=evidence.message
        if evidence.code == 12300 or (evidence.code in {12100, 12101, 12102, 12200} and evidence.body)
        else "",
        details={"hidden": evidence.hidden} if evidence.hidden else {},
        status=0 if silent and (evidence.hidden or not evidence.synthetic) else evidence.status,
        headers=() if silent else evidence.headers,
        body=b"" if silent else evidence.body.encode(),
        failure=None if evidence.failure is None else Failure(kind=evidence.failure, detail=evidence.failure_detail),
        seconds=evidence.seconds,
        hops=tuple((without_credentials(url), status) for url, status in evidence.hops),
        told=True,
    )


def _reading(case: Case) -> Reading | None:
    """What Twilio would read in an answer that is shown; None where none is, or none that should hold TwiML."""
    if not 200 <= case.status < 300 or not case.headers:
        return None
    if case.header("content-type").partition(";")[0].strip().lower() not in TWIML_TYPES:
        return None
    return read_answer(case.status, case.headers, case.body, size=len(case.body), cut=False)


def _causes(case: Case, evidence: Evidence) -> tuple[Cause, ...]:
    found = diagnose(case)
    narrow = evidence.hidden_code
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
