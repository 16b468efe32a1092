"""The verbs of a message's TwiML, carried out top-down."""

import pytest
from twilio.twiml.messaging_response import MessagingResponse

from offhook.records import Level
from offhook.twiml import Message, Redirect, read_answer


def read(body):
    raw = f"<Response>{body}</Response>".encode() if not body.startswith("<?xml") else body.encode()
    return read_answer(200, (("Content-Type", "text/xml"),), raw, size=len(raw), cut=False)


def codes(reading):
    return [fault.code for fault in reading.faults]


def test_what_the_sdk_writes_is_read_back_whole():
    written = MessagingResponse()
    message = written.message(
        to="+15550001", from_="+15550002", action="/done?a=1&b=2", method="GET", status_callback="/status#rc=2"
    )
    message.body("Hi & <bye> ")
    message.body("again")
    message.media("https://example.com/a.png?x=1&y=2")
    message.media("/b.png")
    written.message("Second")
    written.redirect("/next", method="GET")

    reading = read(str(written))

    assert reading.messages == (
        Message(
            body="Hi & <bye> again",
            media=("https://example.com/a.png?x=1&y=2", "/b.png"),
            to="+15550001",
            sender="+15550002",
            status_callback="/status#rc=2",
            action="/done?a=1&b=2",
            method="GET",
        ),
        Message(body="Second"),
    )
    assert reading.redirect == Redirect(url="/next", method="GET")
    assert reading.faults == ()


def test_text_beside_media_is_the_body_without_the_layout_around_it():
    reading = read("<Message>\n   Look at this\n   <Media>\n https://example.com/a.png\n</Media>\n</Message>")
    assert reading.messages == (Message(body="Look at this", media=("https://example.com/a.png",)),)


def test_blanks_and_lines_inside_the_text_stay():
    assert read("<Message>one\n  two  three</Message>").messages[0].body == "one\n  two  three"


def test_legacy_sms_is_a_message():
    assert read('<Sms from="+15550002">Hi</Sms>').messages == (Message(body="Hi", sender="+15550002"),)


def test_verbs_after_a_redirect_are_ignored():
    reading = read("<Message>One</Message><Redirect>/next</Redirect><Message>Two</Message><Nonsense/>")
    assert [message.body for message in reading.messages] == ["One"]
    assert (reading.redirect, reading.faults) == (Redirect(url="/next"), ())


@pytest.mark.parametrize("redirect", ["<Redirect/>", "<Redirect>not a url</Redirect>", "<Redirect>ftp://example.com/</Redirect>"])
def test_a_redirect_without_a_usable_url_is_11100_and_the_next_verb_goes_on(redirect):
    reading = read(f"{redirect}<Message>Hi</Message>")
    assert (codes(reading), reading.redirect, len(reading.messages)) == ([11100], None, 1)


def test_a_redirect_by_another_method_is_13710_and_goes_by_post():
    reading = read('<Redirect method="PUT">/next</Redirect>')
    assert (codes(reading), reading.redirect) == ([13710], Redirect(url="/next", method="POST"))


def test_a_miscased_verb_is_12200_with_its_place_and_processing_goes_on():
    reading = read("\n  <message>Hi</message><Message>Ho</Message>")
    (fault,) = reading.faults
    assert (fault.code, fault.level, fault.line, fault.column) == (12200, Level.WARNING, 2, 3)
    assert "did you mean Message?" in fault.message
    assert [message.body for message in reading.messages] == ["Ho"]


def test_an_unknown_attribute_is_12200_and_the_message_goes():
    reading = read('<Message statuscallback="/x">Hi</Message>')
    assert (codes(reading), reading.messages) == ([12200], (Message(body="Hi"),))
    assert "did you mean statusCallback?" in reading.faults[0].message


@pytest.mark.parametrize("inner", ["<b>bold</b>", "<Message>x</Message>", "<body>x</body>"])
def test_what_may_not_stand_in_a_message_is_12200_and_left_out(inner):
    reading = read(f"<Message>Hi{inner}</Message>")
    assert (codes(reading), reading.messages) == ([12200], (Message(body="Hi"),))


