"""The courier over a journal: what is delivered when, in which order, and what the provider is told. Time is the test's."""

import asyncio
import contextlib
from dataclasses import dataclass, field

import msgspec
import pytest

from offhook.delivery import courier as courier_module
from offhook.delivery.courier import Courier
from offhook.delivery.parts import Parts
from offhook.delivery.round import Round
from offhook.errors import JournalError
from offhook.intake.handover import Handover
from offhook.metrics import Metrics
from offhook.records import (
    Answer,
    AnswerMode,
    Arrival,
    Attempt,
    DebugEvent,
    Endpoint,
    Exchange,
    Failure,
    FailureKind,
    Kind,
    Level,
    Outcome,
    Reply,
    ReplyState,
    Role,
    Settlement,
    State,
    Timings,
    Webhook,
)
from offhook.stores.memory import MemoryJournal
from offhook.system import TimeSortedIds
from tests.helpers.clock import ManualClock
from tests.helpers.door import logged

IDS = TimeSortedIds()
ACK = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>")


def derive(arrival):
    return Webhook(
        **{name: getattr(arrival, name) for name in arrival.__struct_fields__},
        conversation=arrival.body.decode().split("/")[0],
        due=arrival.received_at,
    )


def exchange(status=200, failure=None, headers=()):
    return Exchange(
        method="POST",
        url="http://app.example/sms",
        started_at=0.0,
        timings=Timings(),
        status=status,
        headers=(("Content-Type", "text/xml"), *headers),
        body=b"<Response><Message>hi</Message></Response>",
        failure=failure,
    )


GONE = exchange(0, Failure(kind=FailureKind.REFUSED))


@dataclass
class ScriptedRounds:
    """Stands in for the app: each webhook's rounds end as `script(body, times)` says; `gate` can hold them up."""

    script: object
    started: list = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    gate: asyncio.Event | None = None
    kept_alive = True

    def begin_all(self, wanted):
        """As over kept connections: what delivers a webhook at once is told without a task, all else is to be finished."""
        return [_Begun(self, *each) if self.kept_alive else None for each in wanted]

    async def run(self, webhook, endpoint):
        body = webhook.body.decode()
        self.started.append(body)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.gate is not None:
                await self.gate.wait()
            made = self.script(body, self.started.count(body))
        finally:
            self.under_way -= 1
        delivered = made.failure is None and made.status < 300
        attempt = Attempt(
            id=IDS.new("AT"),
            webhook_id=webhook.id,
            number=webhook.attempts + 1,
            role=Role.PRIMARY,
            url=made.url,
            started_at=0.0,
            duration_ms=1.0,
            outcome=Outcome(delivered=delivered, code=0 if delivered else 11217, message="" if delivered else "failed"),
            exchanges=(made,),
        )
        return Round(attempts=(attempt,), exchange=made, role=Role.PRIMARY)


class _Begun:
    """A first exchange under way. What comes of it is told unless it is broken off."""

    def __init__(self, rounds, webhook, endpoint, told):
        self.made = asyncio.ensure_future(rounds.run(webhook, endpoint))
        self.made.add_done_callback(lambda made: None if made.cancelled() else told(self.delivered()))

    def delivered(self):
        return self.made.result() if self.made.exception() is None and self.made.result().delivered else None

    def break_off(self):
        self.made.cancel()

    async def finish(self):
        return await self.made


class RecordedReplies:
    """Remembers how each answer's replies were to go."""

    def __init__(self):
        self.inline = []
        self.late = []
        self.elsewhere = False  # whether answers lead to other documents

    def compose_inline(self, webhook, exchange):
        self.inline.append(webhook.body.decode())
        return (), ()

    def compose_now(self, webhook, exchange):
        return None if self.elsewhere else self.composed(webhook)

    async def compose_late(self, webhook, exchange):
        return self.composed(webhook)

    def composed(self, webhook):
        self.late.append(webhook.body.decode())
        return (
            Reply(id=IDS.new("RP"), webhook_id=webhook.id, ordinal=0, state=ReplyState.WAITING, created_at=0.0, body="hi"),
        ), ()

    def wake(self):
        pass


