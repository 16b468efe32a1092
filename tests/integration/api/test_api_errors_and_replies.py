"""Debug events, and replies that are sent after all."""

import pytest

from offhook.records import Cause, Confidence, Level, ReplyState


async def test_a_listing_of_errors_has_every_field_of_a_debug_event(console):
    event = console.event(webhook_id="WH" + "0" * 32, resource_sid="SM" + "1" * 32, request_method="POST")
    await console.journal.record([event])
    answer = await console.get("/api/errors")
    assert answer.json == {
        "errors": [
            {
                "sid": event.id,
                "at": "2025-11-23T12:00:01.000Z",
                "level": "ERROR",
                "code": 11217,
                "twilio_code": 11200,
                "message": "The app answered 502.",
                "endpoint": "sms",
                "account_sid": "",
                "webhook_id": "WH" + "0" * 32,
                "attempt_id": "",
                "reply_id": "",
                "resource_sid": "SM" + "1" * 32,
                "service_sid": "",
                "request_method": "POST",
                "request_url": "https://app.example/sms",
                "product": "Programmable Messaging",
                "more_info": {"httpResponse": "502"},
                "causes": [],
                "origin": "offhook",
            }
        ],
        "next_cursor": None,
    }
    assert (await console.get(f"/api/errors/{event.id}")).json == {**answer.json["errors"][0], "request": None, "attempt": None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code=12300", {"b"}),
        ("level=warning", {"b"}),
        ("level=ERROR", {"a", "c"}),
        ("endpoint=voice", {"c"}),
        ("since=2025-11-23T12:00:02Z", {"b", "c"}),
        ("until=2025-11-23T12:00:02Z", {"a"}),
        ("webhook=WH" + "5" * 32, {"a"}),
        ("code=11217&endpoint=sms", {"a"}),
    ],
)
async def test_filters_choose_errors(console, query, expected):
    events = {
        "a": console.event(webhook_id="WH" + "5" * 32),
        "b": console.event(code=12300, level=Level.WARNING),
        "c": console.event(endpoint="voice"),
    }
    await console.journal.record(list(events.values()))
    names = {event.id: name for name, event in events.items()}
    answer = await console.get(f"/api/errors?{query}")
    assert answer.status == 200, answer.text
    assert {names[row["sid"]] for row in answer.json["errors"]} == expected


async def test_errors_come_in_pages_newest_first(console):
    events = [console.event(message=str(number)) for number in range(5)]
    await console.journal.record(events)
    first = (await console.get("/api/errors?limit=4")).json
    assert [row["message"] for row in first["errors"]] == ["4", "3", "2", "1"]
    last = (await console.get(f"/api/errors?limit=4&cursor={first['next_cursor']}")).json
    assert [row["message"] for row in last["errors"]] == ["0"]
    assert last["next_cursor"] is None


async def test_an_error_that_does_not_exist_is_a_404(console):
    answer = await console.get("/api/errors/NO" + "0" * 32)
    assert (answer.status, answer.json["code"]) == (404, 20404)


@pytest.mark.parametrize("state", [ReplyState.KEPT, ReplyState.FAILED, ReplyState.EXPIRED, ReplyState.AMBIGUOUS])
async def test_a_reply_that_was_not_sent_can_be_sent(console, state):
    webhook_id = console.new_id("WH")
    reply = console.reply(webhook_id, state=state)
    await console.webhook(id=webhook_id, replies=[reply])
    answer = await console.post(f"/api/replies/{reply.id}/send")
    assert (answer.status, answer.json) == (202, {"queued": 1})
    assert console.house.sent == [reply.id]


@pytest.mark.parametrize("state", [ReplyState.SENT, ReplyState.INLINE, ReplyState.WAITING, ReplyState.SENDING])
async def test_a_reply_that_was_sent_or_will_be_is_never_sent_twice(console, state):
    webhook_id = console.new_id("WH")
    reply = console.reply(webhook_id, state=state)
    await console.webhook(id=webhook_id, replies=[reply])
    answer = await console.post(f"/api/replies/{reply.id}/send")
    assert (answer.status, answer.json["code"]) == (409, 20409)
    assert console.house.sent == []


async def test_a_reply_that_does_not_exist_is_a_404(console):
    answer = await console.post("/api/replies/RP" + "0" * 32 + "/send")
    assert (answer.status, answer.json["code"]) == (404, 20404)


async def test_an_error_brings_its_request_its_attempt_and_its_causes(console):
    webhook_id = console.new_id("WH")
    attempt = console.attempt(webhook_id, console.exchange(status=502, body=b"Bad gateway"))
    cause = Cause(
        name="gateway.bad", title="It is down.", confidence=Confidence.LIKELY, evidence=("status 502",), steps=("Start it.",)
    )
    event = console.event(webhook_id=webhook_id, attempt_id=attempt.id, causes=(cause,))
    await console.webhook("Hello", id=webhook_id, attempts=[attempt], events=[event])
    told = (await console.get(f"/api/errors/{event.id}")).json
    assert told["attempt"]["exchanges"][0]["status"] == 502
    assert {"name": "Body", "value": "Hello"} in told["request"]["parameters"]
    assert told["causes"] == [
        {
            "name": "gateway.bad",
            "title": "It is down.",
            "confidence": "likely",
            "evidence": ["status 502"],
            "steps": ["Start it."],
        }
    ]


async def test_an_event_about_an_answer_brings_the_attempt_that_the_answer_came_with(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(status=200, body=b"OK")
    event = console.event(webhook_id=webhook_id, attempt_id="", request_url=exchange.url)
    await console.webhook(id=webhook_id, attempts=[console.attempt(webhook_id, exchange)], events=[event])
    assert (await console.get(f"/api/errors/{event.id}")).json["attempt"]["exchanges"][0]["body"] == "OK"
