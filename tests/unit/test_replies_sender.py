"""The worker that sends replies: what it repeats, what it never repeats, and what it says of the rest."""

import asyncio
import itertools

import pytest
from msgspec.structs import replace

from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.records import EventFilter, Kind, Reply, ReplyState, Settlement, Webhook
from offhook.replies.rest import Created, NotSent, Rejected, Sent, Throttled, Unknown
from offhook.replies.sender import LEASE, MOST_UNDER_WAY, Parts, ReplySender
from offhook.stores.memory import MemoryJournal

START = 1_700_000_000.0
USER, OURS = "+15551230001", "+15551230002"
LOST = Unknown(code=11205, reason="The connection was closed before an answer came.")


class StillClock:
    def __init__(self):
        self.time = START
        self.slept = []

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class CountedIds:
    def __init__(self):
        self.numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}{next(self.numbers):032x}"


class ScriptedMessages:
    """The REST API: gives the scripted results in turn, and notes what was asked and in which state the journal was then."""

    def __init__(self, journal):
        self.journal = journal
        self.credentials = True
        self.results = []
        self.lists = []
        self.asked = []
        self.listed = []
        self.seen = []

    def may_send(self, account_sid):
        return self.credentials

    async def create_message(self, reply):
        self.asked.append(reply)
        self.seen.append(await self.journal.reply(reply.id))
        result = self.results.pop(0) if self.results else Created(sid=f"SM{len(self.asked)}", status="queued")
        if isinstance(result, BaseException):
            raise result
        return result

    async def list_messages(self, account_sid, to, sender, since):
        self.listed.append((account_sid, to, sender, since))
        return self.lists.pop(0) if self.lists else []


