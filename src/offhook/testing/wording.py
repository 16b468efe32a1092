"""What a failing test says: what went wrong, why, and the first thing to do. Pure."""

from collections.abc import Sequence
from typing import Final

from offhook.headers import value_of
from offhook.records import Answer, DebugEvent
from offhook.simulator.records import Message

SHOWN: Final = 200


def broken(event: DebugEvent, said: str) -> str:
    """The app has failed to take a text, in Twilio's words and ours."""
    code = f"{event.twilio_code}" if event.twilio_code == event.code else f"{event.twilio_code} (precisely {event.code})"
    lines = [f"The app failed when it was texted {said!r}: error {code}: {event.message}", f"  asked: {event.request_url}"]
    if event.causes:
        cause = event.causes[0]
        lines.append(f"  cause: {cause.title}")
        lines += [f"  evidence: {each}" for each in cause.evidence[:2]]
        lines += [f"  first step: {step}" for step in cause.steps[:1]]
    return "\n".join(lines)


def refused(message: Message) -> str:
    """The app's reply exists, and did not arrive."""
    return f"The reply {message.body[:SHOWN]!r} did not arrive: it is {message.status}, error {message.error_code}: {message.error_message}"


def silent(said: str, what: str, within: float, answer: Answer | None, events: Sequence[DebugEvent]) -> str:
    """Nothing came, or too little, and nothing is known to have failed."""
    lines = [f"{what} came back within {within:g} s" + (f" of the text {said!r}." if said else ".")]
    if answer is not None:
        body = answer.body[:SHOWN].decode(errors="replace")
        kind = value_of(answer.headers, "content-type") or "no Content-Type"
        lines.append(f"  The app answered with status {answer.status}, {kind}: {body!r}")
    lines += [f"  {event.level.value.lower()} {event.code}: {event.message}" for event in events]
    if answer is None and not events and said:
        lines.append("  The app has not answered yet.")
    return "\n".join(lines)


def unconnected() -> str:
    """Nobody has said where the app is."""
    return (
        "The carrier has no app to call: say offhook_carrier.connect(url), "
        "or mark the test with @pytest.mark.offhook_carrier(to=url)."
    )
