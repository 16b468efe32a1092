"""What the app's 2xx answer asks for: its Content-Type decides how its body is read (spec: twilio-delivery §3.3)."""

import codecs
import re
from email.message import Message as MimeHeaders
from typing import Final

from offhook.headers import value_of
from offhook.records import Headers
from offhook.twiml import schema
from offhook.twiml.encoding import decoded, encoding
from offhook.twiml.reading import NOTHING, Fault, Message, Reading, fault
from offhook.twiml.tree import read_tree
from offhook.twiml.verbs import carry_out, too_long

LARGEST_BODY: Final = 64 * 1024
TWIML_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html"})

# Nearly every answer of an app that says nothing: known without parsing. Longer ones are parsed.
_TRIVIAL: Final = re.compile(
    rb"""(?:<\?xml\ version=(?:"1\.0"|'1\.0')(?:\ encoding=(?:"UTF-8"|'UTF-8'|"utf-8"|'utf-8'))?\ ?\?>)?"""
    rb"""\s*<Response\ ?(?:/>|>\s*</Response>)\s*""",
    re.VERBOSE,
)
_LONGEST_TRIVIAL: Final = 120

# The encodings of text that the Web knows; Python's codecs have others (idna, unicode_escape) that are none.
_CHARSET: Final = re.compile(
    r"utf-?(?:8|16|32)(?:-?[lb]e)?|(?:us-)?ascii|iso-?8859-?\d+|latin-?\d|windows-\d+|cp\d+|koi8-[ru]"
    r"|shift_jis|euc-(?:jp|kr)|iso-2022-jp|gb(?:k|2312|18030)|big5",
)


def read_answer(status: int, headers: Headers, body: bytes, *, size: int, cut: bool) -> Reading:
    """The messages, the redirect and the faults of one answer. Anything but a 2xx asks for nothing.

    `size` is the size of the whole body in bytes, `cut` says that `body` holds less than the peer sent.
    """
    if not 200 <= status < 300 or status == 204:
        return NOTHING
    if cut or size > LARGEST_BODY:
        return _only(
            fault(
                11750,
                f"the answer's body is larger than {LARGEST_BODY // 1024} kB; an error page, perhaps",
                details={"size": str(size)},
            )
        )
    if encoding(headers) and body:
        plain = decoded(headers, body, LARGEST_BODY)
        if plain is None:
            return _only(_unreadable(encoding(headers)))
        without = tuple(pair for pair in headers if pair[0].lower() != "content-encoding")
        return read_answer(status, without, plain, size=len(plain), cut=False)
    if not body and value_of(headers, "transfer-encoding").lower().rstrip().endswith("chunked"):
        return _only(fault(11770, "the answer announces a chunked body and then sends an empty one"))
    if not body and status == 202:  # Twilio's advice for an app that answers later
        return NOTHING
    written = value_of(headers, "content-type").strip()
    if not written:
        return _only(_no_type(empty=not body))
    media_type, charset = _content_type(written)
    if media_type == "text/plain":
        return _plain(body, charset)
    if media_type in TWIML_TYPES:
        return _twiml(body, charset)
    return _only(
        fault(
            12300,
            f"Content-Type {written[:80]!r} cannot be read as a reply: send text/xml with TwiML, or text/plain",
            details={"content_type": written[:80]},
        ),
    )


def _only(found: Fault) -> Reading:
    return Reading(faults=(found,))


def _content_type(written: str) -> tuple[str, str]:
    """The media type and the charset, lower case; "" for what is not there."""
    media_type, semicolon, _ = written.partition(";")
    if not semicolon:
        return media_type.strip().lower(), ""
    parsed = MimeHeaders()
    parsed["Content-Type"] = written.replace("\r", "").replace("\n", "")
    charset = parsed.get_param("charset", "")
    return media_type.strip().lower(), charset.strip().lower() if isinstance(charset, str) else ""


def _unreadable(named: str) -> Fault:
    what = f"the answer's body cannot be decoded: its Content-Encoding is {named[:40]!r}, which nobody has asked for"
    return fault(12300, f"{what}; send it plain", details={"content_encoding": named[:40]})


def _no_type(*, empty: bool) -> Fault:
    what = "has neither a body nor a Content-Type" if empty else "has no Content-Type"
    # Twilio logs it as the 11200 of an unreadable answer, with a 502 that nobody sent.
    return fault(12300, f"the answer {what}: answer <Response/> as text/xml, also to say nothing", twilio_code=11200)


def _plain(body: bytes, charset: str) -> Reading:
    """Plain text is one message to the sender; an empty one is none."""
    try:
        text = body.decode(charset if _is_charset(charset) else "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return _only(
            fault(12300, f"the answer's text is not in the encoding {charset or 'utf-8'}, as its Content-Type says or implies")
        )
    if not text.strip():
        return NOTHING
    if len(text) > schema.LONGEST_BODY:
        return _only(fault(14103, too_long(text)))
    return Reading(messages=(Message(body=text),))


def _twiml(body: bytes, charset: str) -> Reading:
    if len(body) <= _LONGEST_TRIVIAL and _TRIVIAL.fullmatch(body):
        return NOTHING
    if charset and not _is_charset(charset):
        return _only(fault(12100, f"the XML cannot be read: nobody knows the charset {charset[:40]!r} of the Content-Type"))
    if not _begins_like_markup(body, charset):
        return _only(
            fault(
                12200,
                "the answer is no TwiML: content is not allowed before the first tag. To say nothing, answer <Response/>",
                (1, 1),
                details={"beginning": body[:40].decode("utf-8", "replace")},
            ),
        )
    found = read_tree(body, charset)
    return _only(found) if isinstance(found, Fault) else carry_out(found)


def _is_charset(charset: str) -> bool:
    try:
        return bool(_CHARSET.fullmatch(charset) and codecs.lookup(charset))
    except LookupError:
        return False


def _begins_like_markup(body: bytes, charset: str) -> bool:
    """Whether the first thing in the body could be XML: empty and UTF-16 ones are left to the parser."""
    if charset.startswith("utf-16") or body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    start = body.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    return not start or start.startswith(b"<")
