"""The nouns of a simulated account: messages, media, numbers, services. Times are seconds since the epoch."""

from enum import StrEnum

from offhook.records import Record


class Direction(StrEnum):
    """Who has sent a message, and how."""

    INBOUND = "inbound"
    API = "outbound-api"
    REPLY = "outbound-reply"


class Status(StrEnum):
    """Where a message is in its life (spec: twilio-delivery §7.3)."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    READ = "read"
    RECEIVING = "receiving"
    RECEIVED = "received"


ENDED = frozenset({Status.DELIVERED, Status.UNDELIVERED, Status.FAILED, Status.CANCELED, Status.READ, Status.RECEIVED})


class Media(Record):
    """One picture or the like: `url` is where its bytes are; `data` holds them where they are kept here."""

    sid: str
    content_type: str
    url: str = ""
    data: bytes = b""
    created_at: float = 0.0


class Message(Record):
    """One message, in either direction. `sender` is "" where a service has yet to choose one. `error_code` 0: none.

    `reference` ties an inbound message to the webhook in the journal that tells of its delivery, and an app's reply to the webhook
    that it answers.
    """

    sid: str
    account_sid: str
    direction: Direction
    sender: str
    to: str
    body: str
    status: Status
    created_at: float
    updated_at: float
    sent_at: float | None = None
    media: tuple[Media, ...] = ()
    segments: int = 1
    messaging_service_sid: str = ""
    status_callback: str = ""
    status_callback_method: str = "POST"
    error_code: int = 0
    error_message: str = ""
    send_at: float | None = None
    reference: str = ""


class Number(Record):
    """One of the account's phone numbers, and where its messages go. An empty URL: nowhere."""

    sid: str
    number: str
    friendly_name: str = ""
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    created_at: float = 0.0
    updated_at: float = 0.0


class Service(Record):
    """A Messaging Service: a pool of numbers with URLs of its own, which come before the numbers'."""

    sid: str
    friendly_name: str = ""
    inbound_request_url: str = ""
    inbound_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback: str = ""
    use_inbound_webhook_on_number: bool = False
    numbers: tuple[str, ...] = ()
    created_at: float = 0.0
    updated_at: float = 0.0


class Account(Record):
    """The simulated account. Its token signs, and is what the REST API is called with. Its repr shows no token."""

    sid: str
    auth_token: str
    friendly_name: str = "Offhook's simulated account"
    created_at: float = 0.0

    def __repr__(self) -> str:
        return f"Account({self.sid})"
