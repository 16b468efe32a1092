"""Every route that changes something, pages and API, as the route table has them: refused to other sites, by wrong names, without a login,
and without the session's own form."""

import re

import pytest
from starlette.routing import Route

from offhook.api.guard import SAFE_METHODS
from offhook.api.routes import OPERATIONS
from offhook.console.callers import Callers
from offhook.console.routes import PAGES, Login, create_console
from tests.helpers.pages import SETTINGS, House, close_pages, open_pages

# What is asked with POST because it takes much, or costs something, and leaves nothing behind.
CHANGES_NOTHING = {"/api/doctor", "/api/alarms/preview"}


class _NoKey:
    def fits(self, _given):
        return False


def changing():
    """(method, path) of each, ids filled in."""
    app = create_console(House())
    routes = [route for route in app.routes if isinstance(route, Route)]
    found = [
        (method, re.sub(r"\{[^}]+\}", "1" * 34, route.path))
        for route in routes
        for method in sorted(route.methods or ())
        if method not in SAFE_METHODS
    ]
    assert len(found) > 50
    return sorted(set(found))


CHANGING = changing()
OF_PAGES = sorted({(each.method, re.sub(r"\{[^}]+\}", "1" * 34, each.path)) for each in PAGES if each.method not in SAFE_METHODS})
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def strict():
    """Everybody has to log in; a webhook lies in the journal, and nothing may happen to it."""
    house = House()
    pages = await open_pages(house, Login(house.sessions, always=True, callers=Callers(SETTINGS, _NoKey())))
    await pages.lost()
    before = await pages.journal.counts()
    yield pages
    assert await pages.journal.counts() == before
    assert pages.house.tests_sent == []
    assert [each.action for each in await pages.audit.entries() if not each.action.endswith("refused")] == []
    await close_pages(pages)


async def each(pages, routes, headers, body=b""):
    """The statuses of these requests, which are all the same, and where they are not, which."""
    statuses = {}
    for method, path in routes:
        answer = await pages.ask(method, path, headers=headers, body=body)
        statuses.setdefault(answer.status, []).append(f"{method} {path}")
    return statuses


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_a_page_of_another_site_changes_nothing_whoever_is_logged_in(strict, headers):
    own = FORM | headers | {"cookie": strict.cookie, "x-csrf": strict.session.csrf}
    body = f"csrf={strict.session.csrf}".encode()
    assert list(await each(strict, CHANGING, own, body)) == [403]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"])
async def test_a_wrong_name_changes_nothing(strict, host):
    own = FORM | {"host": host, "cookie": strict.cookie, "x-csrf": strict.session.csrf}
    assert list(await each(strict, CHANGING, own)) == [421]


async def test_without_a_login_nothing_is_changed(strict):
    assert list(await each(strict, CHANGING, FORM)) == [401]


@pytest.mark.parametrize("cookie", ["offhook_session=another", "__Host-offhook_session=another", "offhook_session="])
async def test_a_session_that_there_is_not_changes_nothing(strict, cookie):
    assert list(await each(strict, CHANGING, FORM | {"cookie": cookie})) == [401]


@pytest.mark.parametrize("csrf", ["", "another"])
async def test_a_form_that_is_not_the_sessions_own_changes_nothing(strict, csrf):
    routes = [route for route in CHANGING if route[1] not in ("/login", "/api/login-links")]
    own = FORM | {"cookie": strict.cookie, "x-csrf": csrf}
    assert list(await each(strict, routes, own, f"csrf={csrf}".encode())) == [403]


async def test_on_loopback_too_a_page_changes_nothing_without_a_login():
    pages = await open_pages()
    try:
        assert list(await each(pages, [*OF_PAGES, ("POST", "/logout"), ("POST", "/api/login-links")], FORM)) == [401]
    finally:
        await close_pages(pages)


def test_every_operation_that_changes_something_has_a_name_in_the_audit_log():
    unnamed = {each.path for each in OPERATIONS if each.method not in SAFE_METHODS and not each.audit}
    assert unnamed == CHANGES_NOTHING


def test_what_only_looks_has_none():
    assert [each.path for each in OPERATIONS if each.method in SAFE_METHODS and each.audit] == []
