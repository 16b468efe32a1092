"""What the API asks of the house that it speaks for."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from offhook.api.alarm_desk import AlarmDesk
from offhook.doctor.practice import Practice
from offhook.metrics import Metrics
from offhook.ports import Clock, Journal
from offhook.records import Endpoint
from offhook.streams.desk import Desk


class House(Protocol):
    """The running Offhook, as far as its console needs it."""

    @property
    def journal(self) -> Journal:
        """The durable store."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The configured endpoints, in the operator's order."""

    @property
    def metrics(self) -> Metrics:
        """What has been counted."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def doctor(self) -> Practice:
        """Examines webhook URLs."""

    @property
    def streams(self) -> Desk:
        """Where sinks and subscriptions are made, changed and tested."""

    @property
    def alarms(self) -> AlarmDesk:
        """Where alarms are asked for."""

    @property
    def allowed_hosts(self) -> Sequence[str]:
        """Names, without a port, that the console may be called by besides loopback's own."""

    async def replay(self, ids: Sequence[str], *, delivered: bool = True) -> int:
        """Set these webhooks waiting, due now, and wake the couriers; returns how many changed. Raises JournalError.

        Unless `delivered`, those that have been delivered stay so.
        """

    async def hasten(self, endpoint: str) -> int:
        """Have what waits for an endpoint's app delivered now rather than when it is due; returns how many were. Raises JournalError."""

    async def send_reply(self, reply_id: str) -> bool:
        """Have an ended or kept reply sent after all; False when it is waiting or sent already. Raises JournalError."""

    def ready(self) -> Mapping[str, str]:
        """What keeps each part from working, in a sentence, "" when nothing does. The parts: `store`, `deliver`."""
