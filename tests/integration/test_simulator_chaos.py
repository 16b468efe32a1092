"""Chaos between the carrier and a real server: what the app sees of it, and how it is logged."""

import pytest

from offhook.simulator.chaos import KINDS, ChaosKind, parse
from tests.helpers.carriers import ADA, GRACE, form, is_signed, simulated
from tests.helpers.faults import FaultServer, answer

REPLY = answer(body=b"<Response><Message>a reply</Message></Response>")
LOGGED = {
    "connect-timeout": 11201,
    "refused": 11202,
    "reset": 11205,
    "5xx": 11217,
    "429": 11217,
    "read-timeout": 11205,
    "drip": 11203,
    "lost-answer": 11205,
    "truncated": 11206,
}


@pytest.mark.parametrize("kind", LOGGED)
async def test_a_fault_is_logged_as_twilio_logs_it_says_that_chaos_made_it_and_spares_the_fallback(kind):
    async with FaultServer(lambda *_: REPLY) as app, simulated(app.url, f"http://127.0.0.1:{app.port}/fallback") as twilio:
        twilio.house.chaos.set(parse(kind), 1)
        (reply,) = await twilio.text()
        (event,) = await twilio.events()
    assert (event.twilio_code, event.code, event.details["chaos"]) == (11200, LOGGED[kind], kind)
    assert (event.causes[0].name, event.causes[0].title) == ("chaos", f"Chaos made this: {kind}")
    asked = [seen.line.split(" ")[1] for seen in app.seen]
    assert asked == (["/sms", "/fallback"] if KINDS[ChaosKind(kind)].asked else ["/fallback"])
    assert form(app.seen[-1])["ErrorCode"] == "11200"
    assert reply.body == "a reply"


async def test_a_refused_connection_is_tried_again_as_the_overrides_say_and_refused_again():
    async with FaultServer(lambda *_: REPLY) as app, simulated(f"{app.url}#rc=3") as twilio:
        twilio.house.chaos.set(parse("refused"), 1)
        await twilio.text()
        (event,) = await twilio.events()
    assert app.seen == []
    assert event.details["tries"] == "4"


async def test_a_bad_signature_is_one_that_the_sdk_refuses():
    async with FaultServer(lambda *_: answer(403)) as app, simulated(app.url) as twilio:
        twilio.house.chaos.set(parse("bad-signature"), 1)
        await twilio.text()
        (event,) = await twilio.events()
    assert not is_signed(app.seen[0], f"http://127.0.0.1:{app.port}")
    assert (event.details["httpResponse"], event.details["chaos"]) == ("403", "bad-signature")


async def test_a_duplicate_has_the_same_sid_and_the_same_token():
    async with FaultServer(lambda *_: REPLY) as app, simulated(app.url) as twilio:
        twilio.house.chaos.set(parse("duplicate"), 1)
        replies = await twilio.text()
    first, second = app.seen
    assert first.body == second.body
    assert first.header("I-Twilio-Idempotency-Token") == second.header("I-Twilio-Idempotency-Token")
    assert len(replies) == 2


async def test_what_is_reordered_comes_after_the_next_of_its_conversation():
    async with FaultServer(lambda *_: answer()) as app, simulated(app.url) as twilio:
        twilio.house.chaos.set(parse("reorder", [ADA]), 1)
        for sender, body in ((ADA, "one"), (GRACE, "other"), (ADA, "two")):
            twilio.carrier.text(sender, twilio.number, body)
        await twilio.settled()
    bodies = [form(seen)["Body"] for seen in app.seen]
    assert bodies.index("two") < bodies.index("one")
    assert set(bodies) == {"one", "two", "other"}


async def test_a_reordered_callback_comes_after_the_next_state():
    script = b'<Response><Message statusCallback="/status">hello</Message></Response>'
    async with FaultServer(lambda *_: answer(body=script)) as app, simulated(app.url) as twilio:
        twilio.house.chaos.set(parse("reorder"), 1)
        await twilio.text()
    assert [form(seen).get("MessageStatus") for seen in app.seen] == [None, "delivered", "sent"]


async def test_a_delay_is_waited_for_and_counts_as_time_of_the_whole_attempt():
    async with FaultServer(lambda *_: REPLY) as app, simulated(f"{app.url}#tt=300") as twilio:
        twilio.house.chaos.set(parse("delay:100ms"), 1)
        await twilio.text()
        assert await twilio.events() == []
        twilio.house.chaos.set(parse("delay:8s"), 1)
        await twilio.text()
        (event,) = await twilio.events()
    assert app.seen[0].at > 0.1
    assert len(app.seen) == 1
    assert (event.code, event.details["chaos"]) == (11203, "delay")


async def test_a_seed_gives_the_same_run_twice_in_what_the_app_sees_and_in_what_is_logged():
    rules = parse("refused=10%,5xx=10%,lost-answer=10%,truncated=5%,bad-signature=5%,duplicate=10%")
    script = answer(body=b'<Response><Message statusCallback="/status">hello</Message></Response>')

    async def run(seed):
        async with FaultServer(lambda *_: script) as app, simulated(app.url) as twilio:
            twilio.house.chaos.set(rules, seed)
            for number in range(60):
                twilio.carrier.text(f"+1202556{number:04}", twilio.number, f"text {number}")
            await twilio.settled()
            names = {each.sid: (each.sender, each.body) for each in twilio.messages()}
            events = [
                (event.code, event.details.get("chaos"), names[event.resource_sid], event.details["url"].partition(":9")[0][-4:])
                for event in await twilio.events()
            ]
            asked = [(form(each).get("Body"), form(each).get("To"), form(each).get("MessageStatus")) for each in app.seen]
            return sorted(map(str, asked)), sorted((code, chaos or "", name) for code, chaos, name, _ in events)

    first, second, other = await run(7), await run(7), await run(8)
    assert first == second
    assert first != other
    assert len(first[1]) > 20


async def test_a_message_to_be_delivered_again_by_hand_meets_no_chaos():
    async with FaultServer(lambda *_: REPLY) as app, simulated(app.url) as twilio:
        twilio.house.chaos.set(parse("refused"), 1)
        await twilio.text()
        (event,) = await twilio.events()
        assert await twilio.house.replay([event.webhook_id]) == 1
        await twilio.settled()
    assert len(app.seen) == 1
