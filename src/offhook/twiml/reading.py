"""What an answer came to: the messages to send, where to ask next, and what is wrong with it."""

from offhook.records import Level, Record

WARNINGS = frozenset({12200, 13710, 14101, 14102, 14103, 14104, 14105, 14106, 14109, 14110})
LONGEST_TEXT = 400


class Message(Record):
    """One message that the app wants sent. Empty fields take their defaults from the webhook; URLs are as the app wrote them."""

    body: str = ""
    media: tuple[str, ...] = ()
    to: str = ""
    sender: str = ""
    status_callback: str = ""
    action: str = ""
    method: str = "POST"


class Redirect(Record):
    """The document at this URL carries on. The URL is as the app wrote it: it may be relative and may have a fragment."""

    url: str
    method: str = "POST"


class Fault(Record):
    """One thing that is wrong with an answer. `line` and `column` count from 1; 0 where the fault has no place.

    `twilio_code` is what Twilio would log for it: mostly the same code.
    """

    code: int
    twilio_code: int
    level: Level
    message: str
    line: int = 0
    column: int = 0
    details: dict[str, str] = {}  # noqa: RUF012 - msgspec gives each record its own


class Reading(Record):
    """An answer, read. `messages` holds only those that can be sent."""

    messages: tuple[Message, ...] = ()
    redirect: Redirect | None = None
    faults: tuple[Fault, ...] = ()


NOTHING = Reading()


def fault(
    code: int,
    message: str,
    at: tuple[int, int] = (0, 0),
    *,
    twilio_code: int = 0,
    details: dict[str, str] | None = None,
) -> Fault:
    """A fault with its code's level. `at` is (line, column). What an app wrote is quoted in part only: a name can have 64 kB."""
    return Fault(
        code=code,
        twilio_code=twilio_code or code,
        level=Level.WARNING if code in WARNINGS else Level.ERROR,
        message=message[:LONGEST_TEXT],
        line=at[0],
        column=at[1],
        details={name: value[:LONGEST_TEXT] for name, value in (details or {}).items()},
    )
