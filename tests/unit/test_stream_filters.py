"""Filters of subscriptions: what an expression means, and what is said of one that cannot be read."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from offhook.streams.filters import DEEPEST, LONGEST, parse
from offhook.streams.model import Event

DATA = {
    "messageStatus": "FAILED",
    "errorCode": 30004,
    "price": -0.5,
    "delivered": False,
    "open": True,
    "note": None,
    "said": "it's \\ here",
    "request": {"url": "https://app.example/sms", "method": "POST", "deep": {"er": 1}},
    "recipients": ["+1"],
    "type": "the data's",
}
EVENT = Event(id="EV1", type="com.offhook.attempt.failed", source="/", subject="AT1", time=0.0, dataschema="", data=DATA)


def holds(expression, event=EVENT):
    return parse(expression)(event)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "   ",
        "messageStatus == 'FAILED' AND errorCode == 30004",
        "messageStatus == 'FAILED' and not errorCode == 30005",
        "errorCode != 30005",
        "errorCode > 30000 AND errorCode >= 30004 AND errorCode < 30005 AND errorCode <= 30004",
        "errorCode == 30004.0",
        "price < 0 AND price == -0.5 AND price == -5e-1",
        "30004 == errorCode",
        "messageStatus > 'DELIVERED'",
        "errorCode IN (30003, 30004)",
        "messageStatus IN ('FAILED', 'UNDELIVERED')",
        "messageStatus NOT IN ('SENT')",
        "note IN (1, null)",
        "request.url == 'https://app.example/sms'",
        "request.deep.er == 1",
        "data.request.method == 'POST'",
        "said == 'it''s \\\\ here'",
        r"said == 'it\'s \\ here'",
        "note == null AND nobody == null AND request.nobody.there == null",
        "messageStatus != null",
        "messageStatus == messageStatus",
        "open",
        "NOT delivered",
        "open == true AND delivered == FALSE",
        "NOT NOT open",
        "type == 'com.offhook.attempt.failed' AND subject == 'AT1'",
        "data.type == 'the data''s'",
        "(open OR errorCode == 1) AND (errorCode == 1 OR open)",
        "errorCode == 1 OR open AND open",
        "\n open\tAND\r\n open",
        "true",
    ],
)
def test_it_holds(expression):
    assert holds(expression) is True


@pytest.mark.parametrize(
    "expression",
    [
        "messageStatus == 'failed'",
        "messageStatus == 'FAILED' AND errorCode == 30005",
        "errorCode == '30004'",
        "errorCode < 'a'",
        "'a' < errorCode",
        "open == 1",
        "open > 0",
        "open IN (1)",
        "errorCode",
        "messageStatus",
        "nobody",
        "note < 1 OR note > 1 OR note == 0",
        "recipients == recipients",
        "recipients IN ('+1')",
        "request == request",
        "messageStatus.length == 6",
        "errorCode == 1 AND open OR delivered",
        "NOT open OR delivered",
        "NOT (open OR delivered)",
        "delivered == null",
        "false",
    ],
)
def test_it_does_not_hold(expression):
    assert holds(expression) is False


def test_unequal_is_the_opposite_of_equal_also_for_unlike_values():
    assert holds("errorCode != '30004'")
    assert holds("nobody != 1")
    assert not holds("nobody != null")


@pytest.mark.parametrize(
    ("expression", "where", "advice"),
    [
        ("errorCode = 30004", "At character 11 (=)", "write == to compare"),
        ('messageStatus == "FAILED"', 'At character 18 (")', "texts stand in single quotes: 'FAILED'"),
        ("messageStatus == 'FAILED", "At character 18 (')", "a text is not closed"),
        ("messageStatus LIKE 'F%'", "At character 15 (LIKE)", "there are no patterns"),
        ("note IS NULL", "At character 6 (IS)", "write == null"),
        ("a <> 1", "At character 3 (<>)", "write !="),
        ("a == 1 && b == 2", "At character 8 (&&)", "write AND"),
        ("a == 1 || b == 2", "At character 8 (||)", "write OR"),
        ("!a", "At character 1 (!)", "write NOT"),
        ("(a == 1", "At its end", "close the parenthesis with )"),
        ("a == 1)", "At character 7 ())", "write AND or OR"),
        ("a == 1 b == 2", "At character 8 (b)", "write AND or OR between two conditions"),
        ("a ==", "At its end", "write a value to compare with"),
        ("AND", "At character 1 (AND)", "write a condition"),
        ("a IN 1", "At character 6 (1)", "a list stands in parentheses"),
        ("a IN ['x']", "At character 6 ([)", "a list stands in parentheses"),
        ("a IN ()", "At character 7 ())", "a list has texts"),
        ("a IN ('x' 'y')", "At character 11 ('y')", "write a , between two values"),
        ("a NOT 1", "At character 7 (1)", "write IN after NOT"),
        ("30004", "At its end", "compare it with something"),
        ("a == 1.2.3", "At character 6 (1.2.3)", "write numbers as 30004"),
        ("a == +1", "At character 6 (+1)", "write numbers as 30004"),
        ("größe == 1", "At character 3 (ö)", "write names"),
        ("a b", "At character 3 (b)", "write == != <"),
    ],
)
def test_an_error_says_where_and_what_to_write_instead(expression, where, advice):
    with pytest.raises(ValueError, match="the filter cannot be read") as raised:
        parse(expression)
    assert str(raised.value).startswith(where)
    assert advice in str(raised.value)


def test_an_expression_has_an_end():
    assert parse("open OR " * 240 + "open")(EVENT)
    with pytest.raises(ValueError, match=f"{LONGEST} are the most"):
        parse("open OR " * 250 + "open")


def test_parentheses_have_a_bottom():
    assert holds("(" * DEEPEST + "open" + ")" * DEEPEST)
    with pytest.raises(ValueError, match=f"parentheses may be {DEEPEST} deep"):
        parse("(" * (DEEPEST + 1) + "open" + ")" * (DEEPEST + 1))


def test_very_many_nots_are_as_good_as_none():
    assert holds("NOT " * 498 + "open")


WORDS = st.sampled_from(
    [
        "a",
        "b.c",
        "type",
        "data.x",
        "AND",
        "OR",
        "NOT",
        "in",
        "(",
        ")",
        ",",
        "==",
        "!=",
        "<",
        ">=",
        "1",
        "-2.5",
        "'x'",
        "''",
        "null",
        "true",
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3))
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abcx"), inner))
)
DATAS = st.dictionaries(st.sampled_from(["a", "b", "x", "type"]), VALUES)


def either_means_something_or_says_why_not(expression, data):
    try:
        matches = parse(expression)
    except ValueError:
        return
    assert matches(Event(id="EV1", type="t", source="/", subject="", time=0.0, dataschema="", data=data)) in {True, False}


@given(st.one_of(st.text(max_size=60), st.text(string.printable, max_size=60), st.text("()'\\ NOTa=<>.,1-", max_size=80)), DATAS)
@example("'" * 2000, {})
@example("(" * 2000, {})
@example("1" * 2000, {})
@example("a == " + "9" * 1900, {"a": 1.5})
@example("a < " + "9" * 1900, {"a": float("inf")})
@example("a == 1e999", {"a": float("nan")})
@example("'\\", {})
def test_any_text_means_something_or_says_why_not_and_nothing_else(expression, data):
    either_means_something_or_says_why_not(expression, data)


@given(st.lists(WORDS, max_size=12).map(" ".join), DATAS)
def test_any_words_mean_something_or_say_why_not_and_nothing_else(expression, data):
    either_means_something_or_says_why_not(expression, data)


def quoted(value):
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return {None: "null", True: "true", False: "false"}.get(value) or repr(value)


LITERALS = st.one_of(st.none(), st.booleans(), st.integers(min_value=2), st.text(max_size=8))


@given(LITERALS, LITERALS)
def test_a_value_is_found_by_itself_and_by_nothing_else(value, other):
    event = Event(id="EV1", type="t", source="/", subject="", time=0.0, dataschema="", data={"a": value})
    assert holds(f"a == {quoted(value)}", event)
    assert holds(f"a IN ({quoted(other)}, {quoted(value)})", event)
    is_same = value == other and type(value) is type(other)
    assert holds(f"a == {quoted(other)}", event) is is_same
    assert holds(f"a != {quoted(other)}", event) is not is_same
    assert holds(f"a IN ({quoted(other)})", event) is is_same
