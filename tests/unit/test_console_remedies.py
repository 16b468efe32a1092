"""What to do about an error, step by step."""

import pytest

from offhook.console.remedies import About, elsewhere, steps
from offhook.debugger.catalogue import lookup
from offhook.records import (
    Cause,
    Confidence,
    DebugEvent,
    Issue,
    IssueState,
    Kind,
    Level,
    Reply,
    ReplyState,
    State,
    Webhook,
)

CAUSE = Cause(name="x", title="x", confidence=Confidence.LIKELY, steps=("Mend it.",))


def an_event(**fields):
    values = {
        "id": "NO1",
        "at": 0.0,
        "level": Level.ERROR,
        "code": 11217,
        "twilio_code": 11200,
        "message": "m",
        "attempt_id": "AT1",
    }
    return DebugEvent(**(values | fields))


def a_webhook(state, **fields):
    values = {"id": "WH1", "endpoint": "sms", "received_at": 0.0, "peer": "", "url": "", "kind": Kind.MESSAGE}
    return Webhook(**(values | {"dedupe_key": b"", "head": b"", "body": b"", "state": state} | fields))


def an_issue(state=IssueState.OPEN):
    values = {"id": "IS1", "endpoint": "sms", "code": 11217, "cause": "x", "title": "x", "level": Level.ERROR}
    return Issue(**values, first_seen=0.0, last_seen=0.0, count=1, last_event="NO1", state=state)


def a_reply(state):
    return Reply(id="RP1", webhook_id="WH1", ordinal=0, state=state, created_at=0.0)


def labels(found):
    return [each.action.label for each in found if each.action]


def test_the_likeliest_cause_says_what_to_do_first():
    other = Cause(name="y", title="y", confidence=Confidence.POSSIBLE, steps=("Not this.",))
    assert [each.words for each in steps(About(an_event(causes=(CAUSE, other)), lookup(11217)))] == ["Mend it."]


def test_without_a_cause_the_code_does():
    assert [each.words for each in steps(About(an_event(), lookup(11217)))] == list(lookup(11217).solutions)


def test_of_an_unknown_code_nothing_is_made_up():
    assert steps(About(an_event(code=99999))) == []


def test_the_doctor_gets_the_url_without_password_or_overrides():
    (step,) = steps(About(an_event(request_url="https://bob:pw@app.example/sms?a=b#rc=3")))
    assert step.action.path == "/doctor?url=https%3A%2F%2Fapp.example%2Fsms%3Fa%3Db"
    assert not step.action.posts


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "not a url"])
def test_what_is_no_web_address_is_not_for_the_doctor(url):
    assert steps(About(an_event(request_url=url))) == []


@pytest.mark.parametrize("state", [State.FAILED, State.DISMISSED])
def test_a_lost_message_can_be_replayed_by_a_key(state):
    (step,) = steps(About(an_event(), webhook=a_webhook(state)))
    assert (step.action.path, step.action.posts, step.action.key) == ("/errors/NO1/replay", True, "r")


@pytest.mark.parametrize("state", [State.WAITING, State.DELIVERING])
def test_a_message_that_is_tried_again_says_when(state):
    (step,) = steps(About(an_event(), webhook=a_webhook(state, due=99.0)))
    assert (step.action, step.due) == (None, 99.0)
    (step,) = steps(About(an_event(), webhook=a_webhook(state, due=99.0), configured=True))
    assert (step.action.path, step.action.posts) == ("/errors/NO1/hasten", True)


def test_a_delivered_message_needs_nothing_more():
    (step,) = steps(About(an_event(), webhook=a_webhook(State.DELIVERED)))
    assert step.action is None
    assert "has been delivered since" in step.words


def test_an_error_of_the_answer_itself_says_nothing_of_a_delivery_since():
    assert steps(About(an_event(attempt_id=""), webhook=a_webhook(State.DELIVERED))) == []


@pytest.mark.parametrize("state", list(ReplyState))
def test_only_a_reply_that_has_ended_unsent_can_be_sent(state):
    found = labels(steps(About(an_event(), reply=a_reply(state))))
    assert found == (["Send the reply"] if state in ("kept", "failed", "expired", "ambiguous") else [])


@pytest.mark.parametrize("state", list(IssueState))
def test_an_issue_that_is_not_done_with_can_be_resolved(state):
    found = labels(steps(About(an_event(), issue=an_issue(state))))
    assert found == ([] if state in ("resolved", "ignored") else ["Mark as resolved"])


def test_others_that_were_lost_are_shown_before_they_are_replayed():
    first, _ = steps(About(an_event(), issue=an_issue(), others_lost=True))
    assert (first.action.path, first.action.posts) == ("/issues/IS1/replay", False)


def test_one_can_go_from_an_error_to_all_that_it_belongs_to():
    create = f"/alarms/new?error={an_event().id}"
    about = About(an_event(endpoint="a/b"), issue=an_issue(), webhook=a_webhook(State.FAILED), configured=True)
    assert [each.path for each in elsewhere(about)] == [create, "/endpoints/a%2Fb", "/webhooks/WH1", "/issues/IS1"]
    assert [each.path for each in elsewhere(About(an_event()))] == [create]
