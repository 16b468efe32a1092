"""Alarms as text messages, through a server that speaks Twilio's Messages resource."""

import asyncio

import pytest

from offhook.alarms.notify.sms import Sms
from offhook.debugger.classify import judge
from offhook.net.transport import HttpTransport
from offhook.replies.rest import Credentials, TwilioRest
from offhook.system import SystemClock
from tests.helpers.alarms import Office, notification, storm
from tests.helpers.door import until
from tests.integration.test_reply_sender import ACCOUNT, OURS, TOKEN, USER, MessagesServer

CONSOLE = "https://console.example"


@pytest.fixture
def server():
    with MessagesServer() as made:
        yield made


@pytest.fixture
async def transport():
    made = HttpTransport(SystemClock(), pool_size=0)
    yield made
    await made.close()


class HastyClock(SystemClock):
    """The real clock, which Twilio's times are compared with; its waits are nothing."""

    async def sleep(self, seconds):
        await asyncio.sleep(0)


def texting(url, transport, *, token=TOKEN, sender=OURS, journal=None, credentials=True):
    known = Credentials(account_sid=ACCOUNT, username=ACCOUNT, password=token) if credentials else None
    rest = TwilioRest(transport, lambda _: known, judge=judge, clock=SystemClock(), base_url=url)
    office = Office(journal, HastyClock(), wait=0.0)
    office.channels["sms"] = Sms(rest, sender, clock=office.clock, console_url=CONSOLE, account_sid=ACCOUNT)
    return office


def text(**fields):
    return notification("sms", USER, due=SystemClock().now(), **fields)


async def look(office):
    await office.outbox.step(office.clock.now())


async def test_a_storm_is_one_text_message_of_320_characters(server, transport):
    async with texting(server.url, transport) as office:
        await office.put(*storm(500, "sms", USER, due=SystemClock().now()))
        await look(office)
        (message,) = server.messages
        assert (message["from"], message["to"]) == (OURS, USER)
        assert message["body"].startswith("500 alarms fired: Alarm 0, Alarm 1, ")
        assert len(message["body"]) <= 320
        assert await office.waiting() == []


async def test_a_messaging_service_may_be_the_sender(server, transport):
    service = "MG" + "5" * 32
    async with texting(server.url, transport, sender=service) as office:
        await office.put(text())
        await look(office)
        assert [each["messaging_service_sid"] for each in server.messages] == [service]


async def test_one_whose_answer_was_lost_is_found_and_not_sent_again(server, transport):
    server.faults = ["reset"]
    async with texting(server.url, transport) as office:
        await office.put(text())
        await look(office)
        assert len(server.messages) == 1
        assert await office.waiting() == await office.untold() == []


async def test_one_that_cannot_be_found_is_not_sent_on_a_guess(server, transport):
    server.faults = ["lose"]
    async with texting(server.url, transport) as office:
        await office.put(text())
        await look(office)
        assert (server.messages, await office.waiting()) == ([], [])
        assert [each.note for each in await office.untold()] == [
            "Whether it was sent nobody can say, and so it is not sent again."
        ]


async def test_after_a_kill_the_message_is_looked_for_first(server, transport):
    async with texting(server.url, transport) as office:
        await office.put(text())

        async def dies(reply):
            await TwilioRest.create_message(rest, reply)
            await asyncio.Event().wait()

        rest = office.channels["sms"]._rest
        rest.create_message = dies
        await office.outbox.begin(office.clock.now())
        await until(lambda: server.messages)
        await office.outbox.stop(0.0)
        async with texting(server.url, transport, journal=office.journal) as next_process:
            await look(next_process)
            assert len(server.messages) == 1
            assert await next_process.waiting() == await next_process.untold() == []


async def test_while_nothing_can_be_listed_it_stays_open(server, transport):
    server.faults = ["lose"]
    async with texting(server.url, transport) as office:

        class Mute(TwilioRest):
            async def list_messages(self, *_):
                return await TwilioRest(transport, lambda _: None, judge=judge, clock=SystemClock()).list_messages("", "", "", 0)

        office.channels["sms"]._rest.__class__ = Mute
        await office.put(text())
        await look(office)
        (left,) = await office.waiting()
        assert left.message


async def test_too_many_requests_wait_and_a_refusal_ends_it(server, transport):
    server.faults = [429, 400]
    async with texting(server.url, transport) as office:
        await office.put(text())
        await look(office)
        (left,) = await office.waiting()
        assert (left.note, left.message) == ("Twilio asks for fewer requests.", "")
        office.outbox._rest.clear()
        await office.outbox.step(office.clock.now() + 60)
        assert [each.note for each in await office.untold()] == ["Twilio refuses the message: 21610 No"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"token": "wrong"}, "Twilio refuses the credentials: Authenticate"),
        ({"credentials": False}, "There are no credentials for Twilio's REST API"),
        ({"sender": ""}, "There is no number to send text messages from: set sms_from."),
    ],
)
async def test_what_the_operator_has_to_set_right_is_said(server, transport, options, words):
    async with texting(server.url, transport, **options) as office:
        await office.put(text())
        await look(office)
        (left,) = await office.waiting()
        assert left.note.startswith(words)
        assert server.messages == []


async def test_an_api_that_is_down_is_tried_again(transport):
    async with texting("http://127.0.0.1:9", transport) as office:
        await office.put(text())
        await look(office)
        (left,) = await office.waiting()
        assert left.message == ""
        assert left.attempts == 1
