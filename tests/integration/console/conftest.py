"""A console on a real port with a person who is logged in: what the stories of this folder are told with (`tests.helpers.pages.py`)."""

import pytest
import pytest_asyncio

from offhook.providers.configured import derive, providers
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock
from tests.helpers.browser import SHOTS, browser
from tests.helpers.pages import SETTINGS, Beside, House, close_pages, open_pages


@pytest_asyncio.fixture
async def console():
    """Over a journal in memory, at noon (`console.house.clock.time` is the time)."""
    pages = await open_pages()
    yield pages
    await close_pages(pages)


@pytest_asyncio.fixture
async def console_on_disk(tmp_path):
    """Over a SQLite file, in the present."""
    clock = SystemClock()
    journal = SqliteJournal(str(tmp_path / "offhook.db"), clock, derive=derive(SETTINGS, providers(SETTINGS)))
    pages = await open_pages(House(journal=journal, clock=clock))
    yield pages
    await close_pages(pages)


@pytest.fixture(params=["memory", "disk"])
def either(request):
    """The same story over both journals."""
    return request.getfixturevalue({"memory": "console", "disk": "console_on_disk"}[request.param])


@pytest.fixture
def beside():
    """A console in a thread of its own: `beside.run(…)` does work there, `beside.pages` is the one that `console` gives."""
    with Beside() as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    """A real browser, for the tests of all files."""
    with browser() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def looks(request, chromium):
    """Maker of a browser's page, `looks(390)` or `looks(1440)`, in light and in dark; `shoot(page, "name")` keeps its picture."""
    contexts = []

    def open_page(width=1440, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=request.param, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    def shoot(page, name):
        SHOTS.mkdir(exist_ok=True)
        width = page.viewport_size["width"]
        page.screenshot(path=SHOTS / f"{name}-{width}-{request.param}.png", full_page=True)

    open_page.shoot = shoot
    open_page.scheme = request.param
    yield open_page
    for context in contexts:
        context.close()