class PlainDebugger:
    """Writes events without causes."""

    def note(self, endpoint, attempt):
        pass

    def attempt(self, webhook, attempt, due):
        return DebugEvent(
            id=IDS.new("NO"),
            at=0.0,
            level=Level.ERROR,
            code=attempt.outcome.code,
            twilio_code=11200,
            message="",
            webhook_id=webhook.id,
        )

    def explained(self, event, webhook, exchange):
        return event


@pytest.fixture(params=["over kept connections", "by tasks"], autouse=True)
def kept_alive(request, monkeypatch):
    """Each story is told twice: the first exchange of a round goes over a connection that is open, or is made by a task."""
    monkeypatch.setattr(ScriptedRounds, "kept_alive", request.param == "over kept connections")


class World:
    """A courier with everything around it."""

    def __init__(self, script, **endpoint):
        self.clock = ManualClock()
        self.journal = MemoryJournal(derive=derive)
        self.rounds = ScriptedRounds(script)
        self.replies = RecordedReplies()
        self.endpoint = Endpoint(name="sms", app_url="http://app.example/sms", **endpoint)
        self.other = Endpoint(name="other", app_url="http://other.example/sms")
        self.answers = {}

    async def __aenter__(self):
        await self.journal.open()
        parts = Parts(
            journal=self.journal,
            rounds=self.rounds,
            replies=self.replies,
            derive=derive,
            debugger=PlainDebugger(),
            clock=self.clock,
            chance=lambda: 0.5,
            metrics=Metrics(),
        )
        self.courier = Courier({"sms": self.endpoint, "other": self.other}, parts)
        await Handover(self.courier, {}).take_over(self.journal)
        await self.courier.start()
        self.task = asyncio.create_task(self.courier.run())
        await self.clock.settle()
        return self

    async def __aexit__(self, *exception):
        if self.rounds.gate is not None:
            self.rounds.gate.set()
        await self.courier.stop(within=1.0)
        await self.clock.advance(2)
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        await self.journal.close()

    async def receive(self, body, *, relay=True, kind=Kind.MESSAGE, alive=True, settle=True, endpoint="sms"):
        """`body` is "conversation/text"."""
        arrival = Arrival(
            id=IDS.new("WH"),
            endpoint=endpoint,
            received_at=self.clock.now(),
            peer="127.0.0.1",
            url="https://public.example/sms",
            kind=kind,
            dedupe_key=IDS.new("KY").encode()[-16:],
            head=b"POST /sms HTTP/1.1",
            body=body.encode(),
        )
        stored = asyncio.get_running_loop().create_future()
        self.journal.append(arrival, stored.set_result)
        await stored

        def told(answer):
            self.answers[body] = answer
            return alive

        self.courier.accept(arrival, None if relay else ACK, told if relay else None)
        if settle:
            await self.clock.settle()
        return arrival.id

    async def state(self, webhook_id):
        return (await self.journal.webhook(webhook_id)).state


async def test_the_apps_answer_is_passed_to_the_provider_and_kept():
    async with World(lambda body, n: exchange()) as world:
        webhook_id = await world.receive("ann/hello")
        assert world.answers["ann/hello"].body == b"<Response><Message>hi</Message></Response>"
        kept = await world.journal.webhook(webhook_id)
        assert (kept.state, kept.answer.source) == (State.DELIVERED, "app")
        assert world.replies.inline == ["ann/hello"]


async def test_the_provider_gets_a_stand_in_when_the_app_fails_and_the_reply_goes_by_rest_later():
    async with World(lambda body, n: exchange(502) if n == 1 else exchange()) as world:
        webhook_id = await world.receive("ann/hello")
        assert world.answers["ann/hello"].body == b"<Response/>"
        assert await world.state(webhook_id) is State.WAITING
        await world.clock.advance(6)
        assert await world.state(webhook_id) is State.DELIVERED
        assert world.replies.late == ["ann/hello"]
        story = await world.journal.story(webhook_id)
        assert [attempt.outcome.delivered for attempt in story.attempts] == [False, True]
        assert len(story.events) == 1


