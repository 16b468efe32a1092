"""The doctor's page in a real browser: it asks for nothing, complains of nothing, and can be read in any light and at any width."""

import pytest

from offhook.console.doctor_page import report_page
from tests.helpers.browser import SHOTS, browser
from tests.helpers.reports import hostile, ill, well

SIZES = {"phone": (390, 844), "wide": (1280, 900)}


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture
def opened(chromium, tmp_path):
    """Opener of a report: the page, with every request that it made and every complaint."""
    contexts = []

    def open_report(report, *, colours="light", size="wide", scripts=True):
        width, height = SIZES[size]
        context = chromium.new_context(
            color_scheme=colours, viewport={"width": width, "height": height}, java_script_enabled=scripts
        )
        contexts.append(context)
        file = tmp_path / "report.html"
        file.write_bytes(report_page(report))
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_load_state("networkidle")
        page.file = file.as_uri()
        return page

    yield open_report
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_page_is_whole_by_itself(opened, colours, size):
    page = opened(ill(), colours=colours, size=size)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"doctor-{colours}-{size}.png", full_page=True)
    assert page.asked == [page.file]
    assert page.complaints == []
    assert page.get_by_role("heading", level=1).inner_text() == "✗ 1 fault and 1 warning"
    plot = page.get_by_role("img", name="Time to connect, 198.51.100.7")
    assert plot.is_visible()
    assert plot.locator("rect.bar").count() == 17
    assert plot.locator("path.lost").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_good_report_looks_good_too_and_opens_what_is_folded(opened):
    page = opened(well(), size="phone")
    page.screenshot(path=SHOTS / "doctor-good-phone.png", full_page=True)
    evidence = page.get_by_text("HTTP/1.1 200 OK, text/xml")
    assert not evidence.is_visible()
    page.get_by_text("It answered 200 in 42 ms.").click()
    assert evidence.is_visible()


@pytest.mark.parametrize("size", SIZES)
def test_what_came_from_outside_is_only_text(opened, size):
    page = opened(hostile(), size=size)
    page.screenshot(path=SHOTS / f"doctor-hostile-{size}.png", full_page=True)
    assert page.asked == [page.file]
    assert page.complaints == []
    assert page.locator("script, img:not([role]), a, iframe, form, object, embed, link").count() == 0
    assert "<img src=x onerror=alert(1)>" in page.locator("article h3").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_its_own_policy_would_stop_a_request_all_the_same(opened, tmp_path):
    page = opened(well())
    page.evaluate("document.body.appendChild(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
    page.wait_for_timeout(100)
    assert any("Content Security Policy" in each for each in page.complaints)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_has_enough_contrast(opened, colours):
    page = opened(ill(), colours=colours)
    assert page.evaluate(CONTRASTS) == []


def test_it_prints_on_paper(opened, tmp_path):
    page = opened(ill())
    page.pdf(path=SHOTS / "doctor.pdf", format="A4")
    assert (SHOTS / "doctor.pdf").stat().st_size > 1000


# Texts whose contrast to what lies behind them is below 4.5 (WCAG 2.2, 1.4.3).
CONTRASTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (!words || element.tagName === "title") continue;
    const style = getComputedStyle(element), colour = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(numbers(colour)), light(behind(element))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) faint.push(words + " " + colour + " on " + behind(element));
  }
  return faint;
}"""
