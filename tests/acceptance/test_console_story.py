"""The story that Offhook is for, in a real browser: an app answers 502, the console says why, an alarm is made, the app is mended, and nothing is lost.

Once with a mouse and once by the keys alone. Each page on the way is kept as a picture: as wide as a phone and as a screen, light and dark.
"""

import pytest

from tests.helpers.browser import browser
from tests.helpers.console import SCHEMES, WIDTHS, watched
from tests.helpers.messages import message, post
from tests.helpers.processes import App, Offhook, wait_until

AT_ONCE = ("--schedule", "5s", "--give-up-after", "1s")  # the first failure is the last
TEXTS = ("Is my order ready?", "Hello? Anybody there?", "I would like to cancel.")
ACTIVE = """
() => {
  const one = document.activeElement;
  const label = one.labels?.[0]?.textContent ?? "";
  return (one.getAttribute("aria-label") || label || one.textContent || "").replace(/\\s+/g, " ").trim();
}
"""
RING = """
() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
}
"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture
def broken(tmp_path):
    """As long as this file is there, the app answers 502."""
    switch = tmp_path / "broken"
    switch.touch()
    return switch


@pytest.fixture
def app(tmp_path, broken):
    app = App("mended", tmp_path, APP_BROKEN=str(broken))
    yield app
    app.kill()


@pytest.fixture
def offhook(tmp_path, app):
    offhook = Offhook(tmp_path, "--to", app.url, *AT_ONCE)
    yield offhook
    assert offhook.stop() == 0


def shoot(page, name):
    """The page in both widths, light and dark; it is left as it was."""
    size = page.page.viewport_size
    for scheme in SCHEMES:
        page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.scheme = scheme
        for width in WIDTHS:
            page.width(width)
            assert page.faults() == []
            page.shoot(f"story-{name}")
    page.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.page.set_viewport_size(size)


def text(offhook, words):
    assert post(f"{offhook.url}/sms", message(words, From="+12025550123"))[0] == 200


def lose(offhook):
    for words in TEXTS:
        text(offhook, words)
    wait_until(lambda: [each["state"] for each in offhook.webhooks()] == ["failed"] * len(TEXTS))


def path_of(page):
    return page.page.evaluate("location.pathname")


def test_a_person_with_a_mouse_sees_why_makes_an_alarm_and_gets_back_what_was_lost(chromium, offhook, app, broken):
    with watched(chromium, offhook.console) as page:
        see = page.page
        see.goto(offhook.ready["login"])
        shoot(page, "1-login")
        see.get_by_role("main").get_by_role("button", name="Log in").click()
        see.get_by_text(offhook.url).first.wait_for()  # the URL to give to Twilio
        shoot(page, "2-nothing-yet")

        lose(offhook)
        health = see.locator("#health")
        health.get_by_text("3 messages").first.wait_for()  # without a reload
        assert "The app itself answered with status 502" in health.inner_text()
        shoot(page, "3-trouble")

        see.get_by_label("Main").get_by_role("link", name="Errors").click()
        shoot(page, "4-errors")
        see.locator("table[data-walk] tbody tr").first.get_by_role("link").first.click()
        words = see.inner_text("main")
        assert "502" in see.inner_text("h1")
        assert see.locator("#todo li").count() >= 2
        assert "What speaks for it" in words
        shoot(page, "5-error")
        error = path_of(page)

        see.get_by_role("link", name="Create alarm").click()
        see.get_by_label("Name").fill("The app is gone")
        see.get_by_label("Fires at").fill("2")
        see.get_by_role("button", name="Make the alarm").click()
        see.get_by_text("The alarm is made").wait_for()
        see.get_by_label("Main").get_by_role("link", name="Alarms").click()
        see.get_by_role("link", name="The app is gone").first.click()
        see.get_by_role("heading", name="The app is gone").wait_for()
        shoot(page, "6-alarm")

        broken.unlink()
        page.open(error)
        see.get_by_role("link", name="See the issue").click()
        see.get_by_role("link", name="Replay what was lost").first.click()
        assert "3 messages would be delivered again" in see.inner_text("main")
        shoot(page, "7-replay")
        see.get_by_role("button", name="Deliver them again").click()
        wait_until(lambda: sorted(app.seen()) == sorted(TEXTS))
        wait_until(lambda: {each["state"] for each in offhook.webhooks()} == {"delivered"})
        see.get_by_role("button", name="Resolve").click()
        see.get_by_text("marked as resolved").wait_for()
        shoot(page, "8-resolved")

        see.get_by_label("Main").get_by_role("link", name="Webhooks").click()
        assert see.locator("table[data-walk] .pill.delivered").count() == len(TEXTS)
        see.locator("table[data-walk] tbody tr").first.get_by_role("link").first.click()
        assert see.locator(".timeline .attempt").count() == 2
        shoot(page, "9-webhook")
        page.open("/")
        assert "down" not in see.locator("#health").inner_text()
        shoot(page, "10-well")


class Keys:
    """A person without a mouse: what has the focus is always to be seen."""

    def __init__(self, page):
        self.page = page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, words, most=150):
        """Tab until something with these words has the focus."""
        passed = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(ACTIVE)
            if here.startswith(words):
                assert self.page.evaluate(RING), f"{here} has the focus, and it is not to be seen"
                return
            passed.append(here[:30])
        raise AssertionError(f"no {words!r} among {passed}")

    def follow(self, words):
        """Tab to a link or button and press it; until the next page is there."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def enter(self, words, value):
        self.tab_to(words)
        self.press("Control+a")
        self.page.keyboard.type(value)


def test_a_person_with_nothing_but_a_keyboard_does_the_same(chromium, offhook, app, broken):
    with watched(chromium, offhook.console) as page:
        see, keys = page.page, Keys(page.page)
        lose(offhook)
        see.goto(offhook.ready["login"])
        see.locator("main button:focus").wait_for()  # the only button has the focus by itself
        with see.expect_navigation():
            keys.press("Enter")
        keys.press("Tab")
        assert see.evaluate(ACTIVE) == "Skip to the content"
        keys.follow("Errors")
        keys.press("j", "j", "k")
        assert see.evaluate("document.activeElement.closest('tr').rowIndex") == 1
        with see.expect_navigation():
            keys.press("Enter")
        assert path_of(page).startswith("/errors/NO")
        error = path_of(page)

        keys.follow("Create alarm")
        keys.enter("Name", "The app is gone")
        keys.follow("Make the alarm")
        see.get_by_text("The alarm is made").wait_for()

        page.open("/webhooks")
        keys.press("/")
        see.keyboard.type("cancel")
        with see.expect_navigation():
            keys.press("Enter")
        keys.press("j")
        assert see.locator("table[data-walk] tbody tr").count() == 1
        broken.unlink()
        with see.expect_navigation():
            keys.press("Enter")
        with see.expect_navigation():
            keys.press("r")
        wait_until(lambda: app.seen() == [TEXTS[2]])

        page.open(error)
        keys.follow("See the issue")
        keys.follow("Replay what was lost")
        keys.follow("Deliver them again")
        wait_until(lambda: sorted(app.seen()) == sorted(TEXTS))
        wait_until(lambda: {each["state"] for each in offhook.webhooks()} == {"delivered"})
        keys.follow("Resolve")
        see.get_by_text("marked as resolved").wait_for()