async def test_a_slow_app_is_given_up_after_the_hold_and_its_answer_becomes_a_late_reply():
    async with World(lambda body, n: exchange(), hold=0.05) as world:
        world.rounds.gate = asyncio.Event()
        webhook_id = await world.receive("ann/hello")
        await asyncio.sleep(0.15)
        assert world.answers["ann/hello"].source == "stand-in"
        world.rounds.gate.set()
        await world.clock.settle()
        assert await world.state(webhook_id) is State.DELIVERED
        assert world.replies.late == ["ann/hello"]


async def test_an_answer_that_the_provider_did_not_wait_for_becomes_a_late_reply():
    async with World(lambda body, n: exchange()) as world:
        await world.receive("ann/hello", alive=False)
        assert world.replies.late == ["ann/hello"]


async def test_ack_mode_sends_every_reply_late():
    async with World(lambda body, n: exchange(), answer=AnswerMode.ACK) as world:
        await world.receive("ann/hello", relay=False)
        assert world.replies.late == ["ann/hello"]


async def test_the_schedule_is_kept_to_the_end_and_then_the_webhook_is_failed_and_replayable():
    async with World(lambda body, n: exchange(500) if n <= 5 else exchange(), give_up_after=300.0) as world:
        webhook_id = await world.receive("ann/hello")
        for seconds in (5, 30, 120):
            await world.clock.advance(seconds + 2)
        assert await world.state(webhook_id) is State.FAILED
        assert len(world.rounds.started) == 4
        await world.clock.advance(400)
        assert len(world.rounds.started) == 4
        assert await world.courier.replay([webhook_id]) == 1
        await world.clock.advance(10)
        assert await world.state(webhook_id) is State.DELIVERED
        assert (await world.journal.webhook(webhook_id)).attempts == 6


async def test_retry_after_is_honoured():
    async with World(lambda body, n: exchange(503, headers=(("Retry-After", "60"),)) if n == 1 else exchange()) as world:
        webhook_id = await world.receive("ann/hello")
        await world.clock.advance(55)
        assert await world.state(webhook_id) is State.WAITING
        await world.clock.advance(8)
        assert await world.state(webhook_id) is State.DELIVERED


async def test_what_waits_for_a_far_off_try_is_delivered_when_somebody_asks_for_it():
    async with World(lambda body, n: exchange(500) if n <= 3 else exchange()) as world:
        waiting = [await world.receive(f"{who}/hello") for who in ("ann", "bob")]
        elsewhere = await world.receive("cem/hello", endpoint="other")
        await world.clock.advance(5 + 30 + 5)
        assert [await world.state(each) for each in (*waiting, elsewhere)] == [State.WAITING] * 3
        assert await world.courier.hasten("sms") == 2
        await world.clock.advance(1)
        assert [await world.state(each) for each in (*waiting, elsewhere)] == [State.DELIVERED, State.DELIVERED, State.WAITING]
        assert await world.courier.hasten("sms") == 0
        assert await world.courier.hasten("no longer there") == 0


async def test_a_failed_voice_webhook_is_not_scheduled():
    async with World(lambda body, n: exchange(500)) as world:
        webhook_id = await world.receive("", kind=Kind.VOICE)
        assert await world.state(webhook_id) is State.FAILED


async def test_in_one_conversation_deliveries_do_not_overlap_and_the_earlier_goes_first():
    async with World(lambda body, n: exchange()) as world:
        world.rounds.gate = asyncio.Event()
        for text in ("one", "two", "three"):
            await world.receive(f"ann/{text}", relay=False)
        assert world.rounds.started == ["ann/one"]
        world.rounds.gate.set()
        await world.clock.settle()
        assert world.rounds.started == ["ann/one", "ann/two", "ann/three"]
        assert world.rounds.most == 1


