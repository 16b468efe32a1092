"""What a person wants sent, read from the bytes of a request."""

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.api.problems import Problem
from offhook.dev.phone_forms import Wanted, check, picture_type, read
from offhook.providers.drafts import FORM, Draft, encode, parameters
from tests.helpers.forms import MULTIPART, multipart

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x01\r\n--B\xff"


def test_a_form_with_a_picture_is_read_byte_for_byte():
    body = multipart([("from", b"+12025550101"), ("to", b"+12025550199"), ("body", "näher".encode())], [PNG])
    assert read(MULTIPART, body) == Wanted(sender="+12025550101", to="+12025550199", body="näher", files=(PNG,))


def test_a_file_that_was_not_chosen_is_none():
    assert read(MULTIPART, multipart([("body", b"hi")], [b""])).files == ()


@given(st.binary(max_size=300).filter(lambda content: b"\r\n------WebKitFormBoundaryX" not in content and content))
def test_any_bytes_of_a_file_come_out_as_they_went_in(content):
    assert read(MULTIPART, multipart([("body", b"hi")], [content])).files == (content,)


@given(st.binary(max_size=200))
def test_whatever_is_sent_as_a_form_is_read_or_refused_in_words(body):
    for kind in (MULTIPART, "multipart/form-data", FORM, "application/json", "", "text/plain; charset=\xff"):
        with contextlib.suppress(Problem):
            check(read(kind, body))


def test_a_line_break_of_a_browser_is_one_character():
    assert read(MULTIPART, multipart([("body", b"one\r\ntwo\r\n")])).body == "one\ntwo"


def test_a_word_button_takes_the_place_of_what_is_typed():
    assert read(FORM, b"body=half+typed&word=STOP").body == "STOP"


def test_the_whatsapp_switch_puts_the_prefix_before_both_numbers():
    text = read(FORM, urlencode({"from": "+12025550101", "to": "+12025550199", "channel": "whatsapp", "body": "hi"}).encode())
    assert (text.sender, text.to) == ("whatsapp:+12025550101", "whatsapp:+12025550199")


def test_what_offhook_send_sends_is_a_text():
    sent = encode(parameters(Draft(sid="MM1", account_sid="AC1", body="hi there", media=("https://example.com/cat.jpg",))))
    text = read(FORM, sent.encode())
    assert text == Wanted(sender="+12025550123", to="+12025550199", body="hi there", media=("https://example.com/cat.jpg",))
    check(text)


def test_json_is_read_with_its_whatsapp_switch():
    text = read("application/json", b'{"from": "+12025550101", "body": "hi", "whatsapp": true}')
    assert (text.sender, text.to, text.body, text.whatsapp) == ("whatsapp:+12025550101", "", "hi", True)


def test_json_is_known_by_its_first_character_too_since_curl_calls_everything_a_form():
    assert read(FORM, b'{"body": "hi"}').body == "hi"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (Wanted(), "nothing to send"),
        (Wanted(body="hi", sender="Ada"), "not a phone number"),
        (Wanted(body="hi", sender="whatsapp:+12025550101", to="+12025550199"), "Both numbers"),
        (Wanted(body="x" * 1601), "up to 1600 characters"),
        (Wanted(media=("javascript:alert(1)",)), "not the URL of a picture"),
        (Wanted(media=("https://example.com/a.png",) * 11), "up to 10 pictures"),
        (Wanted(files=(b"<svg onload=alert(1)>",)), "JPEG, PNG or GIF"),
        (Wanted(files=(PNG + b"x" * 5_000_000,)), "up to 5 MB"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_sentence(text, why):
    with pytest.raises(Problem, match=why):
        check(text)


@pytest.mark.parametrize("body", [b"", b"--B\r\n", multipart([("body", b"hi")])[:-6], multipart([("a", b"b")] * 50)])
def test_a_form_that_is_cut_off_or_has_too_many_parts_is_refused(body):
    with pytest.raises(Problem):
        read(MULTIPART, body)


def test_a_picture_is_what_its_bytes_say():
    assert picture_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert picture_type(b"GIF89a") == "image/gif"
    assert picture_type(b"%PDF-1.7") == ""
