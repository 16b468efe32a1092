"""Events as lines of JSON in a file, which is turned over when it has grown: `events.jsonl`, then `events.jsonl.1` for the one before, and so on.

A relative path begins at the journal's folder and stays in it. The folder must be there, the name must say that lines of JSON are in the file, the
file itself is no link, device or pipe, and what it holds already are events: whoever may make a sink can harm no other file of the machine by it.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from offhook.settings import kinds
from offhook.streams import retries
from offhook.streams.model import Delivery, Event, Fault, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config
from offhook.streams.sinks.lines import LineFile, UnusableFileError

_NAMES: Final = (".jsonl", ".ndjson", ".json", ".log")
_MEBIBYTE: Final = 1024 * 1024


def path(value: object) -> str:
    """Where the file is: a path with a name for lines of JSON, absolute or below the journal's folder."""
    given = config.text(value)
    if ".." in given.split("/") or given.startswith("~"):
        raise ValueError(f"{given!r} leads elsewhere: write the whole path, such as /var/lib/offhook/events.jsonl")
    if not given.endswith(_NAMES) or not re.search(r"[^/]\.\w+$", given):
        raise ValueError(f"{given!r} is no name for lines of JSON: end it in {', '.join(_NAMES)}")
    return given


FIELDS: Final = (
    SinkField("path", "the file to write to, such as /var/lib/offhook/events.jsonl, or events.jsonl beside the database", path),
    SinkField(
        "rotate_bytes", "how large it may become before a new one is begun", kinds.size(1024, 1024**4).read, 100 * _MEBIBYTE
    ),
    SinkField("keep", "how many full files are kept", kinds.number(1, 1000).read, 10),
    SinkField("fsync", "whether events count as taken only when the disk has them", config.switch, True),
)


class FileSink:
    """Appends lines in a thread of its own: a disk may take its time, a share on the network for ever, and nobody else is to wait for it."""

    def __init__(self, lines: LineFile, name: str) -> None:
        self._lines = lines
        self._name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file-sink")
        self._writing: asyncio.Future[tuple[int, OSError | None]] | None = None

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Append these, and return when the disk has them."""
        if self._is_writing:
            message = f"{self._name}: the disk has not yet taken what it was given before."
            return Delivery(taken=0, fault=Fault(code=retries.NO_ANSWER, message=message, retry=True))
        lines = [_line(event.body) for event in events]
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._lines.append, lines)
        taken, error = await asyncio.shield(self._writing)
        if error is None:
            return Delivery(taken=taken)
        words = (
            str(error) if isinstance(error, UnusableFileError) else f"Writing to {self._name} failed: {error.strerror or error}."
        )
        return Delivery(taken=taken, fault=Fault(code=retries.INTERNAL, message=words, retry=True))

    async def close(self) -> None:
        """Let go of the file. A thread that still writes to it is left to its work, and the file with it."""
        if not self._is_writing:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._lines.close)
        self._thread.shutdown(wait=False)

    @property
    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()


def make(configuration: Mapping[str, Any], parts: SinkParts) -> FileSink:
    """A client for one sink; the file is opened by the first event. Raises ValueError."""
    settings = config.read_all(FIELDS, configuration)
    place = parts.folder / settings["path"]
    if not place.parent.is_dir():
        raise ValueError(f"path: there is no folder {place.parent}: make it, and let Offhook write in it")
    if not settings["path"].startswith("/") and not place.parent.resolve().is_relative_to(parts.folder.resolve()):
        raise ValueError(f"path: a link leads from {place.parent} to elsewhere: write the whole path")
    lines = LineFile(place, rotate_bytes=settings["rotate_bytes"], keep=settings["keep"], fsync=settings["fsync"])
    return FileSink(lines, str(place))


def _line(body: bytes) -> bytes:
    """An event's JSON in one line: between its tokens a line break means nothing, and inside of strings there is none."""
    return body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


KIND: Final = SinkKind(name="file", meaning="lines of JSON in a file, turned over by size", fields=FIELDS, make=make, batch=250)
