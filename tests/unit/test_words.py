"""A webhook that plainly has not the words is passed over without its words being read; that never loses one that has them."""

from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offhook.stores.rules import underived
from offhook.stores.words import SHORT, document, mentions, words_of
from tests.helpers.messages import an_arrival

TEXTS = st.text(alphabet="aAbßéÉ1\uff12%+&=\\ \uff21ĳK-_\u0301", max_size=12)


def said(body, *, sender="+1 (202) 555-0123", encoded=None):
    form = f"From=%2B1&Body={quote_plus(body) if encoded is None else encoded}".encode()
    return replace(underived(an_arrival()), body=form, sender=sender, recipient="+15550100200", provider_id="SM1")


def read_in_full(webhook, query):
    held, asked = document(webhook), words_of(query)
    return bool(asked) and all(
        wanted in held if len(wanted) <= SHORT else any(word.startswith(wanted) for word in held) for wanted in asked
    )


@given(TEXTS, TEXTS)
def test_whatever_is_said_and_asked_for_the_answer_is_that_of_all_the_words(body, query):
    webhook = said(body)
    assert mentions(webhook, query) == read_in_full(webhook, query)
    assert mentions(webhook, body) == read_in_full(webhook, body)


def test_letters_that_are_written_as_codes_are_found():
    assert mentions(said("", encoded="%68ello"), "hello")
    assert mentions(said("", encoded="r%C3%A9sum%C3%A9"), "resume")
    assert mentions(said("", encoded="caf%e9s %4f%4B"), "ok")


def test_a_number_is_found_by_its_digits_however_it_is_written():
    assert mentions(said("hi"), "12025550123")
    assert mentions(said("hi"), "0123")
    assert not mentions(said("hi"), "12025550124")


def test_numbers_in_other_digits_are_found():
    assert mentions(said("hi", sender="+\uff11\uff12\uff10\uff12"), "1202")
