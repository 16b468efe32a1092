"""The way of a webhook through the public door: verified, kept, answered, handed on (design, laws 1-3)."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlencode

import pytest

from offhook.errors import JournalError
from offhook.intake.desk import Desk, DeskParts
from offhook.intake.slot import Slot
from offhook.metrics import Metrics
from offhook.providers.base import Incoming
from offhook.providers.forms import read_form
from offhook.providers.signature import Key
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Answer, AnswerMode, Endpoint, EventFilter, Kind, Level, Receipt
from offhook.stores.memory import MemoryJournal
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.door import Client, both_loops, door, get, logged, post, until

FORM = "Content-Type: application/x-www-form-urlencoded"
SM = "SM" + "1" * 32
MESSAGE = {"MessageSid": SM, "AccountSid": "AC" + "a" * 32, "From": "+15550001111", "To": "+15550002222", "Body": "hi"}
STATUS = {"MessageSid": SM, "MessageStatus": "sent", "AccountSid": "AC" + "a" * 32, "To": "+15550001111"}
CALL = {"CallSid": "CA" + "2" * 32, "AccountSid": "AC" + "a" * 32, "From": "+1", "To": "+2"}
REPLY = Answer(
    status=200, headers=(("Content-Type", "text/xml"), ("Set-Cookie", "a=b")), body=b"<Response>hi</Response>", source="app"
)


class Deliveries:
    """Takes what it is handed, and answers nothing by itself."""

    def __init__(self):
        self.accepted = []
        self.repeated = []

    def accept(self, arrival, answered, relay):
        self.accepted.append((arrival, answered, relay))

    def repeat(self, webhook_id, relay):
        self.repeated.append((webhook_id, relay))


class Slow:
    """A journal that keeps the callbacks back until it is told how it went."""

    def __init__(self, journal):
        self.journal = journal
        self.held = []

    def append_all(self, arrivals, stored):
        self.held.append((arrivals, stored))

    def release(self):
        self.journal.append_all(*self.held.pop(0))

    def fail(self):
        arrivals, stored = self.held.pop(0)
        stored([JournalError("the disk is full") for _ in arrivals])

    async def record(self, events):
        await self.journal.record(events)


class Broken:
    """A journal that refuses at once, and cannot record either."""

    def append_all(self, arrivals, stored):
        raise JournalError("it is closed")

    async def record(self, events):
        raise JournalError("it is closed")


class Set:
    """A desk with its surroundings, as tests look at them."""

    def __init__(self, journal=None, **settings):
        self.provider = Twilio(TwilioSettings(**{"tokens": {"": ("token",)}, "public_url": "https://hooks.example", **settings}))
        self.memory = MemoryJournal(derive=self.provider.derive)
        self.journal = journal(self.memory) if journal else self.memory
        self.deliveries = Deliveries()
        self.metrics = Metrics()
        endpoints = {
            "sms": Endpoint(name="sms", app_url="http://app"),
            "ack": Endpoint(name="ack", app_url="http://app", answer=AnswerMode.ACK),
            "quiet": Endpoint(name="quiet", app_url="http://app", answer=AnswerMode.ACK, acknowledge_with="202"),
        }
        parts = DeskParts(
            providers={"twilio": self.provider},
            journal=self.journal,
            deliveries=self.deliveries,
            clock=SystemClock(),
            ids=TimeSortedIds(),
            metrics=self.metrics,
        )
        self.desk = Desk(endpoints, parts)

    async def events(self):
        await self.desk.close()
        return await self.memory.events(EventFilter(), 100)


@asynccontextmanager
async def opened(desk):
    """The public door with this desk behind it, and its journal open."""
    await desk.memory.open()
    async with door(desk.desk) as listener:
        yield listener


def signed(parameters, target="/sms", *fields, token="token", url=None):
    body = urlencode(parameters).encode()
    signature = Key(token).sign((url or f"https://hooks.example{target}").encode() + read_form(body).signed).decode()
    return post(body, target, FORM, f"X-Twilio-Signature: {signature}", *fields)


@both_loops
async def test_a_webhook_is_kept_before_it_is_acknowledged_and_handed_on_after():
    desk = Set(Slow)
    async with opened(desk) as listener, Client(listener) as client:
        reply = asyncio.ensure_future(client.reply())
        await client.send(signed(MESSAGE, "/ack?x=1", "Cookie: secret=1"))
        await until(lambda: desk.journal.held)
        await asyncio.sleep(0.05)
        assert not reply.done()
        assert desk.deliveries.accepted == []
        desk.journal.release()
        answer = await reply
    ((arrival, answered, relay),) = desk.deliveries.accepted
    assert (answer.status, answer.fields["content-type"], answer.body) == (200, "text/xml", b"<Response/>")
    assert (answered.status, answered.source, relay) == (200, "ack", None)
    assert answered.at >= arrival.received_at > 0
    assert (arrival.id[:2], arrival.endpoint, arrival.kind, arrival.peer) == ("WH", "ack", Kind.MESSAGE, "127.0.0.1")
    assert arrival.url == "https://hooks.example/ack?x=1"
    assert arrival.body == urlencode(MESSAGE).encode()
    assert arrival.head.startswith(b"POST /ack?x=1 HTTP/1.1\r\n")
    assert b"secret" not in arrival.head
    assert (await desk.memory.webhook(arrival.id)).sender == "+15550001111"


@both_loops
async def test_an_endpoint_may_acknowledge_with_an_empty_202():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        reply = await client.ask(signed(MESSAGE, "/quiet"))
        assert (reply.status, reply.body, reply.fields["content-length"]) == (202, b"", "0")


@both_loops
@pytest.mark.parametrize("parameters", [MESSAGE, CALL])
async def test_a_relayed_webhook_gets_the_apps_answer_unchanged(parameters):
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        await client.send(signed(parameters))
        await until(lambda: desk.deliveries.accepted)
        ((_, answered, relay),) = desk.deliveries.accepted
        assert answered is None
        assert relay(REPLY) is True
        reply = await client.reply()
        assert (reply.status, reply.body, reply.fields["set-cookie"]) == (200, REPLY.body, "a=b")
        assert relay(REPLY) is False


@both_loops
async def test_a_status_callback_is_acknowledged_though_its_endpoint_relays():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(signed(STATUS))).body == b"<Response/>"
        assert desk.deliveries.accepted[0][2] is None


@both_loops
async def test_a_call_is_relayed_though_its_endpoint_acknowledges():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        await client.send(signed(CALL, "/ack"))
        await until(lambda: desk.deliveries.accepted)
        assert desk.deliveries.accepted[0][2](REPLY)
        assert (await client.reply()).body == REPLY.body


@both_loops
async def test_the_app_learns_that_nobody_waits_any_more():
    desk = Set()
    async with opened(desk) as listener:
        async with Client(listener) as client:
            await client.send(signed(MESSAGE))
            await until(lambda: desk.deliveries.accepted)
        await asyncio.sleep(0.05)
        assert desk.deliveries.accepted[0][2](REPLY) is False
        await until(lambda: not listener.connections)


@both_loops
async def test_a_webhook_whose_sender_left_before_it_was_stored_is_delivered_all_the_same():
    desk = Set(Slow)
    async with opened(desk) as listener:
        async with Client(listener) as client:
            await client.send(signed(MESSAGE, "/ack"))
            await until(lambda: desk.journal.held)
        await asyncio.sleep(0.05)
        desk.journal.release()
        await until(lambda: desk.deliveries.accepted)


@both_loops
async def test_a_duplicate_that_is_acknowledged_gets_the_same_answer_and_is_not_delivered():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        first, second = [await client.ask(signed(MESSAGE, "/ack")) for _ in range(2)]
        assert (first.status, first.body) == (second.status, second.body)
        assert len(desk.deliveries.accepted) == 1
        assert desk.deliveries.repeated == []
        assert b'offhook_duplicates_total{endpoint="ack"} 1.0' in desk.metrics.render()


@both_loops
async def test_a_duplicate_that_is_relayed_waits_for_the_answer_of_the_first():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as first, Client(listener) as second:
        await first.send(signed(MESSAGE))
        await until(lambda: desk.deliveries.accepted)
        await second.send(signed(MESSAGE))
        await until(lambda: desk.deliveries.repeated)
        ((webhook_id, relay),) = desk.deliveries.repeated
        assert webhook_id == desk.deliveries.accepted[0][0].id
        assert relay(REPLY) is True
        assert (await second.reply()).body == REPLY.body


@both_loops
async def test_what_cannot_be_stored_is_503_and_one_line_and_never_a_2xx():
    desk = Set(Slow)
    with logged() as lines:
        async with opened(desk) as listener, Client(listener) as client:
            await client.send(signed(MESSAGE, "/ack"))
            await until(lambda: desk.journal.held)
            desk.journal.fail()
            reply = await client.reply()
            (line,) = lines("webhook.not_stored")
            assert (reply.status, "retry-after" in reply.fields) == (503, True)
            assert line["error"] == "the disk is full"
            assert desk.deliveries.accepted == []
            await client.send(signed(MESSAGE, "/ack"))
            await until(lambda: desk.journal.held)
            desk.journal.release()
            assert (await client.reply()).status == 200


@both_loops
async def test_a_journal_that_refuses_at_once_is_503_too_also_when_it_cannot_note_a_refusal():
    desk = Set(lambda _: Broken())
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(signed(MESSAGE, "/ack"))).status == 503
        assert (await client.ask(signed(MESSAGE, "/ack", token="foreign"))).status == 403
        await desk.desk.close()


@both_loops
async def test_a_wrong_signature_is_403_and_a_debug_event_that_says_which_url_would_have_matched():
    desk = Set()
    request = signed(MESSAGE, "/sms", url="http://hooks.example/sms")
    with logged() as lines:
        async with opened(desk) as listener, Client(listener) as client:
            reply = await client.ask(request)
            (event,) = await desk.events()
            (line,) = lines("webhook.refused")
    assert (reply.status, desk.deliveries.accepted) == (403, [])
    assert (event.id[:2], event.level, event.code, event.endpoint) == ("NO", Level.WARNING, 11200, "sms")
    assert (event.request_url, event.account_sid) == ("https://hooks.example/sms", MESSAGE["AccountSid"])
    assert event.details["near_miss_url"] == "http://hooks.example/sms"
    assert "http://hooks.example/sms" in event.message
    assert line["near_miss_url"] == "http://hooks.example/sms"
    signature = request.split(b"X-Twilio-Signature: ")[1].split(b"\r\n")[0].decode()
    assert signature not in f"{event} {line}"


@both_loops
async def test_a_flood_of_wrong_signatures_leaves_ten_debug_events_a_minute():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        for _ in range(25):
            assert (await client.ask(signed(MESSAGE, token="foreign"))).status == 403
        assert len(await desk.events()) == 10


@both_loops
@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (post(b"From=%2B1&From=%2B2&MessageSid=SM1", "/sms", FORM), 400),
        (post(b"&".join(b"f%d=" % n for n in range(1001)), "/sms", FORM), 413),
        (post(b"{}", "/sms", "Content-Type: application/json", "X-Twilio-Signature: x"), 403),
        (post(b"a=b", "/sms", FORM), 403),
    ],
    ids=["repeated", "flood", "json", "unsigned"],
)
async def test_what_breaks_the_providers_rules_is_refused_and_the_connection_goes_on(request_bytes, status):
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(request_bytes)).status == status
        assert (await client.ask(signed(MESSAGE, "/ack"))).status == 200


@both_loops
async def test_without_signatures_everything_else_is_still_checked():
    desk = Set(tokens={}, allow_unsigned=True)
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(post(urlencode(MESSAGE).encode(), "/ack", FORM))).status == 200
        assert (await client.ask(post(b"From=a&From=b", "/ack", FORM))).status == 400


@both_loops
async def test_a_webhook_by_get_is_taken_from_its_query():
    desk = Set()
    target = f"/ack?{urlencode(MESSAGE)}"
    signature = Key("token").sign(f"https://hooks.example{target}".encode()).decode()
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(get(target, f"X-Twilio-Signature: {signature}"))).body == b"<Response/>"
        assert desk.deliveries.accepted[0][0].kind is Kind.MESSAGE


@both_loops
@pytest.mark.parametrize(
    ("request_bytes", "status", "allow"),
    [
        (get("/"), 200, None),
        (get("/?x=1"), 200, None),
        (post(b"", "/"), 405, "GET, HEAD"),
        (get("/other"), 404, None),
        (post(b"", "/sms/more"), 404, None),
        (post(b"", "//sms"), 404, None),
        (post(b"", "/SMS"), 404, None),
        (post(b"", "/%73ms"), 404, None),
        (get("/sms").replace(b"GET", b"DELETE"), 405, "GET, HEAD, POST"),
        (get("/sms").replace(b"GET", b"PUT"), 405, "GET, HEAD, POST"),
        (get("/sms"), 403, None),
    ],
)
async def test_every_other_address_and_method_has_its_answer(request_bytes, status, allow):
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        reply = await client.ask(request_bytes)
        assert (reply.status, reply.fields.get("allow")) == (status, allow)


@both_loops
async def test_the_front_page_says_what_this_is_and_nothing_more():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        page = await client.ask(get("/"))
        assert page.fields["content-type"].startswith("text/html")
        assert b"answering machine for webhooks" in page.body
        assert not any(word in page.body for word in (b"sms", b"http", b"Python", b"0."))


@both_loops
async def test_a_trailing_slash_leads_to_the_same_endpoint():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        assert (await client.ask(signed(MESSAGE, "/ack/"))).status == 200


@both_loops
async def test_one_wide_line_tells_of_each_webhook_without_the_senders_whole_number():
    desk = Set()
    with logged() as lines:
        async with opened(desk) as listener, Client(listener) as client:
            for _ in range(2):
                await client.ask(signed(MESSAGE, "/ack"))
            first, second = lines("webhook.received")
    assert (first["endpoint"], first["kind"], first["provider_id"]) == ("ack", "message", SM)
    assert first["webhook"].startswith("WH")
    assert 0 <= first["ms"] < 10_000
    assert first["duplicate_of"] is None
    assert second["duplicate_of"] == first["webhook"]
    assert MESSAGE["From"] not in str(first)
    assert first["sender"]


@both_loops
async def test_what_is_received_refused_and_answered_is_counted():
    desk = Set()
    async with opened(desk) as listener, Client(listener) as client:
        await client.ask(signed(MESSAGE, "/ack"))
        await client.ask(get("/other"))
        await client.ask(signed(MESSAGE, token="foreign"))
        await client.ask(b"nonsense\r\n\r\n")
    rendered = desk.metrics.render().decode()
    assert 'offhook_webhooks_received_total{endpoint="ack",kind="message"} 1.0' in rendered
    assert 'offhook_answer_seconds_count{endpoint="ack",source="ack"} 1.0' in rendered
    for reason in ("unknown_path", "signature", "malformed"):
        assert f'offhook_refused_total{{reason="{reason}"}} 1.0' in rendered
    await desk.desk.close()


@both_loops
async def test_of_requests_that_come_together_each_is_judged_by_itself():
    desk = Set()
    messages = [{**MESSAGE, "MessageSid": f"SM{number:032x}"} for number in range(12)]
    requests = [signed(each, "/ack", token="token" if number % 3 else "another") for number, each in enumerate(messages)]
    async with opened(desk) as listener, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(listener)) for _ in requests]
        replies = await asyncio.gather(*(client.ask(each) for client, each in zip(clients, requests, strict=True)))
    assert [reply.status for reply in replies] == [200 if number % 3 else 403 for number in range(12)]
    kept = {f"SM{number:032x}" for number in range(12) if number % 3}
    assert {desk.provider.derive(arrival).provider_id for arrival, _, _ in desk.deliveries.accepted} == kept


@both_loops
async def test_pipelined_webhooks_are_handed_on_in_their_order():
    desk = Set()
    sids = [f"SM{number:032x}" for number in range(9)]
    async with opened(desk) as listener, Client(listener) as client:
        for start in (0, 3, 6):
            await client.send(b"".join(signed({**MESSAGE, "MessageSid": sid}, "/ack") for sid in sids[start : start + 3]))
            assert [(await client.reply()).status for _ in range(3)] == [200] * 3
    assert [desk.provider.derive(arrival).provider_id for arrival, _, _ in desk.deliveries.accepted] == sids


@both_loops
async def test_a_request_that_breaks_the_provider_takes_no_other_with_it(monkeypatch):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    desk = Set()
    verify_all = desk.provider.verify_all

    def fail(requests):
        if any(b"boom" in request.target for request in requests):
            raise ValueError("a fault of ours")
        return verify_all(requests)

    monkeypatch.setattr(desk.provider, "verify_all", fail)
    async with opened(desk) as listener, Client(listener) as bad, Client(listener) as good:
        await asyncio.gather(bad.send(signed(MESSAGE, "/ack?boom")), good.send(signed(MESSAGE, "/ack")))
        assert (await good.reply()).status == 200
        assert await bad.rest() == b""
    assert [str(error) for error in told] == ["a fault of ours"]


@both_loops
async def test_a_webhook_that_cannot_be_handed_on_keeps_no_other_from_it():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    desk = Set()
    accept = desk.deliveries.accept

    def fail(arrival, answered, relay):
        if b"unlucky" in arrival.body:
            raise ValueError("a fault of ours")
        accept(arrival, answered, relay)

    desk.deliveries.accept = fail
    async with opened(desk) as listener, Client(listener) as client:
        unlucky = {**MESSAGE, "MessageSid": "SM" + "4" * 32, "Body": "unlucky"}
        await client.send(signed(unlucky, "/ack") + signed(MESSAGE, "/ack"))
        assert [(await client.reply()).status for _ in range(2)] == [200, 200]
        await until(lambda: desk.deliveries.accepted)
    assert [str(error) for error in told] == ["a fault of ours"]


@both_loops
async def test_a_desk_that_closes_hands_on_what_it_has_acknowledged():
    desk = Set(Slow)
    async with opened(desk) as listener, Client(listener) as client:
        await client.send(signed(MESSAGE, "/ack"))
        await until(lambda: desk.journal.held)
        _, stored = desk.journal.held.pop()
        stored([Receipt()])
        assert desk.deliveries.accepted == []
        await desk.desk.close()
        assert len(desk.deliveries.accepted) == 1


class Faulty:
    """A journal with a fault of ours: it breaks at one endpoint's webhooks."""

    def __init__(self, journal):
        self.journal = journal

    def append_all(self, arrivals, stored):
        if arrivals[0].endpoint == "quiet":
            raise ValueError("a fault of ours")
        self.journal.append_all(arrivals, stored)


