"""What is said of a reply that was not simply sent. Our own words; each says what to do."""

from typing import Final

from offhook.records import Reply

NO_CREDENTIALS_CODE: Final = 20003
EXPIRED_CODE: Final = 30036

NO_CREDENTIALS: Final = "No credentials for this account: the reply is kept. Give TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN and start again, and it is sent."
NO_GET: Final = "Asked for status callbacks by GET; a message that is created by REST gets them by POST."
LOOP: Final = "More than 15 replies between two numbers within 30 s: this one is not sent, to end what looks like a loop."
TO_ITSELF: Final = "the message would go to the number that it comes from; it is not sent"
THROTTLED: Final = "Too many requests to the API at a time; this one was not processed and is made again."
CRASHED: Final = "Offhook ended while the request was under way."


def expired(reply: Reply, now: float) -> str:
    """A reply that would come too late."""
    hours = (now - reply.expires_at) / 3600
    late = f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"
    return f"The reply could not be sent in time and is {late} too late now; it is not sent. `reply_within` sets how late a reply may be."


def wrong_credentials(message: str) -> str:
    """The API does not know the credentials."""
    return f"The API refuses the credentials ({message}): the reply is kept. Correct them and start again, and it is sent."


def rejected(message: str) -> str:
    """The API has said no, in its own words."""
    return f"The API refused the message: {message}"


def not_sent(reason: str) -> str:
    """The request never left."""
    return f"The API could not be reached; the request is made again. {reason}"


def unlisted(why: str) -> str:
    """Nobody can say yet whether the message exists."""
    return f"Whether the reply was sent is not known yet: {why} The account's messages cannot be read just now; they are looked at again."


def ambiguous(why: str, *, listed: bool) -> str:
    """Nobody can say whether the message exists. `listed`: the account's messages could be read, and it was not among them."""
    found = "It is not among the account's messages so far." if listed else "The account's messages could not be read either."
    return (
        f"Nobody can say whether the reply was sent: {why} {found} It is not sent again, lest it comes twice: "
        "look it up in the message log, and send it by hand if it is not there."
    )


def kept_note(note: str, why: str) -> str:
    """`why`, and what the reply's note says for good."""
    return f"{why} {NO_GET}".strip() if NO_GET in note and NO_GET not in why else why
