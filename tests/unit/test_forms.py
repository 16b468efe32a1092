"""Reading forms: whatever is remembered of earlier ones, each reads as if it were the first."""

import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.providers import forms
from offhook.providers.forms import learn, read_form, sign_later, signed, signed_parameters
from offhook.providers.raw import pairs


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(forms, "_memory", forms._Memory())


def values(form):
    """The first value of each name."""
    return dict(zip(form.names, form.pick(tuple(form.names)), strict=True))


def taught(body):
    """This form, once its shape is known, if it can be."""
    for _ in range(2):
        learn(read_form(body[:]))
    return read_form(bytes(bytearray(body)))


def as_read_at_leisure(body):
    """The values and the signed bytes, by the rule alone."""
    found = pairs(body)
    first = {}
    for name, value in found:
        first.setdefault(name, value)
    return first, signed_parameters(found)


PIECES = st.sampled_from(
    [
        b"a",
        b"b",
        b"Body",
        b"From",
        b"=",
        b"&",
        b"+",
        b"%2B",
        b"%2b",
        b"%",
        b"%2",
        b"%41",
        b"%26",
        b"%3D",
        b"%00",
        b"\0",
        b" ",
        b"\xff",
    ]
)


@given(st.lists(PIECES, max_size=24).map(b"".join))
def test_a_form_reads_the_same_whatever_was_read_before_it(body):
    for known in (b"a=b&Body=c", b"a=1&b=2", b"Body=x&From=%2By&a=z", b"a&b=c=d", b"a+=1&b=2", b"a =1&b=2", body):
        taught(known)
    form = read_form(body)
    assert (values(form), form.signed) == as_read_at_leisure(body)


def test_separators_in_other_places_make_another_form_though_the_words_are_the_same():
    assert values(taught(b"From=x&To=y")) == {b"From": b"x", b"To": b"y"}
    assert values(read_form(b"From&x=To=y")) == {b"From": b"", b"x": b"To=y"}


@pytest.mark.parametrize("body", [b"a=1&b", b"a=1&b=2=", b"a=1&b=2&", b"a&b", b"a=1&b&b", b"a=1", b"&a=1&b=2", b"a=1&b=2&c=3"])
def test_a_form_that_has_the_names_of_another_but_not_its_shape_is_read_by_the_rule(body):
    taught(b"a=1&b=2")
    form = read_form(body)
    assert (values(form), form.signed) == as_read_at_leisure(body)


def test_a_form_gives_the_first_values_of_several_names_and_nothing_for_those_it_has_not():
    for body in (b"From=x&To=y&Body=", b"From=x&To=y&Body=", b"To=y&From=x&Body=&From=z", b"%54o=y&From=x&Body="):
        form = read_form(body)
        assert form.pick((b"To", b"NumMedia", b"From", b"Body")) == (b"y", b"", b"x", b"")
        assert (form.get(b"To"), form.get(b"NumMedia")) == (b"y", b"")
        assert b"Body" in form.names
        assert b"NumMedia" not in form.names
    assert read_form(b"").pick((b"To", b"From")) == (b"", b"")


def test_a_remembered_form_is_not_taken_for_another_one_in_its_place():
    for number in range(2000):
        body = b"From=x&Body=%d" % number
        assert read_form(body).get(b"Body") == read_form(bytes(bytearray(body))).get(b"Body") == b"%d" % number
        del body


MESSAGE = b"ToCountry=US&Body=C&From=%2B15551234567&To=%2B18445550100&MessageSid=SM1&NumMedia="


def test_a_shape_is_known_once_it_has_come_twice_from_somebody_we_trust():
    assert not read_form(MESSAGE).familiar
    assert not read_form(MESSAGE[:]).familiar
    assert taught(MESSAGE).familiar
    other = b"ToCountry=&Body=ja+%26+nein%21&From=%2B4915112345&To=%2B&MessageSid=&NumMedia=0"
    form = read_form(other)
    assert form.familiar
    assert (values(form), form.signed) == as_read_at_leisure(other)
    assert form.pick((b"From", b"Body", b"None", b"To")) == (b"+4915112345", b"ja & nein!", b"", b"+")


