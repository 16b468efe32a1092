"""A message of TwiML as the fields of a Messages resource (spec: twilio-delivery §6, mapping). Pure."""

from urllib.parse import urljoin

from offhook.net.addresses import refusal, refusal_of_name
from offhook.net.urls import parse_target
from offhook.providers import raw
from offhook.records import Failure, Record, Webhook
from offhook.replies import wording
from offhook.twiml import Message


class Draft(Record):
    """A reply before it has an id, a place and a state."""

    to: str
    sender: str
    messaging_service_sid: str
    body: str
    media: tuple[str, ...]
    status_callback: str
    note: str = ""


def draft(message: Message, webhook: Webhook, document_url: str) -> Draft:
    """The message with its defaults from the webhook and with absolute URLs. `document_url` is where the TwiML came from."""
    base = base_url(document_url, webhook.url)
    callback = message.status_callback or message.action
    return Draft(
        to=message.to or webhook.sender,
        sender=message.sender or webhook.recipient,
        messaging_service_sid=dict(raw.parameters(webhook.head, webhook.body)).get("MessagingServiceSid", ""),
        body=message.body,
        media=tuple(urljoin(base, url) for url in message.media),
        status_callback=urljoin(base, callback) if callback else "",
        note=wording.NO_GET if callback and message.method == "GET" else "",
    )


def base_url(document_url: str, public_url: str) -> str:
    """What relative URLs in TwiML are relative to: the document, or, where Twilio could never call it, our own public URL.

    An app behind us often has an address such as http://127.0.0.1:5000. A callback there would have Twilio refuse the message (21609);
    the public URL is what the same TwiML means when it is passed through.
    """
    return public_url if not is_public(document_url) and is_public(public_url) else document_url


def is_public(url: str) -> bool:
    """Whether the host of a URL could be one of the public Internet, as far as its spelling shows."""
    target = parse_target(url)
    if isinstance(target, Failure):
        return False
    if target.address is not None:
        return not refusal(target.address)
    return "." in target.host.rstrip(".") and not refusal_of_name(target.host)
