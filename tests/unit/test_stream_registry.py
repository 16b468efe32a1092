"""Which types there are, which logs they need, and what every event has in common."""

import json
import re

import pytest

from offhook.records import NoticeType, Source
from offhook.streams.registry import BY_NAME, SCHEMAS, TYPES, Context, events_of, numbered, wants
from tests.helpers.stream_news import (
    DIGITS,
    LATEST,
    NEWS,
    NOTICES,
    a_notice,
    a_status,
    an_attempt,
    an_error,
    an_inbound,
    arrived,
    logged,
    told,
    tried,
)

INBOUND = "com.twilio.messaging.inbound-message.received"


def test_every_type_has_its_name_once_and_a_version():
    assert len(BY_NAME) == len(TYPES) == 25
    assert all(each.versions == tuple(range(1, each.latest + 1)) for each in TYPES)
    assert all(each.description.endswith(".") for each in TYPES)


def test_every_notice_has_a_type_of_its_name():
    assert {f"com.offhook.{kind.value}" for kind in NoticeType} <= set(BY_NAME)


def test_twilios_types_are_named_as_twilio_names_them():
    assert {each.name for each in TYPES if each.family == "twilio"} == {
        "com.twilio.error-logs.error.logged",
        INBOUND,
        *(f"com.twilio.messaging.message.{each}" for each in ("queued", "sent", "delivered", "undelivered", "failed", "read")),
    }
    assert SCHEMAS["Messaging.InboundMessageV1"] == (1, 2, 3, 4, 5, 6)
    assert SCHEMAS["Messaging.MessageStatus"] == (1, 2, 3, 4, 5, 6, 7, 8)
    assert SCHEMAS["ErrorLogs.Error"] == (1, 2)


def test_schemas_are_where_twilios_consumers_look_for_them_and_ours_are_no_addresses():
    assert BY_NAME[INBOUND].dataschema(6) == "https://events-schemas.twilio.com/Messaging.InboundMessageV1/6"
    assert BY_NAME["com.offhook.webhook.received"].dataschema(1) == "urn:offhook:schema:Offhook.WebhookReceived:1"


def test_only_the_logs_are_read_that_the_types_come_from():
    assert wants([INBOUND, "com.offhook.webhook.received"]) == {Source.ARRIVALS}
    assert wants(["com.offhook.attempt.failed", "com.offhook.breaker.opened"]) == {Source.ATTEMPTS, Source.NOTICES}
    assert wants(["com.twilio.error-logs.error.logged"]) == {Source.EVENTS}
    assert wants([]) == set()


def test_a_type_that_there_is_no_more_asks_for_nothing():
    assert wants(["com.offhook.carrier.pigeon"]) == set()


def test_the_news_of_these_tests_make_every_type():
    assert {name for news in NEWS for name in told(news)} == set(BY_NAME)


def test_what_is_not_wanted_is_not_made():
    assert all(told(news, {}) == {} for news in NEWS)
    assert [*told(arrived(an_inbound()), {INBOUND: 6})] == [INBOUND]


def test_an_inbound_message_is_two_events_and_a_row_is_never_more():
    assert [*told(arrived(an_inbound()))] == ["com.offhook.webhook.received", INBOUND]
    assert max(len(told(news)) for news in NEWS) == 2


def test_an_events_id_is_the_same_each_time_and_for_each_sink():
    for news in NEWS:
        alone = {name: told(news, {name: 1})[name].id for name in told(news)}
        assert {name: event.id for name, event in told(news).items()} == alone


def test_ids_have_the_digits_of_what_they_are_about():
    arrival = told(arrived(an_inbound()))
    assert arrival["com.offhook.webhook.received"].id == f"EV{DIGITS}"
    assert arrival[INBOUND].id == f"EZ{DIGITS}"
    assert told(arrived(a_status()))["com.twilio.messaging.message.delivered"].id == f"EZ{DIGITS}"
    assert told(tried(an_attempt()))["com.offhook.attempt.failed"].id == f"EV{DIGITS}"
    assert told(logged(an_error()))["com.twilio.error-logs.error.logged"].id == f"NO{DIGITS}"


