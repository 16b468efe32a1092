"""A real browser: Debian's Chromium, headless, which is told to ask nobody for anything by itself."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

SHOTS = Path(__file__).parents[1] / "shots"
# The first one has no windows to look after, and takes two thirds of the time.
CHROMIUM = ("chromium-headless-shell", "chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def required_browser():
    """The path of the browser. In CI its absence is a failure, elsewhere a reason to skip."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("chromium is not installed")
    return found


@contextmanager
def browser():
    """A running browser (Playwright's)."""
    path = required_browser()
    from playwright.sync_api import sync_playwright  # late: it is heavy, and only this needs it

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield running
        finally:
            running.close()
