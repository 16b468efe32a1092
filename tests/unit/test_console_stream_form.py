"""The forms of event streams, and what their pages say of sinks."""

import pytest

from offhook.console.stream_form import (
    FIELD,
    answers_from,
    defaults,
    filter_problem,
    read_sink,
    refused_sink,
    sink_questions,
    type_groups,
    wanted_types,
)
from offhook.console.stream_view import configuration_rows, parked_row, sink_rows, state_of, told
from offhook.records import Marks
from offhook.streams.carrier import SinkState
from offhook.streams.configured import catalogue
from offhook.streams.model import Fault, Sink, SinkStatus, Subscribed, Subscription
from offhook.streams.refused import RefusedError
from offhook.streams.shelves import Parked
from offhook.streams.sinks.table import BY_NAME, KINDS

NOW = 1_763_899_200.0
ERRORS = "com.twilio.error-logs.error.logged"
WEBHOOK = BY_NAME["webhook"]
SINK = Sink(
    sid="DG1", type="file", description="Archive", configuration={}, status=SinkStatus.ACTIVE, created_at=NOW, updated_at=NOW
)
SUBSCRIPTION = Subscription(
    sid="DF1",
    sink_sid="DG1",
    description="x",
    types=(Subscribed(type=ERRORS, schema_version=1),),
    created_at=NOW,
    updated_at=NOW,
    filter="a",
)
FAULT = Fault(code=91306, message="It answered 503.", retry=True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_form_asks_for_every_field_and_an_empty_one_says_what_is_needed(kind):
    questions = sink_questions(kind, {}, {})
    assert {question.name for question in questions} == {"description", *(FIELD + field.name for field in kind.fields)}
    wrong = read_sink(kind, defaults(kind)).wrong
    needed = {FIELD + field.name for field in kind.fields if field.required and field.default is None}
    assert set(wrong) == {"description", *needed}


def test_only_what_differs_from_the_usual_is_configured():
    answers = {"description": ("x",), "field:destination": ("https://x.example/",), "field:method": ("",), **defaults(WEBHOOK)}
    assert read_sink(WEBHOOK, answers).configuration == {"destination": "https://x.example/"}
    unticked = {name: value for name, value in answers.items() if name != "field:verify_tls"}
    assert read_sink(WEBHOOK, unticked).configuration["verify_tls"] is False
    assert read_sink(WEBHOOK, answers | {"field:batch_events": ("true",)}).configuration["batch_events"] is True


def test_header_fields_are_lines_and_a_wrong_one_is_not_quoted():
    answers = {"description": ("x",), "field:destination": ("https://x.example/",)}
    draft = read_sink(WEBHOOK, answers | {"field:headers": ("X-A: one\r\n\r\nX-B: env:B\n",)})
    assert draft.configuration["headers"] == {"X-A": "one", "X-B": "env:B"}
    wrong = read_sink(WEBHOOK, answers | {"field:headers": ("X-A: one\nsecret",)}).wrong["field:headers"][0]
    assert "Line 2" in wrong
    assert "secret" not in wrong


def test_secrets_do_not_come_back_and_references_do():
    answers = {
        "field:secret": ("whsec_abc",),
        "field:password": ("env:PASSWORD",),
        "field:destination": ("https://ann:hunter2@x.example/",),
    }
    shown = {question.name: question.value for question in sink_questions(WEBHOOK, answers, {})}
    assert (shown["field:secret"], shown["field:password"]) == ("", "env:PASSWORD")
    assert shown["field:destination"] == "https://x.example/"


def test_what_the_desk_has_against_a_sink_stands_at_its_field():
    refusal = RefusedError(91000, "The sink cannot be made: secret: there is no variable X.")
    assert refused_sink(WEBHOOK, refusal) == {"field:secret": ("There is no variable X.",)}
    assert refused_sink(WEBHOOK, RefusedError(91003, "There are 100 sinks.")) == {"": ("There are 100 sinks.",)}


def test_types_come_in_two_families_with_what_was_chosen():
    ours, twilios = type_groups(catalogue(), answers_from(SUBSCRIPTION))
    assert all(choice.listed.name.startswith("com.offhook.") for choice in ours.choices)
    (chosen,) = [choice for choice in (*ours.choices, *twilios.choices) if choice.ticked]
    assert (chosen.listed.name, chosen.version) == (ERRORS, 1)
    assert wanted_types(catalogue(), answers_from(SUBSCRIPTION)) == [{"type": ERRORS, "schema_version": "1"}]
    assert answers_from(None) == {}


def test_a_filter_that_cannot_be_read_says_where():
    assert filter_problem("a == 1") == ""
    assert filter_problem("") == ""
    assert "At character 3 (=)" in filter_problem("a = 1")


def test_a_sink_is_what_is_wrong_with_it_before_anything_else():
    failing = SinkState(failing_since=NOW - 300, last_fault=FAULT, retry_at=NOW + 20, lag=5)
    assert state_of(SINK, SUBSCRIPTION, failing) == "failing"
    assert (
        told(SINK, SUBSCRIPTION, failing, NOW).words
        == "It has taken nothing for 5 min: It answered 503. It is tried again in 20 s."
    )
    assert state_of(SINK, None, SinkState()) == "idle"
    assert told(SINK, None, SinkState(), NOW).tone == "busy"
    assert told(SINK, SUBSCRIPTION, SinkState(lag=1), NOW).words == "It is 1 row of the journal behind."
    assert told(SINK, SUBSCRIPTION, SinkState(parked=2), NOW).words.startswith("It takes events, and has refused 2")
    assert told(SINK, SUBSCRIPTION, SinkState(), NOW).tone == "well"


def test_those_in_trouble_come_first():
    other = Sink(
        sid="DG2", type="file", description="Bad", configuration={}, status=SinkStatus.ACTIVE, created_at=NOW, updated_at=NOW
    )
    doing = {"DG1": SinkState(), "DG2": SinkState(failing_since=NOW, last_fault=FAULT)}
    rows = sink_rows([SINK, other], {"DG1": SUBSCRIPTION}, doing)
    assert [row.sink.sid for row in rows] == ["DG2", "DG1"]
    assert (rows[0].fault, rows[1].types) == ("It answered 503.", 1)


def test_a_configuration_is_told_in_words():
    rows = configuration_rows({"verify_tls": False, "headers": {"X-A": "****1234"}, "keep": 10})
    assert rows == [("verify tls", "no"), ("headers", "X-A: ****1234"), ("keep", "10")]


def test_what_is_put_aside_is_one_event_or_all_of_some_rows():
    values = {"id": "PA1", "subscription": "DF1", "at": NOW, "code": 91305, "message": "x", "start": Marks(), "end": Marks()}
    assert parked_row(Parked(**values, event="NO1", type=ERRORS)) == ERRORS
    assert parked_row(Parked(**values, rows=1)) == "all events of 1 row of the journal"
