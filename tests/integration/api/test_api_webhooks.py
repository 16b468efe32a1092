"""Listing, looking at, replaying and dismissing webhooks, over real HTTP."""

import base64
from urllib.parse import quote

import pytest

from offhook.records import Certificate, Endpoint, Failure, FailureKind, Kind, Outcome, ReplyState, State, Timings

NOON = 1_763_899_200.0


async def test_a_listing_says_of_each_webhook_what_it_is_and_where_it_stands(console):
    webhook = await console.webhook(
        "Is my order ready?\nThanks", state=State.WAITING, due=NOON + 30, note="The app answered 502."
    )
    answer = await console.get("/api/webhooks")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "webhooks": [
            {
                "id": webhook.id,
                "endpoint": "sms",
                "kind": "message",
                "state": "waiting",
                "received_at": "2025-11-23T12:00:01.000Z",
                "from": "+15551230001",
                "to": "+15551230002",
                "provider_id": "SM" + "1" * 32,
                "account_sid": "AC" + "a" * 32,
                "attempts": 0,
                "failures": 2,
                "due": "2025-11-23T12:00:30.000Z",
                "note": "The app answered 502.",
                "body_preview": "Is my order ready? Thanks",
                "answer_status": 200,
                "answer_source": "stand-in",
            }
        ],
        "next_cursor": None,
    }


async def test_what_is_not_known_yet_is_null_and_not_left_out(console):
    await console.webhook(state=State.DELIVERED, answer=None, due=NOON)
    row = (await console.get("/api/webhooks")).json["webhooks"][0]
    assert row["due"] is None
    assert row["answer_status"] is None
    assert row["answer_source"] is None


async def test_a_long_message_is_cut_in_the_listing_and_whole_in_its_story(console):
    webhook = await console.webhook("é" * 1000)
    row = (await console.get("/api/webhooks")).json["webhooks"][0]
    assert row["body_preview"] == "é" * 159 + "…"
    detail = (await console.get(f"/api/webhooks/{webhook.id}")).json
    assert {"name": "Body", "value": "é" * 1000} in detail["request"]["parameters"]


async def test_pages_follow_each_other_by_cursor_without_gap_or_repetition(console):
    made = [(await console.webhook(str(number))).id for number in range(7)]
    seen, cursor = [], ""
    for expected in (3, 3, 1):
        page = (await console.get(f"/api/webhooks?limit=3&cursor={cursor}")).json
        assert len(page["webhooks"]) == expected
        seen += [row["id"] for row in page["webhooks"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == made[::-1]


async def test_a_page_that_ends_exactly_at_the_last_webhook_has_no_next_one(console):
    for number in range(3):
        await console.webhook(str(number))
    assert (await console.get("/api/webhooks?limit=3")).json["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=failed", {"a", "c"}),
        ("state=failed&state=waiting", {"a", "b", "c"}),
        ("state=failed,waiting", {"a", "b", "c"}),
        ("state=FAILED", {"a", "c"}),
        ("state=", {"a", "b", "c", "d"}),
        ("endpoint=voice", {"c"}),
        ("since=2025-11-23T12:00:03Z", {"c", "d"}),
        ("since=2025-11-23T13:00:03%2B01:00", {"c", "d"}),
        ("since=2025-11-23T13:00:03+01:00", {"c", "d"}),
        ("since=2025-11-23T12:00:03", {"c", "d"}),
        ("since=1763899203", {"c", "d"}),
        ("since=1763899202.5", {"c", "d"}),
        ("until=2025-11-23T12:00:03Z", {"a", "b"}),
        ("since=2025-11-23&until=2025-11-24", {"a", "b", "c", "d"}),
        ("q=pizza", {"d"}),
        ("state=failed&endpoint=sms", {"a"}),
        ("endpoint=sms&q=pasta", set()),
    ],
)
async def test_filters_choose_webhooks(console, query, expected):
    names = {}
    for name, fields in {
        "a": {"state": State.FAILED},
        "b": {"state": State.WAITING},
        "c": {"state": State.FAILED, "endpoint": "voice"},
        "d": {"state": State.DELIVERED, "body": "pizza"},
    }.items():
        names[(await console.webhook(**fields)).id] = name
    answer = await console.get(f"/api/webhooks?{query}")
    assert answer.status == 200, answer.text
    assert {names[row["id"]] for row in answer.json["webhooks"]} == expected


