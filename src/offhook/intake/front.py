"""What the public door shows to people: next to nothing."""

from offhook.intake import wire
from offhook.records import Answer

_PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Offhook</title>
<p>This is an Offhook: an answering machine for webhooks. It takes calls from programs; there is nothing here to see.</p>
</html>
"""

PAGE = Answer(
    status=200,
    headers=(
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    ),
    body=_PAGE,
)
NOT_FOUND = wire.plain(404, "There is nothing at this address.")
READ_ONLY = wire.plain(405, "This address can only be read.", ("Allow", "GET, HEAD"))
WRONG_METHOD = wire.plain(405, "Webhooks come by GET or POST.", ("Allow", "GET, HEAD, POST"))
NOT_STORED = wire.plain(503, "The webhook could not be stored; please send it again.", ("Retry-After", "5"))
REFUSED = {
    400: wire.plain(400, "The request is ambiguous or incomplete."),
    403: wire.plain(403, "The request is not signed as it should be."),
    413: wire.plain(413, "The request has too many parameters."),
}


def refused(status: int) -> Answer:
    """The answer to a request that the provider's rules refuse. Why exactly is the operator's to know, not the sender's."""
    return REFUSED.get(status) or wire.plain(status, "The request is refused.")
