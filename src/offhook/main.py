"""What the command line can ask for: the server, the simulator, and the parts that a command works with by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from offhook import logs
from offhook.alarms.configured import check_tellable
from offhook.cli.app import build
from offhook.cli.assembly import ServeInfo
from offhook.dev.options import DevOptions
from offhook.dev.replay import Compared
from offhook.dev.server import Beside, DevInfo, DevPlan, run_dev, run_replay
from offhook.doctor.admission import Tools as DoctorTools
from offhook.doctor.configured import doctor_tools
from offhook.house import House
from offhook.net.configured import check_callable, open_transport
from offhook.net.transport import HttpTransport
from offhook.ports import Journal, Transport
from offhook.providers.configured import derive, providers, twilio
from offhook.providers.twilio import Twilio
from offhook.settings import Settings, check_startable
from offhook.stores.configured import open_journal
from offhook.streams.carrying import NobodyCarries
from offhook.streams.configured import open_desk, tools_of
from offhook.streams.desk import Desk as StreamDesk
from offhook.system import SystemClock, TimeSortedIds, collect_seldom, keep_memory


def main() -> None:
    """The `offhook` command."""
    build(Program())()


class Program:
    """What the command line can ask for (`cli.assembly.Assembly`)."""

    async def serve(self, settings: Settings, announce: Callable[[ServeInfo], None]) -> None:
        """Run until SIGINT or SIGTERM. Raises OffhookError when it cannot start."""
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
        return open_journal(settings, derive(settings, providers(settings)), SystemClock())

    def transport(self, settings: Settings) -> HttpTransport:
        """The one door to the network."""
        return open_transport(settings, SystemClock())

    def provider(self, settings: Settings) -> Twilio:
        """Twilio, with the settings' tokens."""
        return twilio(settings)

    def doctor_tools(self, settings: Settings) -> DoctorTools:
        """What the doctor works with."""
        return doctor_tools(settings)

    def stream_desk(self, settings: Settings, journal: Journal, transport: Transport) -> StreamDesk:
        """Sinks and subscriptions of a journal that no server has open: nothing goes to them meanwhile."""
        having = tools_of(settings, transport, SystemClock(), TimeSortedIds())
        return open_desk(settings, journal, having, NobodyCarries())

    def replay(self, settings: Settings, folder: Path) -> AsyncIterator[Compared]:
        """Send recorded texts to the settings' app again."""
        return run_replay(settings, folder)

    async def dev(
        self, settings: Settings, announce: Callable[[DevInfo], None], options: DevOptions, beside: Beside | None = None
    ) -> None:
        """Be Twilio until SIGINT or SIGTERM, or until what runs beside it ends. Raises OffhookError when it cannot start."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_dev(settings, stop, announce, DevPlan(options, House, beside))