async def test_the_webhooks_of_one_code_are_listed_and_replayed(console):
    gone, slow, well = console.new_id("WH"), console.new_id("WH"), console.new_id("WH")
    await console.webhook(id=gone, events=[console.event(code=11217, webhook_id=gone)])
    await console.webhook(id=slow, events=[console.event(code=11205, webhook_id=slow)])
    await console.webhook(id=well, state=State.DELIVERED, events=[console.event(code=11217, webhook_id=well)])
    listed = (await console.get("/api/webhooks?code=11217")).json["webhooks"]
    assert [row["id"] for row in listed] == [well, gone]
    listed = (await console.get("/api/webhooks?code=11200&state=failed")).json["webhooks"]
    assert [row["id"] for row in listed] == [slow, gone]
    answer = await console.post("/api/replays", {"code": 11217})
    assert (answer.status, answer.json) == (202, {"replayed": 1})
    assert (await console.house.journal.webhook(gone)).state == State.WAITING
    assert (await console.house.journal.webhook(slow)).state == State.FAILED


async def test_a_story_holds_the_request_every_attempt_the_answer_the_replies_and_the_errors(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        request_headers=(("I-Twilio-Idempotency-Token", "token"), ("Authorization", "Basic Ym9iOmh1bnRlcjI=")),
        status=502,
        headers=(("content-type", "text/html"), ("x-a", "1"), ("x-a", "2")),
        body=b"<h1>Bad gateway</h1>",
        body_size=20,
        peer="203.0.113.7:443",
        certificate=Certificate(version="TLSv1.3", names=("app.example",), not_after=NOON),
        timings=Timings(dns=1.23456, connect=2.0, total=12.25),
    )
    reply = console.reply(webhook_id, state=ReplyState.SENT, message_sid="SM" + "2" * 32)
    event = console.event(webhook_id=webhook_id)
    webhook = await console.webhook(
        "Hello", id=webhook_id, attempts=[console.attempt(webhook_id, exchange)], replies=[reply], events=[event]
    )
    detail = (await console.get(f"/api/webhooks/{webhook.id}")).json

    assert detail["id"] == webhook.id
    assert detail["request"]["method"] == "POST"
    assert detail["request"]["url"] == "https://offhook.example/sms"
    assert detail["request"]["headers"][0] == {"name": "Host", "value": "offhook.example"}
    assert [pair["name"] for pair in detail["request"]["parameters"]] == ["MessageSid", "From", "To", "Body"]
    assert detail["request"]["body"].startswith("MessageSid=SM111")
    assert detail["answer"] == {
        "status": 200,
        "headers": [{"name": "content-type", "value": "text/xml"}],
        "body": "<Response/>",
        "body_encoding": "utf-8",
        "source": "stand-in",
        "at": "2025-11-23T12:00:00.000Z",
    }
    (attempt,) = detail["attempts"]
    assert attempt["outcome"] == {"delivered": False, "code": 11217, "twilio_code": 11200, "message": "The app answered 502."}
    assert attempt["role"] == "primary"
    assert attempt["duration_ms"] == 12.346
    (shown,) = attempt["exchanges"]
    assert shown["status"] == 502
    assert shown["body"] == "<h1>Bad gateway</h1>"
    assert [pair["value"] for pair in shown["headers"]] == ["text/html", "1", "2"]
    assert shown["timings"] == {"dns": 1.235, "connect": 2.0, "tls": None, "sent": None, "first_byte": None, "total": 12.25}
    assert shown["certificate"]["not_after"] == "2025-11-23T12:00:00.000Z"
    assert shown["failure"] is None
    assert detail["replies"][0]["message_sid"] == "SM" + "2" * 32
    assert detail["errors"][0]["sid"] == event.id
    assert detail["errors"][0]["more_info"] == {"httpResponse": "502"}


