"""Issues: listed, looked at, dealt with, and what was lost by them delivered again. And the counts behind a chart."""

import pytest

from offhook.records import Cause, Confidence, Level, State
from offhook.stores.grouping import issue_id

EXPIRED = (Cause(name="tls.expired", title="The certificate has expired.", confidence=Confidence.CERTAIN),)
PLAIN = issue_id("sms", 11217, "")


async def test_a_listing_of_issues_has_every_field_of_an_issue(console):
    first, last = console.event(causes=EXPIRED), console.event(causes=EXPIRED)
    await console.journal.record([first, last])
    console.house.clock.time += 3
    answer = await console.get("/api/issues")
    assert answer.json == {
        "issues": [
            {
                "id": issue_id("sms", 11217, "tls.expired"),
                "endpoint": "sms",
                "code": 11217,
                "cause": "tls.expired",
                "title": "The certificate has expired.",
                "level": "ERROR",
                "state": "open",
                "first_seen": "2025-11-23T12:00:01.000Z",
                "last_seen": "2025-11-23T12:00:02.000Z",
                "count": 2,
                "hours": [*[0] * 23, 2],
                "last_event": last.id,
            }
        ],
        "next_cursor": None,
    }
    (issue,) = answer.json["issues"]
    shown = await console.get(f"/api/issues/{issue['id']}")
    assert shown.json == {**issue, "last_error": (await console.get("/api/errors?limit=1")).json["errors"][0]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=ignored", {"a"}),
        ("state=OPEN,ignored", {"a", "b", "c"}),
        ("state=open&state=resolved", {"b", "c"}),
        ("endpoint=voice", {"c"}),
        ("code=12300", {"b"}),
        ("cause=tls.expired", {"a"}),
        ("cause=tls.expired&endpoint=voice", set()),
        ("state=&cause=", {"a", "b", "c"}),
    ],
)
async def test_filters_choose_issues(console, query, expected):
    await console.journal.record([console.event(causes=EXPIRED), console.event(code=12300), console.event(endpoint="voice")])
    names = {
        issue_id("sms", 11217, "tls.expired"): "a",
        issue_id("sms", 12300, ""): "b",
        issue_id("voice", 11217, ""): "c",
    }
    await console.post(f"/api/issues/{issue_id('sms', 11217, 'tls.expired')}", {"state": "ignored"})
    answer = await console.get(f"/api/issues?{query}")
    assert answer.status == 200, answer.text
    assert {names[row["id"]] for row in answer.json["issues"]} == expected


async def test_issues_come_in_pages_the_last_seen_first(console):
    await console.journal.record([console.event(code=11200 + number) for number in range(5)])
    first = (await console.get("/api/issues?limit=4")).json
    assert [row["code"] for row in first["issues"]] == [11204, 11203, 11202, 11201]
    last = (await console.get(f"/api/issues?limit=4&cursor={first['next_cursor']}")).json
    assert [row["code"] for row in last["issues"]] == [11200]
    assert last["next_cursor"] is None


@pytest.mark.parametrize("state", ["acknowledged", "resolved", "ignored", "open", "Resolved"])
async def test_an_issue_is_given_a_state(console, state):
    await console.journal.record([console.event()])
    answer = await console.post(f"/api/issues/{PLAIN}", {"state": state})
    assert (answer.status, answer.json["state"]) == (200, state.lower())
    assert (await console.get(f"/api/issues/{PLAIN}")).json == answer.json


async def test_the_state_may_stand_in_the_query(console):
    await console.journal.record([console.event()])
    assert (await console.post(f"/api/issues/{PLAIN}?state=ignored")).json["state"] == "ignored"


async def test_a_resolved_issue_has_regressed_when_it_happens_again(console):
    await console.journal.record([console.event()])
    await console.post(f"/api/issues/{PLAIN}", {"state": "resolved"})
    await console.journal.record([console.event()])
    assert [row["state"] for row in (await console.get("/api/issues")).json["issues"]] == ["regressed"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": "regressed"}, "Parameter 'state' must be one of open, acknowledged, resolved, ignored."),
        ({"state": "closed"}, "must be one of open"),
        ({"state": ""}, "Give the parameter 'state': one of open"),
        ({}, "Give the parameter 'state'"),
        (None, "Give the parameter 'state'"),
        ({"state": True}, "must be a text or a number"),
        ({"stat": "open"}, "Did you mean state?"),
    ],
)
async def test_a_state_that_there_is_not_is_refused(console, body, said):
    await console.journal.record([console.event()])
    answer = await console.post(f"/api/issues/{PLAIN}", body)
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert said in answer.json["message"]
    assert (await console.get(f"/api/issues/{PLAIN}")).json["state"] == "open"


@pytest.mark.parametrize("query", ["state=closed", "cursor=IS1", "limit=0", "code=1", "level=ERROR", "cursor=" + PLAIN])
async def test_filters_of_issues_that_make_no_sense_are_refused(console, query):
    answer = await console.get(f"/api/issues?{query}")
    assert (answer.status, answer.json["code"]) == (400, 20001)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("POST", "/replay"), ("POST", "/replay?dry_run=true")])
async def test_an_issue_that_does_not_exist_is_a_404(console, method, path):
    body = b'{"state": "open"}' if (method, path) == ("POST", "") else b""
    answer = await console.ask(method, f"/api/issues/IS{'0' * 32}{path}", body=body)
    assert (answer.status, answer.json["code"]) == (404, 20404)


