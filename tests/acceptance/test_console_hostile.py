"""Text from outside is only ever text: a hundred hostile ones in every field, read in a real browser. Nothing runs, nothing is wider than a phone."""

import csv
import io
import json
from urllib.parse import urlencode

import pytest

from offhook.console.html import UNSEEN
from tests.helpers import hostile_world
from tests.helpers.browser import browser
from tests.helpers.console import Walk, Watched, answered, page_routes
from tests.helpers.pages import Beside
from tests.helpers.payloads import PAYLOADS, short

FILTERS = (
    "q",
    "state",
    "endpoint",
    "code",
    "level",
    "cause",
    "issue",
    "since",
    "until",
    "before",
    "cursor",
    "span",
    "type",
    "kind",
    "url",
)
SEARCHED = ("/webhooks", "/errors", "/alarms")
FILLABLE = ":is(input:not([type]), input[type=text], input[type=search], input[type=url], input[type=email], textarea)"
FORMS = f"main form[method=post]:has({FILLABLE})"
GROUPS = [PAYLOADS[start : start + 8] for start in range(0, len(PAYLOADS), 8)]
NAMES = [" ".join(short(payload, 200) for payload in group) for group in GROUPS]
SHOWING = ("/webhooks/{id}", "/errors/{id}", "/issues/{id}", "/alarms/{id}", "/streams/{id}")
WITHOUT = (
    "/alarms/{id}/chart",  # pieces of pages
    "/alarms/{id}/test",
    "/streams/{id}/replays",
    "/streams/types/{type}",  # of our own words
    "/endpoints/{id}",  # of the operator's configuration
    "/doctor/{id}",  # in the form of its page
)
SUBMIT = """
(form, [fillable, text]) => {
  for (const one of form.querySelectorAll(fillable)) one.value = text;
  form.noValidate = true;
  form.requestSubmit();
}
"""
ELEMENTS = "(html) => new DOMParser().parseFromString(html, 'text/html').body.childElementCount"
SEEN = """
() => document.querySelector("main").textContent.replace(/\\s+/g, " ")
"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def world():
    """A console with all payloads in it: `world.pages_of` are pairs of a text and the pages that show it."""
    with Beside() as beside:
        come = [
            (payload, beside.run(hostile_world.come_in(beside.pages, payload, number))) for number, payload in enumerate(PAYLOADS)
        ]
        named = [
            (word, beside.run(hostile_world.be_named(beside.pages, word, 1000 + number))) for number, word in enumerate(NAMES)
        ]
        beside.pages_of = come + named
        yield beside


@pytest.fixture
def phone(chromium, world):
    """A browser as wide as a phone, logged in."""
    page = Watched(chromium, world.url, width=390, may_fail=True)
    world.log_in(page.page)
    yield page
    page.close()


def as_shown(payload):
    """The beginning of a payload as a page shows it: no control characters, blanks made one."""
    text = UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}", payload[:60])
    return " ".join(text.split())


def lists(beside):
    """The pages without an id in their path."""
    paths = (path for path in page_routes() if "{" not in path)
    return [path for path in paths if answered(beside.url + path, beside.pages.cookie)[1] == "text/html"]


def test_a_page_that_took_text_for_markup_would_be_found_out(world, phone):
    passed = []
    for payload in (each for each in map(short, PAYLOADS) if "refresh" not in each):  # that one leaves the page
        phone.open("/login")
        phone.complaints.clear()
        phone.page.evaluate("(html) => { document.querySelector('main').insertAdjacentHTML('beforeend', html); }", payload)
        if phone.page.evaluate(ELEMENTS, payload) and not phone.faults():
            passed.append(payload)
    assert passed == []


def test_no_payload_does_anything_on_a_page_that_shows_it_and_each_is_shown_as_text(world, phone):
    faults = {}
    for payload, paths in world.pages_of:
        for route, path in paths.items():
            status = phone.open(path).status
            found = phone.faults()
            if status != 200:
                found.append(f"status {status}")
            elif route in SHOWING and as_shown(payload) not in phone.page.evaluate(SEEN):
                found.append("not shown")
            if found:
                faults[f"{route} with {payload[:40]!r}"] = found
    assert faults == {}, _told(faults)
    assert {route for route in page_routes() if "{" in route} - set(WITHOUT) == {
        route for _, paths in world.pages_of for route in paths
    }


def test_no_list_that_holds_them_all_is_harmed_whatever_its_page(world, phone):
    faults = {}
    walk = Walk(world.url, world.pages.cookie, of_each=1)
    for path in walk.paths:
        for _ in range(20):
            phone.open(path)
            if found := phone.faults():
                faults[path] = found
            more = phone.page.locator("main a[rel=next]")
            if not more.count():
                break
            path = phone.page.evaluate("(one) => one.pathname + one.search", more.first.element_handle())  # noqa: PLW2901
    assert faults == {}, _told(faults)
    assert walk.broken == []


def test_no_filter_in_an_address_does_harm_and_a_wrong_one_is_answered_with_what_to_write(chromium):
    faults = {}
    with Beside() as small:
        small.run(small.pages.lost())
        phone = Watched(chromium, small.url, width=390, may_fail=True)
        small.log_in(phone.page)
        for path in lists(small):
            for words in NAMES:
                wrong = {"said": words} | dict.fromkeys(FILTERS, words)
                asked = [wrong, {"q": words}] if path in SEARCHED else [wrong]
                for query in asked:
                    status = phone.open(f"{path}?{urlencode(query)}").status
                    if found := phone.faults() + ([] if status in {200, 400, 404} else [f"status {status}"]):
                        faults[f"{path}?{next(iter(query))}… with {words[:40]!r}"] = found
        phone.close()
    assert faults == {}, _told(faults)


def test_what_is_typed_into_any_form_comes_back_as_text(world, phone):
    faults = {}
    for path in Walk(world.url, world.pages.cookie, of_each=1).paths:
        phone.open(path)
        for place in range(phone.page.locator(FORMS).count()):
            for text in NAMES:
                phone.open(path)
                with phone.page.expect_navigation():
                    phone.page.locator(FORMS).nth(place).evaluate(SUBMIT, [FILLABLE, text])
                if found := phone.faults():
                    faults[f"{path} with {text[:40]!r}"] = found
    assert faults == {}, _told(faults)


def test_no_export_holds_a_formula(world):
    exported = 0
    csv.field_size_limit(10_000_000)
    for path in lists(world):
        table = world.run(world.pages.read(f"{path}?format=csv"))
        if table.headers["content-type"].startswith("text/html"):
            continue
        exported += 1
        cells = [cell for row in csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(cell)] == [], path
        json.loads(world.run(world.pages.read(f"{path}?format=json")).text)
    assert exported


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return not cell.startswith("+")


def _told(faults):
    return "\n".join(f"{where}\n    {'; '.join(found)[:600]}" for where, found in list(faults.items())[:40])