async def test_no_credential_leaves_by_a_story(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        request_headers=(("Authorization", "Basic Ym9iOmh1bnRlcjI="),), url="https://bob:hunter2@app.example/sms"
    )
    await console.webhook(
        id=webhook_id, attempts=[console.attempt(webhook_id, exchange)], events=[console.event(webhook_id=webhook_id)]
    )
    answer = await console.get(f"/api/webhooks/{webhook_id}")
    assert answer.status == 200
    assert "hunter2" not in answer.text
    assert "Ym9i" not in answer.text
    assert {"name": "Authorization", "value": "[hidden]"} in answer.json["request"]["headers"]
    assert answer.json["attempts"][0]["url"] == "https://app.example/sms#rc=3"


async def test_bytes_that_are_no_text_come_as_base64_and_a_half_character_at_the_cut_is_left_out(console):
    webhook_id = console.new_id("WH")
    broken = console.exchange(
        raw=b"\x16\x03\x01\xff\xfe", failure=Failure(kind=FailureKind.PROTOCOL, detail="not HTTP", partial=True)
    )
    image = console.exchange(status=200, body=b"\x89PNG\xff", body_size=5)
    half = console.exchange(status=200, body="naïve".encode()[:3], body_size=6, body_cut=True)
    await console.webhook(
        id=webhook_id, attempts=[console.attempt(webhook_id, broken, image, half, outcome=Outcome(delivered=True))]
    )
    shown = (await console.get(f"/api/webhooks/{webhook_id}")).json["attempts"][0]["exchanges"]
    assert base64.b64decode(shown[0]["raw"]) == b"\x16\x03\x01\xff\xfe"
    assert shown[0]["raw_encoding"] == "base64"
    assert shown[0]["failure"] == {"kind": "protocol", "detail": "not HTTP", "partial": True}
    assert base64.b64decode(shown[1]["body"]) == b"\x89PNG\xff"
    assert shown[1]["body_encoding"] == "base64"
    assert (shown[2]["body"], shown[2]["body_encoding"], shown[2]["body_cut"]) == ("na", "utf-8", True)


async def test_the_parameters_of_a_get_are_those_of_its_query(console):
    webhook = await console.webhook(
        kind=Kind.STATUS,
        url="https://offhook.example/sms?Body=a%20b&Empty=",
        head=b"GET /sms?Body=a%20b&Empty= HTTP/1.1\r\nHost: x",
        body=b"",
    )
    request = (await console.get(f"/api/webhooks/{webhook.id}")).json["request"]
    assert request["method"] == "GET"
    assert request["parameters"] == [{"name": "Body", "value": "a b"}, {"name": "Empty", "value": ""}]


@pytest.mark.parametrize("name", ["WH" + "0" * 32, "nonsense", quote("../../etc/passwd", safe=""), quote("<script>"), quote("é")])
async def test_a_webhook_that_does_not_exist_is_a_404(console, name):
    for method, tail in (("GET", ""), ("POST", "/replay"), ("POST", "/dismiss")):
        answer = await console.ask(method, f"/api/webhooks/{name}{tail}")
        assert (answer.status, answer.json["code"]) == (404, 20404)


@pytest.mark.parametrize("state", [State.FAILED, State.DISMISSED, State.DELIVERED])
async def test_a_replay_sets_a_webhook_waiting_and_due_now(console, state):
    webhook = await console.webhook(state=state)
    answer = await console.post(f"/api/webhooks/{webhook.id}/replay")
    assert (answer.status, answer.json) == (202, {"replayed": 1})
    row = (await console.get(f"/api/webhooks/{webhook.id}")).json
    assert (row["state"], row["failures"], row["due"]) == ("waiting", 0, "2025-11-23T12:00:00.000Z")