async def test_later_messages_of_a_conversation_wait_until_the_refused_one_steps_aside():
    async with World(lambda body, n: exchange(400) if body == "ann/poison" else exchange()) as world:
        await world.receive("ann/poison", relay=False)
        second = await world.receive("ann/second", relay=False)
        other = await world.receive("bob/hello", relay=False)
        assert await world.state(other) is State.DELIVERED
        await world.clock.advance(20)
        assert await world.state(second) is State.WAITING
        await world.clock.advance(30)
        assert world.rounds.started.count("ann/poison") == 3
        assert await world.state(second) is State.DELIVERED


async def test_a_dead_app_is_left_alone_after_five_failures_and_all_arrive_once_it_is_back():
    back = asyncio.Event()
    async with World(lambda body, n: exchange() if back.is_set() else GONE) as world:
        ids = [await world.receive(f"person{n}/hello", relay=False) for n in range(50)]
        asked = len(world.rounds.started)
        assert asked <= 64
        ids += [await world.receive(f"late{n}/hello", relay=False) for n in range(50)]
        assert len(world.rounds.started) == asked
        await world.clock.advance(900)
        assert len(world.rounds.started) < asked + 100
        back.set()
        await world.clock.advance(120)
        assert [await world.state(webhook_id) for webhook_id in ids] == [State.DELIVERED] * 100


async def test_while_the_breaker_is_open_the_provider_is_answered_at_once():
    async with World(lambda body, n: GONE) as world:
        for n in range(6):
            await world.receive(f"person{n}/hello")
        await world.receive("new/hello")
        assert world.answers["new/hello"].source == "stand-in"
        assert "new/hello" not in world.rounds.started


async def test_while_the_breaker_is_open_nobody_waits_behind_an_earlier_message_either():
    async with World(lambda body, n: GONE) as world:
        for n in range(6):
            await world.receive(f"person{n}/hello")
        await world.receive("person0/again")
        assert world.answers["person0/again"].source == "stand-in"


async def test_a_fault_of_ours_does_not_hold_up_those_that_wait_for_its_place(caplog):
    def script(body, n):
        if body == "ann/hello" and n == 1:
            raise RuntimeError("a fault of ours")
        return exchange()

    async with World(script, concurrency=1) as world:
        world.rounds.gate = asyncio.Event()
        await world.receive("ann/hello")
        behind = await world.receive("bob/hello")
        world.rounds.gate.set()
        await world.clock.settle()
        assert await world.state(behind) is State.DELIVERED


async def test_when_all_places_together_were_taken_each_endpoint_goes_on(monkeypatch):
    monkeypatch.setattr(courier_module, "MOST_UNSETTLED", 1)
    async with World(lambda body, n: exchange()) as world:
        world.rounds.gate = asyncio.Event()
        await world.receive("ann/hello")
        waiting = await world.receive("bob/hello", endpoint="other")
        assert world.rounds.started == ["ann/hello"]
        world.rounds.gate.set()
        await world.clock.settle()
        assert await world.state(waiting) is State.DELIVERED


async def test_what_is_under_way_is_not_started_again_when_the_clock_jumps():
    async with World(lambda body, n: exchange(502) if n == 1 else exchange()) as world:
        webhook_id = await world.receive("/hello")
        await world.receive("ann/first")
        behind = await world.receive("ann/second")
        world.rounds.gate = asyncio.Event()
        await world.clock.advance(7)
        await world.clock.advance(300)
        world.rounds.gate.set()
        await world.clock.advance(120)
        assert [await world.state(each) for each in (webhook_id, behind)] == [State.DELIVERED] * 2
        assert world.rounds.started.count("/hello") == 2


async def test_no_more_than_the_endpoints_places_are_under_way():
    async with World(lambda body, n: exchange(), concurrency=3) as world:
        world.rounds.gate = asyncio.Event()
        ids = [await world.receive(f"person{n}/hello", relay=False) for n in range(20)]
        assert world.rounds.most == 3
        world.rounds.gate.set()
        await world.clock.settle()
        await world.clock.settle()
        assert [await world.state(webhook_id) for webhook_id in ids] == [State.DELIVERED] * 20
        assert world.rounds.most == 3


