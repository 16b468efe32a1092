"""What is told of a sink that fails, and what stands in for one that cannot even be made."""

from collections.abc import Sequence

from offhook import logs
from offhook.errors import JournalError
from offhook.ports import Clock, Ids, Journal
from offhook.records import DebugEvent
from offhook.streams import retries
from offhook.streams.model import Delivery, Event, Fault, Sink
from offhook.streams.retries import Trouble

log = logs.get("streams")


class Unmade:
    """What stands in for a sink's client that cannot be made: says why at each try."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def deliver(self, _events: Sequence[Event]) -> Delivery:
        """Nothing is taken."""
        return Delivery(taken=0, fault=Fault(code=retries.INTERNAL, message=self._reason, retry=True))

    async def close(self) -> None:
        """There is nothing to close."""


class Teller:
    """Writes debug events about sinks that fail. They belong to no endpoint, and so to no issue."""

    def __init__(self, journal: Journal, clock: Clock, ids: Ids) -> None:
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def tell(self, sink: Sink, fault: Fault, trouble: Trouble) -> None:
        """Write one. A journal that cannot just now is not waited for."""
        level = retries.level(fault.code)
        details = {
            "sink": sink.sid,
            "sink_type": sink.type,
            "failures": str(trouble.failures),
            "Msg": fault.message,
            "ErrorCode": str(fault.code),
            "LogLevel": level.value,
        }
        event = DebugEvent(
            id=self._ids.new("NO"),
            at=self._clock.now(),
            level=level,
            code=fault.code,
            twilio_code=fault.code,
            message=fault.message,
            account_sid=sink.account_sid,
            resource_sid=sink.sid,
            product="Event Streams",
            details=details,
        )
        try:
            await self._journal.record([event])
        except JournalError as error:
            log.warning("streams.not_told", sink=sink.sid, code=fault.code, reason=str(error))
