"""The requests that `offhook send` makes: which parameters they have, and how a long text counts."""

import pytest

from offhook.cli.pages import ids_shortened
from offhook.cli.terminal import one_line, plain
from offhook.providers.drafts import STATUSES, Draft, encode, parameters, segments, with_query

SID = "SM" + "1" * 32
ACCOUNT = "AC" + "2" * 32


def fields(**draft):
    return dict(parameters(Draft(sid=SID, account_sid=ACCOUNT, **draft)))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_counts_as_the_network_counts_it(text, count):
    assert segments(text) == count
    assert fields(body=text)["NumSegments"] == str(count)


def test_unknown_places_are_present_and_empty():
    sent = fields(body="x")
    assert [sent[name] for name in ("FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip")] == [""] * 6
    assert fields(sender="+4915112345678")["FromCountry"] == ""


def test_every_status_makes_a_callback_and_only_failures_have_a_code():
    for status in STATUSES:
        sent = fields(status=status)
        assert sent["MessageStatus"] == sent["SmsStatus"] == status
        assert ("ErrorCode" in sent) == (status in {"failed", "undelivered"})
        assert "Body" not in sent


def test_a_status_of_a_whatsapp_message_goes_between_whatsapp_addresses():
    sent = fields(status="read", whatsapp=True)
    assert sent["From"].startswith("whatsapp:+")
    assert sent["To"].startswith("whatsapp:+")


def test_a_picture_by_whatsapp_is_an_image():
    sent = fields(whatsapp=True, media=("https://example.com/a.png",))
    assert (sent["MessageType"], sent["NumMedia"], sent["MediaContentType0"]) == ("image", "1", "image/png")


def test_extra_parameters_take_the_place_of_their_namesakes_or_come_last():
    made = parameters(Draft(sid=SID, account_sid=ACCOUNT, extra=(("Body", "other"), ("OptOutType", "STOP"))))
    assert ("Body", "other") in made
    assert made[-1] == ("OptOutType", "STOP")
    assert len([name for name, _ in made if name == "Body"]) == 1


def test_blanks_are_plus_signs_and_a_query_goes_behind_the_urls_own():
    assert encode((("Body", "a b+c"), ("ToState", ""))) == "Body=a+b%2Bc&ToState="
    assert with_query("http://h/x", "a=1") == "http://h/x?a=1"
    assert with_query("http://h/x?k=%20", "a=1") == "http://h/x?k=%20&a=1"


def test_what_came_from_outside_cannot_steer_the_terminal():
    assert plain("a\x1b[2Jb\x9b1mc\u202ed\ttab\nline") == "a�[2Jb�1mc�d\ttab\nline"
    assert one_line("a\n b\t c\r") == "a b c�"


def test_ids_are_as_short_as_they_can_be_told_apart():
    ids = ["WH" + "0" * 31 + "1", "WH" + "0" * 31 + "2", "WH9" + "0" * 31]
    short = ids_shortened(ids)
    assert len(set(short.values())) == 3
    assert short[ids[2]] == "WH9000000000"
    assert all(full.startswith(begun) for full, begun in short.items())
