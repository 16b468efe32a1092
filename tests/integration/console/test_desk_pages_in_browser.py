"""The pages of the doctor, the endpoints, the settings, the audit log and the login in a real browser, in light and dark, narrow and wide."""

import pytest

from offhook.doctor.patient import Check
from offhook.records import Endpoint, State
from offhook.settings import load
from tests.helpers.pages import ACCOUNT, NOON, Beside, House
from tests.helpers.reports import ill
from tests.integration.api.conftest import practice

ENDPOINTS = (
    Endpoint(
        name="sms",
        app_url="https://bob:hunter2@my-app.example/webhooks/twilio/incoming-messages#rc=3&ct=50&rp=5xx,rt",
        fallback_url="https://spare.example/sms",
    ),
    Endpoint(name="support", app_url="http://127.0.0.1:5000/support", verify_tls=False),
    Endpoint(name="told", app_url="", provider="twilio-debugger"),
)
SETTINGS = load(
    {"port": "9000", "to": "https://my-app.example/sms", "hold": "12s"},
    {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "0123456789abcdef" * 2, "OFFHOOK_PORTT": "1"},
    None,
)
WIDTHS = (390, 1440)


def ill_checks():
    """Checks that find what the report of the tests has found."""

    def check(row):
        async def run(_patient):
            return [row.finding]

        return Check(row.check, row.asks, run)

    return [check(row) for row in ill().rows]


def house():
    made = House(endpoints=ENDPOINTS, settings=SETTINGS)
    made.doctor = practice(checks=ill_checks(), endpoints=ENDPOINTS)
    made.resting = {"support": True}
    return made


@pytest.fixture
def desk():
    with Beside(house) as running:
        running.run(fill(running.pages))
        yield running


async def fill(pages):
    await pages.lost()
    await pages.delivered()
    await pages.webhook(endpoint="support", state=State.WAITING, due=NOON + 3600)
    await pages.post(
        "/api/deletions", {"number": "+15550000001"}, user_agent="offhook/0.1 a script with a rather long name for itself"
    )
    webhook = await pages.webhook(state=State.FAILED)
    await pages.post(f"/api/webhooks/{webhook.id}/replay")
    await pages.form("/login", token="a guess")


def visit(desk, looks, width):
    """A browser's page of somebody who is logged in, with the complaints that it has had."""
    page = looks(width)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    desk.log_in(page)
    return page


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_complains_of_nothing(desk, looks, width):
    page = visit(desk, looks, width)
    for path, name in (
        ("/endpoints", "endpoints"),
        ("/endpoints/sms", "endpoint"),
        ("/endpoints/support", "endpoint-resting"),
        ("/endpoints/told", "endpoint-told"),
        ("/endpoints/none", "endpoint-none"),
        ("/settings", "settings"),
        ("/audit", "audit"),
        ("/doctor", "doctor"),
        ("/login?token=abc", "login-token"),
        ("/login", "login"),
    ):
        page.goto(desk.url + path)
        looks.shoot(page, f"desk-{name}")
        assert sideways(page) <= 0, path
    assert [each for each in page.complaints if "404" not in each] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_an_examination_becomes_its_report_before_ones_eyes(desk, looks, width):
    page = visit(desk, looks, width)
    page.goto(f"{desk.url}/doctor")
    page.get_by_role("textbox", name="URL").fill("https://my-app.example/sms")
    page.get_by_role("button", name="Examine it").click()
    page.get_by_role("heading", name="What was found").wait_for()
    page.get_by_role("button", name="Examine again").wait_for()
    for line in page.locator("#case summary").all():
        line.click()
    looks.shoot(page, "desk-doctor-report")
    assert sideways(page) <= 0
    assert page.complaints == []


def test_a_test_message_is_sent_by_keyboard_alone(desk, looks):
    page = visit(desk, looks, 1440)
    page.goto(f"{desk.url}/endpoints/sms")
    page.get_by_label("Text").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Hi there")
    page.keyboard.press("Enter")
    page.get_by_text("A test message has come in").wait_for()
    assert [draft.body for _, draft in desk.house.tests_sent] == ["Hi there"]


def test_without_script_everything_can_be_read_and_a_report_ends_at_a_link(desk, looks):
    page = looks(390, java_script_enabled=False)
    for path, word in (("/endpoints/sms", "What its settings mean"), ("/settings", "Where they come in"), ("/audit", "deletion")):
        page.goto(desk.url + path)
        assert word in page.inner_text("main")
