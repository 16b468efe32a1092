"""`offhook dev` as a server: the account that the settings mean, and one listener for its API and its pages."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from offhook.api.app import create_app
from offhook.api.server import ConsoleServer, cannot_listen
from offhook.console.routes import page_routes
from offhook.dev.house import DevHouse, DevParts
from offhook.dev.phone_desk import PhoneDesk
from offhook.dev.phone_pages import DEV_LOOK, FIRST_STEP
from offhook.dev.phone_routes import BODIES, phone_routes
from offhook.net.configured import open_transport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Record
from offhook.settings import Settings
from offhook.simulator.records import Account
from offhook.stores.memory import MemoryJournal
from offhook.system import SystemClock, TimeSortedIds

SIMULATED_SID: Final = "AC" + hashlib.md5(b"offhook dev", usedforsecurity=False).hexdigest()
SIMULATED_TOKEN: Final = hashlib.md5(b"offhook dev token", usedforsecurity=False).hexdigest()
"""Known to all: they open nothing but a simulator on somebody's own machine."""


Beside = Callable[[PhoneDesk], Coroutine[Any, Any, None]]
"""Something that runs along with the simulator, and ends it when it ends."""


class DevInfo(Record):
    """Where it listens, and what an app needs to know. `auth_token` is "" where it is the person's own, which is never shown."""

    address: tuple[str, int]
    account_sid: str
    auth_token: str
    numbers: tuple[str, ...]


def account_of(settings: Settings) -> Account:
    """The settings' account, so that an app's own variables hold; else one of ours."""
    known = next((each for each in settings.accounts if each.auth_tokens), None)
    sid = (known and known.sid) or settings.account_sid or SIMULATED_SID
    return Account(sid=sid, auth_token=known.auth_tokens[0].reveal() if known else SIMULATED_TOKEN)


def make_house(settings: Settings) -> DevHouse:
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
            transport=open_transport(settings, clock),
            journal=MemoryJournal(derive=provider.derive),
            clock=clock,
            ids=TimeSortedIds(),
        )
    )


async def run_dev(
    settings: Settings, stop: asyncio.Event, announce: Callable[[DevInfo], None], beside: Beside | None = None
) -> None:
    """Run until `stop` is set, or what runs `beside` it has ended. Raises OffhookError when the port is taken."""
    house = make_house(settings)
    await house.start()
    desk = PhoneDesk(house)
    pages = [*phone_routes(desk), *page_routes(house, DEV_LOOK, FIRST_STEP)]
    server = ConsoleServer(create_app(house, pages, BODIES), settings.console_host, settings.console_port)
    try:
        try:
            await server.start()
        except OSError as error:
            raise cannot_listen("phone", settings.console_host, settings.console_port, error) from error
        token = "" if settings.accounts else house.book.account.auth_token
        numbers = tuple(each.number for each in house.book.numbers.values())
        address = (settings.console_host, server.port)
        announce(DevInfo(address=address, account_sid=house.book.account.sid, auth_token=token, numbers=numbers))
        await _until(stop, beside(desk) if beside else stop.wait())
    finally:
        desk.close()
        await server.stop()
        await house.stop()


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
