"""Every exchange with the app as a file: `offhook dev --record DIR`. One JSON a call, in order, the newest ones kept up to a cap.

What would be a secret is not in them: signatures, credentials and cookies are hidden, and keys and tokens never come here.
"""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from offhook import logs
from offhook.api.shapes import attempt_shape, iso, parameters_of, text_of
from offhook.errors import OffhookError
from offhook.records import Attempt, Headers, Kind, Record, Reply, Settlement

MOST_FILES: Final = 10_000
SECRETS: Final = frozenset({"x-twilio-signature", "authorization", "proxy-authorization", "cookie"})
_log = logs.get("dev")
_NAME: Final = re.compile(r"(\d{6,})-(message|status)-\w*\.json")


class Taped(Record):
    """What an app made of one call: what a replay compares. `status` 0: no answer."""

    status: int
    replies: tuple[dict[str, Any], ...] = ()
    codes: tuple[int, ...] = ()


class Tape:
    """A folder of recordings. One that has some already is gone on with. Raises OffhookError where it cannot be written."""

    def __init__(self, folder: Path, most: int = MOST_FILES) -> None:
        self._folder = folder
        self._most = most
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OffhookError(f"Cannot record in {folder}: {error.strerror or error}.") from error
        self._files = deque(path for _, path in _recordings(folder))
        self._next = max((number for number, _ in _recordings(folder)), default=0) + 1

    def heard(self, settlement: Settlement) -> None:
        """Keep one call and what came of it."""
        webhook = settlement.webhook
        path = self._folder / f"{self._next:06}-{webhook.kind.value}-{webhook.provider_id}.json"
        self._next += 1
        try:
            path.write_bytes(msgspec.json.format(msgspec.json.encode(written(settlement), enc_hook=str), indent=2) + b"\n")
            self._files.append(path)
            while len(self._files) > self._most:
                self._files.popleft().unlink(missing_ok=True)
        except OSError as error:  # a recording that cannot be kept stops no message
            _log.error("tape.failed", path=str(path), trouble=error.strerror or str(error))


def written(settlement: Settlement) -> dict[str, Any]:
    """A call as it is recorded: parameters, attempts with their exchanges and timings, the answer, what it asks for, what is wrong. Pure."""
    webhook, answer = settlement.webhook, settlement.webhook.answer
    body, encoding = text_of(answer.body) if answer else ("", "utf-8")
    return {
        "kind": webhook.kind.value,
        "at": iso(webhook.received_at),
        "parameters": [list(pair) for pair in parameters_of(webhook)],
        "attempts": [attempt_shape(_without_secrets(attempt)) for attempt in settlement.attempts],
        "answer": {"status": answer.status, "body": body, "body_encoding": encoding} if answer else None,
        "replies": [reply_of(reply, _origin(settlement)) for reply in settlement.replies],
        "errors": [
            {"code": event.code, "twilio_code": event.twilio_code, "message": event.message} for event in settlement.events
        ],
    }


def _without_secrets(attempt: Attempt) -> Attempt:
    """The attempt as it may lie about in a file: whoever has a signature can send its request again (spec: twilio-delivery §5.4)."""
    hidden = (replace(each, request_headers=_hidden(each.request_headers)) for each in attempt.exchanges)
    return replace(attempt, exchanges=tuple(hidden))


def _hidden(headers: Headers) -> Headers:
    return tuple((name, "[hidden]" if name.lower() in SECRETS else value) for name, value in headers)


def taped(recording: dict[str, Any]) -> Taped:
    """What a recording says of the app. Pure."""
    return Taped(
        status=recording["answer"]["status"] if recording["answer"] else 0,
        replies=tuple(recording["replies"]),
        codes=tuple(error["code"] for error in recording["errors"]),
    )


def reply_of(reply: Reply, origin: str) -> dict[str, Any]:
    """What the app asks for with a reply, without what is another each time: its own address may be."""
    return {
        "to": reply.to,
        "from": reply.sender,
        "body": reply.body,
        "media": [url.removeprefix(origin) for url in reply.media],
        "status_callback": reply.status_callback.removeprefix(origin),
    }


def _origin(settlement: Settlement) -> str:
    """Scheme, host and port of the app, as its answer's URL has them."""
    parts = urlsplit(settlement.attempts[-1].exchanges[-1].url)
    return f"{parts.scheme}://{parts.netloc}"


def recorded_texts(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The inbound messages of a recording, in order: the file's name and what it holds. Raises OffhookError."""
    found = [path for _, path in _recordings(folder) if f"-{Kind.MESSAGE.value}-" in path.name]
    if not found:
        raise OffhookError(f"There are no recorded texts in {folder}: record some with offhook dev --record {folder}.")
    for path in found:
        try:
            recording = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
            taped(recording)
        except (OSError, msgspec.DecodeError, LookupError, TypeError) as error:
            raise OffhookError(f"{path} is no recording of a text: {error}.") from error
        yield path.name, recording


def _recordings(folder: Path) -> list[tuple[int, Path]]:
    matches = ((_NAME.fullmatch(path.name), path) for path in folder.glob("*.json"))
    return sorted((int(match[1]), path) for match, path in matches if match)
