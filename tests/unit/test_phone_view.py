"""What a person's message comes to, from the story that the journal has of it."""

import msgspec
import pytest

from offhook.dev.phone_view import Mark, is_number, told
from offhook.records import (
    Attempt,
    Cause,
    Confidence,
    DebugEvent,
    Kind,
    Level,
    Outcome,
    Role,
    State,
    Webhook,
    WebhookStory,
)
from offhook.simulator.records import Direction, Message, Status

MESSAGE = Message(
    sid="SM1",
    account_sid="AC1",
    direction=Direction.INBOUND,
    sender="+12025550101",
    to="+12025550199",
    body="hi",
    status=Status.RECEIVED,
    created_at=0.0,
    updated_at=0.0,
    reference="WH1",
)
WEBHOOK = Webhook(
    id="WH1",
    endpoint="sms",
    received_at=0.0,
    peer="",
    url="",
    kind=Kind.MESSAGE,
    dedupe_key=b"1",
    head=b"",
    body=b"",
    provider_id="SM1",
    account_sid="AC1",
    sender="+12025550101",
    recipient="+12025550199",
    state=State.DELIVERED,
)
GONE = Cause(name="app.down", title="Nobody is there.", confidence=Confidence.LIKELY, steps=("Start it.",))


def attempt(number, at, *, role=Role.PRIMARY, duration_ms=12.4):
    return Attempt(
        id=f"AT{number}",
        webhook_id="WH1",
        number=number,
        role=role,
        url="http://127.0.0.1/sms",
        started_at=at,
        duration_ms=duration_ms,
        outcome=Outcome(delivered=True),
    )


def event(at, *, code=11200, level=Level.ERROR, causes=(GONE,)):
    return DebugEvent(
        id="NO1", at=at, level=level, code=code, twilio_code=code, message="It failed.", webhook_id="WH1", causes=causes
    )


def story(*attempts, events=(), state=State.DELIVERED):
    return WebhookStory(webhook=msgspec.structs.replace(WEBHOOK, state=state), attempts=attempts, events=tuple(events))


def test_a_text_that_the_app_took_says_how_long_that_took():
    seen = told(MESSAGE, story(attempt(1, 10.0)))
    assert (seen.mark, seen.note, seen.trouble) == (Mark.DELIVERED, "in 12 ms", None)
    assert told(MESSAGE, story(attempt(1, 10.0, duration_ms=2345.6))).note == "in 2.3 s"


def test_a_text_that_it_did_not_take_says_code_cause_and_first_step():
    seen = told(MESSAGE, story(attempt(1, 10.0), events=[event(10.5)], state=State.FAILED))
    assert seen.mark is Mark.FAILED
    assert (seen.trouble.code, seen.trouble.cause, seen.trouble.step) == (11200, "Nobody is there.", "Start it.")
    assert seen.trouble.link == "/webhooks/WH1"


def test_where_no_cause_is_known_the_message_and_the_catalogue_speak():
    seen = told(MESSAGE, story(attempt(1, 10.0), events=[event(10.5, causes=())], state=State.FAILED))
    assert seen.trouble.cause == "It failed."
    assert seen.trouble.step


def test_an_earlier_failure_is_over_once_it_was_delivered():
    assert told(MESSAGE, story(attempt(1, 10.0), attempt(2, 60.0), events=[event(10.5)])).trouble is None


def test_what_was_wrong_with_the_reply_is_told_under_a_text_that_arrived():
    seen = told(MESSAGE, story(attempt(1, 10.0), events=[event(10.5, code=12100, level=Level.WARNING)]))
    assert (seen.mark, seen.trouble.code) == (Mark.DELIVERED, 12100)


def test_a_text_that_the_fallback_took_says_so_and_why_it_had_to():
    seen = told(MESSAGE, story(attempt(1, 10.0), attempt(2, 11.0, role=Role.FALLBACK), events=[event(10.5)]))
    assert (seen.mark, seen.note, seen.trouble.code) == (Mark.DELIVERED, "by its fallback URL in 12 ms", 11200)


def test_a_story_that_has_been_deleted_leaves_the_text_as_sent():
    assert told(MESSAGE, None).mark is Mark.SENT


@pytest.mark.parametrize(
    ("text", "good"),
    [("+12025550101", True), ("12345", True), ("", False), ("+1 202", False), ("Ada", False), ("+1" * 10, False)],
)
def test_what_can_be_a_number(text, good):
    assert is_number(text) is good
