"""`offhook dev` as a server: the account that the settings mean, and one listener for its API and its pages."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.routing import Route

from offhook.api.account.asked import Desk
from offhook.api.account.routes import account_routes
from offhook.api.app import create_app
from offhook.api.server import ConsoleServer, cannot_listen, refuse_without_login
from offhook.console.doorway import Doorway
from offhook.console.routes import Login, gate_of, page_routes
from offhook.dev.chaos_routes import chaos_routes
from offhook.dev.front import OpenFront, front_door
from offhook.dev.house import DevHouse, DevParts
from offhook.dev.options import DevOptions
from offhook.dev.phone_desk import PhoneDesk
from offhook.dev.phone_pages import DEV_NAV
from offhook.dev.phone_routes import BODIES, phone_routes
from offhook.dev.replay import Compared, replay
from offhook.dev.tape import Tape
from offhook.doctor.configured import configured_practice
from offhook.net.configured import open_transport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Record
from offhook.settings import Settings
from offhook.simulator.chaos import spelt
from offhook.simulator.life import QUICK, Pace
from offhook.simulator.records import Account
from offhook.stores.memory import MemoryJournal
from offhook.system import SystemClock, TimeSortedIds

SIMULATED_SID: Final = "AC" + hashlib.md5(b"offhook dev", usedforsecurity=False).hexdigest()
SIMULATED_TOKEN: Final = hashlib.md5(b"offhook dev token", usedforsecurity=False).hexdigest()
"""Known to all: they open nothing but a simulator on somebody's own machine."""


Beside = Callable[[PhoneDesk], Coroutine[Any, Any, None]]
"""Something that runs along with the simulator, and ends it when it ends."""


class DevInfo(Record):
    """Where it listens, and what an app needs to know. `auth_token` is "" where it is the person's own, which is never shown.

    `front` is the URL of the front door's console, `chaos` what goes wrong and by which seed; "" where there is none.
    """

    address: tuple[str, int]
    account_sid: str
    auth_token: str
    numbers: tuple[str, ...]
    front: str = ""
    chaos: str = ""


def account_of(settings: Settings) -> Account:
    """The settings' account, so that an app's own variables hold; else one of ours."""
    known = next((each for each in settings.accounts if each.auth_tokens), None)
    sid = (known and known.sid) or settings.account_sid or SIMULATED_SID
    return Account(sid=sid, auth_token=known.auth_tokens[0].reveal() if known else SIMULATED_TOKEN)


def make_house(settings: Settings, pace: Pace | None = None) -> DevHouse:
    """The simulated Twilio that the settings mean."""
    account, clock = account_of(settings), SystemClock()
    provider = Twilio(TwilioSettings(tokens={account.sid: (account.auth_token,)}))
    endpoint = settings.endpoints[0]
    return DevHouse(
        DevParts(
            account=account,
            app_url=endpoint.app_url,
            fallback_url=endpoint.fallback_url or "",
            provider=provider,
            # A kept connection that the app has just closed would be tried again by another, unseen: here each call is one call.
            transport=open_transport(settings, clock, pool_size=0),
            journal=MemoryJournal(derive=provider.derive),
            clock=clock,
            ids=TimeSortedIds(),
            doctor=configured_practice(settings),
            settings=settings,
            pace=pace or Pace(),
        )
    )


def rest_routes(house: DevHouse) -> list[Route]:
    """Twilio's REST API of the simulated account."""
    return account_routes(Desk(house.book, house.carrier, house.clock))


async def run_replay(settings: Settings, folder: Path) -> AsyncIterator[Compared]:
    """Send recorded texts to the settings' app again, without a listener. Raises OffhookError."""
    house = make_house(settings, QUICK)
    await house.start()
    try:
        async for compared in replay(house, folder):
            yield compared
    finally:
        await house.stop()


def dev_app(desk: PhoneDesk) -> Starlette:
    """Everything that the listener answers: the API, the phone, the pages."""
    house = desk.house
    doorway = Doorway(house, gate_of(house, Login()), DEV_NAV)
    pages = page_routes(doorway)
    return create_app(house, [*phone_routes(desk), *chaos_routes(house), *rest_routes(house), *pages], BODIES, told=doorway.told)


class DevPlan(NamedTuple):
    """What is asked for besides the settings, and how a front door is made."""

    options: DevOptions = DevOptions()
    open_front: OpenFront | None = None
    beside: Beside | None = None


PLAIN: Final = DevPlan()


async def run_dev(settings: Settings, stop: asyncio.Event, announce: Callable[[DevInfo], None], plan: DevPlan = PLAIN) -> None:
    """Run until `stop` is set, or what runs beside it has ended. Raises OffhookError when a port is taken."""
    options = plan.options
    refuse_without_login(settings.console_host)
    house = make_house(settings)
    house.chaos.set(options.rules, options.seed)
    if options.record:
        house.listen(Tape(Path(options.record)).heard)
    await house.start()
    desk = PhoneDesk(house)
    server = ConsoleServer(dev_app(desk), settings.console_host, settings.console_port)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(house.stop)
        stack.push_async_callback(server.stop)
        stack.callback(house.live.close)
        stack.callback(desk.close)  # before the server's stop: open streams would hold it up
        await _open(server, settings)
        address = (settings.console_host, server.port)
        front = ""
        if options.reliable and plan.open_front is not None:
            host = f"[{settings.console_host}]" if ":" in settings.console_host else settings.console_host
            url = f"http://{host}:{server.port}"
            door = front_door(settings, house, url, journal=options.journal, open_front=plan.open_front)
            front = (await stack.enter_async_context(door)).console
        token = "" if settings.accounts else house.book.account.auth_token
        numbers = tuple(each.number for each in house.book.numbers.values())
        account_sid = house.book.account.sid
        info = DevInfo(address=address, account_sid=account_sid, auth_token=token, numbers=numbers, front=front)
        announce(replace(info, chaos=f"{spelt(options.rules)} by seed {options.seed}" if options.rules else ""))
        await _until(stop, plan.beside(desk) if plan.beside else stop.wait())


async def _open(server: ConsoleServer, settings: Settings) -> None:
    """Listen. Raises OffhookError that says what is in the way, and the way out."""
    try:
        await server.start()
    except OSError as error:
        raise cannot_listen("phone", settings.console_host, settings.console_port, error) from error


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, Any]) -> None:
    """Until `stop` is set or the work is done, whose errors are the caller's."""
    tasks = (asyncio.create_task(stop.wait()), asyncio.create_task(work, name="beside"))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[1].done():
            tasks[1].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