@pytest.mark.parametrize("state", [State.WAITING, State.DELIVERING])
async def test_a_webhook_that_is_under_way_cannot_be_replayed(console, state):
    webhook = await console.webhook(state=state)
    answer = await console.post(f"/api/webhooks/{webhook.id}/replay")
    assert (answer.status, answer.json["code"]) == (409, 20409)
    assert state in answer.json["message"]


async def test_a_failed_webhook_can_be_dismissed_once_and_replayed_all_the_same(console):
    webhook = await console.webhook(state=State.FAILED)
    assert (await console.post(f"/api/webhooks/{webhook.id}/dismiss")).json == {"dismissed": 1}
    again = await console.post(f"/api/webhooks/{webhook.id}/dismiss")
    assert (again.status, again.json["code"]) == (409, 20409)
    assert (await console.post(f"/api/webhooks/{webhook.id}/replay")).status == 202


async def test_a_bulk_replay_takes_the_same_filters_in_the_query_or_in_a_json_body(console):
    for number in range(3):
        await console.webhook(str(number), state=State.FAILED)
    await console.webhook(state=State.FAILED, endpoint="voice")
    await console.webhook(state=State.DELIVERED)
    assert (await console.post("/api/replays?endpoint=voice")).json == {"replayed": 1}
    assert (await console.post("/api/replays", {"endpoint": "sms", "until": NOON + 3})).json == {"replayed": 2}
    assert (await console.post("/api/replays", {"state": ["failed", "delivered"]})).json == {"replayed": 2}
    rows = (await console.get("/api/webhooks")).json["webhooks"]
    assert {row["state"] for row in rows} == {"waiting"}


async def test_a_bulk_replay_without_filters_means_whatever_has_failed(console):
    await console.webhook(state=State.FAILED)
    await console.webhook(state=State.DELIVERED)
    await console.webhook(state=State.DISMISSED)
    answer = await console.post("/api/replays")
    assert (answer.status, answer.json) == (202, {"replayed": 1})


async def test_a_bulk_replay_goes_beyond_one_batch(console):
    for number in range(601):
        await console.webhook(str(number), state=State.FAILED)
    assert (await console.post("/api/replays", {})).json == {"replayed": 601}


async def test_webhooks_can_be_replayed_by_name(console):
    one, _, other = [await console.webhook(str(number)) for number in range(3)]
    assert (await console.post("/api/replays", {"ids": [one.id, other.id, one.id]})).json == {"replayed": 2}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": "waiting"}, "cannot be replayed"),
        ({"ids": ["WH" + "0" * 32], "endpoint": "sms"}, "either ids or filters"),
        ({"ids": ["x"]}, "'ids' must be an id"),
        ({"ids": ["WH" + "0" * 32] * 400 + [f"WH{number:032x}" for number in range(1001)]}, "up to 1000"),
        ({"limit": 3}, "Unknown parameter 'limit'"),
        ({"staet": "failed"}, "Did you mean state?"),
        ({"since": True}, "'since' must be a text or a number"),
        ({"since": {"a": 1}}, "'since' must be a text or a number"),
        ({"since": 1e300}, "'since' must be a time"),
        ([1], "one JSON object"),
    ],
)
async def test_a_bulk_replay_that_is_not_clear_changes_nothing(console, body, said):
    webhook = await console.webhook(state=State.FAILED)
    answer = await console.post("/api/replays", body)
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert said in answer.json["message"]
    assert (await console.get(f"/api/webhooks/{webhook.id}")).json["state"] == "failed"


async def test_a_filter_in_the_query_and_in_the_body_at_once_is_refused(console):
    answer = await console.post("/api/replays?endpoint=sms", {"endpoint": "voice"})
    assert (answer.status, answer.json["code"]) == (400, 20001)


