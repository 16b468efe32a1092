"""Events cut into requests that a server takes: so many, so many bytes in all, so many each. They go one request after the other.

A client that has much to hand over to a slow server gives an account now and then: whoever asked must be able to write down how far it has come.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from offhook.ports import Clock
from offhook.streams.model import Delivery
from offhook.streams.sinks.http import refused


class Bounds(NamedTuple):
    """What one request may hold: pieces, their bytes together, and the bytes of each. `overhead` is what a piece costs besides its own bytes."""

    most: int
    total: int
    each: int
    overhead: int = 1


PATIENCE: Final = 5.0
"""Seconds after which no further request is begun. With one that is under way it must stay well below what a carrier waits for a client."""

Late = Callable[[], bool]
Send = Callable[[slice], Awaitable[Delivery]]


def patience(clock: Clock) -> Late:
    """Says whether it is time to give an account, from now on."""
    until = clock.monotonic() + PATIENCE
    return lambda: clock.monotonic() >= until


async def in_portions(sizes: Sequence[int], bounds: Bounds, send: Send, late: Late) -> Delivery:
    """Send pieces of these sizes, in their order, as many at a time as fit; stops at the first that is not taken, and when it is late.

    One that would fit into no request is refused without asking the server.
    """
    taken = 0
    while taken < len(sizes) and not (taken and late()):
        end = _end(sizes, taken, bounds)
        if end == taken:
            fault = refused(f"The event has {sizes[taken]} bytes, and this sink takes at most {bounds.each}.")
            return Delivery(taken=taken, refused=1, fault=fault)
        came = await send(slice(taken, end))
        if came.fault is not None:
            return Delivery(taken=taken + came.taken, refused=came.refused, fault=came.fault)
        taken = end
    return Delivery(taken=taken)


def _end(sizes: Sequence[int], start: int, bounds: Bounds) -> int:
    """Where a request that begins there ends."""
    total, end = 0, start
    while end < len(sizes) and end - start < bounds.most and sizes[end] <= bounds.each:
        total += sizes[end] + bounds.overhead
        if total > bounds.total:
            break
        end += 1
    return end
