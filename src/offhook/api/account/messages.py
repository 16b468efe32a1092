"""The Messages resource: create, list, fetch, update, delete."""

import re

import msgspec
from starlette.responses import Response

from offhook.api.account.asked import Asked, with_plus
from offhook.api.account.message_draft import drafted
from offhook.api.account.message_shapes import CANCELABLE, message_shape
from offhook.api.account.paging import Listing, cut_messages
from offhook.api.account.problems import Refused
from offhook.api.account.times import span
from offhook.api.operation import json_answer
from offhook.simulator.book import MessageFilter
from offhook.simulator.records import ENDED, Message, Status

_MIDNIGHT = re.compile(r"T00:00:00(\.0+)?Z?$")
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


def create_message(asked: Asked) -> Response:
    """Send a message."""
    return json_answer(message_shape(asked.desk.carrier.send(drafted(asked))), 201)


def list_messages(asked: Asked) -> Response:
    """A page of messages, the newest first."""
    listing = Listing[Message](asked, "messages", FILTERS)
    return listing.by_uris(cut_messages(asked.desk.book, message_filter(asked), listing.page), message_shape)


def message_filter(asked: Asked) -> MessageFilter:
    """Which messages are meant. A bound includes the day, or the second, that it names. Raises Refused 20001.

    `DateSent` at midnight is the day: the SDKs write a day so.
    """
    starts, ends = [], []
    for name, has_start, has_end in (("DateSent", True, True), ("DateSent>", True, False), ("DateSent<", False, True)):
        text = asked.text(name)
        if text:
            start, end = span(name, text.partition("T")[0] if has_start and has_end and _MIDNIGHT.search(text) else text)
            starts += [start] * has_start
            ends += [end] * has_end
    return MessageFilter(
        to=with_plus(asked.text("To")),
        sender=with_plus(asked.text("From")),
        since=max(starts, default=None),
        until=min(ends, default=None),
    )


def fetch_message(asked: Asked) -> Response:
    """One message."""
    return json_answer(message_shape(message_of(asked)))


def update_message(asked: Asked) -> Response:
    """Blank a message's body, or cancel one that has not left: Twilio lets nothing else be changed."""
    message = message_of(asked)
    if asked.text("Status"):
        if asked.text("Status") != Status.CANCELED.value:
            raise Refused(20001, "The Status of a message can only be set to `canceled`.")
        if message.status not in CANCELABLE:
            raise Refused(30409, f"The message is {message.status.value}, and cannot be canceled any more.")
        message = asked.desk.carrier.cancel(message)
    if asked.has("Body"):
        if asked.text("Body"):
            raise Refused(20001, "The Body of a message can only be set to an empty text.")
        _check_ended(message)
        message = asked.desk.book.keep(msgspec.structs.replace(message, body="", updated_at=asked.desk.clock.now()))
    return json_answer(message_shape(message))


def delete_message(asked: Asked) -> Response:
    """Forget a message."""
    message = message_of(asked)
    _check_ended(message)
    asked.desk.book.forget(message.sid)
    return Response(status_code=204)


def message_of(asked: Asked) -> Message:
    """The message in the path. Raises Refused 20404."""
    message = asked.desk.book.message(asked.ids["message"])
    if message is None:
        raise Refused(20404, f"There is no message {asked.ids['message'][:50]}.")
    return message


def _check_ended(message: Message) -> None:
    if message.status not in ENDED:
        raise Refused(20009, f"The message is {message.status.value}; wait until it has come to an end.")
