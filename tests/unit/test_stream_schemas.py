"""Every event is as its schema says, and the schemas are those of the registry."""

import json
import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from offhook.records import Kind
from offhook.streams.registry import BY_NAME, SCHEMAS, TYPES, Context, events_of, numbered
from offhook.streams.schemas import raw_schema, schema
from offhook.streams.shapes.envelope import dataschema
from tests.helpers.documented import consume
from tests.helpers.stream_news import NEWS, SECRET, STATUSES, a_webhook, an_error, arrived, logged

VALIDATORS = {
    (name, version): Draft202012Validator(schema(name, version), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, versions in SCHEMAS.items()
    for version in versions
}
EVERY = [(name, version) for name, versions in SCHEMAS.items() for version in versions]


def every_version(news):
    """The events of a row, in every version that they have."""
    for each in TYPES:
        for version in each.versions:
            for event in events_of(news, {each.name: version}, Context()):
                yield event, version


def check(news):
    for event, version in every_version(news):
        data = json.loads(event.body)["data"]
        VALIDATORS[BY_NAME[event.type].schema, version].validate(data)
        if BY_NAME[event.type].family == "twilio":
            consume(numbered(event, 1).body)


@pytest.mark.parametrize(("name", "version"), EVERY)
def test_a_schema_is_one_and_is_called_what_its_events_call_it(name, version):
    found = schema(name, version)
    Draft202012Validator.check_schema(found)
    family = next(each.family for each in TYPES if each.schema == name)
    assert found["$id"] == dataschema(name, version, family)
    assert set(found["required"]) <= set(found["properties"])
    assert json.loads(raw_schema(name, version)) == found


def test_there_is_no_schema_that_no_type_has():
    from offhook.streams import schemas

    assert set(schemas._files()) == set(EVERY)


@pytest.mark.parametrize("asked", [("Offhook.Attempt", 2), ("../registry", 1), ("", 0)])
def test_a_schema_that_there_is_not_is_not_found(asked):
    assert raw_schema(*asked) is None
    with pytest.raises(KeyError):
        schema(*asked)


@pytest.mark.parametrize("news", NEWS, ids=lambda news: f"{news.source.value}-{type(news.item).__name__}")
def test_every_event_is_as_its_schema_says_in_every_version(news):
    check(news)


def test_ours_say_all_that_their_schemas_have():
    for news in NEWS:
        for event, version in every_version(news):
            found = VALIDATORS[BY_NAME[event.type].schema, version].schema
            if BY_NAME[event.type].family == "offhook" and found["additionalProperties"] is False:
                assert set(event.data) == set(found["properties"])


def test_a_later_version_only_adds_fields():
    for name, versions in SCHEMAS.items():
        for older, newer in pairwise(versions):
            before, after = schema(name, older)["properties"], schema(name, newer)["properties"]
            assert before.items() <= after.items()


def test_versions_differ_as_documented():
    added = {}
    for name, versions in SCHEMAS.items():
        for older, newer in pairwise(versions):
            new = set(schema(name, newer)["properties"]) - set(schema(name, older)["properties"])
            if new:
                added[name, newer] = new
    places = {f"{side}{what}" for side in ("to", "from") for what in ("Country", "State", "City", "Zip")}
    assert added == {
        ("Messaging.InboundMessageV1", 5): places | {"recipients", "messagingServiceSid", "referralCtwaClid", "optOutType"},
        ("Messaging.MessageStatus", 4): {"messagingServiceSid", "errorCode", "statusCallBackUrl", "tags"},
        ("Messaging.MessageStatus", 6): {"rawDlrDoneDate", "numberOfSegments", "dateUpdated"},
    }


TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
NUMBERS = st.one_of(st.sampled_from(["0", "1", "30003", "", "-1", "1.5", "9" * 40, "٣", "x"]), TEXT)
FIELDS = {
    "MessageSid": st.one_of(st.just("SM" + "0" * 32), TEXT),
    "MessageStatus": st.one_of(st.sampled_from([*STATUSES, "sending", "accepted", "DELIVERED", ""]), TEXT),
    "SmsStatus": st.sampled_from(["received", "delivered", ""]),
    "From": TEXT,
    "To": TEXT,
    "Body": TEXT,
    "CallSid": TEXT,
    "CallStatus": TEXT,
    "NumMedia": NUMBERS,
    "NumSegments": NUMBERS,
    "ErrorCode": NUMBERS,
    "ApiVersion": st.sampled_from(["2010-04-01", ""]),
    "MessagingServiceSid": TEXT,
    "RawDlrDoneDate": TEXT,
    "OptOutType": TEXT,
    "FromCity": TEXT,
}


@given(
    fields=st.fixed_dictionaries({"AccountSid": TEXT.filter(bool)}, optional=FIELDS),
    odd=st.lists(st.tuples(TEXT, TEXT), max_size=3),
    kind=st.sampled_from(Kind),
    method=st.sampled_from(["POST", "GET"]),
)
def test_whatever_comes_in_its_events_are_as_their_schemas_say(fields, odd, kind, method):
    check(arrived(a_webhook([*fields.items(), *odd], kind, method=method)))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(string.ascii_letters, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(details=st.dictionaries(st.text(max_size=10), JSON, max_size=5), message=st.text(max_size=30), url=st.text(max_size=30))
def test_whatever_an_error_says_its_events_are_as_their_schemas_say(details, message, url):
    check(logged(an_error(details=details, message=message, request_url=url)))


def test_no_event_tells_a_secret_or_what_a_message_says_but_the_one_that_is_for_it():
    for news in NEWS:
        for event, _ in every_version(news):
            assert SECRET.encode() not in event.body
            assert b"c2lnbmF0dXJl" not in event.body
            assert b"hello" not in event.body or event.type == "com.twilio.messaging.inbound-message.received"
