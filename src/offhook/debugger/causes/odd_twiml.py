"""The answer is TwiML with something in it that Twilio does not know, or does not take."""

from offhook.debugger import catalogue
from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

LIMITS = frozenset({11750, 14101, 14102, 14103, 14104, 14105, 14106, 14107, 14108, 14109, 14110, 14111})


def cause(case: Case) -> Cause | None:
    """The answer is TwiML with something in it that Twilio does not know, or does not take."""
    if case.code == 12200 and case.said:
        return Cause(
            name="twiml.schema",
            title=f"{case.said[:1].upper()}{case.said[1:]}".rstrip(".") + ".",
            confidence=Confidence.LIKELY,
            evidence=_place(case),
            steps=(
                "Write verbs and attributes in exactly their spelling: <Message>, <Body>, <Media>, <Redirect>.",
                "Let Twilio's library write the TwiML.",
            ),
        )
    known = catalogue.lookup(case.code) if case.code in LIMITS else None
    if known is None or not (case.body or case.said or case.details.get("line")):
        return None
    return Cause(
        name=f"twiml.{case.code}",
        title=f"{known.name}: {case.said or known.raised_when}".rstrip(".") + ".",
        confidence=Confidence.CERTAIN,
        evidence=_place(case),
        steps=tuple(getattr(known, "solutions", ())) or ("Look at what the app wrote, and mend that.",),
    )


def _place(case: Case) -> tuple[str, ...]:
    line = case.details.get("line", "")
    where = (f"line {line}, column {case.details.get('column', '')}",) if line else ()
    beginning = case.details.get("beginning", "")
    return (*where, *((f"the body begins {beginning!r}",) if beginning else ()))
