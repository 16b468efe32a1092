"""Who is let in, and how: links, sessions, forms, programs that say who they are, and those who guess."""

import base64
import re

import pytest

from offhook.console.callers import Callers
from offhook.console.routes import PAGES, Login
from offhook.console.session import COOKIE, IDLE_WITHIN, LINK_WITHIN, MOST_LINKS, SECURE_COOKIE, SESSION_WITHIN
from offhook.records import State
from tests.helpers.pages import ACCOUNT, SETTINGS, TOKEN, House, close_pages, open_pages

KEY = "k" * 43


class _Key:
    def fits(self, given):
        return given == KEY


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
async def strict():
    """A console where everybody has to log in."""
    house = House()
    pages = await open_pages(house, Login(house.sessions, always=True, callers=Callers(SETTINGS, _Key())))
    yield pages
    await close_pages(pages)


@pytest.fixture
async def easy():
    """A console on loopback that knows the account's credentials."""
    house = House()
    pages = await open_pages(house, Login(house.sessions, callers=Callers(SETTINGS, _Key())))
    yield pages
    await close_pages(pages)


async def log_in(pages, token, **headers):
    sent = {"content-type": "application/x-www-form-urlencoded"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return await pages.ask("POST", "/login", headers=sent, body=f"token={token}&next=%2Fwebhooks%3Fstate%3Dfailed".encode())


async def actions(pages):
    return [each.action for each in await pages.audit.entries()]


async def test_a_link_opens_one_session_and_leads_where_one_wanted_to_go(easy):
    token = easy.house.sessions.link()
    answer = await log_in(easy, token)
    assert (answer.status, answer.headers["location"]) == (303, "/webhooks?state=failed")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}_{easy.server.port}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert (await log_in(easy, token)).status == 401


async def test_over_https_the_cookie_is_of_this_host_and_of_https_alone(easy):
    origin = easy.url.replace("http://", "https://")
    answer = await log_in(easy, easy.house.sessions.link(), origin=origin, sec_fetch_site="same-origin")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SECURE_COOKIE}=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    page = await easy.get("/", cookie=cookie.partition(";")[0], host="offhook.example")
    assert page.status == 200


async def test_consoles_on_several_ports_of_a_machine_do_not_log_each_other_out(strict):
    answer = await log_in(strict, strict.house.sessions.link())
    own = answer.headers["set-cookie"].partition(";")[0]
    assert (await strict.get("/", cookie=f"{COOKIE}_9999=anothers; {own}")).status == 200
    assert (await strict.get("/", cookie=own.replace(str(strict.server.port), "9999"))).status == 303


async def test_looking_a_link_up_does_not_use_it_up(easy):
    token = easy.house.sessions.link()
    assert (await easy.get(f"/login?token={token}")).status == 200
    assert (await log_in(easy, token)).status == 303


async def test_links_end_and_only_the_newest_few_are_good(easy):
    sessions, clock = easy.house.sessions, easy.house.clock
    old = sessions.link()
    for _ in range(MOST_LINKS):
        last = sessions.link()
    assert sessions.open(old) is None
    clock.time += LINK_WITHIN + 1
    assert sessions.open(last) is None


@pytest.mark.parametrize("pause", [IDLE_WITHIN, SESSION_WITHIN])
async def test_a_session_ends_by_itself(strict, pause):
    assert (await strict.read("/")).status == 200
    strict.house.clock.time += pause + 1
    assert (await strict.read("/")).where.startswith("/login")