def test_text_outside_a_verb_is_12200():
    reading = read("Hello")
    assert (codes(reading), reading.messages) == ([12200], ())


@pytest.mark.parametrize("verb", ["Say", "Gather", "Hangup", "Reject"])
def test_a_verb_for_calls_is_14110(verb):
    assert codes(read(f"<{verb}>Hi</{verb}>")) == [14110]


def test_an_unknown_version_is_12101():
    reading = read('<?xml version="1.0"?><Response version="7"><Message>Hi</Message></Response>')
    assert (codes(reading), len(reading.messages)) == ([12101], 1)
    assert read('<?xml version="1.0"?><Response version="1.0"/>').faults == ()


@pytest.mark.parametrize(
    "to",
    ["+15551234567", "555-123-4567", "(555) 123-4567", "12345", "whatsapp:+15551234567", "messenger:1234", "rcs:brand_agent"],
)
def test_an_address_that_messages_can_have_is_taken(to):
    assert read(f'<Message to="{to}">Hi</Message>').messages[0].to == to


@pytest.mark.parametrize("to", ["", "Bob", "12", "+1234567890123456", "whatsapp:", "+1555x234567"])
def test_another_to_is_14101_and_the_message_is_not_sent(to):
    reading = read(f'<Message to="{to}">Hi</Message><Message>Ho</Message>')
    assert (codes(reading), [message.body for message in reading.messages]) == ([14101], ["Ho"])


@pytest.mark.parametrize(
    ("sender", "found"), [("Acme Inc", []), ("+15551234567", []), ("A name too long", [14102]), ("ACME!", [14102])]
)
def test_a_sender_is_a_number_or_a_short_name_else_14102(sender, found):
    assert codes(read(f'<Message from="{sender}">Hi</Message>')) == found


@pytest.mark.parametrize("message", ["<Message/>", "<Message> </Message>", "<Message><Body/></Message>", "<Sms></Sms>"])
def test_a_message_without_text_and_media_is_14103_and_not_sent(message):
    reading = read(message)
    assert (codes(reading), reading.messages) == ([14103], ())


def test_media_alone_is_a_message():
    assert read("<Message><Media>https://example.com/a.png</Media></Message>").messages[0].body == ""


def test_text_over_1600_characters_is_14103_and_not_sent():
    assert codes(read(f"<Message>{'é' * 1600}</Message>")) == []
    reading = read(f"<Message><Body>{'x' * 1000}</Body><Body>{'x' * 601}</Body></Message>")
    assert (codes(reading), reading.messages) == ([14103], ())


def test_another_method_is_14104_and_the_message_goes_by_post():
    reading = read('<Message method="PUT">Hi</Message>')
    assert (codes(reading), reading.messages) == ([14104], (Message(body="Hi", method="POST"),))


@pytest.mark.parametrize(
    "url", ["", "http://", "https://my_host.example.com/x", "ftp://example.com", "/a b", "http://[::1", "/" + "x" * 4000]
)
def test_an_unusable_callback_is_14105_and_the_message_goes_without_it(url):
    for name in ("statusCallback", "action"):
        reading = read(f'<Message {name}="{url}">Hi</Message>')
        assert (codes(reading), reading.messages) == ([14105], (Message(body="Hi"),))


def test_of_more_than_ten_messages_the_first_ten_stand_with_one_14109():
    reading = read("".join(f"<Message>{n}</Message>" for n in range(12)))
    assert [message.body for message in reading.messages] == [str(n) for n in range(10)]
    assert codes(reading) == [14109]


def test_a_broken_message_is_not_sent_even_when_no_more_faults_are_listed():
    reading = read("<Nonsense/>" * 30 + '<Message to="Bob">Hi</Message>')
    assert (len(reading.faults), reading.messages) == (20, ())


def test_media_that_is_no_url_costs_the_picture_and_not_the_message():
    reading = read("<Message><Body>hi</Body><Media>http://[broken</Media></Message>")
    assert [(message.body, message.media) for message in reading.messages] == [("hi", ())]
    assert [fault.code for fault in reading.faults] == [12200]
