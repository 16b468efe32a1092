"""A kept webhook as its provider would have sent it by the other method. Pure."""

import msgspec

from offhook.providers import raw
from offhook.records import Webhook


def by_method(webhook: Webhook, method: str) -> Webhook:
    """The same parameters by `method` (GET or POST): in the query, or as a form."""
    if (raw.method(webhook.head) == "POST") == (method == "POST"):
        return webhook
    _, *lines = webhook.head.split(b"\r\n")
    lines = [line for line in lines if not line.lower().startswith((b"content-type:", b"content-length:"))]
    query = raw.query(raw.target(webhook.head))
    if method == "POST":
        head, body = [b"POST / HTTP/1.1", *lines, b"Content-Type: " + raw.FORM.encode()], query
    else:
        is_form = raw.media_type(raw.header(webhook.head, "Content-Type")) == raw.FORM
        whole = b"&".join(part for part in (query, webhook.body if is_form else b"") if part)
        head, body = [b"GET /?" + whole + b" HTTP/1.1", *lines], b""
    return msgspec.structs.replace(webhook, head=b"\r\n".join(head), body=body)
