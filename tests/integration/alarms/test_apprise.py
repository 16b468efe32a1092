"""Alarms through apprise, by its plain JSON service, to a real receiver."""

import json
import logging
import sys
import threading

import pytest

from offhook.alarms.notify import apprise as channel
from offhook.alarms.notify.apprise import Apprise
from tests.helpers.alarms import Office, alarm, firing, notification, recovered, storm
from tests.helpers.door import logged
from tests.helpers.receivers import Receiver

# apprise looks for a module that newer versions of Python have not.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

CONSOLE = "https://console.example"


def chat_office(url):
    office = Office()

    def secret(reference):
        if reference != "env:CHAT":
            raise ValueError(f"{reference} means the environment variable GONE, which is not set: set it, or name another")
        return url

    office.channels["apprise"] = Apprise(secret, clock=office.clock, console_url=CONSOLE)
    return office


def through(receiver):
    return f"json://ada:chat-password@127.0.0.1:{receiver.port}/T0KEN"


async def test_a_storm_is_one_message_to_a_chat():
    async with Receiver() as receiver, chat_office(through(receiver)) as office:
        await office.put(*storm(12, "apprise", "env:CHAT"))
        await office.after(5.0)
        (post,) = receiver.posts
        said = json.loads(post.body)
        assert (said["title"], said["type"]) == ("12 alarms fired: Alarm 0, Alarm 1, Alarm 2 and 9 more", "failure")
        assert "What to do:" in said["message"]
        assert "… and 2 more" in said["message"]
        assert await office.waiting() == []


async def test_a_recovery_is_good_news():
    async with Receiver() as receiver, chat_office(through(receiver)) as office:
        of = alarm()
        about = firing(of)
        await office.put(notification("apprise", "env:CHAT", of=of, about=recovered(about), news="recovered"))
        await office.after(5.0)
        assert json.loads(receiver.posts[0].body)["type"] == "success"


async def test_what_fails_is_tried_again_and_the_log_has_no_secret(capfd):
    async with Receiver(500, 200) as receiver, chat_office(through(receiver)) as office:
        with logged() as lines:
            await office.put(notification("apprise", "env:CHAT"))
            await office.after(5.0)
            (line,) = lines("alarm.not_told_yet")
            assert line["to"] == "env:CHAT"
            await office.after(5.0)
            everything = capfd.readouterr()
            logging.getLogger("apprise").warning("json://ada:chat-password@host/T0KEN")
        assert len(receiver.posts) == 2
        assert await office.waiting() == []
        assert not any(secret in f"{line}{everything}" for secret in ("chat-password", "T0KEN"))


@pytest.mark.parametrize(
    ("address", "url", "words"),
    [
        ("env:CHAT", "nosuchservice://x", "The URL is none that apprise knows"),
        ("env:GONE", "", "env:GONE means the environment variable GONE, which is not set"),
    ],
)
async def test_what_the_operator_has_to_set_right_is_said(address, url, words):
    async with chat_office(url) as office:
        await office.put(notification("apprise", address))
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note.startswith(words)
        assert left.due - office.clock.now() == 900


async def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    async with chat_office("json://x") as office:
        await office.put(notification("apprise", "env:CHAT"))
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note == "apprise is not installed: pip install 'offhook[notify]'."


async def test_a_service_that_hangs_holds_nothing_up(monkeypatch):
    monkeypatch.setattr(channel, "ALTOGETHER", 0.2)
    go_on = threading.Event()
    monkeypatch.setattr(channel, "_notify", lambda *_: go_on.wait(10))
    async with chat_office("json://x") as office:
        await office.put(notification("apprise", "env:CHAT"))
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note == "The service was not done within 0.2 s."
        assert left.message
    go_on.set()
