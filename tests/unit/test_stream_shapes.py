"""What events say: Twilio's as they have been captured and documented, ours with the cause, the next try, and nothing that is secret."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import example, given
from hypothesis import strategies as st

from offhook.debugger.evidence.payload import read_payload
from offhook.records import Kind, Level, NoticeType, State
from offhook.streams.registry import numbered
from offhook.streams.shapes.envelope import rfc3339
from offhook.streams.shapes.urls import shown
from tests.helpers.documented import consume
from tests.helpers.messages import message
from tests.helpers.processes import ACCOUNT
from tests.helpers.stream_news import (
    DIGITS,
    LATEST,
    NEWS,
    SMS,
    a_notice,
    a_status,
    a_webhook,
    an_attempt,
    an_error,
    an_inbound,
    arrived,
    logged,
    told,
    tried,
)

INBOUND = "com.twilio.messaging.inbound-message.received"
DELIVERED = "com.twilio.messaging.message.delivered"
UNDELIVERED = "com.twilio.messaging.message.undelivered"
TWILIO_ERROR = "com.twilio.error-logs.error.logged"
SOURCE = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SMS}.json"


# -- inbound messages, as Twilio tells of them


def test_version_1_of_an_inbound_message_has_the_fields_of_the_capture_and_their_types():
    captured = {
        "numMedia": 0,
        "timestamp": "2024-08-16T00:25:31.000Z",
        "accountSid": "AC0000000000000000000000000000000d",
        "to": "whatsapp:+14111111111",
        "numSegments": 1,
        "messageSid": "SMe0000000000000000000000000000006",
        "eventName": "com.twilio.messaging.inbound-message.received",
        "body": "Hello",
        "from": "whatsapp:+61000000001",
    }
    sent = {"MessageSid": captured["messageSid"], "AccountSid": captured["accountSid"], "NumMedia": "0", "NumSegments": "1"}
    sent |= {
        "Body": "Hello",
        "From": captured["from"],
        "To": captured["to"],
        "SmsStatus": "received",
        "ProfileName": "A",
        "WaId": "6",
    }
    webhook = a_webhook([*sent.items()], at=1_723_767_931.0)
    assert told(arrived(webhook), {INBOUND: 1})[INBOUND].data == captured


def test_version_6_has_where_the_numbers_are_and_the_others_of_a_group():
    data = told(arrived(an_inbound("Ahoy!", MessagingServiceSid="MG1", OptOutType="STOP")))[INBOUND].data
    assert data == {
        "messageSid": SMS,
        "timestamp": "2025-11-23T12:00:00.123Z",
        "accountSid": ACCOUNT,
        "eventName": INBOUND,
        "from": "+18103330792",
        "to": "+18449320927",
        "body": "Ahoy!",
        "numMedia": 0,
        "numSegments": 1,
        "toCountry": "US",
        "fromCountry": "US",
        "fromState": "MI",
        "fromCity": "BRIGHTON",
        "fromZip": "48116",
        "messagingServiceSid": "MG1",
        "optOutType": "STOP",
        "recipients": [],
    }


def test_an_event_of_a_message_names_the_message_as_its_source_and_has_no_subject():
    event = told(arrived(an_inbound()))[INBOUND]
    assert event.source == SOURCE
    assert "subject" not in json.loads(event.body)


def test_the_attributes_come_in_twilios_order():
    body = json.loads(told(arrived(an_inbound()))[INBOUND].body)
    assert [*body] == ["specversion", "type", "source", "id", "dataschema", "datacontenttype", "time", "data"]


def test_a_message_without_text_has_an_empty_body():
    assert told(arrived(an_inbound("", NumMedia="1")))[INBOUND].data["body"] == ""


@pytest.mark.parametrize("odd", ["x", "-1", "1.0", "9" * 30, "٣"])
def test_a_number_that_is_none_is_left_out(odd):
    assert "numMedia" not in told(arrived(an_inbound(NumMedia=odd)))[INBOUND].data


def test_a_message_that_came_by_get_is_read_from_the_query():
    webhook = a_webhook(message("sent by GET", MessageSid=SMS), method="GET")
    assert told(arrived(webhook))[INBOUND].data["body"] == "sent by GET"


def test_the_query_that_a_message_came_in_is_not_shown():
    webhook = a_webhook(message("sent by GET", MessageSid=SMS), method="GET")
    assert told(arrived(webhook))["com.offhook.webhook.received"].data["request"] == {
        "method": "GET",
        "url": "https://hooks.example/sms",
    }


# -- statuses, as Twilio tells of them


def test_version_3_of_a_status_has_the_fields_of_the_capture():
    event = told(arrived(a_status("sent")), {"com.twilio.messaging.message.sent": 3})["com.twilio.messaging.message.sent"]
    assert event.data == {
        "messageStatus": "SENT",
        "apiVersion": "2010-04-01",
        "eventName": "com.twilio.messaging.message.sent",
        "from": "+18449320927",
        "to": "+18103330792",
        "accountSid": ACCOUNT,
        "messageSid": SMS,
        "timestamp": "2025-11-23T12:00:00.123Z",
    }


def test_the_latest_version_has_the_carriers_own_time_and_why_it_failed():
    status = a_status("undelivered", ErrorCode="30003", RawDlrDoneDate="2511231159", MessagingServiceSid="MG1", NumSegments="2")
    data = told(arrived(status))[UNDELIVERED].data
    assert data["messageStatus"] == "UNDELIVERED"
    assert data["errorCode"] == 30003
    assert data["rawDlrDoneDate"] == "2511231159"
    assert data["messagingServiceSid"] == "MG1"
    assert data["numberOfSegments"] == 2
    assert data["statusCallBackUrl"] == "https://hooks.example/status?order=7"
    assert data["tags"] == {}
    assert "body" not in data


def test_a_status_that_twilio_has_no_type_for_is_an_event_of_ours_alone():
    for status in ("sending", "accepted", "scheduled", "canceled", "received"):
        assert [*told(arrived(a_status(status)))] == ["com.offhook.webhook.received"]


def test_the_status_of_a_call_is_no_status_of_a_message():
    webhook = a_webhook([("CallSid", "CA1"), ("CallStatus", "completed"), ("CallbackSource", "x")], Kind.STATUS)
    assert [*told(arrived(webhook))] == ["com.offhook.webhook.received"]
    assert told(arrived(webhook))["com.offhook.webhook.received"].data["status"] == "completed"


def test_only_the_statuses_that_are_wanted_are_told():
    assert told(arrived(a_status("sent")), {DELIVERED: 8}) == {}
    assert [*told(arrived(a_status("delivered")), {DELIVERED: 8})] == [DELIVERED]


# -- errors


def test_an_error_has_strings_throughout_and_its_payload_is_json_in_a_string():
    data = told(logged(an_error()))[TWILIO_ERROR].data
    assert all(isinstance(value, str) for value in data.values())
    payload = json.loads(data.pop("payload"))
    assert data == {
        "sid": f"NO{DIGITS}",
        "account_sid": ACCOUNT,
        "date_created": "2025-11-23T12:00:00.123Z",
        "level": "ERROR",
        "product_name": "Programmable Messaging",
        "error_code": "11200",
    }
    assert payload["error_code"] == "11200"
    assert payload["message"] == "The app took longer than 15 seconds."
    assert payload["webhook"]["response"]["status_code"] == 502


def test_an_errors_payload_has_the_cause_and_what_to_do():
    payload = json.loads(told(logged(an_error()))[TWILIO_ERROR].data["payload"])
    assert payload["offhook"] == {
        "code": 11203,
        "endpoint": "sms",
        "webhook_id": f"WH{DIGITS}",
        "attempt_id": f"AT{DIGITS}",
        "reply_id": None,
        "origin": "offhook",
        "cause": "cold_start",
        "cause_title": "The app was asleep.",
        "confidence": "likely",
        "steps": ["Keep one instance warm.", "Answer first, work later."],
    }


def test_our_own_type_of_an_error_says_it_without_json_in_json():
    data = told(logged(an_error()))["com.offhook.error.logged"].data
    assert (data["code"], data["twilio_code"], data["cause"], data["level"]) == (11203, 11200, "cold_start", "ERROR")
    assert data["steps"] == ["Keep one instance warm.", "Answer first, work later."]
    assert data["next_attempt_at"] == "2025-11-23T12:02:00Z"
    assert data["request"] == {"method": "POST", "url": "https://app.example/sms?tenant=7&token=[redacted]"}


def test_an_error_of_no_account_has_the_operators():
    event = an_error(account_sid="")
    assert told(logged(event), account_sid="AC1")[TWILIO_ERROR].data["account_sid"] == "AC1"
    assert told(logged(event))[TWILIO_ERROR].data["account_sid"] == ""


def test_notes_are_told_as_well_as_errors():
    assert told(logged(an_error(level=Level.INFO)))[TWILIO_ERROR].data["level"] == "INFO"


def test_our_debugger_reads_what_our_streams_tell():
    body = told(logged(an_error()))[TWILIO_ERROR].body
    evidence = read_payload(json.loads(body))
    assert evidence.form == "cloud event"
    assert (evidence.code, evidence.sid, evidence.account_sid, evidence.resource_sid) == (11200, f"NO{DIGITS}", ACCOUNT, SMS)
    assert (evidence.level, evidence.status, evidence.method) == ("ERROR", 502, "POST")


ANY = st.text(st.characters(exclude_categories=()), max_size=10)


@given(st.dictionaries(ANY, st.one_of(ANY, st.integers(), st.binary(max_size=3)), max_size=4), ANY)
def test_text_that_is_no_text_stops_no_event(details, said):
    for event in told(logged(an_error(details=details, message=said))).values():
        assert json.loads(event.body)["id"] == event.id


@given(ANY, st.one_of(ANY, st.sets(st.integers()), st.integers(min_value=1 << 80), st.floats()))
@example("\ud800", "")
def test_a_notice_with_anything_in_it_stops_no_event(name, value):
    for event in told(a_notice(data={name: value, "deep": _deep(3000)})).values():
        assert json.loads(event.body)["data"]["webhook_id"] == f"WH{DIGITS}"


def _deep(levels):
    found = []
    for _ in range(levels):
        found = [found]
    return found


@given(st.floats(min_value=0, max_value=4e9))
@example(1.9999996)
@example(1_763_899_200.9995)
def test_a_time_is_written_as_the_standard_library_would(seconds):
    assert rfc3339(seconds) == datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- attempts and notices


def test_a_failed_attempt_says_why_how_long_each_phase_took_and_when_it_goes_on():
    data = told(tried(an_attempt()))["com.offhook.attempt.failed"].data
    assert (data["code"], data["twilio_code"], data["message"]) == (11203, 11200, "Too slow.")
    assert (data["number"], data["role"], data["duration_ms"]) == (3, "primary", 15000.5)
    assert (data["status"], data["failure"]) == (None, "total_timeout")
    assert data["timings"] == {
        "dns_ms": 1.5,
        "connect_ms": 0.4,
        "tls_ms": 7.25,
        "sent_ms": None,
        "first_byte_ms": None,
        "total_ms": 15000.0,
    }
    assert (data["state"], data["next_attempt_at"]) == ("waiting", "2025-11-23T12:02:00.123Z")
    assert (data["from"], data["to"], data["provider_id"]) == ("+18103330792", "+18449320927", SMS)


def test_a_delivered_webhook_has_its_status_and_no_next_try():
    news = tried(an_attempt(delivered=True), state=State.DELIVERED, due=0.0)
    data = told(news)["com.offhook.webhook.delivered"].data
    assert (data["delivered"], data["status"], data["code"], data["next_attempt_at"]) == (True, 200, 0, None)


def test_a_lease_is_no_next_try():
    data = told(tried(an_attempt(), state=State.DELIVERING))["com.offhook.attempt.failed"].data
    assert data["next_attempt_at"] is None


def test_a_notice_says_what_it_is_about_by_names_that_say_that_they_are_ids():
    news = a_notice(NoticeType.REPLY_SENT, f"RP{DIGITS}", endpoint="", data={"webhook": f"WH{DIGITS}", "to": "+1", "note": ""})
    event = told(news)["com.offhook.reply.sent"]
    assert event.source == f"/replies/RP{DIGITS}"
    assert event.data == {
        "reply_id": f"RP{DIGITS}",
        "webhook_id": f"WH{DIGITS}",
        "to": "+1",
        "note": "",
        "endpoint": None,
        "at": "2025-11-23T12:00:00.123Z",
    }


def test_a_breaker_is_its_endpoints():
    event = told(a_notice(NoticeType.BREAKER_OPENED, "sms & more"))["com.offhook.breaker.opened"]
    assert event.source == "/endpoints/sms%20%26%20more"
    assert event.data["endpoint"] == "sms & more"


# -- what is not told


@pytest.mark.parametrize(
    ("url", "method", "expected"),
    [
        ("https://user:pw@app.example/sms", "POST", "https://app.example/sms"),
        ("https://user:p@w@app.example/sms?a=1#ct=1", "POST", "https://app.example/sms?a=1"),
        ("https://app.example/sms?token=abc&a=1", "POST", "https://app.example/sms?token=[redacted]&a=1"),
        ("https://app.example/sms?sig=abc", "POST", "https://app.example/sms?sig=[redacted]"),
        ("https://app.example/sms?Body=hello", "GET", "https://app.example/sms"),
        ("https://app.example/sms", "GET", "https://app.example/sms"),
        ("", "POST", ""),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url, method, expected):
    assert shown(url, method) == expected


def test_credentials_in_an_errors_details_are_not_told():
    event = an_error(
        details={"Msg": "Got HTTP 502 response to https://me:hunter2@app.example/sms", "url": "https://me:hunter2@a.example/"}
    )
    assert all(b"hunter2" not in each.body for each in told(logged(event)).values())


# -- who reads it


def test_twilios_consumers_read_twilios_events():
    read = {
        type(consume(event.body)).__name__
        for news in NEWS
        for name, event in told(news).items()
        if name.startswith("com.twilio.")
    }
    assert read == {"Inbound", "Status", "ErrorLog"}


def test_a_consumer_of_twilios_would_be_broken_by_another_shape():
    event = told(arrived(an_inbound()))[INBOUND]
    for right, wrong in (
        (b'"numMedia":0', b'"numMedia":"0"'),
        (b'"numSegments"', b'"numberOfSegments"'),
        (b'"id":"EZ', b'"id":"EV'),
    ):
        assert right in event.body
        with pytest.raises((ValueError, AssertionError)):
            consume(event.body.replace(right, wrong))


@pytest.mark.parametrize("name", [*LATEST])
def test_the_sdk_of_cloudevents_reads_every_event(name):
    events = [event for news in NEWS for kind, event in told(news).items() if kind == name]
    assert events
    for event in events:
        numbered_event = numbered(event, 7)
        read = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, numbered_event.body))
        assert isinstance(read, CloudEvent)
        assert (read.get_id(), read.get_type(), read.get_source()) == (event.id, event.type, event.source)
        assert read.get_time().timestamp() == pytest.approx(event.time, abs=0.001)
        assert read.get_extension("sequence") == "00000000000000000007"
        assert read.get_data() == event.data
