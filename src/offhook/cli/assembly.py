"""What the command line asks of the program that it belongs to. No command waits here for parts that others ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from offhook.records import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from offhook.dev.options import DevOptions
    from offhook.dev.replay import Compared
    from offhook.dev.server import Beside, DevInfo
    from offhook.doctor.admission import ClosableTransport, Tools
    from offhook.ports import Journal, Transport
    from offhook.providers.base import Provider
    from offhook.settings import Settings
    from offhook.streams.desk import Desk as StreamDesk


class ServeInfo(Record):
    """Where a server listens, once it does: addresses as bound, so a port 0 has become a real one.

    `login` is the token of a one-time link to the console.
    """

    intake: tuple[str, int]
    console: tuple[str, int]
    login: str = ""


class Assembly(Protocol):
    """The program's parts, put together for these settings."""

    async def serve(self, settings: Settings, announce: Callable[[ServeInfo], None]) -> None:
        """Run until a signal says stop. `announce` is called once, when both listeners accept. Raises OffhookError."""

    def journal(self, settings: Settings) -> Journal:
        """The durable store, not yet opened: to read it, or to replay, while no server runs."""

    def transport(self, settings: Settings) -> ClosableTransport:
        """The one door to the network."""

    def provider(self, settings: Settings) -> Provider:
        """The provider whose requests are made by hand: it signs with the settings' token."""

    def doctor_tools(self, settings: Settings) -> Tools:
        """What the doctor works with."""

    def stream_desk(self, settings: Settings, journal: Journal, transport: Transport) -> StreamDesk:
        """Sinks and subscriptions of a journal that no server has open: they can be made and looked at, and nothing goes to them."""

    def replay(self, settings: Settings, folder: Path) -> AsyncIterator[Compared]:
        """Send recorded texts to the settings' app again, and compare what it makes of them. Raises OffhookError."""

    async def dev(
        self, settings: Settings, announce: Callable[[DevInfo], None], options: DevOptions, beside: Beside | None = None
    ) -> None:
        """Be Twilio until a signal says stop, or what runs `beside` it ends. `announce` is called once, when it listens.

        Raises OffhookError.
        """
