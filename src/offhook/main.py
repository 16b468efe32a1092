"""What the command line can ask for: the server, the simulator, and the parts that a command works with by itself.

Each is imported when it is asked for: to load all of them takes longer than what most commands do.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from offhook.cli.app import build
from offhook.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from offhook.cli.assembly import ServeInfo
    from offhook.dev.options import DevOptions
    from offhook.dev.replay import Compared
    from offhook.dev.server import Beside, DevInfo
    from offhook.doctor.admission import Tools as DoctorTools
    from offhook.net.transport import HttpTransport
    from offhook.ports import Journal, Transport
    from offhook.providers.twilio import Twilio
    from offhook.settings import Settings
    from offhook.streams.desk import Desk as StreamDesk


def main() -> None:
    """The `offhook` command."""
    build(Program())()


class Program:
    """What the command line can ask for (`cli.assembly.Assembly`)."""

    async def serve(self, settings: Settings, announce: Callable[[ServeInfo], None]) -> None:
        """Run until SIGINT or SIGTERM. Raises OffhookError when it cannot start."""
        from offhook import logs
        from offhook.alarms.configured import check_tellable
        from offhook.house import House
        from offhook.net.configured import check_callable
        from offhook.settings import check_startable
        from offhook.system import collect_seldom, keep_memory

        check_startable(settings)
        check_callable(settings.endpoints)
        keep_memory()
        check_tellable(settings)
        house = House(settings)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        logs.hold(lambda write: loop.call_later(logs.DELAY, write))
        await house.start()
        collect_seldom()
        try:
            announce(house.where())
            await house.work(stop)
        finally:
            await house.stop()
            logs.hold(None)

    def journal(self, settings: Settings) -> Journal:
        """The durable store, not yet opened."""
        from offhook.providers.configured import derive, providers
        from offhook.stores.configured import open_journal

        return open_journal(settings, derive(settings, providers(settings)), SystemClock())

    def transport(self, settings: Settings) -> HttpTransport:
        """The one door to the network."""
        from offhook.net.configured import open_transport

        return open_transport(settings, SystemClock())

    def provider(self, settings: Settings) -> Twilio:
        """Twilio, with the settings' tokens."""
        from offhook.providers.configured import twilio

        return twilio(settings)

    def doctor_tools(self, settings: Settings) -> DoctorTools:
        """What the doctor works with."""
        from offhook.doctor.configured import doctor_tools

        return doctor_tools(settings)

    def stream_desk(self, settings: Settings, journal: Journal, transport: Transport) -> StreamDesk:
        """Sinks and subscriptions of a journal that no server has open: nothing goes to them meanwhile."""
        from offhook.streams.carrying import NobodyCarries
        from offhook.streams.configured import open_desk, tools_of
        from offhook.system import TimeSortedIds

        having = tools_of(settings, transport, SystemClock(), TimeSortedIds())
        return open_desk(settings, journal, having, NobodyCarries())

    def replay(self, settings: Settings, folder: Path) -> AsyncIterator[Compared]:
        """Send recorded texts to the settings' app again."""
        from offhook.dev.server import run_replay

        return run_replay(settings, folder)

    async def dev(
        self, settings: Settings, announce: Callable[[DevInfo], None], options: DevOptions, beside: Beside | None = None
    ) -> None:
        """Be Twilio until SIGINT or SIGTERM, or until what runs beside it ends. Raises OffhookError when it cannot start."""
        from offhook.dev.server import DevPlan, run_dev
        from offhook.house import House

        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_dev(settings, stop, announce, DevPlan(options, House, beside))
