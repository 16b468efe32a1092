"""What the door to the network refuses before it has looked anything up: a URL that it cannot read, and hosts that are never called. Pure."""

from offhook.net.addresses import refusal, refusal_of_name
from offhook.net.urls import Target, parse_target
from offhook.records import Failure, FailureKind


def blocked(target: Target, *, trusted: bool = False) -> Failure | None:
    """Why a target is refused whatever its name leads to: by that name, or by the address that stands in its place. `trusted` as for addresses."""
    reason = refusal_of_name(target.host, trusted=trusted)
    if not reason and target.address is not None:
        reason = refusal(target.address, trusted=trusted)
    return Failure(kind=FailureKind.BLOCKED, detail=f"{target.host} is not called: {reason}.") if reason else None


def never_called(url: str, *, trusted: bool = False) -> str:
    """Why a URL would be refused at every call, in the words of the refusal; empty when it may be called.

    What a name leads to is seen when it is called: one that does not resolve now may do so then.
    """
    target = parse_target(url)
    failure = target if isinstance(target, Failure) else blocked(target, trusted=trusted)
    return failure.detail if failure is not None else ""