async def test_a_session_that_is_used_still_ends_after_a_day_at_work(strict):
    for _ in range(int(SESSION_WITHIN // 3600)):
        strict.house.clock.time += 3600
        assert (await strict.read("/")).status == 200
    strict.house.clock.time += 1
    assert (await strict.read("/")).status == 303


async def test_a_page_that_renews_itself_does_not_keep_a_session_alive(strict):
    for _ in range(3):
        strict.house.clock.time += IDLE_WITHIN / 3
        await strict.read("/", x_fresh="1")
        await strict.read("/", hx_request="true")
    strict.house.clock.time += 1
    assert (await strict.read("/")).status == 303


async def test_logging_out_ends_it_and_needs_the_sessions_own_form(strict):
    assert (await strict.change("/logout", csrf="another")).status == 403
    assert (await strict.read("/")).status == 200
    answer = await strict.change("/logout")
    assert answer.status == 303
    assert (await strict.read("/")).status == 303
    assert (await actions(strict))[0] == "logout"


async def test_logging_in_again_ends_the_session_before(strict):
    before = strict.cookie
    assert (await log_in(strict, strict.house.sessions.link(), cookie=before)).status == 303
    assert (await strict.get("/", cookie=before)).status == 303


async def test_where_everybody_has_to_log_in_nothing_is_shown_before(strict):
    await strict.webhook("private words")
    for path in [each.path for each in PAGES if each.method == "GET"]:
        wanted = re.sub(r"\{[^}]+\}", "1", path)
        answer = await strict.get(f"{wanted}?x=1")
        assert (answer.status, answer.headers["location"]) == (303, f"/login?next={wanted}%3Fx%3D1"), path
    for path in ("/api/webhooks", "/api/endpoints", "/metrics", "/openapi.json"):
        answer = await strict.get(path)
        assert (answer.status, answer.json["code"]) == (401, 20401), path
        assert "Basic" in answer.headers["www-authenticate"]
    for path in ("/healthz", "/readyz", "/login", "/static/console.css"):
        assert (await strict.get(path)).status == 200, path


async def test_a_browser_is_not_made_to_ask_for_a_password(strict):
    answer = await strict.get("/api/webhooks", sec_fetch_site="same-origin")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_link_from_a_chat_finds_the_session_by_a_second_request_of_our_own(strict):
    first = await strict.get("/", sec_fetch_site="cross-site")
    assert (first.status, first.headers["refresh"]) == (200, "0")
    assert (await strict.get("/", sec_fetch_site="same-origin")).status == 303


@pytest.mark.parametrize("authorization", [basic(ACCOUNT, TOKEN), f"Bearer {KEY}"])
async def test_programs_say_who_they_are(strict, authorization):
    webhook = await strict.webhook(state=State.FAILED)
    assert (await strict.get("/api/webhooks", authorization=authorization)).status == 200
    answer = await strict.post(f"/api/webhooks/{webhook.id}/replay", authorization=authorization)
    assert answer.status == 202
    entry = (await strict.audit.entries())[0]
    assert (entry.action, entry.subject) == ("replay", webhook.id)
    assert entry.who in ("console key", f"account {ACCOUNT}")


@pytest.mark.parametrize(
    "authorization",
    [
        basic(ACCOUNT, "another"),
        basic("AC" + "b" * 32, TOKEN),
        basic("", TOKEN),
        basic(ACCOUNT, ""),
        "Basic !!!",
        "Basic /////w==",
        "Bearer",
        "Bearer another",
        f"Basic {KEY}",
        "",
    ],
)
async def test_others_are_refused(strict, authorization):
    for path in ("/api/webhooks", "/metrics"):
        assert (await strict.get(path, authorization=authorization)).status == 401
    assert (await strict.get("/", authorization=authorization)).status == 303


async def test_a_page_changes_by_the_api_with_its_sessions_token(strict):
    webhook = await strict.webhook(state=State.FAILED)
    path = f"/api/webhooks/{webhook.id}/replay"
    assert (await strict.get("/api/webhooks", cookie=strict.cookie)).status == 200
    refused = await strict.post(path, cookie=strict.cookie)
    assert (refused.status, refused.json["code"]) == (403, 20003)
    assert (await strict.post(path, cookie=strict.cookie, x_csrf=strict.session.csrf)).status == 202


async def test_whoever_guesses_waits_longer_and_longer_and_whoever_knows_does_not(strict):
    clock = strict.house.clock
    waited = []
    for _ in range(8):
        before = clock.time
        assert (await log_in(strict, "guess")).status == 401
        waited.append(clock.time - before)
    assert waited == [0, 0, 0, 0.25, 0.5, 1, 2, 4]
    before = clock.time
    assert (await log_in(strict, strict.house.sessions.link())).status == 303
    assert clock.time == before
    noted = [(each.action, each.subject, each.who) for each in await strict.audit.entries()]
    refusals = [("login refused", subject, "nobody") for subject in ("8 in a row", "4 in a row", "2 in a row", "")]
    assert noted[1:] == refusals
    assert noted[0][0] == "login"


async def test_failed_logins_do_not_fill_the_journal(strict):
    for _ in range(200):
        strict.house.clock.time += 1000.0 / 60
        await log_in(strict, "guess")
    assert len(await strict.audit.entries()) < 20


async def test_on_loopback_programs_need_nothing_and_pages_a_login_for_changes(easy):
    webhook = await easy.webhook(state=State.FAILED)
    assert (await easy.get("/")).status == 200
    assert (await easy.get("/api/webhooks")).status == 200
    assert (await easy.post(f"/api/webhooks/{webhook.id}/replay")).status == 202
    entry = (await easy.audit.entries())[0]
    assert (entry.who, entry.peer) == ("this machine", "127.0.0.1")
    assert (await easy.form("/test-message", endpoint="sms")).status == 401
    assert easy.house.tests_sent == []


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "offhook.example"},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 proxy"},
        {"x-real-ip": "203.0.113.9"},
    ],
)
async def test_what_has_come_through_a_proxy_is_not_from_this_machine(easy, headers):
    assert (await easy.ask("GET", "/", headers=headers)).status == 303
    assert (await easy.ask("GET", "/api/webhooks", headers=headers)).status == 401
    assert (await easy.ask("GET", "/api/webhooks", headers=headers | {"authorization": f"Bearer {KEY}"})).status == 200


async def test_a_new_link_is_for_whoever_has_the_key_also_on_this_machine(easy):
    for headers in ({}, {"authorization": "Bearer another"}, {"cookie": easy.cookie}):
        assert (await easy.ask("POST", "/api/login-links", headers=headers)).status == 401
    answer = await easy.ask("POST", "/api/login-links", headers={"authorization": f"Bearer {KEY}"})
    assert answer.status == 201
    assert answer.json["expires_in"] == 3600
    described = (await easy.get("/openapi.json")).json["paths"]["/api/login-links"]["post"]["responses"]
    assert {"201", "401"} <= set(described)
    assert (await log_in(easy, answer.json["path"].partition("token=")[2])).status == 303
    assert "login link" in await actions(easy)


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
async def test_a_login_leads_to_our_own_pages_only(easy, next_):
    answer = await easy.form("/login", token=easy.house.sessions.link(), next=next_)
    assert answer.headers["location"] == "/"