async def test_a_duplicate_waits_for_the_first_ones_answer_and_gets_the_same():
    async with World(lambda body, n: exchange()) as world:
        world.rounds.gate = asyncio.Event()
        webhook_id = await world.receive("ann/hello")
        got = []
        world.courier.repeat(webhook_id, lambda answer: got.append(answer) or True)
        world.rounds.gate.set()
        await world.clock.settle()
        world.courier.repeat(webhook_id, lambda answer: got.append(answer) or True)
        await world.clock.settle()
        assert [answer.body for answer in got] == [world.answers["ann/hello"].body] * 2
        assert world.rounds.started == ["ann/hello"]


async def test_a_duplicate_of_a_message_whose_replies_go_by_rest_gets_none_of_them():
    async with World(lambda body, n: exchange()) as world:
        webhook_id = await world.receive("ann/hello", alive=False)
        assert world.replies.late == ["ann/hello"]
        got = []
        world.courier.repeat(webhook_id, lambda answer: got.append(answer) or True)
        await world.clock.settle()
        assert [answer.body for answer in got] == [b"<Response/>"]


async def test_the_apps_cookies_pass_to_the_provider_and_stay_out_of_the_journal():
    async with World(lambda body, n: exchange(headers=(("Set-Cookie", "session=s3cret"),))) as world:
        webhook_id = await world.receive("ann/hello")
        assert ("Set-Cookie", "session=s3cret") in world.answers["ann/hello"].headers
        assert (await world.journal.webhook(webhook_id)).answer.headers == (("Content-Type", "text/xml"),)


async def test_what_was_stored_and_never_settled_is_delivered_after_a_restart():
    async with World(lambda body, n: exchange()) as world:
        arrival = derive(await _arrival(world, "ann/lost"))
        await world.courier.stop(within=0.1)
        journal = world.journal
        journal.unsettled = _once([_as_arrival(arrival)])
        courier = Courier({"sms": world.endpoint}, world.courier._parts)
        await Handover(courier, {}).take_over(journal)
        await courier.start()
        task = asyncio.create_task(courier.run())
        await world.clock.advance(2)
        assert await world.state(arrival.id) is State.DELIVERED
        await courier.stop(within=0.1)
        await world.clock.advance(2)
        await task


async def test_a_stop_puts_what_is_under_way_back_into_the_journal():
    async with World(lambda body, n: exchange()) as world:
        world.rounds.gate = asyncio.Event()
        webhook_id = await world.receive("ann/hello")
        await world.courier.stop(within=0.05)
        assert await world.state(webhook_id) is State.WAITING
        assert world.answers["ann/hello"].source == "stand-in"


async def test_a_stop_does_not_wait_for_the_documents_of_a_late_answer_and_loses_no_reply():
    async with World(lambda body, n: exchange(), answer=AnswerMode.ACK) as world:
        reading, composed = asyncio.Event(), world.replies.compose_late

        async def endless(webhook, exchange):
            reading.set()
            await asyncio.Event().wait()

        world.replies.elsewhere = True
        world.replies.compose_late = endless
        webhook_id = await world.receive("ann/hello", relay=False)
        await reading.wait()
        await world.courier.stop(within=0.05)
        assert await world.state(webhook_id) is State.WAITING

        world.replies.compose_late = composed
        courier = Courier({"sms": world.endpoint}, world.courier._parts)
        await courier.start()
        task = asyncio.create_task(courier.run())
        await world.clock.advance(2)
        story = await world.journal.story(webhook_id)
        assert (story.webhook.state, len(story.replies)) == (State.DELIVERED, 1)
        await courier.stop(within=0.1)
        await world.clock.advance(2)
        await task


