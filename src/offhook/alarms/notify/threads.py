"""Libraries that block, in threads that nobody waits for at the end."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T], name: str) -> T:
    """The result of work that cannot be interrupted; when its waiter is cancelled, it goes on to its own end, unheard.

    Not `asyncio.to_thread`: the loop joins its own threads when it closes, and a server that hangs would hold up the stop.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        if not future.done():
            set_it()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            caught = error
            tell(lambda: future.set_exception(caught))
        else:
            tell(lambda: future.set_result(result))

    def tell(set_it: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile, and nobody wants to know any more
            loop.call_soon_threadsafe(settle, set_it)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future
