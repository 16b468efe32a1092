"""Events as lines of JSON in a file, which is turned over when it has grown: `events.jsonl`, then `events.jsonl.1` for the one before, and so on.

The path is absolute, its folder exists, its name says that lines of JSON are in it; the file itself is no link, device or pipe, and what it holds
already are lines of JSON: no other file of the machine can be written to by whoever may make a sink.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from offhook.settings import kinds
from offhook.streams.model import Delivery, Event, Fault, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, http
from offhook.streams.sinks.lines import LineFile, UnusableFileError

_NAMES: Final = (".jsonl", ".ndjson", ".json", ".log")
_MEBIBYTE: Final = 1024 * 1024


def path(value: object) -> str:
    """Where the file is: an absolute path with a name for lines of JSON."""
    given = config.text(value)
    if not given.startswith("/") or ".." in given.split("/"):
        raise ValueError(f"{given!r} is not an absolute path: write something like /var/lib/offhook/events.jsonl")
    if not given.endswith(_NAMES) or not re.search(r"[^/]\.\w+$", given):
        raise ValueError(f"{given!r} is no name for lines of JSON: end it in {', '.join(_NAMES)}")
    return given


FIELDS: Final = (
    SinkField("path", "the file to write to, such as /var/lib/offhook/events.jsonl", path),
    SinkField(
        "rotate_bytes", "how large it may become before a new one is begun", kinds.size(1024, 1024**4).read, 100 * _MEBIBYTE
    ),
    SinkField("keep", "how many full files are kept", kinds.number(1, 1000).read, 10),
    SinkField("fsync", "whether events count as taken only when the disk has them", config.switch, True),
)


class FileSink:
    """Appends lines in a thread of their own: a disk may take its time."""

    def __init__(self, lines: LineFile, name: str) -> None:
        self._lines = lines
        self._name = name

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Append these, and return when the disk has them."""
        lines = [_line(event.body) for event in events]
        taken, error = await asyncio.to_thread(self._lines.append, lines)
        if error is None:
            return Delivery(taken=taken)
        words = (
            str(error) if isinstance(error, UnusableFileError) else f"Writing to {self._name} failed: {error.strerror or error}."
        )
        return Delivery(taken=taken, fault=Fault(code=http.ELSE, message=words, retry=True))

    async def close(self) -> None:
        """Let go of the file, once whoever writes to it has done so."""
        await asyncio.to_thread(self._lines.close)


def make(configuration: Mapping[str, Any], _: SinkParts) -> FileSink:
    """A client for one sink; the file is opened by the first event. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    place = Path(settings["path"])
    if not place.parent.is_dir():
        raise ValueError(f"path: there is no folder {place.parent}: make it, and let Offhook write in it")
    lines = LineFile(place, rotate_bytes=settings["rotate_bytes"], keep=settings["keep"], fsync=settings["fsync"])
    return FileSink(lines, str(place))


def _line(body: bytes) -> bytes:
    """An event's JSON in one line: between its tokens a line break means nothing, and inside of strings there is none."""
    return body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


KIND: Final = SinkKind(name="file", meaning="lines of JSON in a file, turned over by size", fields=FIELDS, make=make, batch=250)
