"""What an exchange came to, in Twilio's codes (spec: twilio-debugger §9)."""

import pytest

from offhook.debugger import catalogue
from offhook.debugger.classify import FAILURES, judge
from offhook.debugger.events import EventMaker, level_of
from offhook.records import Attempt, Exchange, Failure, FailureKind, Kind, Level, Role, Timings, Webhook
from offhook.system import TimeSortedIds


def exchange(status=0, failure=None):
    return Exchange(
        method="POST",
        url="https://app.example/sms",
        started_at=0.0,
        timings=Timings(),
        status=status,
        failure=Failure(kind=failure, detail="so it went") if failure else None,
    )


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (FailureKind.BAD_URL, 11100),
        (FailureKind.DNS, 11210),
        (FailureKind.CONNECT_TIMEOUT, 11201),
        (FailureKind.REFUSED, 11202),
        (FailureKind.CONNECT, 11205),
        (FailureKind.BLOCKED, 11205),
        (FailureKind.TLS, 11220),
        (FailureKind.TLS_NAME, 11235),
        (FailureKind.TLS_EXPIRED, 11236),
        (FailureKind.TLS_UNTRUSTED, 11237),
        (FailureKind.TOTAL_TIMEOUT, 11203),
        (FailureKind.PROTOCOL, 11206),
        (FailureKind.TOO_MANY_REDIRECTS, 11215),
        (FailureKind.BAD_REDIRECT, 11216),
    ],
)
def test_each_failure_has_its_precise_code_and_twilios_headline(failure, code):
    outcome = judge(exchange(failure=failure), Kind.MESSAGE)
    assert (outcome.delivered, outcome.code, outcome.twilio_code) == (False, code, 11200)
    assert "so it went" in outcome.message


def test_every_failure_kind_has_a_code_of_the_catalogue():
    assert set(FAILURES) == set(FailureKind)
    assert all(catalogue.lookup(code) for code, _ in FAILURES.values())


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502, 503, 599])
def test_an_error_status_is_11217_which_twilio_logs_as_11200(status):
    outcome = judge(exchange(status), Kind.MESSAGE)
    assert (outcome.delivered, outcome.code, outcome.twilio_code) == (False, 11217, 11200)
    assert str(status) in outcome.message


def test_what_twilio_would_log_for_a_status_can_be_set():
    assert judge(exchange(500), Kind.MESSAGE, status_code=11217).twilio_code == 11217


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_2xx_is_delivered(status):
    outcome = judge(exchange(status), Kind.MESSAGE)
    assert (outcome.delivered, outcome.code) == (True, 0)


def test_a_2xx_that_breaks_off_is_delivered_and_has_a_code():
    outcome = judge(exchange(200, FailureKind.PROTOCOL), Kind.MESSAGE)
    assert (outcome.delivered, outcome.code) == (True, 11206)


def test_what_goes_wrong_with_a_status_callback_is_a_warning():
    assert level_of(11217, Kind.STATUS) is Level.WARNING
    assert level_of(11217, Kind.MESSAGE) is Level.ERROR
    assert level_of(12200, Kind.MESSAGE) is Level.WARNING


def test_a_debug_event_has_twilios_fields_and_the_next_try():
    made = exchange(502)
    webhook = Webhook(
        id="WH1",
        endpoint="sms",
        received_at=0.0,
        peer="",
        url="",
        kind=Kind.MESSAGE,
        dedupe_key=b"",
        head=b"",
        body=b"",
        provider_id="SM1",
        account_sid="AC1",
    )
    attempt = Attempt(
        id="AT1",
        webhook_id="WH1",
        number=3,
        role=Role.FALLBACK,
        url=made.url,
        started_at=10.0,
        duration_ms=500.0,
        outcome=judge(made, Kind.MESSAGE),
        exchanges=(made, made),
    )
    event = EventMaker(TimeSortedIds()).attempt(webhook, attempt, 1_700_000_000.0)
    assert (event.at, event.code, event.twilio_code, event.level) == (10.5, 11217, 11200, Level.ERROR)
    assert (event.webhook_id, event.attempt_id, event.resource_sid, event.account_sid) == ("WH1", "AT1", "SM1", "AC1")
    assert event.details["httpResponse"] == "502"
    assert event.details["sourceComponent"] == "14100"
    assert event.details["nextAttempt"] == "2023-11-14T22:13:20Z"
    assert event.details["tries"] == "2"
