"""Offhook's front door between the simulated carrier and the app, for `offhook dev --reliable`: the same that `offhook serve` is."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from msgspec.structs import replace

from offhook import logs
from offhook.debugger.events import EventMaker
from offhook.dev.house import DevHouse
from offhook.ports import Clock, Ids, Transport
from offhook.records import Record
from offhook.settings import Account, Secret, Settings
from offhook.simulator.marking import MarkingEventMaker
from offhook.simulator.mischief import Mischief

HOST: Final = "127.0.0.1"
_log = logs.get("dev")


class Around(NamedTuple):
    """What is put around the front door's own door to the network, and what makes its debug events."""

    door: Callable[[Transport, Clock], Transport] = lambda door, _: door
    events: Callable[[Ids], EventMaker] = EventMaker


class Addresses(Protocol):
    """Where a front door listens."""

    @property
    def intake(self) -> tuple[str, int]:
        """For webhooks."""

    @property
    def console(self) -> tuple[str, int]:
        """For people."""


class FrontDoor(Protocol):
    """The whole of `offhook serve`, to be started and stopped."""

    async def start(self) -> None:
        """Open the journal and the doors. Raises OffhookError."""

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises OffhookError when a worker has died."""

    async def stop(self) -> None:
        """Finish what is under way, and close."""

    def where(self) -> Addresses:
        """The addresses that are listened on."""


OpenFront = Callable[[Settings, Around], FrontDoor]


class Front(Record):
    """A front door that is open: its own console's URL, and its journal's file, "" where that is gone with it."""

    console: str
    journal: str


@contextlib.asynccontextmanager
async def front_door(
    settings: Settings, house: DevHouse, api_url: str, *, journal: str, open_front: OpenFront
) -> AsyncIterator[Front]:
    """Open one before the house's app, and have the account's numbers call it. Late replies go to the REST API at `api_url`.

    Chaos then waits behind it, between it and the app: what the carrier does is what the front door is there to bear.
    """
    with contextlib.ExitStack() as stack:
        database = journal or str(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="offhook-dev-"))) / "offhook.db")
        its = replace(_settings(settings, house), database=database, twilio_api_url=api_url)
        around = Around(
            door=lambda door, clock: Mischief(door, house.chaos, clock),
            events=lambda ids: MarkingEventMaker(ids, house.chaos),
        )
        front = open_front(its, around)
        await front.start()
        stop = asyncio.Event()
        work = asyncio.create_task(front.work(stop), name="front door")
        work.add_done_callback(_say_why)
        try:
            addresses = front.where()
            intake = f"http://{HOST}:{addresses.intake[1]}"
            house.chaos.spared = house.front = intake
            house.connect(f"{intake}/{its.endpoints[0].name}")
            yield Front(console=f"http://{HOST}:{addresses.console[1]}", journal=journal)
        finally:
            stop.set()
            await asyncio.gather(work, return_exceptions=True)
            await front.stop()


def _say_why(work: "asyncio.Task[None]") -> None:
    """A front door that ends before its time says why."""
    if not work.cancelled() and (error := work.exception()) is not None:
        _log.error("front.ended", trouble=str(error))


def _settings(settings: Settings, house: DevHouse) -> Settings:
    """Those of a front door on this machine alone, of the simulated account."""
    account = house.book.account
    return replace(
        settings,
        host=HOST,
        port=0,
        console_host=HOST,
        console_port=0,
        public_url=None,
        tls_cert=None,
        tls_key=None,
        allow_unsigned=False,
        account_sid=account.sid,
        accounts=(Account(sid=account.sid, auth_tokens=(Secret(account.auth_token),)),),
        api_key=None,
        api_secret=None,
        endpoints=settings.endpoints[:1],
    )