@pytest.mark.parametrize("turns", range(10))
@pytest.mark.parametrize("story", ["delivered", "failed", "leads elsewhere"])
async def test_a_stop_in_any_turn_of_the_loop_ends_and_leaves_nothing_under_way(story, turns):
    """The stop comes so many turns after the app's answer; what has not been written down by then is put back, and done once more later."""
    async with World(lambda body, n: exchange(500 if story == "failed" else 200), answer=AnswerMode.ACK) as world:
        world.rounds.gate = asyncio.Event()
        world.replies.elsewhere = story == "leads elsewhere"
        if world.replies.elsewhere:

            async def endless(webhook, exchange):
                await asyncio.Event().wait()

            world.replies.compose_late = endless
        ids = [await world.receive(f"{name}/hello", relay=False) for name in ("ann", "bob", "cid")]
        world.rounds.gate.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await world.courier.stop(within=0.0)
        assert world.courier.under_way()["sms"] == 0
        assert not world.courier._unsettled
        assert not world.courier._in_round
        assert {await world.state(each) for each in ids} <= {State.WAITING, State.DELIVERED}


async def test_one_that_cannot_be_concluded_is_tried_again_and_touches_no_other():
    async with World(lambda body, n: exchange(), answer=AnswerMode.ACK) as world:
        conclusions = world.courier._conclusions
        little = conclusions.little

        def broken(job, done):
            if job.webhook.body == b"bob/hello" and not broken_already:
                broken_already.append(job)
                raise RuntimeError("a fault of ours")
            return little(job, done)

        def not_now(job, done):
            raise RuntimeError("another one")

        broken_already, conclusions.little, conclusions.now = [], broken, not_now
        ids = [await world.receive(f"{name}/hello", relay=False, settle=False) for name in ("ann", "bob", "cid")]
        await world.clock.settle()
        assert [await world.state(each) for each in ids] == [State.DELIVERED, State.WAITING, State.DELIVERED]
        await world.clock.advance(62)
        assert await world.state(ids[1]) is State.DELIVERED
        assert world.courier.under_way()["sms"] == 0


async def test_one_that_the_journal_chokes_on_touches_no_other():
    async with World(lambda body, n: exchange(), answer=AnswerMode.ACK) as world:
        put = world.journal.put

        def choking(settlement, written):
            if settlement.webhook.body == b"bob/hello" and not choked:
                choked.append(settlement)
                raise RuntimeError("a fault of the journal's")
            put(settlement, written)

        choked, world.journal.put = [], choking
        ids = [await world.receive(f"{name}/hello", relay=False, settle=False) for name in ("ann", "bob", "cid")]
        await world.clock.settle()
        await world.clock.advance(2)
        assert [await world.state(each) for each in ids] == [State.DELIVERED] * 3
        assert not world.courier._unsettled


async def test_a_fault_of_ours_costs_a_pause_and_not_the_message(caplog):
    def script(body, n):
        if n == 1:
            raise RuntimeError("a fault of ours")
        return exchange()

    async with World(script) as world:
        webhook_id = await world.receive("ann/hello")
        assert world.answers["ann/hello"].source == "stand-in"
        await world.clock.advance(62)
        assert await world.state(webhook_id) is State.DELIVERED


@pytest.mark.parametrize("states", [(State.DELIVERED,)])
async def test_a_delivered_webhook_can_be_replayed(states):
    async with World(lambda body, n: exchange()) as world:
        webhook_id = await world.receive("ann/hello")
        assert await world.state(webhook_id) in states
        assert await world.courier.replay([webhook_id, "WH" + "0" * 32]) == 1
        await world.clock.advance(2)
        assert world.rounds.started == ["ann/hello", "ann/hello"]
        assert await world.state(webhook_id) is State.DELIVERED


async def test_two_replays_at_once_leave_the_conversation_free():
    async with World(lambda body, n: exchange()) as world:
        webhook_id = await world.receive("ann/hello")
        replayed = await asyncio.gather(*(world.courier.replay([webhook_id, webhook_id]) for _ in range(2)))
        assert sum(replayed) == 1
        await world.clock.advance(2)
        world.journal.claim = _nothing
        await world.receive("ann/again")
        assert world.rounds.started == ["ann/hello", "ann/hello", "ann/again"]