@pytest.mark.parametrize(
    "sender", [b"12345", b"whatsapp%3A%2B15551234567", b"%2b1555", b"%3A%2B1", b"", b"sip%3Aalice%40example.com"]
)
def test_another_kind_of_number_is_another_shape(sender):
    taught(MESSAGE)
    body = MESSAGE.replace(b"%2B15551234567", sender)
    assert not read_form(body).familiar
    form = taught(body)
    assert form.familiar
    assert (values(form), form.signed) == as_read_at_leisure(body)
    assert read_form(MESSAGE[:-1] + b"=").familiar


@pytest.mark.parametrize("body", [b"", b"a", b"a&b=1", b"a=1&a=2", b"a=1&&b=2", b"a%20=1", b"a+b=1", b"a=1&"])
def test_what_no_shape_can_tell_is_not_learned(body):
    assert not taught(body).familiar


def test_what_is_remembered_is_bounded():
    for number in range(1000):
        body = urlencode({f"a{number}": "1", "b": "2"}).encode()
        assert taught(body).familiar
    for number in range(100):
        body = b"a=1&" + b"%d=2" % number
        assert taught(body).familiar
    memory = forms._memory
    assert sum(map(len, memory.shapes.values())) <= 256
    assert max(map(len, memory.shapes.values())) <= 8
    assert len(memory.once) <= 256
    assert len(memory.strange) <= 256
    bodies = [b"a=1&" + b"%d=2" % number for number in range(3_000)]
    for body in bodies:
        sign_later(taught(body))
    assert len(memory.signed) <= 1024


def test_what_is_signed_of_a_thousand_forms_that_come_together_is_there_when_it_is_asked_for(monkeypatch):
    bodies = [b"Body=%d&From=x" % number for number in range(1_000)]
    taught(b"Body=hi&From=x")
    for body in bodies:
        sign_later(read_form(body))
    with monkeypatch.context() as nothing_read:
        nothing_read.setattr(forms, "_read", None)
        assert [signed(body) for body in bodies] == [b"Body%dFromx" % number for number in range(1_000)]
    assert signed(bodies[7]) == b"Body7Fromx"  # once more, for another URL
    assert not forms._memory.signed


def test_what_is_to_be_signed_belongs_to_its_bytes_and_not_to_their_place():
    taught(b"Body=hi&From=x")
    body = bytes(bytearray(b"Body=one&From=x"))
    sign_later(read_form(body))
    other = bytes(bytearray(b"Body=two&From=x"))
    forms._memory.signed[id(other)] = forms._memory.signed.pop(id(body))
    assert signed(other) == b"BodytwoFromx"


def test_a_form_of_no_known_shape_is_read_once():
    body = b"a=1&a=2"
    assert read_form(body) is read_form(body)
    sign_later(read_form(body))
    assert not forms._memory.signed
    assert signed(body) == signed_parameters([(b"a", b"1"), (b"a", b"2")])


def test_a_long_word_that_looks_like_a_channel_is_no_part_of_a_shape():
    taught(b"Body=%b%%3A%%2B1&From=x" % (b"a" * 100_000))
    assert read_form(b"Body=hi&From=y").familiar


def test_small_forms_of_many_names_do_not_fill_the_memory():
    for number in range(500):
        body = b"&".join(b"%d" % (number + each) for each in range(800))
        assert len(read_form(body).names) == 800
    held = forms._memory.strange.values()
    assert sum(len(form.names) for form in held) < 512 * 200


def seconds(read, body):
    """The shortest of a few."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        read(bytes(bytearray(body)))
        took.append(time.perf_counter() - began)
    return min(took)


def test_a_large_form_that_only_begins_as_known_ones_do_is_soon_found_to_be_another():
    names = [b"name%d" % number for number in range(100)]
    for last in range(8):
        taught(b"&".join(name + b"=1" for name in (*names, b"last%d" % last)))
    body = b"&".join(name + b"=" + b"x" * 10_000 for name in (*names, b"other"))
    assert not read_form(body).familiar
    # Eight shapes are looked at; a search that goes back and forth takes a hundred times as long as reading does.
    assert seconds(read_form, body) < 30 * seconds(forms._read_any, body)


def test_who_looks_through_the_shapes_is_not_disturbed_by_those_who_read_or_learn_meanwhile():
    first, second, third = (b"Body=&%d=" % number for number in range(3))
    taught(first)
    taught(second)
    looked_through = forms._memory.shapes[b"Body"]
    seen = list(looked_through)
    assert read_form(first[:-1] + b"=").familiar
    taught(third)
    assert list(looked_through) == seen
    assert [read_form(bytes(bytearray(body))).familiar for body in (first, second, third)] == [True, True, True]
