"""One request to the account's API, read: who is asked for, and with which parameters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.responses import Response

from offhook.api.account.problems import Refused
from offhook.net.urls import is_url
from offhook.ports import Clock
from offhook.records import Parameters
from offhook.simulator.book import Book
from offhook.simulator.carrier import Carrier

FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the API works with."""

    book: Book
    carrier: Carrier
    clock: Clock


class Asked(NamedTuple):
    """What was asked: `ids` are those in the path, `given` the parameters of the query and the form in order, `url` the whole URL."""

    desk: Desk
    ids: Mapping[str, str]
    given: Parameters
    url: str

    def has(self, name: str) -> bool:
        """Whether a parameter was given, be it empty."""
        return any(each == name for each, _ in self.given)

    def text(self, name: str, default: str = "") -> str:
        """A parameter's value; of several the last."""
        return next((value for each, value in reversed(self.given) if each == name), default)

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return [value for each, value in self.given if each == name]

    def switch(self, name: str, *, default: bool) -> bool:
        """Yes or no. Raises Refused 20001."""
        text = self.text(name).strip().casefold()
        if text not in {"", "true", "false"}:
            raise Refused(20001, f"{name} is true or false.")
        return text == "true" if text else default


Handler = Callable[[Asked], Response]


def parameters(query: str, content_type: str, body: bytes) -> Parameters:
    """The parameters of the query and of a form. Any other kind of body has none, as at Twilio."""
    found = parse_qsl(query, keep_blank_values=True)
    if content_type.partition(";")[0].strip().casefold() == FORM:
        found += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return tuple(found)


def with_plus(text: str) -> str:
    """A number whose plus sign was not encoded, and has arrived as a blank."""
    return re.sub(r"^ (?=\d)", "+", text)


def url_of(asked: Asked, name: str, default: str, code: int = 21402) -> str:
    """A URL, "" for none. Raises Refused with the code where it is no URL."""
    text = asked.text(name, default).strip()
    if text and not is_url(text):
        raise Refused(code)
    return text


def method_of(asked: Asked, name: str, default: str) -> str:
    """The method with which a URL is called. Raises Refused 21403."""
    text = asked.text(name).strip().upper() or default
    if text not in METHODS:
        raise Refused(21403)
    return text