async def _nothing(*asked):
    return []


async def _arrival(world, body):
    arrival = Arrival(
        id=IDS.new("WH"),
        endpoint="sms",
        received_at=world.clock.now(),
        peer="",
        url="",
        kind=Kind.MESSAGE,
        dedupe_key=b"0123456789abcdef",
        head=b"POST /sms HTTP/1.1",
        body=body.encode(),
    )
    stored = asyncio.get_running_loop().create_future()
    world.journal.append(arrival, stored.set_result)
    await stored
    return arrival


def _as_arrival(webhook):
    return Arrival(**{name: getattr(webhook, name) for name in Arrival.__struct_fields__})


def _once(arrivals):
    left = [arrivals, []]

    async def unsettled():
        return left.pop(0)

    return unsettled


async def test_after_an_outage_of_many_tries_the_earlier_message_still_goes_first():
    back = asyncio.Event()
    async with World(lambda body, n: exchange() if back.is_set() else GONE) as world:
        first = await world.receive("ann/first", relay=False)
        await world.clock.advance(200)
        assert (await world.journal.webhook(first)).failures >= 3
        back.set()
        second = await world.receive("ann/second", relay=False)
        await world.clock.advance(10)
        assert [body for body in world.rounds.started if body == "ann/second"] == ["ann/second"]
        assert world.rounds.started[-2:] == ["ann/first", "ann/second"]
        assert [await world.state(each) for each in (first, second)] == [State.DELIVERED] * 2


async def test_messages_that_the_app_refuses_do_not_keep_its_breaker_open():
    back = asyncio.Event()

    def script(body, n):
        if not back.is_set():
            return GONE
        return exchange(400) if body.startswith("poison") else exchange()

    async with World(script) as world:
        ids = [await world.receive(f"poison{n}/hello", relay=False) for n in range(6)]
        good = await world.receive("ann/hello", relay=False)
        back.set()
        await world.clock.advance(12)
        assert await world.state(good) is State.DELIVERED
        assert {await world.state(each) for each in ids} == {State.WAITING}


async def test_a_call_that_comes_while_the_breaker_is_open_is_not_delivered_later():
    back = asyncio.Event()
    async with World(lambda body, n: exchange() if back.is_set() else GONE) as world:
        for n in range(6):
            await world.receive(f"person{n}/hello")
        webhook_id = await world.receive("", kind=Kind.VOICE)
        assert await world.state(webhook_id) is State.FAILED
        back.set()
        await world.clock.advance(120)
        assert "" not in world.rounds.started


async def test_evidence_that_cannot_be_written_does_not_keep_the_webhook_from_being_settled():
    async with World(lambda body, n: exchange()) as world:
        settle = world.journal._settle

        def picky(settlement):
            if settlement.attempts:
                raise JournalError("this cannot be stored")
            settle(settlement)

        world.journal._settle = picky
        webhook_id = await world.receive("ann/hello")
        await world.clock.advance(3)
        assert await world.state(webhook_id) is State.DELIVERED


async def test_a_fault_in_reading_what_came_back_does_not_hold_up_the_conversation():
    async with World(lambda body, n: exchange()) as world:

        def broken(webhook, exchange):
            raise RuntimeError("a fault of ours")

        world.replies.compose_inline = broken
        first = await world.receive("ann/one")
        second = await world.receive("ann/two")
        assert [await world.state(each) for each in (first, second)] == [State.DELIVERED] * 2


async def test_what_waits_at_an_endpoint_that_is_gone_is_said_and_not_what_somebody_else_looks_after():
    async with World(lambda body, n: exchange()) as world:
        for name in ("gone", "told"):
            webhook = msgspec.structs.replace(derive(await _arrival(world, f"{name}/hello")), endpoint=name)
            await world.journal.settle(Settlement(webhook=webhook))
        with logged() as lines:
            await Courier({"sms": world.endpoint}, world.courier._parts).start(elsewhere={"told"})
            assert [line["endpoint"] for line in lines("delivery.no_such_endpoint")] == ["gone"]
