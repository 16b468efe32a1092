"""The phone in a real browser, with a real app at the other end."""

import struct
import zlib

import pytest

from offhook.providers.drafts import segments
from tests.helpers.browser import SHOTS, browser
from tests.helpers.dev import Dev
from tests.helpers.hostile import HOSTILE
from tests.helpers.processes import App, wait_until

WIDTHS = (390, 1280)
SAMPLES = (
    "",
    "hi",
    "x" * 160,
    "x" * 161,
    "€" * 80,
    "€" * 81,
    "é" * 160,
    "ê",
    "ж" * 70,
    "ж" * 71,
    "😀" * 35,
    "😀" * 36,
    "x" * 1600,
    "a\nb" * 54,
    "^" * 154,
)


def png(side):
    """A square picture in one colour."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = (b"\0" + b"\xb4\x37\x1c" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture
def app(tmp_path):
    app = App("echo", tmp_path)
    yield app
    app.kill()


@pytest.fixture
def dev(tmp_path, app):
    dev = Dev(tmp_path, app.url)
    yield dev
    assert dev.stop() == 0


class Watched:
    """A page of which nothing may be complained: no error in its console, no request to anywhere but us."""

    def __init__(self, chromium, dev, **options):
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints = []
        self.page.on("console", lambda told: told.type in {"error", "warning"} and self.complaints.append(told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: asked.url.startswith(dev.url + "/") or self.complaints.append(asked.url))

    def __enter__(self):
        return self.page

    def __exit__(self, kind, *_):
        self.context.close()
        if kind is None:
            assert self.complaints == []


def keep(page, name):
    """A screenshot at each width, for a person to look at."""
    SHOTS.mkdir(exist_ok=True)
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(250)
        page.screenshot(path=SHOTS / f"phone-{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
    page.set_viewport_size(size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_text_comes_back_as_a_reply_and_when_the_app_is_down_the_page_says_why_until_it_is_delivered_again(
    chromium, dev, app, tmp_path, scheme
):
    with Watched(chromium, dev, color_scheme=scheme, viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{dev.url}/")
        page.get_by_role("link", name="Text your app from the phone").click()
        keep(page, f"empty-{scheme}")
        page.get_by_label("Text message").fill("Is my order ready?")
        page.keyboard.press("Enter")
        page.get_by_text("You said: Is my order ready?").first.wait_for()
        page.locator(".theirs.delivered").wait_for()
        assert page.get_by_label("Text message").input_value() == ""

        app.kill()
        page.get_by_label("Text message").fill("Anybody there?")
        page.get_by_role("button", name="Send").click()
        why = page.locator(".mine.failed .why")
        why.wait_for()
        assert why.inner_text().startswith("11200 Nothing listens at 127.0.0.1")
        assert "First: Start the app" in why.inner_text()
        keep(page, f"failed-{scheme}")

        page.get_by_role("link", name="The whole story").click()
        page.get_by_role("heading", name="What happened").wait_for()
        assert "Nothing listens at 127.0.0.1" in page.inner_text("main")
        again = App("echo", tmp_path, app.port)
        page.get_by_role("button", name="Replay").click()
        page.get_by_text("delivered", exact=True).first.wait_for()
        page.get_by_role("link", name="Phone").click()
        page.get_by_text("You said: Anybody there?").first.wait_for()
        assert page.locator(".failed").count() == 0
        keep(page, f"delivered-{scheme}")
        again.kill()


def test_deliver_it_again_on_the_phone_itself_brings_the_reply_without_leaving_the_page(chromium, dev, app, tmp_path):
    app.kill()
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        page.get_by_label("Text message").fill("Once more")
        page.keyboard.press("Enter")
        again = page.get_by_role("button", name="Deliver it again")
        again.click()
        again.and_(page.locator(":enabled")).wait_for()
        assert page.locator(".mine.failed").count() == 1
        back = App("echo", tmp_path, app.port)
        again.click()
        page.locator(".theirs.delivered").wait_for()
        assert page.locator(".mine.delivered").count() == 1
        assert again.count() == 0
        assert page.url == f"{dev.url}/phone"
        back.kill()


def test_a_reply_that_comes_while_nobody_reloads_follows_a_replay_from_another_tab(chromium, dev, app, tmp_path):
    app.kill()
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        page.get_by_label("Text message").fill("Wake up")
        page.keyboard.press("Enter")
        page.locator(".mine.failed").wait_for()
        again = App("echo", tmp_path, app.port)
        story = page.get_by_role("link", name="The whole story").get_attribute("href")
        page.request.post(f"{dev.url}{story}/replay")
        page.locator(".theirs.delivered").wait_for()
        assert page.locator(".mine.delivered").count() == 1
        again.kill()


def test_the_page_works_without_its_script(chromium, dev):
    with Watched(chromium, dev, java_script_enabled=False) as page:
        page.goto(f"{dev.url}/phone")
        page.get_by_role("link", name="Grace").click()
        page.get_by_label("Text message").fill("No script here")
        page.get_by_role("button", name="Send").click()
        wait_until(lambda: len(dev.messages()) == 2 and dev.messages()[1]["mark"] == "delivered")
        page.reload()
        assert page.get_by_text("You said: No script here").first.is_visible()
        page.get_by_label("WhatsApp").check()
        page.get_by_role("button", name="Switch").click()
        page.get_by_text("No messages yet").wait_for()
        page.get_by_role("button", name="HELP").click()
        assert [each["from"] for each in dev.messages()][2] == "whatsapp:+12025550102"


def test_the_counter_counts_segments_as_the_carrier_does(chromium, dev):
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        counted = [page.evaluate("(text) => segments(text).count", text) for text in SAMPLES]
        assert counted == [segments(text) for text in SAMPLES]
        page.get_by_label("Text message").fill("ж" * 71)
        assert page.locator("#counter").inner_text() == "71 · 2 segments · UCS-2 · room for 63"


def test_a_picture_is_sent_and_shown_and_whatsapp_is_a_conversation_of_its_own(chromium, dev, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(160))
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        page.get_by_label("WhatsApp").check()
        page.wait_for_url("**channel=whatsapp*")
        page.get_by_label("Picture").set_input_files(picture)
        page.get_by_role("button", name="Send").click()
        wait_until(lambda: page.evaluate("document.querySelector('.mine img')?.naturalWidth") == 160)
        page.locator(".theirs.delivered").wait_for()
        assert {each["from"] for each in dev.messages()} == {"whatsapp:+12025550101", "whatsapp:+12025550199"}
        page.goto(f"{dev.url}/phone?person=%2B4915112345678")
        page.get_by_label("Text message").fill("Hallo")
        page.keyboard.press("Enter")
        page.locator(".theirs.delivered").wait_for()
        page.get_by_label("Another number").fill("+12025550150")
        page.get_by_role("button", name="Open").click()
        page.get_by_role("heading", name="+12025550150").wait_for()
        keep(page, "people")


def test_a_message_in_another_conversation_is_marked_in_the_list(chromium, dev):
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        page.request.post(f"{dev.url}/api/phone/texts", data={"from": "+12025550103", "body": "Linus here"})
        page.locator(".unread", has_text="Linus").wait_for()
        assert page.locator("#bubbles li").count() == 0


def test_hostile_texts_run_nothing_and_break_no_layout(chromium, dev):
    with Watched(chromium, dev, viewport={"width": 390, "height": 800}) as page:
        page.on("dialog", lambda told: pytest.fail(told.message))
        page.goto(f"{dev.url}/phone")
        for body in (*HOSTILE, "W" * 1600):
            page.request.post(f"{dev.url}/api/phone/texts", data={"body": body})
        wait_until(lambda: page.locator(".mine.delivered").count() == len(HOSTILE) + 1)
        assert page.locator("#bubbles :is(script, svg, img, textarea, b)").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.querySelector('#bubbles').scrollWidth <= document.querySelector('#bubbles').clientWidth")
        page.reload()
        assert page.locator(".mine.delivered").count() == len(HOSTILE) + 1
        keep(page, "hostile")


def test_words_of_the_carrier_work_and_an_error_of_ours_is_told_on_the_page(chromium, dev):
    with Watched(chromium, dev) as page:
        page.goto(f"{dev.url}/phone")
        page.get_by_role("button", name="STOP").click()
        page.get_by_text("Ada has opted out").wait_for()
        page.locator(".theirs.failed").wait_for()
        assert "21610" in page.locator(".theirs.failed .why").inner_text()
        page.get_by_role("button", name="START").click()
        page.get_by_text("Ada has opted out").wait_for(state="hidden")


def test_the_page_goes_on_by_itself_when_the_simulator_was_started_again(chromium, dev, app, tmp_path):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{dev.url}/phone")
    page.get_by_label("Text message").fill("before")
    page.keyboard.press("Enter")
    page.locator(".theirs.delivered").wait_for()
    assert dev.stop() == 0
    again = Dev(tmp_path, app.url, port=dev.port)
    wait_until(lambda: page.locator("#bubbles li").count() == 0, 15)
    page.get_by_label("Text message").fill("after")
    page.keyboard.press("Enter")
    page.get_by_text("You said: after").first.wait_for()
    context.close()
    assert again.stop() == 0
