"""Lines as they are typed: at a terminal with the keys that one knows from a shell, or from a pipe or a file."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from types import ModuleType
from typing import Any, Final

Take = Callable[[str], Awaitable[bool]]
"""Takes a line; False where it was the last one that is wanted."""
LONGEST_LINE: Final = 1 << 16
_CLEAR: Final = "\r\x1b[K"


def _module(name: str) -> ModuleType | None:
    """A module of the standard library that not every system has."""
    try:
        return __import__(name)
    except ImportError:
        return None


_readline = _module("readline")
_termios = _module("termios")


class Typist:
    """Reads lines in a thread of its own, the next one when the last has been taken. `interactive`: a person sits at both ends."""

    def __init__(self, prompt: Callable[[], str]) -> None:
        self.interactive = bool(sys.stdin) and sys.stdin.isatty() and sys.stdout.isatty()
        self._prompt = prompt
        self._asking = False

    async def read(self, take: Take) -> None:
        """Hand each line to `take`, until the input ends or it has had enough."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            # The loop may be closed while a person still thinks: then nobody waits for the line any more.
            with contextlib.suppress(RuntimeError, CancelledError):
                for line in self._typed() if self.interactive else _piped():
                    if not asyncio.run_coroutine_threadsafe(_called(take, line), loop).result():
                        break
                loop.call_soon_threadsafe(ended.set)

        before = _state()
        # A daemon: a read from a terminal cannot be called off, and must not hold up the end.
        threading.Thread(target=work, name="typist", daemon=True).start()
        try:
            await ended.wait()
        finally:
            if self._asking:
                sys.stdout.write("\n")
                sys.stdout.flush()
            _restore(before)

    def show(self, write: Callable[[], None]) -> None:
        """Write something above the line that is being typed."""
        if not (self.interactive and self._asking):
            write()
            return
        sys.stdout.write(_CLEAR)
        write()
        begun = _readline.get_line_buffer() if _readline is not None else ""
        sys.stdout.write(self._prompt() + begun)
        sys.stdout.flush()

    def _typed(self) -> Iterator[str]:
        while True:
            self._asking = True
            try:
                line = input(self._prompt())
            except EOFError:
                return
            except UnicodeDecodeError:
                continue
            finally:
                self._asking = False
            yield line


def _piped() -> Iterator[str]:
    """The lines of standard input. Not by `sys.stdin`: its lock, held in a read at the end of the program, would be a crash."""
    rest = b""
    while chunk := _chunk():
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").removesuffix("\r") for line in lines)
        if len(rest) > LONGEST_LINE:
            yield rest.decode(errors="replace")
            rest = b""
    if rest:
        yield rest.decode(errors="replace")


def _chunk() -> bytes:
    """The next piece of standard input; nothing at its end, where it cannot be read, and where there is none."""
    with contextlib.suppress(OSError):
        return os.read(0, LONGEST_LINE) if sys.stdin else b""
    return b""


async def _called(take: Take, line: str) -> bool:
    return await take(line)


def _state() -> Any:
    """How the terminal is set, before the line editor changes that."""
    return _termios.tcgetattr(0) if _termios is not None and os.isatty(0) else None


def _restore(state: Any) -> None:
    if state is not None and _termios is not None:
        with contextlib.suppress(_termios.error):
            _termios.tcsetattr(0, _termios.TCSADRAIN, state)
