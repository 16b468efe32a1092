"""A real `offhook serve` behind the console: its test message, its history across a restart, and a stop that no open page holds up."""

import re
import time
import urllib.request
from contextlib import closing
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest

from tests.helpers.certificates import House
from tests.helpers.pages import words_of
from tests.helpers.processes import App, Offhook, wait_until


class Person:
    """Somebody who has followed the link on the terminal."""

    def __init__(self, offhook):
        self.offhook = offhook
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.post("/login", token=offhook.ready["login"].partition("token=")[2])

    def read(self, path="/"):
        with self._opener.open(self.offhook.console + path, timeout=20) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        with self._opener.open(self.offhook.console + path, urlencode(fields).encode(), timeout=30) as answer:
            return answer.read().decode()

    @property
    def csrf(self):
        return re.search(r'name="csrf" value="([^"]+)"', self.read())[1]

    def open_stream(self):
        return self._opener.open(self.offhook.console + "/live", timeout=20)

    def send_test(self):
        return words_of(self.post("/test-message", endpoint="sms", csrf=self.csrf))


@pytest.fixture
def app(tmp_path):
    app = App("echo", tmp_path)
    yield app
    app.kill()


@pytest.fixture
def serve(tmp_path, app):
    started = []

    def start(*flags, env=None):
        started.append(Offhook(tmp_path, "--to", app.url, *flags, env=env))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


def test_a_test_message_comes_out_at_the_app_and_in_the_overview(serve):
    person = Person(serve())
    assert "A test message has come in at sms, and was answered with 200." in person.send_test()
    (delivered,) = wait_until(lambda: person.offhook.webhooks("&state=delivered"))
    (attempt,) = person.offhook.story(delivered["id"])["attempts"]
    assert "Hello from Offhook" in attempt["exchanges"][0]["body"]
    page = words_of(person.read())
    assert "All is well" in page
    assert "Received 1 in the last hour Delivered 1 in the last hour" in page
    assert "Hello from Offhook" in page


def test_a_test_message_is_signed_for_the_public_url(serve):
    person = Person(serve("--public-url", "https://sms.example.com/hooks/"))
    assert "https://sms.example.com/hooks/sms" in person.read()
    assert "was answered with 200" in person.send_test()


def test_a_test_message_finds_a_door_with_a_certificate_for_another_name(serve, tmp_path):
    chain, key = House().good("sms.example.com").files(tmp_path, "door")
    person = Person(serve("--tls-cert", str(chain), "--tls-key", str(key), "--public-url", "https://sms.example.com"))
    assert "was answered with 200" in person.send_test()


def test_without_a_token_no_test_message_can_be_signed_but_one_may_come_unsigned(serve):
    person = Person(serve("--allow-unsigned", env={"TWILIO_AUTH_TOKEN": ""}))
    assert "was answered with 200" in person.send_test()


def test_what_has_happened_is_known_after_a_restart(serve):
    first = serve()
    Person(first).send_test()
    wait_until(lambda: first.webhooks("&state=delivered"))
    assert first.stop() == 0
    page = words_of(Person(serve()).read())
    assert "Received 1 in the last hour Delivered 1 in the last hour" in page
    assert "Last delivered sms well" in page


def test_an_open_page_does_not_hold_up_the_stop(serve):
    offhook = serve()
    with closing(Person(offhook).open_stream()) as stream:
        assert stream.readline().startswith(b"retry:")
        began = time.monotonic()
        assert offhook.stop() == 0
        assert time.monotonic() - began < 5


async def test_a_browser_that_asks_for_a_page_that_is_not_there_gets_one_that_says_so_and_a_program_gets_json(console):
    page = await console.ask("GET", "/nowhere", headers={"accept": "text/html,*/*"})
    assert page.status == 404
    assert "There is no such page." in page.text
    assert (await console.get("/nowhere")).json["code"] == 20404
    assert (await console.ask("GET", "/api/nowhere", headers={"accept": "text/html"})).json["code"] == 20404
