"""What a round makes of a webhook."""

import pytest

from offhook.delivery import settlement
from offhook.delivery.round import Round
from offhook.records import Attempt, Endpoint, Exchange, Failure, FailureKind, Kind, Outcome, Role, State, Timings, Webhook

ENDPOINT = Endpoint(name="sms", app_url="http://app.example/sms")


def webhook(**fields):
    base = {"kind": Kind.MESSAGE, "received_at": 0.0, "id": "WH1", "endpoint": "sms", "peer": "", "url": ""}
    return Webhook(**{**base, "dedupe_key": b"", "head": b"", "body": b"", **fields})


def round_of(status=200, failure=None, **fields):
    made = Exchange(
        method="POST", url="http://app.example/sms", started_at=0.0, timings=Timings(), status=status, failure=failure, **fields
    )
    attempt = Attempt(
        id="AT1",
        webhook_id="WH1",
        number=4,
        role=Role.PRIMARY,
        url=made.url,
        started_at=0.0,
        duration_ms=1.0,
        outcome=Outcome(delivered=failure is None and status < 300, code=0 if status < 300 else 11217, message="why"),
        exchanges=(made,),
    )
    return Round(attempts=(attempt,), exchange=made, role=Role.PRIMARY)


def test_a_delivered_webhook_counts_its_attempts_and_loses_its_note():
    after = settlement.after(webhook(note="before", failures=2), ENDPOINT, round_of(), now=1.0, chance=0.5)
    assert (after.state, after.attempts, after.note, after.due) == (State.DELIVERED, 4, "", 0.0)


def test_a_failed_round_waits_for_the_schedule_and_says_why():
    after = settlement.after(webhook(failures=1), ENDPOINT, round_of(500), now=100.0, chance=0.5)
    assert (after.state, after.failures, after.due, after.note) == (State.WAITING, 2, 130.0, "why")


def test_three_refusals_step_aside():
    assert settlement.blocks(webhook(refusals=2, failures=9))
    assert not settlement.blocks(webhook(refusals=3))
    assert not settlement.blocks(webhook(state=State.DELIVERED))


def test_a_voice_webhook_fails_at_once():
    after = settlement.after(webhook(kind=Kind.VOICE), ENDPOINT, round_of(500), now=0.0, chance=0.5)
    assert after.state is State.FAILED


def test_the_apps_answer_passes_with_its_status_type_body_and_cookies():
    done = round_of(201, headers=(("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("Server", "x")), body=b"hi")
    answer = settlement.passed_through(done, 5.0)
    assert (answer.status, answer.body, answer.source) == (201, b"hi", "app")
    assert answer.headers == (("Content-Type", "text/plain"), ("Set-Cookie", "a=b"))


@pytest.mark.parametrize("fields", [{"body_cut": True}, {"failure": Failure(kind=FailureKind.PROTOCOL, partial=True)}])
def test_an_answer_that_did_not_come_whole_is_not_passed(fields):
    assert settlement.passed_through(round_of(200, **fields), 5.0) is None


@pytest.mark.parametrize(
    ("status", "failure", "able"),
    [
        (200, None, True),
        (404, None, True),
        (403, None, True),
        (429, None, False),
        (500, None, False),
        (503, None, False),
        (0, FailureKind.REFUSED, False),
        (0, FailureKind.READ_TIMEOUT, False),
        (0, FailureKind.BAD_URL, None),
        (302, FailureKind.BAD_REDIRECT, None),
    ],
)
def test_what_an_exchange_shows_of_the_app(status, failure, able):
    done = round_of(status, Failure(kind=failure) if failure else None)
    assert settlement.able(done.exchange) is able


@pytest.mark.parametrize(
    ("status", "failure", "refusals"),
    [(400, None, 1), (502, None, 1), (0, FailureKind.READ_TIMEOUT, 1), (0, FailureKind.REFUSED, 0), (0, FailureKind.DNS, 0)],
)
def test_only_what_reached_somebody_counts_as_refused(status, failure, refusals):
    done = round_of(status, Failure(kind=failure) if failure else None)
    after = settlement.after(webhook(), ENDPOINT, done, now=0.0, chance=0.5)
    assert (after.failures, after.refusals) == (1, refusals)


def test_an_app_that_asks_for_a_longer_pause_gets_it():
    done = round_of(503, headers=(("Retry-After", "60"),))
    assert settlement.after(webhook(), ENDPOINT, done, now=100.0, chance=0.5).due == 160.0
    assert settlement.after(webhook(failures=2), ENDPOINT, done, now=100.0, chance=0.5).due == 220.0