class World:
    """A sender on a journal in memory."""

    def __init__(self):
        self.clock = StillClock()
        self.journal = MemoryJournal()
        self.rest = ScriptedMessages(self.journal)
        self.restart()

    def restart(self):
        parts = Parts(
            journal=self.journal, rest=self.rest, clock=self.clock, ids=CountedIds(), chance=lambda: 0.5, metrics=Metrics()
        )
        self.sender = ReplySender(parts)

    async def wants(self, *replies):
        """The journal holds these replies."""
        for number, reply in enumerate(replies):
            webhook = Webhook(
                id=reply.webhook_id,
                endpoint="sms",
                received_at=START,
                peer="",
                url="",
                kind=Kind.MESSAGE,
                dedupe_key=f"{reply.webhook_id}{number}".encode(),
                head=b"",
                body=b"",
                provider_id="SMin",
            )
            await self.journal.settle(Settlement(webhook=webhook, replies=(reply,)))

    async def work(self):
        """One look into the journal, seen through to its end."""
        count = await self.sender.claim()
        await self.sender.idle()
        return count

    async def reply(self, reply_id="RP1"):
        return await self.journal.reply(reply_id)

    async def until(self, condition):
        """Let the others work until something is so."""
        for _ in range(10_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came to it")

    async def until_sent(self, reply_id="RP1"):
        for _ in range(10_000):
            if (await self.reply(reply_id)).state is ReplyState.SENT:
                return
            await asyncio.sleep(0)
        raise AssertionError("it was never sent")

    async def events(self):
        return list(reversed(await self.journal.events(EventFilter(), 100)))


class NotedLog:
    """A log of (event, fields)."""

    def __init__(self):
        self.lines = []

    def info(self, event, **fields):
        self.lines.append((event, fields))

    warning = exception = info


@pytest.fixture
def lines(monkeypatch):
    noted = NotedLog()
    monkeypatch.setattr("offhook.replies.sender.log", noted)
    return noted.lines


@pytest.fixture
async def world():
    made = World()
    await made.journal.open()
    yield made
    await made.sender.stop(1.0)


def reply(identifier="RP1", **fields):
    return Reply(
        **{
            "id": identifier,
            "webhook_id": "WH1",
            "ordinal": 0,
            "state": ReplyState.WAITING,
            "created_at": START,
            "account_sid": "AC1",
            "to": USER,
            "sender": OURS,
            "body": "Hi",
            "due": START,
            "expires_at": START + 4 * 3600,
            **fields,
        }
    )


def listed(sid="SM9", **fields):
    return Sent(
        **{
            "sid": sid,
            "status": "queued",
            "direction": "outbound-api",
            "to": USER,
            "sender": OURS,
            "messaging_service_sid": "",
            "body": "Hi",
            "media": 0,
            "created_at": START,
            **fields,
        }
    )


async def test_a_due_reply_is_sent_once_with_the_sid_that_twilio_gave(world):
    await world.wants(reply())
    assert await world.work() == 1
    assert await world.work() == 0
    sent = await world.reply()
    assert (sent.state, sent.message_sid, sent.attempts, sent.code) == (ReplyState.SENT, "SM1", 1, 0)
    assert (len(world.rest.asked), await world.events()) == (1, [])


async def test_a_try_is_in_the_journal_before_its_request_leaves(world):
    await world.wants(reply())
    await world.work()
    (before,) = world.rest.seen
    assert (before.state, before.attempts, before.tried_at, before.due) == (ReplyState.SENDING, 1, START, START + LEASE)


async def test_replies_to_one_webhook_go_in_their_order(world):
    await world.wants(reply("RP3", ordinal=2, body="c"), reply("RP1", ordinal=0, body="a"), reply("RP2", ordinal=1, body="b"))
    while await world.work():
        pass
    assert [asked.body for asked in world.rest.asked] == ["a", "b", "c"]


async def test_replies_to_one_recipient_never_overlap(world):
    running = []
    overlaps = []

    async def create(asked):
        overlaps.append(len(running))
        running.append(asked)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.remove(asked)
        return Created(sid=f"SM{asked.id}", status="queued")

    world.rest.create_message = create
    await world.wants(*(reply(f"RP{n}", webhook_id=f"WH{n}") for n in range(5)))
    assert await world.work() == 5
    assert overlaps == [0] * 5


async def test_only_so_many_are_under_way_at_a_time(world):
    await world.wants(*(reply(f"RP{n:02}", webhook_id=f"WH{n}", to=f"+1{n}") for n in range(MOST_UNDER_WAY + 5)))
    assert await world.work() == MOST_UNDER_WAY
    assert await world.work() == 5


async def test_too_many_requests_are_repeated_when_the_api_allows(world):
    world.rest.results = [Throttled(retry_after=7.0, code=20429)]
    await world.wants(reply())
    await world.work()
    waiting = await world.reply()
    assert (waiting.state, waiting.code, waiting.due) == (ReplyState.WAITING, 20429, START + 7.0)
    assert await world.work() == 0
    world.clock.time += 7.0
    await world.work()
    sent = await world.reply()
    assert (sent.state, sent.attempts, sent.code, sent.note) == (ReplyState.SENT, 2, 0, "")
    assert world.rest.listed == []


async def test_a_request_that_never_left_is_repeated_with_growing_pauses_and_one_event(world):
    world.rest.results = [NotSent(code=11202, reason="refused")] * 4
    await world.wants(reply())
    pauses = []
    for _ in range(4):
        before = world.clock.time
        await world.work()
        waiting = await world.reply()
        pauses.append(waiting.due - before)
        world.clock.time = waiting.due
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    assert [event.code for event in await world.events()] == [11202]
    await world.work()
    assert (await world.reply()).state is ReplyState.SENT


async def test_an_unknown_result_is_looked_up_and_a_listed_message_is_taken_as_sent(world):
    world.rest.results = [LOST]
    world.rest.lists = [[listed("SM8", body="Other"), listed("SM9")]]
    await world.wants(reply())
    await world.work()
    sent = await world.reply()
    assert (sent.state, sent.message_sid, len(world.rest.asked)) == (ReplyState.SENT, "SM9", 1)
    assert world.rest.listed == [("AC1", USER, OURS, START - 5.0)]


async def test_a_message_that_is_listed_late_is_still_found(world):
    world.rest.results = [LOST]
    world.rest.lists = [[], [], [listed()]]
    await world.wants(reply())
    await world.work()
    assert (await world.reply()).state is ReplyState.SENT
    assert world.clock.slept == [0.0, 5.0, 30.0]


async def test_an_unknown_result_that_no_list_settles_is_ambiguous_and_never_sent_again(world):
    world.rest.results = [LOST]
    await world.wants(reply(), reply("RP2", ordinal=1, body="Next"))
    await world.work()
    lost = await world.reply()
    (event,) = await world.events()
    assert (lost.state, lost.attempts, len(world.rest.listed)) == (ReplyState.AMBIGUOUS, 1, 3)
    assert (event.reply_id, event.code, event.resource_sid, event.endpoint) == ("RP1", 11205, "SMin", "sms")
    assert "send it by hand" in event.message
    world.clock.time += 10 * 3600
    world.rest.results = []
    await world.work()
    assert [asked.id for asked in world.rest.asked] == ["RP1"]


async def test_while_the_api_gives_no_list_nothing_is_decided_until_the_reply_is_too_old(world):
    world.rest.results = [LOST]
    world.rest.lists = [LOST, Throttled(retry_after=0, code=20429), NotSent(code=11201, reason="")] * 2
    await world.wants(reply(expires_at=START + 200))
    await world.work()
    waiting = await world.reply()
    assert (waiting.state, waiting.due, waiting.attempts) == (ReplyState.WAITING, START + 95, 1)
    world.clock.time = waiting.due
    await world.work()
    assert (await world.reply()).state is ReplyState.WAITING
    world.clock.time = START + 200
    world.rest.lists = [LOST] * 3
    await world.work()
    assert (await world.reply()).state is ReplyState.AMBIGUOUS
    assert len(world.rest.asked) == 1


async def test_after_a_crash_while_sending_the_reply_is_looked_up_and_not_sent_again(world):
    await world.wants(reply(state=ReplyState.SENDING, attempts=1, tried_at=START, due=START + LEASE))
    world.restart()
    assert await world.work() == 0
    world.clock.time = START + LEASE
    world.rest.lists = [[listed()]]
    await world.work()
    found = await world.reply()
    assert (found.state, found.message_sid, world.rest.asked) == (ReplyState.SENT, "SM9", [])


async def test_after_a_crash_before_the_first_try_the_reply_is_sent(world):
    await world.wants(reply(state=ReplyState.SENDING, due=START))
    await world.work()
    assert ((await world.reply()).state, len(world.rest.asked)) == (ReplyState.SENT, 1)


async def test_the_message_of_an_earlier_equal_reply_is_not_taken_for_this_one(world):
    world.rest.results = [Created(sid="SM1", status="queued"), LOST]
    world.rest.lists = [[listed("SM1")]] * 3
    await world.wants(reply(), reply("RP2", ordinal=1))
    await world.work()
    await world.work()
    assert ((await world.reply("RP1")).state, (await world.reply("RP2")).state) == (ReplyState.SENT, ReplyState.AMBIGUOUS)


@pytest.mark.parametrize(
    ("message", "is_it"),
    [
        (listed(direction="inbound"), False),
        (listed(to="+1999"), False),
        (listed(sender="+1999"), False),
        (listed(body="Hello"), False),
        (listed(body="A sentence of a trial account - Hi"), True),
        (listed(direction="outbound-reply"), True),
    ],
)
async def test_a_listed_message_is_the_reply_only_if_everything_fits(world, message, is_it):
    world.rest.results = [LOST]
    world.rest.lists = [[message]] * 3
    await world.wants(reply())
    await world.work()
    assert ((await world.reply()).state is ReplyState.SENT) is is_it


async def test_a_message_of_a_service_is_found_although_it_has_no_sender_yet(world):
    world.rest.results = [LOST]
    world.rest.lists = [[listed(sender="", messaging_service_sid="MG1")]]
    await world.wants(reply(messaging_service_sid="MG1"))
    await world.work()
    assert ((await world.reply()).state, world.rest.listed[0][2]) == (ReplyState.SENT, "")


async def test_media_without_text_are_told_by_their_number(world):
    world.rest.results = [LOST]
    world.rest.lists = [[listed("SM7", body="", media=1), listed("SM8", body="", media=2)]]
    await world.wants(reply(body="", media=("https://a.example/1", "https://a.example/2")))
    await world.work()
    assert (await world.reply()).message_sid == "SM8"


async def test_a_refused_reply_fails_with_twilios_code_and_the_next_one_goes(world):
    world.rest.results = [Rejected(code=21610, status=400, message="unsubscribed")]
    await world.wants(reply(), reply("RP2", ordinal=1))
    await world.work()
    await world.work()
    refused = await world.reply()
    assert (refused.state, refused.code, refused.attempts) == (ReplyState.FAILED, 21610, 1)
    assert [event.code for event in await world.events()] == [21610]
    assert (await world.reply("RP2")).state is ReplyState.SENT


async def test_wrong_credentials_keep_the_reply_until_the_next_start(world):
    world.rest.results = [Rejected(code=20003, status=401, message="Authenticate")]
    await world.wants(reply())
    await world.work()
    kept = await world.reply()
    assert (kept.state, kept.code) == (ReplyState.KEPT, 20003)
    await world.journal.release_kept(world.clock.now())
    await world.work()
    assert (await world.reply()).state is ReplyState.SENT


async def test_without_credentials_a_reply_is_kept_and_told_of_once(world):
    world.rest.credentials = False
    await world.wants(reply())
    for _ in range(3):
        await world.work()
        await world.journal.release_kept(world.clock.now())
    assert world.rest.asked == []
    assert [event.code for event in await world.events()] == [20003]


async def test_a_reply_that_is_too_old_is_not_sent_and_says_so(world):
    await world.wants(reply())
    world.clock.time = START + 4 * 3600 + 600
    await world.work()
    (event,) = await world.events()
    assert ((await world.reply()).state, world.rest.asked, event.code) == (ReplyState.EXPIRED, [], 30036)
    assert "10 min too late" in event.message


async def test_a_reply_under_way_is_not_taken_again_when_its_lease_ends(world):
    going = asyncio.Event()

    async def create(asked):
        world.rest.asked.append(asked)
        await going.wait()
        return Created(sid="SM1", status="queued")

    world.rest.create_message = create
    await world.wants(reply())
    await world.sender.claim()
    await world.until(lambda: world.rest.asked)
    world.clock.time += LEASE + 1
    assert await world.sender.claim() == 0
    going.set()
    await world.sender.idle()
    assert (len(world.rest.asked), (await world.reply()).state) == (1, ReplyState.SENT)


async def test_a_try_that_cannot_be_written_down_is_not_made(world):
    await world.wants(reply())
    await world.sender.claim()
    world.journal.settle_reply = unable
    await world.sender.idle()
    assert world.rest.asked == []


async def unable(*_):
    raise JournalError("the disk is full")


async def test_a_fault_of_ours_stops_neither_the_worker_nor_the_other_replies(world, lines):
    world.rest.results = [ZeroDivisionError("a fault of ours")]
    await world.wants(reply(), reply("RP2", webhook_id="WH2"))
    await world.work()
    assert [event for event, _ in lines] == ["reply.broken", "reply.sent"]
    assert ((await world.reply()).state, (await world.reply("RP2")).state) == (ReplyState.SENDING, ReplyState.SENT)


async def test_one_line_is_logged_for_each_reply_with_masked_numbers(world, lines):
    await world.wants(reply())
    await world.work()
    ((event, line),) = lines
    assert (event, line["reply"], line["message"], line["tries"]) == ("reply.sent", "RP1", "SM1", 1)
    assert USER not in repr(line)
    assert line["to"].startswith("+1555")


async def test_run_releases_what_was_kept_sends_what_is_due_and_wakes_at_once(world):
    await world.wants(reply(state=ReplyState.KEPT))
    running = asyncio.create_task(world.sender.run())
    await world.until_sent()
    await world.wants(reply("RP2", webhook_id="WH2"))
    world.sender.wake()
    await world.until_sent("RP2")
    await world.sender.stop(1.0)
    await running


async def test_run_outlives_a_journal_that_cannot_claim(world):
    running = asyncio.create_task(world.sender.run())
    real, world.journal.claim_replies = world.journal.claim_replies, unable
    await world.wants(reply())
    for _ in range(10):
        await asyncio.sleep(0)
    world.journal.claim_replies = real
    await world.until_sent()
    await world.sender.stop(1.0)
    await running


async def test_stop_lets_a_request_end_puts_waiting_ones_back_and_starts_no_more(world):
    going = asyncio.Event()

    async def create(asked):
        world.rest.asked.append(asked)
        await going.wait()
        return Created(sid="SM1", status="queued")

    world.rest.create_message = create
    await world.wants(reply(), reply("RP2", webhook_id="WH2"))
    await world.sender.claim()
    await world.until(lambda: world.rest.asked)
    stopping = asyncio.create_task(world.sender.stop(5.0))
    await asyncio.sleep(0)
    going.set()
    await stopping
    behind = await world.reply("RP2")
    assert ((await world.reply()).state, behind.state, behind.attempts) == (ReplyState.SENT, ReplyState.WAITING, 0)
    assert await world.sender.claim() == 0


async def test_stop_does_not_wait_for_a_look_that_can_be_made_after_the_next_start(world):
    never = asyncio.Event()
    world.rest.results = [LOST]
    world.clock.sleep = lambda _: never.wait()
    await world.wants(reply())
    await world.sender.claim()
    await world.until(lambda: world.rest.asked)
    for _ in range(5):
        await asyncio.sleep(0)
    await asyncio.wait_for(world.sender.stop(60.0), timeout=10.0)
    left = await world.reply()
    assert (left.state, left.attempts, left.code) == (ReplyState.SENDING, 1, 0)


async def test_a_note_for_good_outlives_the_tries(world):
    world.rest.results = [Throttled(retry_after=0, code=20429)]
    note = "Asked for status callbacks by GET; a message that is created by REST gets them by POST."
    await world.wants(replace(reply(), note=note))
    await world.work()
    assert note in (await world.reply()).note
    world.clock.time += 100
    await world.work()
    assert (await world.reply()).note == note
