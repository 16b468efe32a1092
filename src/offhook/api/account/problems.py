"""What the account's API says when it refuses: Twilio's codes, its statuses and its shape, in words of our own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from starlette.responses import Response

from offhook.api.problems import Meaning
from offhook.debugger.catalogue import page_about

CODES: Final[Mapping[int, Meaning]] = MappingProxyType(
    {
        20001: Meaning(400, "A parameter is missing or has a value that is not acceptable."),
        20003: Meaning(401, "Call with the account's SID as the user name and its Auth Token as the password."),
        20004: Meaning(405, "The resource exists, but not with this method."),
        20009: Meaning(409, "The message is still on its way; wait until it has come to an end."),
        20404: Meaning(404, "There is no such resource."),
        20429: Meaning(429, "Too many requests at a time. This one was not processed."),
        21211: Meaning(400, "The 'To' is no number that a message can go to."),
        21212: Meaning(400, "The 'From' is neither a number nor another kind of sender."),
        21402: Meaning(400, "A URL begins with http:// or https:// and names a host."),
        21403: Meaning(400, "A method is GET or POST."),
        21405: Meaning(400, "A VoiceFallbackUrl needs a VoiceUrl."),
        21406: Meaning(400, "An SmsFallbackUrl needs an SmsUrl."),
        21421: Meaning(400, "The PhoneNumber is none. Write it as +12025550123."),
        21422: Meaning(400, "The PhoneNumber cannot be had: it is taken."),
        21452: Meaning(400, "There is no number left in this area code."),
        21502: Meaning(400, "A StatusCallback begins with http:// or https:// and names a host."),
        21602: Meaning(400, "The 'Body' is empty, and there is nothing else to send."),
        21603: Meaning(400, "Say who sends the message: a 'From' or a 'MessagingServiceSid'."),
        21604: Meaning(400, "Say whom the message is for: a 'To'."),
        21606: Meaning(400, "The 'From' is not one of the account's numbers."),
        21609: Meaning(400, "The 'StatusCallback' is no URL. One begins with http:// or https:// and names a host."),
        21610: Meaning(400, "The recipient has opted out of messages from this sender."),
        21612: Meaning(400, "No message can go from this 'From' to this 'To'."),
        21617: Meaning(400, "The 'Body' has more than 1600 characters."),
        21619: Meaning(400, "Say what to send: a 'Body', a 'MediaUrl' or a 'ContentSid'."),
        21620: Meaning(400, "A 'MediaUrl' begins with http:// or https:// and names a host."),
        21623: Meaning(400, "A message has up to 10 media."),
        21624: Meaning(400, "A 'ValidityPeriod' is a whole number of seconds from 1 to 36000."),
        21654: Meaning(400, "The 'ContentVariables' need a 'ContentSid'."),
        21655: Meaning(400, "A 'ContentSid' is HX and 32 hex digits."),
        21656: Meaning(400, "The 'ContentVariables' must be a JSON object."),
        21701: Meaning(404, "There is no such Messaging Service."),
        21703: Meaning(400, "The Messaging Service has no number to send from."),
        21710: Meaning(409, "The number is in this Messaging Service already."),
        21711: Meaning(400, "The 'From' is not in the pool of the Messaging Service."),
        21712: Meaning(409, "The number is in another Messaging Service."),
        21910: Meaning(400, "'From' and 'To' must be of the same channel."),
        30409: Meaning(409, "The message cannot be canceled any more."),
        35111: Meaning(400, "A message with a 'ScheduleType' needs a 'SendAt'."),
        35114: Meaning(400, "A 'SendAt' is a time such as 2026-11-26T15:00:00Z, from 5 minutes to 35 days ahead."),
        35118: Meaning(400, "Only a Messaging Service schedules messages: give a 'MessagingServiceSid'."),
    }
)


class Refused(Exception):  # noqa: N818 - an answer rather than a fault, as `api.problems.Problem`
    """The account's API refuses."""

    def __init__(self, code: int, message: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message or CODES[code].meaning)
        self.code = code
        self.headers = headers


def refusal(refused: Refused) -> Response:
    """The HTTP answer."""
    status = CODES[refused.code].status
    shape = {"code": refused.code, "message": str(refused), "more_info": page_about(refused.code), "status": status}
    return Response(msgspec.json.encode(shape), status, refused.headers, "application/json")
