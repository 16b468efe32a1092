"""The answer is XML, and broken; or XML, and no TwiML; or of a version that there is not."""

import re

from offhook.debugger.case import Case
from offhook.debugger.causes.content_type import sniffed
from offhook.debugger.secrets import masked
from offhook.records import Cause, Confidence

CODES = frozenset({12100, 12101, 12102})
_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]*|#\d+|#x[0-9A-Fa-f]+);)")


def cause(case: Case) -> Cause | None:
    """The answer is XML, and broken; or XML, and no TwiML."""
    if case.code not in CODES or sniffed(case.body) == "HTML" or not (case.body or case.said or case.details.get("line")):
        return None
    text = case.text
    place = _place(case)
    if case.code == 12101:
        return _cause(
            "xml.version", _VERSION, f"the body begins {masked(text[:2000])[:60]!r}" if text else case.said, _NO_VERSION
        )
    if case.code == 12102:
        return _cause("xml.root", f"The answer's outermost tag is not <Response>. {case.said}".strip(), place, _ROOT)
    if re.match(r"\s+<\?xml", text) or (text.startswith("\ufeff") and "<?xml" in text[:10]):
        return _cause(
            "xml.leading-blank", "Something stands before <?xml: a blank line is enough to break the answer.", place, _BLANK
        )
    loose = _AMPERSAND.search(text)
    if loose:
        before, after = text[max(0, loose.start() - 400) : loose.start()], text[loose.start() : loose.start() + 400]
        around = " ".join((masked(before)[-20:] + masked(after)[:20]).split())
        return _cause(
            "xml.ampersand", "A & in the text is not written as &amp;, which breaks the XML.", f"near {around!r}", _ESCAPE
        )
    return _cause(
        "xml.broken",
        f"The answer is not well-formed XML: {case.said}" if case.said else "The answer is not well-formed XML.",
        place,
        _ESCAPE,
    )


_VERSION = "The version attribute of <Response>, or that of the <?xml …?> line, has a value which Twilio does not know."
_NO_VERSION = (
    "Write <Response> without a version attribute.",
    'If there is an <?xml …?> line, let it be exactly `<?xml version="1.0" encoding="UTF-8"?>`.',
)
_ROOT = ("Begin the TwiML with <Response>, in exactly this spelling.",)
_BLANK = (
    "Let nothing stand before <?xml: no blank line, no output of a warning, no blank before a template's first tag.",
    "Or leave the <?xml …?> line out: it is not needed.",
)
_ESCAPE = (
    "Let Twilio's library write the TwiML (`MessagingResponse`): it escapes &, < and > by itself.",
    "Look for a tag that is not closed, or an error message in the middle of the answer.",
)


def _place(case: Case) -> str:
    line, column = case.details.get("line", ""), case.details.get("column", "")
    if not line:
        return f"the body begins {masked(case.text[:2000])[:60]!r}" if case.body else f"Twilio says: {case.said}"
    lines = case.text.splitlines()
    at = int(line) if line.isdigit() else 0
    there = masked(lines[at - 1][:2000].strip())[:80] if 0 < at <= len(lines) else ""
    return f"line {line}, column {column}: {there!r}"


def _cause(name: str, title: str, evidence: str, steps: tuple[str, ...]) -> Cause:
    return Cause(name=name, title=title, confidence=Confidence.CERTAIN, evidence=(evidence,), steps=steps)