# -- replay


async def lost_webhooks(console):
    """One webhook in each state, each with two errors of one issue; their ids by state."""
    made = {}
    for state in State:
        webhook_id = console.new_id("WH")
        made[state] = webhook_id
        await console.webhook(id=webhook_id, state=state, events=[console.event(webhook_id=webhook_id) for _ in range(2)])
    return made


async def states(console):
    return {row["id"]: row["state"] for row in (await console.get("/api/webhooks")).json["webhooks"]}


async def test_a_replay_of_an_issue_takes_the_failed_and_the_dismissed_and_no_delivered_one(console):
    made = await lost_webhooks(console)
    other = await console.webhook(events=[console.event(code=12300)])
    answer = await console.post(f"/api/issues/{PLAIN}/replay")
    assert (answer.status, answer.json) == (202, {"replayed": 2, "dry_run": False})
    found = await states(console)
    assert [found[made[state]] for state in (State.FAILED, State.DISMISSED, State.DELIVERED)] == [
        "waiting",
        "waiting",
        "delivered",
    ]
    assert found[other.id] == "failed"
    assert (await console.post(f"/api/issues/{PLAIN}/replay")).json == {"replayed": 0, "dry_run": False}


@pytest.mark.parametrize("way", ["query", "body"])
async def test_a_dry_run_changes_nothing(console, way):
    await lost_webhooks(console)
    before = await states(console)
    if way == "query":
        answer = await console.post(f"/api/issues/{PLAIN}/replay?dry_run=true")
    else:
        answer = await console.post(f"/api/issues/{PLAIN}/replay", {"dry_run": True})
    assert (answer.status, answer.json) == (202, {"replayed": 2, "dry_run": True})
    assert await states(console) == before
    assert (await console.post(f"/api/issues/{PLAIN}/replay", {"dry_run": False})).json == {"replayed": 2, "dry_run": False}


@pytest.mark.parametrize("value", ["yes", 1, [True, False]])
async def test_a_dry_run_is_true_or_false(console, value):
    await console.journal.record([console.event()])
    answer = await console.post(f"/api/issues/{PLAIN}/replay", {"dry_run": value})
    assert (answer.status, answer.json["code"]) == (400, 20001)


async def test_a_replay_goes_on_past_one_batch(console, monkeypatch):
    monkeypatch.setattr("offhook.api.issues.REPLAY_BATCH", 2)
    for _ in range(5):
        webhook_id = console.new_id("WH")
        await console.webhook(id=webhook_id, events=[console.event(webhook_id=webhook_id)])
    assert (await console.post(f"/api/issues/{PLAIN}/replay", {"dry_run": True})).json["replayed"] == 5
    assert (await console.post(f"/api/issues/{PLAIN}/replay")).json["replayed"] == 5


async def test_another_site_may_neither_replay_nor_resolve(console):
    await lost_webhooks(console)
    for path in (f"/api/issues/{PLAIN}/replay", f"/api/issues/{PLAIN}?state=resolved"):
        answer = await console.post(path, origin="https://evil.example")
        assert (answer.status, answer.json["code"]) == (403, 20003)


# -- errors


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cause=tls.expired", {"a"}),
        (f"issue={PLAIN}", {"b"}),
        ("q=App+502", {"a", "b"}),
        ("q=unheard", {"c"}),
        ("q=app.example&code=12300", {"c"}),
        ("q=hunter2", set()),
    ],
)
async def test_errors_are_found_by_cause_issue_and_words(console, query, expected):
    events = {
        "a": console.event(causes=EXPIRED),
        "b": console.event(),
        "c": console.event(code=12300, message="Unheard of.", level=Level.WARNING),
    }
    await console.journal.record(list(events.values()))
    names = {event.id: name for name, event in events.items()}
    answer = await console.get(f"/api/errors?{query}")
    assert answer.status == 200, answer.text
    assert {names[row["sid"]] for row in answer.json["errors"]} == expected
    counted = await console.get(f"/api/errors/counts?since=2025-11-23&until=2025-11-24&{query}")
    assert sum(counted.json["counts"]) == len(expected)


async def test_errors_are_counted_over_the_last_day_in_half_hours(console):
    await console.journal.record([console.event(), console.event()])
    console.house.clock.time += 60
    answer = await console.get("/api/errors/counts")
    assert answer.json == {
        "since": "2025-11-22T12:01:00.000Z",
        "until": "2025-11-23T12:01:00.000Z",
        "seconds": 1800.0,
        "counts": [*[0] * 47, 2],
    }


async def test_errors_are_counted_over_any_time_in_as_many_parts_as_are_wanted(console):
    await console.journal.record([console.event() for _ in range(4)])
    answer = await console.get("/api/errors/counts?since=2025-11-23T12:00:00Z&until=2025-11-23T12:00:04Z&buckets=2")
    assert (answer.json["seconds"], answer.json["counts"]) == (2.0, [1, 2])


@pytest.mark.parametrize(
    "query",
    ["buckets=0", "buckets=501", "buckets=x", "since=2025-11-24&until=2025-11-23", "since=2099-01-01", "limit=3", "issue=IS1"],
)
async def test_what_cannot_be_counted_is_refused(console, query):
    answer = await console.get(f"/api/errors/counts?{query}")
    assert (answer.status, answer.json["code"]) == (400, 20001)