def test_an_error_that_twilio_told_has_another_id_than_the_webhook_that_told_of_it():
    # Its debug event has the digits of that webhook.
    webhook = told(arrived(an_inbound()))["com.offhook.webhook.received"]
    assert told(logged(an_error()))["com.offhook.error.logged"].id != webhook.id


def test_a_notices_id_is_of_its_time_and_its_place():
    [event] = told(a_notice(seq=255)).values()
    assert event.id == f"EV{1_763_899_200_123:012x}7{255:019x}"
    ids = {told(a_notice(seq=seq))["com.offhook.webhook.failed"].id for seq in range(1, 50)}
    assert len(ids) == 49


def test_ids_have_the_shape_of_all_ids():
    assert all(re.fullmatch(r"(EV|EZ|NO)[0-9a-f]{32}", event.id) for news in NEWS for event in told(news).values())


def test_the_same_news_for_two_types_have_different_sources():
    for news in NEWS:
        events = list(told(news).values())
        assert len({(event.source, event.id) for event in events}) == len(events)


def test_the_json_says_what_the_event_says():
    for news in NEWS:
        for event in told(news).values():
            read = json.loads(event.body)
            assert (read["id"], read["type"], read["source"], read["dataschema"]) == (
                event.id,
                event.type,
                event.source,
                event.dataschema,
            )
            assert read.get("subject", "") == event.subject
            assert read["data"] == event.data
            assert read["specversion"] == "1.0"
            assert read["datacontenttype"] == "application/json"


def test_times_have_milliseconds_and_a_z():
    assert json.loads(told(arrived(an_inbound()))[INBOUND].body)["time"] == "2025-11-23T12:00:00.123Z"


def test_an_event_is_numbered_within_its_json():
    for news in NEWS:
        for event in told(news).values():
            with_number = numbered(event, 42)
            assert with_number.sequence == 42
            read = json.loads(with_number.body)
            assert int(read.pop("sequence")) == 42
            assert read == json.loads(event.body)


def test_numbers_sort_as_text_as_they_do_as_numbers():
    [event] = told(a_notice()).values()
    written = [json.loads(numbered(event, number).body)["sequence"] for number in (9, 10, 99, 100, 10**12)]
    assert written == sorted(written)


def test_a_conversation_is_one_whichever_way_its_messages_go():
    inbound = told(arrived(an_inbound()))
    status = told(arrived(a_status()))
    both = {event.partition for events in (inbound, status) for event in events.values()}
    assert both == {"+18103330792 +18449320927"}
    assert told(tried(an_attempt()))["com.offhook.attempt.failed"].partition in both
    reply = next(news for news in NOTICES if news.item.type is NoticeType.REPLY_SENT)
    assert told(reply)["com.offhook.reply.sent"].partition in both


def test_what_has_no_numbers_stays_in_order_within_its_endpoint():
    assert {event.partition for event in told(logged(an_error())).values()} == {"sms"}
    assert {event.partition for event in told(a_notice()).values()} == {"sms"}


@pytest.mark.parametrize("news", NEWS, ids=lambda news: f"{news.source.value}-{type(news.item).__name__}")
def test_events_are_made_whatever_versions_are_wanted(news):
    for version in range(1, 9):
        wanted = {name: min(version, latest) for name, latest in LATEST.items()}
        for event in events_of(news, wanted, Context()):
            assert event.dataschema == BY_NAME[event.type].dataschema(wanted[event.type])


def test_a_version_of_a_later_offhook_is_told_as_the_latest_that_is_known():
    event = told(arrived(an_inbound()), {INBOUND: 9})[INBOUND]
    assert event.dataschema == "https://events-schemas.twilio.com/Messaging.InboundMessageV1/6"