@pytest.mark.parametrize("path", ["webhooks", "errors", "errors/counts", "issues"])
async def test_an_endpoint_that_there_is_not_is_refused_with_the_one_that_may_be_meant(console, path):
    answer = await console.get(f"/api/{path}?endpoint=SMSS")
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert answer.json["message"] == "There is no endpoint SMSS, and nothing is kept of one. Did you mean sms?"
    assert (await console.get(f"/api/{path}?endpoint=sms")).status == 200


@pytest.mark.parametrize("path", ["errors", "errors/counts", "issues"])
async def test_a_cause_that_there_is_not_is_refused_with_the_one_that_may_be_meant(console, path):
    answer = await console.get(f"/api/{path}?cause=TLS.expird")
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert answer.json["message"] == "There is no cause TLS.expird, and no error has had one. Did you mean tls.expired?"
    far = await console.get(f"/api/{path}?cause=zzzz")
    assert "`offhook errors show` says what an error's cause is called." in far.json["message"]
    for known in ("tls.expired", "twilio.11200"):
        assert (await console.get(f"/api/{path}?cause={known}")).status == 200


async def test_an_endpoint_that_has_left_the_settings_is_known_for_as_long_as_anything_is_kept_of_it(console):
    await console.webhook(endpoint="old")
    await console.journal.record([console.event(endpoint="older")])
    for name in ("old", "older"):
        assert (await console.get(f"/api/webhooks?endpoint={name}&state=waiting")).json["webhooks"] == []
        assert (await console.get(f"/api/errors?endpoint={name}&level=info")).json["errors"] == []
    assert "There are old, sms." in (await console.get("/api/webhooks?endpoint=voice")).json["message"]


async def test_a_bulk_replay_at_an_endpoint_that_there_is_not_is_refused(console):
    assert (await console.post("/api/replays", {"endpoint": "smss"})).status == 400
    assert (await console.post("/api/replays", {"endpoint": "sms"})).json == {"replayed": 0}


async def test_what_waits_for_a_later_try_is_due_now_of_all_endpoints_or_of_one(console):
    console.house.endpoints = (*console.house.endpoints, Endpoint(name="voice", app_url="https://app.example/voice"))
    sms, voice = [
        await console.webhook(state=State.WAITING, due=NOON + 3600, endpoint=name, body=name) for name in ("sms", "voice")
    ]
    await console.webhook(state=State.FAILED)
    answer = await console.post("/api/hastenings", {"endpoint": "sms"})
    assert (answer.status, answer.json) == (200, {"hastened": 1})
    due = {row["id"]: row["due"] for row in (await console.get("/api/webhooks?state=waiting")).json["webhooks"]}
    assert due == {sms.id: "2025-11-23T12:00:00.000Z", voice.id: "2025-11-23T13:00:00.000Z"}
    assert (await console.post("/api/hastenings")).json == {"hastened": 1}
    assert (await console.post("/api/hastenings")).json == {"hastened": 0}


async def test_what_waits_at_an_endpoint_without_an_app_cannot_be_hastened(console):
    await console.webhook(state=State.WAITING, due=NOON + 3600, endpoint="old")
    unknown, former = [await console.post("/api/hastenings", {"endpoint": name}) for name in ("smss", "old")]
    assert (unknown.status, unknown.json["code"]) == (400, 20001)
    assert (former.status, former.json["code"]) == (409, 20409)
    assert "no longer configured" in former.json["message"]


async def test_a_number_is_deleted_and_a_word_that_is_none_is_refused(console):
    kept = await console.webhook(sender="+15551230009")
    await console.webhook(sender="+15551230001")
    assert (await console.post("/api/deletions", {"number": "+15551230001"})).json == {"deleted": 1}
    assert [row["id"] for row in (await console.get("/api/webhooks")).json["webhooks"]] == [kept.id]
    for body in ({}, {"number": "Alice"}, {"number": ""}):
        answer = await console.post("/api/deletions", body)
        assert (answer.status, answer.json["code"]) == (400, 20001)
