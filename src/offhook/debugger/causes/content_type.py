"""The answer says that it is something which Twilio cannot read, or something which it is not."""

import re

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

READ = frozenset({"text/xml", "application/xml", "text/html", "text/plain"})
UNREAD = 12300
_TYPE = re.compile(r"(?i)\b(?:application|audio|font|image|message|model|multipart|text|video)/[a-z0-9][\w.+-]{0,80}")
_TWIML = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<Response[\s/>]", re.DOTALL)

_HTML = tuple(
    b"<" + tag
    for tag in b"!doctype html,html,head,body,title,meta,script,style,form,div,p>,h1,h2,br,table,center,pre,b>".split(b",")
)


def cause(case: Case) -> Cause | None:
    """The answer says that it is something which Twilio cannot read, or something which it is not."""
    if not is_read(case):
        return None
    written = case.header("content-type") or (said_type(case) if not case.headers else "")
    media_type = written.partition(";")[0].strip().lower()
    looks = sniffed(case.body)
    if media_type == "text/plain" and looks == "TwiML":
        return _cause(
            "answer.twiml-as-text",
            "The app answers TwiML and calls it text/plain: the sender of the message receives the XML itself as a text.",
            written,
            looks,
        )
    if media_type and media_type not in READ:
        title = f"Twilio cannot read an answer of the type {media_type}"
        title += f", although it is {looks}." if looks == "TwiML" else "; it takes TwiML as text/xml, or text/plain."
        return _cause("answer.wrong-content-type", title, written, looks)
    return None


def is_read(case: Case) -> bool:
    """Whether an answer came that Twilio reads: by its status, or, where that is not known, because the code speaks of its type."""
    unknown = case.status == 0 and case.code == UNREAD and bool(case.headers or case.said)
    return case.failure is None and (200 <= case.status < 300 or unknown)


def said_type(case: Case) -> str:
    """The type that Twilio's own words name."""
    found = _TYPE.search(case.said) if case.code == UNREAD else None
    return found[0] if found else ""


def sniffed(body: bytes) -> str:
    """What the bytes look like: TwiML, XML, HTML, JSON, an image, text, or "" for nothing."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:512]
    if not start:
        return ""
    if _TWIML.match(start):
        return "TwiML"
    low = start[:64].lower()
    if low.startswith(_HTML):
        return "HTML"
    if low.startswith(b"<"):
        return "XML"
    if start[:1] in {b"{", b"["}:
        return "JSON"
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b")):
        return "a binary file"
    return "text"


def _cause(name: str, title: str, written: str, looks: str) -> Cause:
    return Cause(
        name=name,
        title=title,
        confidence=Confidence.CERTAIN,
        evidence=(f"Content-Type: {written[:80]}", *([f"the body looks like {looks}"] if looks else [])),
        steps=(
            "Send TwiML with Content-Type text/xml (Flask: `Response(str(twiml), mimetype='text/xml')`; Express: `res.type('text/xml')`).",
            "To say nothing, send `<Response/>`.",
        ),
    )