@both_loops
async def test_a_journal_that_breaks_leaves_nobody_waiting_and_takes_no_other_endpoint_with_it():
    desk = Set(Faulty)
    async with opened(desk) as listener, Client(listener) as client:
        await client.send(signed(MESSAGE, "/quiet") + signed(MESSAGE, "/ack"))
        assert [(await client.reply()).status for _ in range(2)] == [503, 200]
        await until(lambda: desk.deliveries.accepted)


class Peer:
    """A connection that is answered, or that breaks when it is."""

    def __init__(self, *, breaks):
        self.breaks = breaks
        self.answers = []
        self.abandoned = False

    def answer(self, slot, answer):
        if self.breaks:
            raise ValueError("a fault of ours")
        self.answers.append(answer.status)
        return True

    def hears(self):
        return True

    def abandon(self):
        self.abandoned = True


def called(number, peer=None, target=b"/sms"):
    """The message of that number as the connection hands it on, and where its answer goes."""
    body = urlencode({**MESSAGE, "MessageSid": f"SM{number:032x}"}).encode()
    signature = Key("token").sign(b"https://hooks.example" + target + read_form(body).signed)
    headers = {b"host": b"h", b"content-type": b"application/x-www-form-urlencoded", b"x-twilio-signature": signature}
    request = Incoming(
        method="POST", target=target, headers=headers, head=b"POST " + target, body=body, peer="192.0.2.9", secure=False
    )
    return request, Slot(peer or Peer(breaks=False))


