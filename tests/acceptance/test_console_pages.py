"""Every page of the console, walked from its route table: axe-core finds nothing, it fits a phone and a wide screen, and it can be read without script."""

from itertools import pairwise

import pytest

from tests.helpers.browser import browser
from tests.helpers.console import SCHEMES, WIDTHS, Walk, Watched, answered, name_of
from tests.helpers.lived_in import live_in
from tests.helpers.pages import Beside

EMPTY = ("/", "/webhooks", "/errors", "/issues", "/alarms", "/streams", "/doctor", "/endpoints", "/settings", "/audit")
UNHAPPY = (
    "/webhooks?state=lost",
    "/errors?since=yesterday",
    "/issues?state=none",
    "/webhooks/WH0",
    "/errors/NO0",
    "/issues/x",
    "/alarms/AK0",
    "/streams/DG0",
    "/endpoints/none",
    "/nowhere",
)
HEADINGS = """
() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((one) => one.checkVisibility()).map((one) => Number(one.localName[1]))
"""
SMALL = """
() => [...document.querySelectorAll("button, select, summary, input:not([type=hidden], [type=checkbox], [type=radio])")].filter((one) => one.checkVisibility())
  .filter((one) => { const box = one.getBoundingClientRect(); const label = one.closest("label")?.getBoundingClientRect() ?? box;
                     return Math.max(box.height, label.height) < 24 || Math.max(box.width, label.width) < 24; })
  .map((one) => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def house():
    with Beside() as beside:
        beside.run(live_in(beside.pages))
        yield beside


@pytest.fixture(scope="module")
def walk(house):
    return Walk(house.url, house.pages.cookie)


@pytest.fixture(params=SCHEMES)
def page(request, chromium, house):
    page = Watched(chromium, house.url, scheme=request.param, may_fail=True)
    house.log_in(page.page)
    yield page
    page.close()


def test_every_page_of_the_route_table_is_led_to_and_can_be_read(walk):
    assert walk.unreached == []
    assert walk.broken == []


def test_axe_finds_nothing_on_any_page_which_fits_a_phone_and_a_wide_screen(page, walk):
    found = {}
    for path in walk.paths:
        page.open(path)
        for width in WIDTHS:
            page.width(width)
            if faults := page.faults() + page.axe() + misshapen(page):
                found[f"{path} at {width}"] = faults
            if path == walk.found[route_path(walk, path)][0]:
                page.shoot(name_of(path))
    assert found == {}, told(found)


def test_axe_finds_nothing_on_pages_that_say_no(page):
    found = {}
    page.width(390)
    for path in UNHAPPY:
        status = page.open(path).status
        faults = page.faults() + page.axe() + misshapen(page)
        if faults or status not in {400, 404}:
            found[path] = [*faults, f"status {status}"]
    assert found == {}, told(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_where_there_is_nothing_yet(chromium, scheme):
    found = {}
    with Beside() as empty:
        page = Watched(chromium, empty.url, scheme=scheme, width=390)
        empty.log_in(page.page)
        for path in EMPTY:
            page.open(path)
            if faults := page.faults() + page.axe() + misshapen(page):
                found[path] = faults
            page.shoot(f"empty-{name_of(path)}")
        page.close()
    assert found == {}, told(found)


def test_every_page_says_the_same_without_script(chromium, house, walk):
    found = {}
    page = Watched(chromium, house.url, width=390, java_script_enabled=False)
    house.log_in(page.page)
    for path in walk.paths:
        page.open(path)
        words = page.page.inner_text("main")
        _, _, html = answered(house.url + path, house.pages.cookie)
        if (
            page.page.locator("h1").count() != 1
            or len(words) < 40
            or "hidden" in html.partition("<main")[0].partition("<body")[2][:40]
        ):
            found[path] = [words[:200]]
    complaints = page.complaints
    page.close()
    assert found == {}, told(found)
    assert complaints == []


def test_pages_can_be_read_by_nobody_in_particular_and_offer_no_change_that_would_work(chromium, house, walk):
    page = Watched(chromium, house.url, may_fail=True)
    for path in walk.paths:
        page.open(path)
        assert page.page.locator("h1").count() == 1, path
        assert page.page.locator("main form[method=post] button:enabled").count() == 0, path
        assert page.faults() == [], path
    page.close()


def misshapen(page):
    """Headings that skip a level, and what is too small to be pressed."""
    levels = page.page.evaluate(HEADINGS)
    skipped = [f"h{before} is followed by h{after}" for before, after in pairwise(levels) if after > before + 1]
    return (
        skipped
        + [f"small: {one}" for one in page.page.evaluate(SMALL)]
        + ([] if levels.count(1) == 1 else [f"{levels.count(1)} h1"])
    )


def route_path(walk, path):
    return next(route for route, paths in walk.found.items() if path in paths)


def told(found):
    return "\n".join(f"{where}\n    " + "\n    ".join(faults)[:1500] for where, faults in list(found.items())[:40])
