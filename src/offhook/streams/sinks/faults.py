"""The ways in which a broker does not take an event, with Twilio's codes (spec: twilio-debugger §5.6)."""

from offhook.streams.model import Fault
from offhook.streams.retries import INTERNAL, NO_ANSWER, NO_CONNECTION, REFUSED, SERVER_ERROR, THROTTLED


def throttled(message: str) -> Fault:
    """It has no room or no time for more just now."""
    return Fault(code=THROTTLED, message=message, retry=True)


def refused(message: str) -> Fault:
    """It never will take this as it is: somebody has to change something first."""
    return Fault(code=REFUSED, message=message, retry=False)


def failed(message: str) -> Fault:
    """It has failed at its own work."""
    return Fault(code=SERVER_ERROR, message=message, retry=True)


def unreachable(message: str) -> Fault:
    """There is no connection to it."""
    return Fault(code=NO_CONNECTION, message=message, retry=True)


def late(message: str) -> Fault:
    """It has not answered in time."""
    return Fault(code=NO_ANSWER, message=message, retry=True)


def unforeseen(error: BaseException) -> Fault:
    """Nobody has thought of this. An exception's words may hold anything, so only its kind is told."""
    return Fault(code=INTERNAL, message=f"Handing events over failed: {type(error).__name__}.", retry=True)
