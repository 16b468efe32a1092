"""Logs: one wide line per event, to stderr. JSON where a program reads, columns where a person does.

An event's name is dotted words (`webhook.received`); ids come first among its fields; a phone number goes through `mask`, a secret
never comes here. A logger may be made before `configure` is called, and follows every later call of it. A log line that cannot be
written (a broken pipe, a full disk) is lost: logging never stops a delivery.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TextIO

import msgspec
import structlog

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Fields = dict[str, Any]
Beginning = tuple[str, str, str, str]
"""What every line begins with."""


class Line(msgspec.Struct, gc=False):
    """A line that is said for every webhook, with fields that are always the same ones: `wide` says it, for a third of the time.

    A subclass adds its fields; what every line begins with comes from `Logger.begin`.
    """

    timestamp: str
    level: str
    event: str
    logger: str


class Output:
    """Where the lines go, and from which level on."""

    def __init__(self) -> None:
        self.threshold = LEVELS["warning"]
        self._stream: TextIO | None = None
        self._descriptor: int | None = None
        self._schedule: Callable[[Callable[[], None]], object] | None = None
        self._held: list[msgspec.Raw | Line] = []

    def to(self, stream: TextIO | None) -> None:
        """Write to this stream from now on: by its descriptor where it has one, so that a line is one write."""
        self.flush()
        self._stream, self._descriptor = stream, None
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
                self._descriptor = stream.fileno()

    def hold(self, schedule: Callable[[Callable[[], None]], object] | None) -> None:
        """Gather lines, and have `schedule` call for them to be written soon; None: write each at once again."""
        self.flush()
        self._schedule = schedule

    def write_all(self, lines: Sequence[Line]) -> None:
        """Write these lines, with those that are gathered if any are."""
        held = self._held
        if held and len(held) + len(lines) < MOST_HELD:
            held += lines
        else:
            for line in lines:
                self.write(line)

    def write(self, line: bytes | Line) -> None:
        """Write one line, at once or with those that follow soon."""
        if self._schedule is None:
            self._put(_bytes(line))
            return
        if not self._held:
            self._schedule(self.flush)
        self._held.append(msgspec.Raw(line[:-1]) if isinstance(line, bytes) else line)
        if len(self._held) >= MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._held:
            held, self._held = self._held, []
            self._put(_lines(held))

    def _put(self, line: bytes) -> None:
        """Write, or lose it."""
        stream = self._stream
        if stream is None or stream.closed:  # a closed stream's descriptor may be somebody else's by now
            return
        try:
            if self._descriptor is None:
                stream.write(line.decode())
                stream.flush()
            else:
                os.write(self._descriptor, line)
        except (OSError, ValueError):  # not `suppress`: that would cost a tenth of the whole line
            pass


_BEGINNING: Final = frozenset(Line.__struct_fields__)
# The lines of busy seconds are written together: a system call for each would cost more than making it. What is wrong is written at once.
GATHERED: Final = frozenset({"debug", "info"})
MOST_HELD: Final = 256
DELAY: Final = 0.05
"""Seconds that gathered lines may wait for more of their kind."""

_OUTPUT: Final = Output()
# One list, changed in place: every logger holds it, whenever it was made (and structlog's own `capture_logs` does the same).
_PROCESSORS: Final[list[Any]] = []


class Logger(structlog.BoundLoggerBase):
    """A logger with fields bound to it. A call below the threshold costs one comparison."""

    def debug(self, event: str, **fields: Any) -> None:
        """Say what only somebody who looks for a fault wants to read."""
        if _OUTPUT.threshold <= 10:
            self._say("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Say what happened."""
        if _OUTPUT.threshold <= 20:
            self._say("info", event, fields)

    def wide(self, lines: Sequence[Line]) -> None:
        """Say what happened to webhooks, a line for each: `info`, made by `begin` and the line's own fields."""
        if _PROCESSORS[0] is _json_line:
            _OUTPUT.write_all(lines)
            return
        for line in lines:
            fields = {name: value for name, value in msgspec.structs.asdict(line).items() if name not in _BEGINNING}
            self._say("info", line.event, fields)

    def begin(self, event: str) -> Beginning | None:
        """What a line that is said now begins with; None when nobody wants `info`."""
        return (_now(), "info", event, self._context["logger"]) if _OUTPUT.threshold <= 20 else None

    def warning(self, event: str, **fields: Any) -> None:
        """Say what the operator should look at."""
        if _OUTPUT.threshold <= 30:
            self._say("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Say what has failed."""
        if _OUTPUT.threshold <= 40:
            self._say("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Say what has failed, with the traceback of the exception that is being handled."""
        self.error(event, **{"exc_info": True, **fields})

    def _say(self, level: str, event: str, fields: dict[str, Any]) -> None:
        # structlog's `_proxy_to_logger` with two copies of the fields fewer: this is on the path of every webhook.
        line: Any = {"timestamp": _now(), "level": level, "event": event, **self._context, **fields}
        try:
            for process in self._processors:
                line = process(self._logger, level, line)
        except structlog.DropEvent:
            return
        self._logger.write(line)
        if level not in GATHERED:
            self._logger.flush()


def get(name: str) -> Logger:
    """A logger with its name bound to it: the room that speaks, such as `intake`."""
    return Logger(_OUTPUT, _PROCESSORS, {"logger": name})


def configure(level: str = "info", json: bool | None = None, stream: TextIO | None = None) -> None:
    """Set level (a key of LEVELS), form (None: JSON unless the stream is a terminal) and stream (None: stderr) of all loggers."""
    target = sys.stderr if stream is None else stream
    terminal = _is_terminal(target)
    _OUTPUT.threshold = LEVELS[level]
    _OUTPUT.to(target)
    as_json = not terminal if json is None else json
    _PROCESSORS[:] = [_json_line if as_json else _columns(colors=terminal and "NO_COLOR" not in os.environ)]
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=Logger,
        logger_factory=lambda *_: _OUTPUT,
        cache_logger_on_first_use=False,
    )
    _adopt_standard_logging()


def hold(schedule: Callable[[Callable[[], None]], object] | None) -> None:
    """Gather the lines of `debug` and `info`: `schedule` is given what writes them, and calls it a moment later. None ends it."""
    _OUTPUT.hold(schedule)


def mask(number: str) -> str:
    """A phone number that can be told from others but not called: `+15551234567` is `+1555•••4567`; a prefix (`whatsapp:`) stays."""
    if len(number) >= 12 and number[0] == "+" and ":" not in number:
        return f"{number[:5]}•••{number[-4:]}"
    prefix, colon, rest = number.rpartition(":")
    plus = rest[:1] if rest.startswith("+") else ""
    digits = rest[len(plus) :]
    if len(digits) < 4:
        return f"{prefix}{colon}{plus}{'•••' if digits else ''}"
    tail = 4 if len(digits) >= 8 else 2
    head = max(1, min(4, len(digits) - tail - 3))
    return f"{prefix}{colon}{plus}{digits[:head]}•••{digits[-tail:]}"


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(OSError, ValueError):
        return stream is not None and stream.isatty()
    return False


def _clock() -> Callable[[], str]:
    """ISO 8601 in UTC with milliseconds; the part down to the second is worked out once a second."""
    known = (-1, "")
    at, text = -1, ""

    def now() -> str:
        nonlocal known, at, text
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds != at:
            second = milliseconds // 1000
            if known[0] != second:
                known = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
            at, text = milliseconds, f"{known[1]}.{milliseconds % 1000:03d}Z"
        return text

    return now


_now: Final = _clock()
_encoder: Final = msgspec.json.Encoder(enc_hook=str)
_encode, _encode_lines = _encoder.encode, _encoder.encode_lines
_explain: Final = structlog.processors.format_exc_info


def _json_line(_: Any, __: str, fields: Fields) -> bytes:
    line = _explain(None, "", fields) if "exc_info" in fields else fields
    try:
        return _encode(line) + b"\n"
    except (TypeError, ValueError):  # a lone surrogate, a key that is no string: shown as ASCII rather than lost
        return _encode({_ascii(name): _ascii(value) for name, value in line.items()}) + b"\n"


def _bytes(line: bytes | Line) -> bytes:
    if isinstance(line, bytes):
        return line
    try:
        return _encode(line) + b"\n"
    except (TypeError, ValueError):
        return _json_line(None, "", msgspec.structs.asdict(line))


def _lines(held: list[msgspec.Raw | Line]) -> bytes:
    try:
        return _encode_lines(held)
    except (TypeError, ValueError):
        return b"".join([_bytes(line) if isinstance(line, Line) else bytes(line) + b"\n" for line in held])


def _ascii(value: Any) -> str:
    return str(value).encode("ascii", "backslashreplace").decode()


def _columns(*, colors: bool) -> Callable[[Any, str, Fields], bytes]:
    """One line in columns, with its traceback below it where there is one. What has no value is for programs: it is left out."""
    # Frames without their local variables: those may hold what must not be written down.
    frames = structlog.dev.RichTracebackFormatter(show_locals=False) if colors else structlog.dev.plain_traceback
    render = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=24, sort_keys=False, exception_formatter=frames)

    def columns(logger: Any, level: str, fields: Fields) -> bytes:
        said = {name: value for name, value in fields.items() if value is not None and value != ""}
        return (render(logger, level, said) + "\n").encode(errors="replace")

    return columns


class _Bridge(logging.Handler):
    """Takes what libraries say through the standard library's logging into our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on, at its own level."""
        method = next((name for name, number in reversed(LEVELS.items()) if record.levelno >= number), "debug")
        speaker = Logger(_OUTPUT, _PROCESSORS, {"logger": record.name})
        getattr(speaker, method)(record.getMessage(), exc_info=record.exc_info or None)


def _adopt_standard_logging() -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Bridge)]:
        root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(max(_OUTPUT.threshold, logging.WARNING))


_OUTPUT.to(sys.stderr)
_PROCESSORS.append(_json_line)
