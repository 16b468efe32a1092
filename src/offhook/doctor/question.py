"""What the doctor is asked: which URL, as which product, and how far it may go."""

from enum import StrEnum

from offhook.records import Record

MOST_REQUESTS = 30
"""How many requests an app gets unless somebody says yes to more."""
TIME_FOR_ALL = 22.0
"""Seconds in which an examination ends, unless it is told to watch for longer."""


class Product(StrEnum):
    """What Twilio would be telling the app."""

    SMS = "sms"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    STATUS = "status"
    VOICE = "voice"


PAUSE = 0.3
"""Seconds between samples, unless they are to be spread over a longer time."""


RESOLVERS = ("1.1.1.1", "8.8.8.8", "9.9.9.9")
"""Public name servers, where nobody names others."""


class Question(Record):
    """One URL, as it was written: credentials and the `#fragment` of connection overrides included.

    `trusted`: a person at the command line named the URL, so it may lead to a private address; what comes by the API never may.
    `signed`: there is a token to sign with. `samples` are the requests that look for what fails now and then, spread over `over` seconds.
    `signs_for` are the origins that a signature is made for, None for any. `tries` are the TCP connections made to each address, `gap` seconds apart. `resolvers` are name servers to ask besides the system's.
    """

    url: str
    product: Product = Product.SMS
    trusted: bool = True
    signed: bool = False
    signs_for: frozenset[str] | None = None
    account_sid: str = ""
    verify_tls: bool = True
    samples: int = 10
    over: float = 10 * PAUSE
    tries: int = 20
    gap: float = 0.1
    most_requests: int = MOST_REQUESTS
    time: float = TIME_FOR_ALL
    resolvers: tuple[str, ...] = RESOLVERS
