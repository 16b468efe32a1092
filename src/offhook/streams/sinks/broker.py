"""What all brokers have in common: a connection that is made when it is needed, given up at the first fault, and made anew.

The clients' own reconnecting is switched off. They would send what has piled up behind an event that was lost on the way, and so change
the order; and they would connect without the address having been checked.
"""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from offhook.net.tls import handshake_failure
from offhook.streams.model import Delivery, Event, Fault
from offhook.streams.retries import NO_ANSWER, NO_CONNECTION
from offhook.streams.sinks.faults import late, unforeseen, unreachable
from offhook.streams.sinks.reach import Server, UnreachableError, addresses_of

Line = TypeVar("Line")

_ELSEWHERE = (NO_ANSWER, NO_CONNECTION)
_CONNECT_WITHIN = 5.0
_CLOSE_WITHIN = 2.0


class FaultError(Exception):
    """A broker has not taken the next event. `whole`: nor will it take any other of the batch."""

    def __init__(self, fault: Fault, *, whole: bool = False) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.whole = whole


class Tally:
    """How many events of a batch are safely with the broker, counted while they are being handed over."""

    def __init__(self) -> None:
        self.taken = 0


class Broker(Protocol[Line]):
    """What differs between one kind of broker and another."""

    async def connect(self, server: Server, address: str) -> Line:
        """A connection to this address of the server, ready for events."""

    async def send(self, line: Line, events: Sequence[Event], tally: Tally) -> None:
        """Hand these over in their order, counting what has been confirmed, and only that. Raises at the first that has not been."""

    async def close(self, line: Line) -> None:
        """Let go of a connection, whatever state it is in."""

    def fault_of(self, error: Exception) -> Fault | None:
        """What an exception of the client's library means; None where it says nothing to this broker.

        The library's own words are read and not told: they may hold a secret, or the event.
        """


class BrokerClient(Generic[Line]):
    """A `SinkClient` for a broker that is at one of these servers. `within` is how long a batch may take, in seconds."""

    def __init__(self, broker: Broker[Line], servers: Sequence[Server], within: float) -> None:
        self._broker = broker
        self._servers = servers
        self._within = within
        self._line: Line | None = None

    async def deliver(self, events: Sequence[Event]) -> Delivery:
        """Hand these over, in their order."""
        tally = Tally()
        try:
            if self._line is None:
                self._line = await self._connect()
            async with asyncio.timeout(self._within):
                await self._broker.send(self._line, events, tally)
        except Exception as error:  # noqa: BLE001 - whatever a client's library raises is an outcome, not an error of ours
            fault, whole = self._read(error)
            await self.close()
            refused = 0 if fault.retry else (len(events) - tally.taken if whole else 1)
            return Delivery(taken=tally.taken, refused=refused, fault=fault)
        except BaseException:
            await self.close()
            raise
        return Delivery(taken=len(events))

    async def close(self) -> None:
        """Let go of the connection; what was under way on it is not waited for."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_CLOSE_WITHIN):
                    await self._broker.close(line)

    async def _connect(self) -> Line:
        """A connection to the first server that can be reached."""
        faults = []
        for server in self._servers:
            try:
                async with asyncio.timeout(_CONNECT_WITHIN):
                    return await self._connect_to(server)
            except Exception as error:  # noqa: BLE001 - see above
                fault = self._unconnected(server, error)
                if fault.code not in _ELSEWHERE:
                    raise FaultError(fault, whole=True) from None
                faults.append(fault)
        raise FaultError(faults[0])

    async def _connect_to(self, server: Server) -> Line:
        """By the first of its addresses that answers; each has an even share of the time."""
        addresses = await addresses_of(server)
        for address in addresses[:-1]:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_CONNECT_WITHIN / len(addresses)):
                    return await self._broker.connect(server, address)
        return await self._broker.connect(server, addresses[-1])

    def _unconnected(self, server: Server, error: Exception) -> Fault:
        """Why there is no connection: what the network or TLS says comes first, wherever a library has wrapped it."""
        if isinstance(error, FaultError):
            return error.fault
        if isinstance(error, UnreachableError):
            return unreachable(str(error))
        causes = [*_causes(error)]
        if tls := next((each for each in causes if isinstance(each, ssl.SSLError)), None):
            return unreachable(f"{server}: {handshake_failure(tls, server.host).detail}")
        if isinstance(error, TimeoutError):
            return late(f"{server} did not let us in within {_CONNECT_WITHIN:g} s.")
        told = self._broker.fault_of(error)
        if told is not None and told.code != NO_CONNECTION:
            return told
        if network := next((each for each in causes if isinstance(each, OSError)), None):
            return unreachable(f"Connecting to {server} failed: {_words(network)}.")
        return told or unforeseen(error)

    def _read(self, error: Exception) -> tuple[Fault, bool]:
        """What has happened on a connection, and whether it concerns the whole batch."""
        if isinstance(error, FaultError):
            return error.fault, error.whole
        if told := self._broker.fault_of(error):
            return told, False
        if isinstance(error, TimeoutError):
            return late(f"No confirmation within {self._within:g} s."), False
        if isinstance(error, OSError):
            return unreachable(f"The connection broke: {_words(error)}."), False
        return unforeseen(error), False


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, what it was raised from, and so on."""
    left: BaseException | None = error
    while left is not None:
        yield left
        left = left.__cause__ or left.__context__


def _words(error: OSError) -> str:
    """The system's own words: a library's may quote what was being sent."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
