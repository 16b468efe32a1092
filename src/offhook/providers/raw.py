"""What a request says, read from the bytes that the journal keeps: `head` (request line and header lines) and `body`. Pure functions."""

from urllib.parse import unquote_to_bytes

from offhook.records import Headers, Parameters

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_SECRET_HEADERS = (b"authorization:", b"proxy-authorization:", b"cookie:")
_PLAIN_FORM = b"\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_BLANKED = b" (blanked)"


def pairs(encoded: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of a form body or a query, decoded, in the order of the wire; blank ones included, empty segments left out."""
    found = []
    for segment in encoded.replace(b"+", b" ").split(b"&"):
        if segment:
            name, _, value = segment.partition(b"=")
            found.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return found


def text(value: bytes) -> str:
    """Bytes from outside as text; what is not UTF-8 becomes U+FFFD."""
    return value.decode("utf-8", "replace")


def method(head: bytes) -> str:
    """The method of the request line."""
    return text(head.partition(b" ")[0])


def target(head: bytes) -> bytes:
    """The raw path and query of the request line."""
    line = head.partition(b"\r\n")[0].split(b" ")
    return line[1] if len(line) > 1 else b""


def query(request_target: bytes) -> bytes:
    """What stands behind the `?` of a request target, without a fragment."""
    return request_target.partition(b"?")[2].partition(b"#")[0]


def headers(head: bytes) -> Headers:
    """The header fields in order and spelling of the wire, values stripped."""
    found = []
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            found.append((text(name), text(value.strip(b" \t"))))
    return tuple(found)


def header(head: bytes, name: str) -> str:
    """The first header field of that name, in any spelling; "" when there is none."""
    wanted = name.lower()
    return next((value for field, value in headers(head) if field.lower() == wanted), "")


def media_type(content_type: str) -> str:
    """The type of a Content-Type value, lower case, without its parameters: `text/xml; charset=utf-8` → `text/xml`."""
    return content_type.partition(";")[0].strip().lower()


def parameters(head: bytes, body: bytes) -> Parameters:
    """The request's parameters in the order of the wire: those of a form body, else those of the query. Blank ones included."""
    return tuple((text(name), text(value)) for name, value in pairs(encoded_parameters(head, body)))


def encoded_parameters(head: bytes, body: bytes) -> bytes:
    """Where the request's parameters stand, still encoded: in a form body, else in the query."""
    # The spelling that Twilio uses is looked for first: reading every header field takes ten times as long.
    if body and (_PLAIN_FORM in head or media_type(header(head, "Content-Type")) == FORM):
        return body
    return query(target(head))


def without_credentials(head: bytes) -> bytes:
    """The same head with the values of Authorization and Cookie fields blanked: secrets stay out of the journal."""
    return b"\r\n".join(_blank(line) for line in head.split(b"\r\n"))


def _blank(line: bytes) -> bytes:
    if line.lower().startswith(_SECRET_HEADERS):
        return line.partition(b":")[0] + b":" + _BLANKED
    return line
