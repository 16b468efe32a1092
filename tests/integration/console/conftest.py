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


@pytest.fixture
def chromium():
    """A real browser. For one test only: while Playwright is open, no event loop can run in this thread."""
    with browser() as running:
        yield running


class Looks:
    """Maker of a browser's pages: `looks(390)` or `looks(1440)`. `looks.shoot(page, "name")` keeps a picture."""

    def __init__(self, chromium, scheme):
        self.scheme = scheme
        self._chromium = chromium
        self._contexts = []

    def __call__(self, width=1440, **options):
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=self.scheme, reduced_motion="reduce", **options
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    def shoot(self, page, name):
        SHOTS.mkdir(exist_ok=True)
        width = page.viewport_size["width"]
        page.screenshot(path=SHOTS / f"{name}-{width}-{self.scheme}.png", full_page=True)

    def close(self):
        for context in self._contexts:
            context.close()


@pytest.fixture
def window(chromium):
    """Maker of pages, for what they do."""
    made = Looks(chromium, "light")
    yield made
    made.close()


@pytest.fixture(params=["light", "dark"])
def looks(request, chromium):
    """Maker of pages, for what they look like: in light and in dark."""
    made = Looks(chromium, request.param)
    yield made
    made.close()
