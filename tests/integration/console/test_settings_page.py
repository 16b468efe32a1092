"""The settings' page: what holds, where it comes from, and never a secret."""

import json

import pytest

from offhook.settings import load
from tests.helpers.pages import ACCOUNT, TOKEN, House, close_pages, open_pages

SHORT = "short-key12"
KEY = "SK" + "2" * 32
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "TWILIO_API_KEY": KEY,
    "TWILIO_API_SECRET": SHORT,
    "OFFHOOK_PORTT": "1",
}
FILE = """
hold = "12s"
database = "memory:"

[endpoints.sms]
to = "https://bob:hunter2@app.example/sms"
"""


@pytest.fixture
async def console(tmp_path):
    path = tmp_path / "offhook.toml"
    path.write_text(FILE)
    settings = load({"port": "9000"}, ENVIRONMENT, path)
    pages = await open_pages(House(settings=settings, endpoints=settings.endpoints))
    yield pages
    await close_pages(pages)


async def test_each_setting_says_its_value_and_where_it_comes_from(console):
    page = await console.read("/settings")
    assert page.status == 200
    assert "port Port that Twilio's webhooks come in on 9000 flag --port" in page.words
    assert "for your app's answer 12s " in page.words
    assert "offhook.toml: hold" in page.words
    assert "console_host Address of the console and its API 127.0.0.1 default" in page.words
    assert 'title="OFFHOOK_PORT, PORT, --port"' in page.text
    assert "such as https://sms.example.com none not set" in page.words
    assert "OFFHOOK_PORTT: there is no such setting" in page.words


async def test_of_a_secret_at_most_the_last_four_characters_are_shown(console):
    for path in ("/settings", "/settings?format=json", "/settings?format=csv", "/endpoints", "/endpoints/sms"):
        text = (await console.read(path)).text
        for secret in (ENVIRONMENT["TWILIO_AUTH_TOKEN"], SHORT, SHORT[-4:], "hunter2", "89abcdef", "bob:"):
            assert secret not in text, (path, secret)
    words = (await console.read("/settings")).words
    assert "set, ends in …cdef environment TWILIO_AUTH_TOKEN" in words
    assert "secret, as env:NAME or file:PATH set environment TWILIO_API_SECRET" in words


async def test_settings_are_found_by_words_and_by_who_has_set_them(console):
    words = (await console.read("/settings?q=sender+late")).words
    assert "No setting has these words in it." in words
    assert "alarm_group_wait" not in (await console.read("/settings?q=port")).words
    given = (await console.read("/settings?show=given")).words
    assert "9000 flag --port" in given
    assert "console_port" not in given


async def test_they_can_be_taken_away_as_a_file(console):
    rows = json.loads((await console.read("/settings?format=json&q=hold")).body)
    assert next(row["name"] for row in rows) == "hold"
    assert rows[0]["value"] == "12s"
    assert (await console.read("/settings?format=csv")).text.startswith("section,name,value,source,is_default,meaning")


async def test_without_a_token_the_page_says_so(tmp_path):
    pages = await open_pages(House(settings=load({"to": "http://app.example"}, {}, None)))
    try:
        words = (await pages.read("/settings")).words
        assert "none: signatures are not checked" in words
        assert TOKEN not in words
    finally:
        await close_pages(pages)
