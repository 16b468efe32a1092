"""Events to Segment's batch API, as a server that has its limits and knows a repetition by its messageId."""

import asyncio
import base64

import pytest

from offhook.streams.sinks.segment import KIND
from tests.helpers.listener import OK, Listener, answer
from tests.helpers.processes import free_port
from tests.helpers.sinks import hand_over, make_event, make_events, sink_parts

KEY = "a-write-key"
SECRETS = {"env:KEY": KEY}


class Segment:
    """Refuses what Segment refuses, and keeps each message once."""

    def __init__(self):
        self.messages = {}
        self.repeated = 0

    def __call__(self, request):
        if request.headers["authorization"] != "Basic " + base64.b64encode(f"{KEY}:".encode()).decode():
            return answer(401)
        calls = request.json["batch"]
        if len(request.body) > 500_000 or any(len(str(call).encode()) > 40_000 for call in calls):
            return answer(400)
        for call in calls:
            assert call["type"] == "track"
            assert call.get("userId") or call.get("anonymousId")
            self.repeated += call["messageId"] in self.messages
            self.messages[call["messageId"]] = call
        return answer(200, b'{"success": true}')


async def deliver(listener, events, **configuration):
    async with sink_parts(secrets=SECRETS) as parts:
        client = KIND.make({"write_key": "env:KEY", "endpoint": f"{listener.url}/v1/batch", **configuration}, parts)
        return await hand_over(client, events)


async def test_an_event_is_a_track_call_by_its_type_with_its_data_time_and_id():
    segment = Segment()
    async with Listener(segment) as listener:
        (event,) = events = make_events(1)
        assert (await deliver(listener, events)).taken == events
    (request,) = listener.heard
    assert (request.method, request.target) == ("POST", "/v1/batch")
    call = segment.messages[event.id]
    assert call["event"] == "com.offhook.webhook.received"
    assert call["properties"] == event.data
    assert call["timestamp"] == "2023-11-14T22:13:20.001Z"
    assert call["anonymousId"] == event.partition
    assert call["context"]["event"] == {"source": event.source, "subject": event.subject, "dataschema": event.dataschema}
    assert request.json["sentAt"].endswith("Z")


async def test_a_users_id_comes_from_the_data_where_it_is_said_which_and_is_there():
    events = [make_event(1, data={"from": "+15550001"}), make_event(2, data={"to": "+15550002"})]
    segment = Segment()
    async with Listener(segment) as listener:
        await deliver(listener, events, user_id="from")
    first, second = (segment.messages[event.id] for event in events)
    assert (first["userId"], "anonymousId" in first) == ("+15550001", False)
    assert ("userId" in second, second["anonymousId"]) == (False, events[1].partition)


async def test_large_batches_are_cut_to_segments_limits_and_keep_their_order():
    events = [make_event(number, data={"text": "x" * 20_000}) for number in range(1, 101)]
    segment = Segment()
    async with Listener(segment) as listener:
        assert (await deliver(listener, events)).taken == events
    assert list(segment.messages) == [event.id for event in events]
    assert segment.repeated == 0
    assert 4 < len(listener.heard) < 8
    assert all(len(request.body) <= 500_000 for request in listener.heard)


async def test_an_event_of_more_than_32_kilobytes_stays_behind_alone():
    events = [make_event(1), make_event(2, data={"text": "x" * 33_000}), make_event(3)]
    async with Listener(Segment()) as listener:
        came = await deliver(listener, events)
    assert (came.refused, came.taken) == ([events[1]], [events[0], events[2]])
    assert (came.faults[0].code, came.faults[0].retry) == (91305, False)
    assert "at most 32000" in came.faults[0].message


async def test_a_wrong_write_key_is_refused_and_not_told():
    async with Listener(Segment()) as listener, sink_parts(secrets={"env:KEY": "another"}) as parts:
        delivery = await KIND.make({"write_key": "env:KEY", "endpoint": listener.url}, parts).deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 3, 91305, False)
    assert "another" not in delivery.fault.message


@pytest.mark.parametrize(("status", "code"), [(429, 91302), (500, 91306), (503, 91306)])
async def test_throttling_and_trouble_are_tried_again(status, code):
    async with Listener(lambda _: answer(status, Retry_After=4)) as listener, sink_parts(secrets=SECRETS) as parts:
        delivery = await KIND.make({"write_key": "env:KEY", "endpoint": listener.url}, parts).deliver(make_events(3))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, code, True)
    assert delivery.fault.retry_after == (4.0 if status != 500 else 0.0)


async def test_nobody_there_is_no_connection_and_silence_is_too_slow():
    async with sink_parts(secrets=SECRETS) as parts:
        own = {"write_key": "env:KEY", "endpoint": f"http://127.0.0.1:{free_port()}"}
        assert (await KIND.make(own, parts).deliver(make_events(1))).fault.code == 91307

    async def never(_):
        await asyncio.sleep(60)

    async with Listener(never) as listener, sink_parts(secrets=SECRETS) as parts:
        own = {"write_key": "env:KEY", "endpoint": listener.url, "timeout": "200ms"}
        assert (await KIND.make(own, parts).deliver(make_events(1))).fault.code == 91308


async def test_killed_in_the_middle_segment_has_each_event_once_since_a_repetition_has_the_same_id():
    segment, killed = Segment(), []

    def say(request):
        said = segment(request)
        if len(segment.messages) > 500 * (len(killed) + 1) and len(killed) < 3:
            killed.append(len(segment.messages))
            return None
        return said

    events = make_events(2000)
    async with Listener(say) as listener, sink_parts(secrets=SECRETS) as parts:

        async def restart(_):
            await listener.kill()
            await listener.start()

        client = KIND.make({"write_key": "env:KEY", "endpoint": listener.url}, parts)
        came = await hand_over(client, events, on_fault=restart)
    assert came.taken == events
    assert list(segment.messages) == [event.id for event in events]
    assert 0 < segment.repeated <= 600


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, "write_key is missing"),
        ({"write_key": "env:NOWHERE"}, "env:NOWHERE is not set"),
        ({"write_key": "env:KEY", "endpoint": "segment"}, "endpoint: "),
    ],
)
async def test_a_configuration_that_cannot_work_says_what_to_write_instead(configuration, words):
    async with sink_parts(secrets=SECRETS) as parts:
        with pytest.raises(ValueError, match=words):
            KIND.make(configuration, parts)


async def test_an_answer_that_says_yes_is_enough():
    async with Listener(lambda _: OK) as listener:
        assert len((await deliver(listener, make_events(3))).taken) == 3
