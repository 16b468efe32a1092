"""What TwiML for messages may contain (spec: twilio-delivery §6), and which words of it are valid."""

import difflib
import re
from typing import Final
from urllib.parse import urlsplit

MESSAGE_ATTRIBUTES: Final = frozenset({"to", "from", "action", "method", "statusCallback"})
VERBS: Final = {"Message": MESSAGE_ATTRIBUTES, "Sms": MESSAGE_ATTRIBUTES, "Redirect": frozenset({"method"})}
NOUNS: Final = frozenset({"Body", "Media"})
VOICE_VERBS: Final = frozenset(
    {
        *("Connect", "Dial", "Echo", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Pay", "Play", "Prompt", "Queue", "Record"),
        *("Refer", "Reject", "Say", "Start", "Stop"),
    },
)
LONGEST_BODY: Final = 1600
LONGEST_CALLBACK: Final = 4000
MOST_MESSAGES: Final = 10
VERSIONS: Final = frozenset({"1", "1.0"})

# A number as people write it, behind a channel's name or not; a short code has three digits or more.
_NUMBER: Final = re.compile(r"(?:[a-z]+:)?\+?\(?[0-9](?:[0-9 ().-]*[0-9])?")
# Addresses of channels that are no numbers: messenger:1234, rcs:brand_agent, client:somebody.
_CHANNEL: Final = re.compile(r"[a-z]+:[^\s]+")
_SENDER_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_DIGITS: Final = range(3, 16)


def recipient_is_valid(to: str) -> bool:
    """Whether a message can go there: a number, a short code, or a channel's address."""
    if _NUMBER.fullmatch(to):
        return sum(character.isdigit() for character in to) in _DIGITS
    return _CHANNEL.fullmatch(to) is not None


def sender_is_valid(sender: str) -> bool:
    """Whether a message can come from there: as a recipient, or a sender name of up to eleven letters, digits and blanks."""
    return recipient_is_valid(sender) or _SENDER_NAME.fullmatch(sender) is not None


def is_url(text: str) -> bool:
    """Whether it can be read as a URL, absolute or relative."""
    try:
        return bool(urlsplit(text).geturl())
    except ValueError:
        return False


def callback_is_valid(url: str) -> bool:
    """Whether a callback URL, absolute or relative, is usable: no blanks, http(s), and a host without underscore (spec §3.1)."""
    if not url or len(url) > LONGEST_CALLBACK or any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme in {"", "http", "https"} and bool(host) and "_" not in host
    return True


def method_is_valid(method: str) -> bool:
    """Whether it is one of the two methods that Twilio calls back with."""
    return method.upper() in {"GET", "POST"}


def is_markup(attribute: str) -> bool:
    """Whether an attribute belongs to XML itself (a namespace, a schema's place) and not to TwiML."""
    return attribute == "xmlns" or attribute.startswith(("xmlns:", "xml:", "xsi:"))


def suggestion(name: str, known: frozenset[str]) -> str:
    """The known name that a wrong one was probably meant to be, or ""."""
    for candidate in sorted(known):
        if candidate.lower() == name.lower():
            return candidate
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), "")
