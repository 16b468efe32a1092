"""An examination at a terminal: what is said before and while it runs, and how Ctrl-C ends it with what is known by then."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.text import Text

from offhook.cli.terminal import one_line
from offhook.doctor.admission import Tools, admit
from offhook.doctor.checks import CHECKS
from offhook.doctor.examination import Examination, Progress
from offhook.doctor.findings import Report
from offhook.doctor.patient import Check
from offhook.doctor.question import Question


class Threads(ThreadPoolExecutor):
    """Threads for what cannot be stopped, such as a question to the system's resolver. Nobody waits for them at the end."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="doctor")
        self._asked: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have it done in a thread."""
        future = super().submit(fn, *args, **kwargs)
        self._asked.append(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - the event loop asks so
        """Let them go."""
        super().shutdown(wait=False, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether one of them is still at it."""
        return any(not each.done() for each in self._asked)


def run(open_tools: Callable[[], Tools], question: Question, threads: Threads) -> Report:
    """The examination, or as much of it as there was when Ctrl-C was pressed. Raises KeyboardInterrupt when that was pressed again."""
    with _progress() as progress:
        return asyncio.run(_examine(open_tools, question, progress, threads))


async def _examine(open_tools: Callable[[], Tools], question: Question, progress: Progress, threads: Threads) -> Report:
    asyncio.get_running_loop().set_default_executor(threads)
    tools = open_tools()
    try:
        examination = Examination(admit(question, tools), progress)
        try:
            return await examination.run()
        except asyncio.CancelledError:  # asyncio's own answer to SIGINT; a second one ends the program at once
            return examination.report()
    finally:
        await tools.close()


def hurry(code: int, threads: Threads) -> None:
    """End the program now, where a thread still waits for somebody: Python would wait for it in turn. Else do nothing."""
    if threads.busy and sys.stdout is sys.__stdout__:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """A line on stderr that says what is being looked at, where a person is watching; else nothing."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with _live(console) as progress:
        yield progress


@contextlib.contextmanager
def _live(console: Console) -> Iterator[Progress]:
    places = {check.name: place for place, check in enumerate(CHECKS, 1)}
    with console.status("Looking …") as status:

        def progress(check: Check) -> None:
            status.update(Text(f"{places.get(check.name, '?')} of {len(places)}  {one_line(check.name)}: {one_line(check.asks)}"))

        yield progress