async def test_an_apps_answer_that_cannot_be_written_leaves_nobody_waiting_and_is_none_to_the_delivery():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    desk, peer = Set(), Peer(breaks=True)
    await desk.memory.open()
    desk.desk.handle([called(1, peer)])
    await until(lambda: desk.deliveries.accepted)
    ((_, _, relay),) = desk.deliveries.accepted
    assert relay(REPLY) is False
    assert (peer.abandoned, [str(error) for error in told]) == (True, ["a fault of ours"])


async def test_a_webhook_whose_answer_cannot_be_written_is_handed_on_and_the_others_are_answered():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    desk = Set()
    await desk.memory.open()
    peers = [Peer(breaks=number == 1) for number in range(3)]
    calls = [called(number, peer, b"/ack") for number, peer in enumerate(peers)]
    desk.desk.handle(calls)
    await until(lambda: len(desk.deliveries.accepted) == 3)
    assert [(peer.answers, peer.abandoned) for peer in peers] == [([200], False), ([], True), ([200], False)]
    assert [str(error) for error in told] == ["a fault of ours"]
    await desk.desk.close()


@pytest.mark.parametrize(
    "turns",
    [[[1], [1]], [[1], [1, 2], [2, 1]], [[1, 2], [2, 3, 1], [3], [1]], [[1, 2], [3, 1], [2, 3]]],
    ids=["twice", "thrice", "each in another's turn", "in a ring"],
)
async def test_of_webhooks_that_come_again_while_they_are_being_stored_the_first_is_handed_on_first(tmp_path, turns):
    journal = SqliteJournal(tmp_path / "journal.db", SystemClock())
    await journal.open()
    desk = Set(lambda _: journal)
    accepted, repeated, early = [], [], []
    desk.deliveries.accept = lambda arrival, _answered, _relay: accepted.append(arrival.id)

    def repeat(webhook_id, _relay):
        repeated.append(webhook_id)
        early.extend({webhook_id} - set(accepted))

    desk.deliveries.repeat = repeat
    for numbers in turns:
        desk.desk.handle([called(number) for number in numbers])
    await until(lambda: len(accepted) + len(repeated) == sum(map(len, turns)))
    await journal.close()
    assert early == []
    assert len(accepted) == len(set(accepted)) == len({number for numbers in turns for number in numbers})


async def test_a_webhook_that_comes_again_waits_for_all_that_the_first_came_with():
    desk = Set(Slow)
    await desk.memory.open()
    desk.desk.handle([called(1), called(2)])
    desk.desk.handle([called(1)])
    (first, _other), stored = desk.journal.held.pop(0)
    _, stored_again = desk.journal.held.pop(0)
    stored_again([Receipt(duplicate_of=first.id)])
    assert (desk.deliveries.accepted, desk.deliveries.repeated) == ([], [])
    stored([Receipt(), JournalError("the disk is full")])
    assert [arrival.id for arrival, _, _ in desk.deliveries.accepted] == [first.id]
    assert [webhook_id for webhook_id, _ in desk.deliveries.repeated] == [first.id]
    await desk.desk.close()
