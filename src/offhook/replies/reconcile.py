"""Was it sent? Looking for a reply among the messages that exist. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

from offhook.records import Reply
from offhook.replies.rest import Sent

# Our clock and Twilio's differ a little, and theirs counts whole seconds.
CLOCK_SLACK: Final = 5.0


def unresolved(reply: Reply) -> bool:
    """Whether the last try has no known result: it was begun, and nothing was written of how it ended.

    A try is written down before its request leaves, with code 0; whatever is known of it later comes with the code of that.
    """
    return reply.attempts > 0 and reply.code == 0


def find(reply: Reply, messages: Sequence[Sent], taken: Collection[str]) -> Sent | None:
    """The oldest listed message that can be this reply, leaving out those known to be others (`taken`)."""
    candidates = [each for each in messages if each.sid not in taken and _is(reply, each)]
    return min(candidates, key=lambda each: each.created_at, default=None)


def _is(reply: Reply, message: Sent) -> bool:
    if not message.direction.startswith("outbound") or message.to != reply.to:
        return False
    by_service = reply.messaging_service_sid and message.messaging_service_sid == reply.messaging_service_sid
    if not by_service and message.sender != reply.sender:
        return False
    if not reply.body:
        return not message.body and message.media == len(reply.media)
    # A trial account's messages begin with a sentence of Twilio's and a dash.
    return message.body == reply.body or message.body.endswith(f" - {reply.body}")
