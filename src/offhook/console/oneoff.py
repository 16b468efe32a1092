"""Ask an app once, beside all deliveries: a webhook as it came in, edited, or at another URL. What comes of it is shown, and kept nowhere.

It is a request signed anew. No reply of it is sent, and the webhook stays as it is: law 2 (nothing vanishes) and law 3 (nothing is delivered
twice because the provider sent it twice) are those of deliveries, and this is none. A URL that a person types never gets the right to
private addresses, even where the configuration names the same one (limits §2.3).
"""

import uuid
from collections.abc import Coroutine
from itertools import zip_longest
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from offhook.api.problems import Problem
from offhook.console.html import unhidden
from offhook.delivery.cookies import CookieJars
from offhook.delivery.round import RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.net.urls import parse_target
from offhook.ports import Transport
from offhook.providers import raw
from offhook.records import Attempt, Endpoint, Exchange, Failure, HttpRequest, Limits, Parameters, Webhook

LONGEST_URL: Final = 2000
MOST_PARAMETERS: Final = 500
_TOKEN: Final = b"i-twilio-idempotency-token:"


class Edit(NamedTuple):
    """What is to be sent instead: other parameters, another body (of a request that has no form), or neither."""

    parameters: Parameters | None = None
    body: bytes | None = None


class OneOff:
    """Makes such requests over a house's own means of delivery."""

    def __init__(self, parts: RoundParts) -> None:
        self._parts = parts

    async def send(self, webhook: Webhook, endpoint: Endpoint, url: str = "") -> Attempt:
        """Ask the endpoint's app, or whoever is at `url`. Raises Problem 20001 for what is no URL."""
        if url:
            check_url(url)
        asked = replace(endpoint, app_url=url or endpoint.app_url, fallback_url=None, verify_tls=bool(url) or endpoint.verify_tls)
        transport = _Stranger(self._parts.transport) if url else self._parts.transport
        # Cookies of conversations stay out of it, and those that come are forgotten.
        runner = RoundRunner(
            RoundParts(
                transport=transport,
                sign=self._parts.sign,
                judge=self._parts.judge,
                clock=self._parts.clock,
                ids=self._parts.ids,
                redirects=self._parts.redirects,
                jars=CookieJars(),
            )
        )
        return (await runner.run(webhook, asked)).attempts[0]


class _Stranger:
    """The door to the network as a URL has it that no configuration names."""

    def __init__(self, door: Transport) -> None:
        self._door = door

    def exchange(self, request: HttpRequest, limits: Limits, *, trusted: bool = False) -> Coroutine[Any, Any, Exchange]:
        """Make an exchange, with a public address only."""
        del trusted
        return self._door.exchange(request, limits, trusted=False)


def check_url(url: str) -> None:
    """Raises Problem 20001, in words for the person who has typed it."""
    if len(url) > LONGEST_URL or not url.isprintable():
        raise Problem(20001, f"A URL has up to {LONGEST_URL} characters, all of which can be seen.")
    target = parse_target(url.partition("#")[0])
    if isinstance(target, Failure):
        raise Problem(
            20001, f"That URL cannot be called: {target.detail.rstrip('.')}. Write one such as https://example.com/sms."
        )


def edited(webhook: Webhook, edit: Edit) -> Webhook:
    """The webhook with other content, and an idempotency token of its own: to the app it is another request, not a repetition. Pure but for the token."""
    if edit.parameters is None and edit.body is None:
        return webhook
    head, body = webhook.head, webhook.body
    if edit.parameters is not None:
        encoded = urlencode(edit.parameters).encode()
        if is_in_body(webhook):
            body = encoded
        else:
            head = _with_query(head, encoded)
    elif edit.body is not None:
        body = edit.body
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((_TOKEN, b"content-length:"))]
    token = b"I-Twilio-Idempotency-Token: " + str(uuid.uuid4()).encode()
    return replace(webhook, head=b"\r\n".join([*lines, token]), body=body)


def is_in_body(webhook: Webhook) -> bool:
    """Whether the parameters stand in a form, and not in the URL's query."""
    return bool(webhook.body) and raw.media_type(raw.header(webhook.head, "content-type")) == raw.FORM


def read_edit(webhook: Webhook, form: Parameters) -> Edit:
    """What a form of the console's asks for: `name` and `value` in pairs, or `body`. What is as it was is no edit. Raises Problem 20001.

    A parameter without a name is left out. Browsers write the ends of lines as CR LF: they become what they were.
    """
    names = [value for name, value in form if name == "name"]
    values = [value for name, value in form if name == "value"]
    if len(names) != len(values) or len(names) > MOST_PARAMETERS:
        raise Problem(20001, f"Send up to {MOST_PARAMETERS} parameters, each with a name and a value.")
    values = [_lines(value) for value in values]
    bodies = [_lines(value) for name, value in form if name == "body"]
    before = raw.parameters(webhook.head, webhook.body)
    if names:
        typed = zip_longest(zip(names, values, strict=True), before)
        parameters = tuple(_as_meant(pair, was) for pair, was in typed if pair is not None and pair[0])
        return Edit() if parameters == before else Edit(parameters=parameters)
    if bodies and not is_in_body(webhook):
        was = raw.text(webhook.body)
        return Edit() if bodies[0] == _shown(was) else Edit(body=bodies[0].encode("utf-8", "replace"))
    return Edit()


def _as_meant(typed: tuple[str, str], was: tuple[str, str] | None) -> tuple[str, str]:
    """A pair as it was where the form still has it as it was shown."""
    if was is None:
        return typed
    name, value = (before if given == _shown(before) else given for given, before in zip(typed, was, strict=True))
    return name, value


def _shown(text: str) -> str:
    """A text as a form gives it back when nothing has been changed in it."""
    return _lines(unhidden(text))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_query(head: bytes, encoded: bytes) -> bytes:
    line, end, rest = head.partition(b"\r\n")
    method, _, target = line.partition(b" ")
    path, _, version = target.rpartition(b" ")
    return b"%s %s?%s %s" % (method, path.partition(b"?")[0], encoded, version) + end + rest
