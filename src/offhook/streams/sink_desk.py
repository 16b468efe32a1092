"""What may be done with sinks, and Twilio's codes for what may not (spec: twilio-debugger §5.3, §5.6)."""

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from offhook import logs
from offhook.streams.catalogue import suggestion
from offhook.streams.configuration import check, shown
from offhook.streams.handshake import AT_ONCE, make_test_event
from offhook.streams.model import Delivery, Sink, SinkKind, SinkStatus
from offhook.streams.parts import DeskParts
from offhook.streams.refused import RefusedError
from offhook.streams.store import Store

MOST: Final = 100
"""How many sinks an account may have, and, since each serves one, how many subscriptions."""
LONGEST_DESCRIPTION: Final = 1000
TEST_WITHIN: Final = 6.0
"""Seconds that whoever asks for a test waits for what comes of it: a webhook has five to answer. It goes on after that."""


log = logs.get("streams")


class SinkDesk:
    """Sinks. One change at a time: what has been checked is still true when it is written."""

    def __init__(self, parts: DeskParts, store: Store, turn: asyncio.Lock) -> None:
        self._parts = parts
        self._store = store
        self._turn = turn
        self._tests: set[asyncio.Task[Delivery]] = set()

    async def all(self) -> Sequence[Sink]:
        """Every sink, the newest first."""
        return list(reversed(await self._store.sinks()))

    async def used(self) -> Mapping[str, str]:
        """The subscription of each sink that has one."""
        return {each.sink_sid: each.sid for each in await self._store.subscriptions()}

    async def get(self, sid: str) -> Sink:
        """One sink. Raises RefusedError 91006 or 91001."""
        if not re.fullmatch("DG[0-9a-fA-F]{32}", sid):
            raise RefusedError(91006, f"{sid[:50]!r} is no sink's SID: that is DG and 32 hex digits.")
        found = await self._store.sink(sid)
        if found is None:
            raise RefusedError(91001, f"There is no sink {sid}.")
        return found

    def shown(self, sink: Sink) -> dict[str, Any]:
        """A sink's configuration for people."""
        return shown(sink.configuration, self._parts.vault.read)

    async def create(self, description: str, kind_name: str, configuration: object) -> Sink:
        """Make a sink. Raises RefusedError 91000 or 91003."""
        if not description.strip() or len(description) > LONGEST_DESCRIPTION:
            raise RefusedError(91000, f"A sink needs a description of up to {LONGEST_DESCRIPTION} characters.")
        kind = self._kind(kind_name)
        async with self._turn:
            if len(await self._store.sinks()) >= MOST:
                raise RefusedError(91003, f"There are {MOST} sinks, which is the most. Delete one that no subscription uses.")
            sid, now = self._parts.ids.new("DG"), self._parts.clock.now()
            try:
                checked = check(kind, configuration, sid)
            except ValueError as refusal:
                raise RefusedError(91000, f"The sink cannot be made: {_sentence(refusal)}") from None
            sink = Sink(
                sid=sid,
                type=kind.name,
                description=description,
                configuration=checked.configuration,
                status=SinkStatus.ACTIVE if kind.name in AT_ONCE else SinkStatus.INITIALIZED,
                created_at=now,
                updated_at=now,
                account_sid=self._parts.account_sid,
            )
            await self._parts.vault.keep(checked.secrets)
            try:
                await self._try(kind, sink)
                await self._store.put(sink)
            except BaseException:
                await self._parts.vault.drop(sid)
                raise
        await self._parts.carrying.reload()
        return sink

    async def describe(self, sid: str, description: str) -> Sink:
        """Change a sink's description: the one thing of it that can be changed. Raises RefusedError 91201."""
        if not description.strip() or len(description) > LONGEST_DESCRIPTION:
            raise RefusedError(91201, f"Give a description of up to {LONGEST_DESCRIPTION} characters.")
        async with self._turn:
            sink = replace(await self.get(sid), description=description, updated_at=self._parts.clock.now())
            await self._store.put(sink)
        return sink

    async def delete(self, sid: str) -> None:
        """Delete a sink, its secrets and what it has refused. Raises RefusedError 91007 where a subscription uses it."""
        async with self._turn:
            await self.get(sid)
            subscription = (await self.used()).get(sid)
            if subscription:
                raise RefusedError(91007, f"The sink {sid} is in use by the subscription {subscription}: delete that first.")
            await self._store.drop_sink(sid)
            await self._parts.vault.drop(sid)
        await self._parts.carrying.reload()

    async def test(self, sid: str, *, activate: bool = False) -> Delivery | None:
        """Send a sink a test event; what came of it, None while that is not known after a while.

        One that refuses it has failed. With `activate`, one that takes it is active: nobody has to bring the id back.
        """
        async with self._turn:
            sink = await self.get(sid)
            status = sink.status if sink.status is SinkStatus.ACTIVE else SinkStatus.VALIDATING
            tested = replace(sink, test_id=self._parts.test_id(), status=status, updated_at=self._parts.clock.now())
            await self._store.put(tested)
        task = asyncio.create_task(self._send(tested, activate=activate), name=f"test of {sid}")
        self._tests.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=TEST_WITHIN)
        return task.result() if task.done() else None

    async def close(self) -> None:
        """End the tests that are under way."""
        for task in self._tests:
            task.cancel()
        await asyncio.gather(*self._tests, return_exceptions=True)

    async def validate(self, sid: str, test_id: str) -> Sink:
        """Make a sink active by the id that came with the test event. Raises RefusedError 91201, 91004 or 91005."""
        async with self._turn:
            sink = await self.get(sid)
            if not test_id:
                raise RefusedError(91201, "Give the TestId: it came to the sink as `data.test_id` of the test event.")
            if not sink.test_id:
                raise RefusedError(91004, f"No test event has been sent to the sink {sid}. Send one first.")
            if not hmac.compare_digest(sink.test_id.encode(), test_id.encode()):
                raise RefusedError(91005, "The TestId is not that of the last test event that was sent to this sink.")
            valid = replace(sink, status=SinkStatus.ACTIVE, updated_at=self._parts.clock.now())
            await self._store.put(valid)
        await self._parts.carrying.reload()
        return valid

    def _ended(self, task: asyncio.Task[Delivery]) -> None:
        self._tests.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("streams.test_broken_off", test=task.get_name(), reason=str(error))

    async def _send(self, tested: Sink, *, activate: bool) -> Delivery:
        delivery = await self._parts.carrying.test(tested, make_test_event(tested, self._parts.clock.now()))
        fault = delivery.fault
        if fault is None and activate:
            await self._settle(tested, SinkStatus.ACTIVE)
        elif fault is not None and not fault.retry:
            await self._settle(tested, SinkStatus.FAILED)
        return delivery

    async def _settle(self, tested: Sink, status: SinkStatus) -> None:
        """End a handshake, where that test is still the last one."""
        async with self._turn:
            sink = await self._store.sink(tested.sid)
            if sink is None or sink.test_id != tested.test_id or sink.status is not SinkStatus.VALIDATING:
                return
            await self._store.put(replace(sink, status=status, updated_at=self._parts.clock.now()))
        await self._parts.carrying.reload()

    def _kind(self, name: str) -> SinkKind:
        kinds = {kind.name: kind for kind in self._parts.kinds}
        if not kinds:
            raise RefusedError(91000, "There are no sinks here: they are made where `offhook serve` runs.")
        if name not in kinds:
            known = ", ".join(kinds)
            raise RefusedError(
                91000, f"There is no type of sink called {name[:50]!r}.{suggestion(name, kinds)} There are {known}."
            )
        return kinds[name]

    async def _try(self, kind: SinkKind, sink: Sink) -> None:
        """Make a client once: what is missing (an extra, a variable) is better said now than when events wait."""
        try:
            client = kind.make(sink.configuration, self._parts.sinks)
        except ValueError as refusal:
            raise RefusedError(91000, f"The sink cannot be made: {_sentence(refusal)}") from None
        await client.close()


def _sentence(refusal: ValueError) -> str:
    return f"{str(refusal).rstrip('.')}."
