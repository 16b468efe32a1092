"""Twilio's view comes in: through the public door into the journal, and from there into the list of errors."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest

from offhook.debugger import told
from offhook.debugger.recorder import MOST_FRESH, Recorder, RecorderParts
from offhook.errors import JournalError
from offhook.intake.desk import Desk, DeskParts
from offhook.intake.handover import Handover
from offhook.metrics import Metrics
from offhook.providers.forms import read_form
from offhook.providers.signature import Key, body_hash
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.providers.twilio_debugger import TwilioDebugger
from offhook.records import Answer, AnswerMode, Endpoint, EventFilter, Level, Settlement, State, WebhookFilter
from offhook.stores.memory import MemoryJournal
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.door import Client, both_loops, door, get, post, until
from tests.helpers.messages import message, sid
from tests.helpers.told import alarm, captured, debugger

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
PUBLIC = "https://hooks.example"
SECRET = "token"
SMS_ANSWER = Answer(status=200, source="app")


class Courier:
    """Takes what is for the apps, and leaves it."""

    def __init__(self):
        self.accepted = []
        self.adopted = []

    def accept(self, arrival, answered, relay):
        self.accepted.append(arrival)
        if relay is not None:
            relay(SMS_ANSWER)

    def repeat(self, webhook_id, relay):
        relay(SMS_ANSWER)

    async def adopt(self, arrivals):
        self.adopted += arrivals


class House:
    """A door, a journal and a recorder, as main puts them together."""

    def __init__(self, path=None):
        twilio = Twilio(TwilioSettings(tokens={"": (SECRET,)}, public_url=PUBLIC))
        self.debugger = TwilioDebugger(twilio)
        self.metrics = Metrics()
        self.endpoints = {
            "sms": Endpoint(name="sms", app_url="http://app.example/sms", answer=AnswerMode.ACK),
            "debugger": Endpoint(name="debugger", app_url="", provider="twilio-debugger"),
            "quiet": Endpoint(name="quiet", app_url="", provider="twilio-debugger", acknowledge_with="202"),
        }
        own = [name for name, endpoint in self.endpoints.items() if not endpoint.app_url]

        def derive(arrival):
            return (self.debugger if arrival.endpoint in own else twilio).derive(arrival)

        self.clock = SystemClock()
        self.journal = SqliteJournal(path, self.clock, derive=derive) if path else MemoryJournal(derive=derive)
        parts = RecorderParts(journal=self.journal, derive=self.debugger.derive, clock=self.clock, metrics=self.metrics)
        self.recorder = Recorder(own, parts)
        self.courier = Courier()
        self.handover = Handover(self.courier, dict.fromkeys(own, self.recorder))
        self.desk = Desk(
            self.endpoints,
            DeskParts(
                providers={"twilio": twilio, "twilio-debugger": self.debugger},
                journal=self.journal,
                deliveries=self.handover,
                clock=self.clock,
                ids=TimeSortedIds(),
                metrics=self.metrics,
            ),
        )

    @asynccontextmanager
    async def opened(self, *, working=True):
        """The door open; `working`: the recorder runs."""
        await self.journal.open()
        await self.handover.take_over(self.journal)
        await self.recorder.start()
        task = asyncio.create_task(self.recorder.run()) if working else None
        async with door(self.desk) as listener, Client(listener) as client:
            yield client
        await self.recorder.stop(2)
        if task is not None:
            await asyncio.wait_for(task, 2)
        await self.desk.close()
        await self.journal.close()

    async def events(self, most=100):
        return await self.journal.events(EventFilter(), most)

    async def told(self, count=1):
        """The events once there are so many."""
        for _ in range(500):
            found = await self.events()
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"{len(found)} events")

    async def kept(self):
        return await self.journal.webhooks(WebhookFilter(), 100)


def signed(fields, target="/debugger", secret=SECRET):
    body = urlencode(fields).encode()
    signature = Key(secret).sign((PUBLIC + target).encode() + read_form(body).signed).decode()
    return post(body, target, FORM, f"X-Twilio-Signature: {signature}")


def asked(fields, target="/debugger"):
    target = f"{target}?{urlencode(fields)}"
    return get(target, f"X-Twilio-Signature: {Key(SECRET).sign((PUBLIC + target).encode()).decode()}")


def as_json(fields, target="/debugger"):
    body = json.dumps(fields).encode()
    target = f"{target}?bodySHA256={body_hash(body)}"
    return post(body, target, JSON, f"X-Twilio-Signature: {Key(SECRET).sign((PUBLIC + target).encode()).decode()}")


@both_loops
async def test_an_event_is_kept_answered_and_turned_into_a_debug_event_with_a_cause():
    house = House()
    async with house.opened() as client:
        reply = await client.ask(signed(debugger(captured(sid()))))
        assert (reply.status, reply.fields["content-type"], reply.body) == (200, "text/xml", b"<Response/>")
        (event,) = await house.told()
        (webhook,) = await house.kept()
        assert (event.origin, event.code, event.twilio_code, event.endpoint) == ("twilio", 11203, 11200, "debugger")
        assert event.causes[0].name == "app.too-slow"
        assert (webhook.state, webhook.attempts, webhook.answer.status) == (State.DELIVERED, 0, 200)
        assert event.id in webhook.note
        assert event.webhook_id == event.details["ToldBy"] == webhook.id
        assert house.courier.accepted == []
        assert not await house.journal.claim("debugger", 10, house.clock.now() + 1e6, 60)


@both_loops
@pytest.mark.parametrize("send", [signed, asked, as_json])
async def test_events_and_alarms_are_taken_in_every_encoding(send):
    house = House()
    async with house.opened() as client:
        assert (await client.ask(send(debugger(captured(sid()))))).status == 200
        assert (await client.ask(send(alarm(), "/quiet"))).status == 202
        events = await house.told(2)
        assert sorted((event.code, event.level) for event in events) == [(10004, Level.WARNING), (11203, Level.ERROR)]


@both_loops
async def test_a_wrong_signature_is_403_and_what_tells_nothing_400_and_neither_is_kept():
    house = House()
    async with house.opened() as client:
        assert (await client.ask(signed(debugger(captured(sid())), secret="another"))).status == 403
        assert (await client.ask(signed(debugger("null")))).status == 400
        assert (await client.ask(as_json(None))).status == 400
        await house.desk.close()
        assert await house.kept() == []
        events = await house.events()
        assert {event.origin for event in events} == {"offhook"}
        assert any(
            "it tells of no error: no Payload that can be read, no error code and no alarm is in it" in event.message
            for event in events
        )


@both_loops
async def test_a_duplicate_is_answered_as_the_first_one_and_is_no_second_event():
    house = House()
    async with house.opened() as client:
        fields = debugger(captured(sid()))
        for _ in range(3):
            assert (await client.ask(signed(fields))).status == 200
        assert [(await client.ask(signed(alarm(CurrentValue=str(n))))).status for n in range(2)] == [200, 200]
        await house.told(2)
        await asyncio.sleep(0.05)
        assert len(await house.events()) == len(await house.kept()) == 2


@both_loops
async def test_it_is_tied_to_our_webhook_with_the_same_message():
    house = House()
    async with house.opened() as client:
        resource, url = sid(), f"{PUBLIC}/sms"
        await client.ask(signed(message(MessageSid=resource), "/sms"))
        await client.ask(signed({"MessageSid": resource, "MessageStatus": "sent", "To": "+1"}, "/sms?status"))
        await client.ask(signed(message(f"about {resource}"), "/sms"))
        await client.ask(signed(debugger(captured(resource, url))))
        await client.ask(signed(debugger(captured(resource, url))))
        for event in await house.told(2):
            assert event.webhook_id == house.courier.accepted[0].id
            assert event.endpoint == "sms"


@both_loops
@pytest.mark.parametrize("lost", ["stopped", "killed"])
async def test_what_a_former_process_kept_and_never_read_is_read_at_the_start(tmp_path, lost):
    former = House(tmp_path / "offhook.db")
    async with former.opened(working=False) as client:
        assert (await client.ask(signed(debugger(captured(sid()))))).status == 200
        assert (await client.ask(signed(message(), "/sms"))).status == 200
        assert await former.events() == []
    house = House(tmp_path / "offhook.db")
    if lost == "killed":
        # It had been claimed, and its process died then.
        await house.journal.open()
        (told_of,) = [each for each in await house.journal.unsettled() if each.endpoint == "debugger"]
        await house.journal.settle(Settlement(webhook=house.debugger.derive(told_of)))
        assert len(await house.journal.claim("debugger", 10, house.clock.now() + 1, 600)) == 1
        await house.journal.close()
        house = House(tmp_path / "offhook.db")
    house.courier.adopt = settle_all(house)
    async with house.opened():
        (event,) = await house.told()
        assert (event.origin, event.code) == ("twilio", 11203)
        assert {webhook.endpoint: webhook.state for webhook in await house.kept()} == {
            "debugger": State.DELIVERED,
            "sms": State.WAITING,
        }
    house = House(tmp_path / "offhook.db")
    async with house.opened():
        await asyncio.sleep(0.05)
        assert len(await house.events()) == 1


def settle_all(house):
    async def adopt(arrivals):
        for arrival in arrivals:
            assert arrival.endpoint == "sms"
            await house.journal.settle(Settlement(webhook=house.debugger.derive(arrival)))

    return adopt


@both_loops
async def test_a_replay_reads_it_again_and_makes_no_second_event():
    house = House()
    async with house.opened() as client:
        await client.ask(signed(debugger(captured(sid()))))
        (event,) = await house.told()
        assert await house.journal.requeue([(await house.kept())[0].id], house.clock.now()) == 1
        house.recorder.look()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if (await house.kept())[0].state is State.DELIVERED:
                break
        assert (await house.kept())[0].state is State.DELIVERED
        assert [each.id for each in await house.events()] == [event.id]


@both_loops
async def test_a_journal_that_cannot_write_just_now_is_asked_again(monkeypatch):
    monkeypatch.setattr("offhook.debugger.recorder.AGAIN_AFTER", 0.01)
    house = House()
    settle, troubles = house.journal.settle, [JournalError("the disk is full"), JournalError("the disk is full")]

    async def sometimes(settlement):
        if troubles:
            raise troubles.pop()
        await settle(settlement)

    async with house.opened() as client:
        house.journal.settle = sometimes
        house.journal.trouble = lambda: "the disk is full"
        await client.ask(signed(debugger(captured(sid()))))
        (event,) = await house.told()
        assert event.code == 11203


@both_loops
async def test_a_fault_of_ours_does_not_lose_what_was_told(monkeypatch):
    monkeypatch.setattr(told, "event_of", lambda *_: 1 / 0)
    house = House()
    async with house.opened() as client:
        await client.ask(signed(debugger(captured(sid()))))
        (event,) = await house.told()
        assert (event.origin, event.code, event.details["ToldBy"]) == ("twilio", 0, (await house.kept())[0].id)


@both_loops
async def test_more_than_can_wait_in_memory_wait_in_the_journal(monkeypatch):
    monkeypatch.setattr("offhook.debugger.recorder.MOST_FRESH", 3)
    house = House()
    async with house.opened(working=False) as client:
        for _ in range(10):
            await client.ask(signed(debugger(captured(sid()))))
        await until(lambda: not house.recorder._parking)
        task = asyncio.create_task(house.recorder.run())
        assert len(await house.told(10)) == 10
        assert {webhook.state for webhook in await house.kept()} == {State.DELIVERED}
        await house.recorder.stop(1)
        await task
    assert MOST_FRESH == 1000


@both_loops
async def test_a_huge_one_is_read_and_one_beyond_the_limit_is_not_taken():
    house = House()
    async with house.opened() as client:
        payload = captured(sid(), body="x" * 400_000)
        assert (await client.ask(signed(debugger(payload)))).status == 200
        assert (await house.told())[0].code == 11203
        payload = captured(sid(), body="x" * 2_000_000)
        assert (await client.ask(signed(debugger(payload)))).status == 413
