"""What an answer asks for, by its Content-Type, its size and its first bytes."""

import gzip
import zlib

import pytest

from offhook.records import Level
from offhook.twiml import Message, Reading, read_answer

TWIML_TYPES = ["text/xml", "application/xml", "text/html", "text/html; charset=utf-8", "TEXT/XML;charset=UTF-8"]


def read(body, content_type="text/xml", *, status=200, headers=()):
    raw = body.encode() if isinstance(body, str) else body
    written = headers if content_type is None else (("Content-Type", content_type), *headers)
    return read_answer(status, written, raw, size=len(raw), cut=False)


def codes(reading):
    return [fault.code for fault in reading.faults]


@pytest.mark.parametrize("content_type", TWIML_TYPES)
def test_twiml_of_every_accepted_type_is_read(content_type):
    assert read("<Response><Message>Hi</Message></Response>", content_type).messages == (Message(body="Hi"),)


@pytest.mark.parametrize(
    "body",
    [
        "<Response/>",
        "<Response />",
        "<Response></Response>",
        "<Response> \n </Response>\n",
        '<?xml version="1.0" encoding="UTF-8"?><Response/>',
        '<?xml version="1.0" encoding="UTF-8"?><Response />',
        "<?xml version='1.0' encoding='utf-8'?>\n<Response></Response>",
        "\n<Response/>",
        "\ufeff<Response/>",
        "<!-- nothing to say --><Response/>",
    ],
)
def test_an_empty_response_says_nothing_and_is_no_fault(body):
    assert read(body) == Reading()


def test_plain_text_is_one_message_to_the_sender():
    assert read("See you at 5", "text/plain; charset=utf-8").messages == (Message(body="See you at 5"),)


def test_plain_text_in_a_declared_charset_is_decoded():
    assert read("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1").messages == (Message(body="Grüße"),)


def test_plain_text_that_is_not_in_its_charset_is_12300_and_not_sent():
    reading = read(b"Gr\xfc\xdfe", "text/plain")
    assert (codes(reading), reading.messages) == ([12300], ())


@pytest.mark.parametrize("body", ["", " \r\n"])
def test_blank_plain_text_sends_nothing(body):
    assert read(body, "text/plain") == Reading()


def test_plain_text_over_1600_characters_is_14103_and_not_sent():
    reading = read("x" * 1601, "text/plain")
    assert (codes(reading), reading.messages) == ([14103], ())
    assert read("x" * 1600, "text/plain").messages[0].body == "x" * 1600


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "image/png", "text/xhtml", "nonsense"])
def test_any_other_type_is_12300(content_type):
    assert codes(read('{"ok": true}', content_type)) == [12300]


def test_a_missing_type_is_12300_which_twilio_logs_as_11200():
    reading = read("<Response/>", None)
    assert (reading.faults[0].code, reading.faults[0].twilio_code, reading.faults[0].level) == (12300, 11200, Level.ERROR)
    assert "no Content-Type" in reading.faults[0].message


def test_an_empty_answer_without_a_type_says_so_in_its_own_words():
    reading = read("", None)
    assert codes(reading) == [12300]
    assert "neither a body nor a Content-Type" in reading.faults[0].message


def test_an_empty_202_is_the_advised_way_to_answer_later():
    assert read("", None, status=202) == Reading()


def test_a_204_says_nothing():
    assert read("", None, status=204) == Reading()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_asks_for_nothing(status):
    assert read("<Response><Message>Hi</Message></Response>", status=status) == Reading()


def test_an_empty_body_where_twiml_was_announced_has_no_root():
    assert codes(read("", "text/html")) == [12100]


def test_a_chunked_empty_body_is_11770():
    assert codes(read("", "text/xml", headers=(("Transfer-Encoding", "chunked"),))) == [11770]


@pytest.mark.parametrize("body", ["OK", "Created", '"<Response/>"', '{"ok": true}', "  Thanks\n", "\ufeffOK"])
def test_content_before_the_first_tag_is_a_12200_warning(body):
    reading = read(body, "text/html")
    assert codes(reading) == [12200]
    assert reading.faults[0].level is Level.WARNING
    assert "content is not allowed" in reading.faults[0].message


def test_a_body_over_64_kb_is_11750_whatever_its_type():
    for content_type in ("text/xml", "application/json"):
        assert codes(read("<Response/>" + " " * 65536, content_type)) == [11750]


def test_a_body_of_exactly_64_kb_is_read():
    assert read("<Response/>" + " " * (65536 - 11)) == Reading()


def test_a_cut_body_is_11750_although_what_was_kept_is_small():
    reading = read_answer(200, (("Content-Type", "text/xml"),), b"<Response/>", size=300_000, cut=True)
    assert codes(reading) == [11750]


def test_an_xml_declaration_after_a_blank_is_12100():
    reading = read('\n<?xml version="1.0"?><Response/>')
    assert (codes(reading), reading.faults[0].line) == ([12100], 2)
    assert "very first thing" in reading.faults[0].message


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<Response><Message>é</Message></Response>".encode(), "text/xml"),
        ("<Response><Message>é</Message></Response>".encode("cp1252"), "text/xml; charset=windows-1252"),
        ("<Response><Message>é</Message></Response>".encode("utf-16"), "text/xml"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><Response><Message>é</Message></Response>'.encode("latin-1"), "text/xml"),
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Message>é</Message></Response>'.encode(),
            "text/xml; charset=utf-8",
        ),
    ],
)
def test_the_charset_of_the_header_goes_before_the_one_of_the_document(body, content_type):
    assert read(body, content_type).messages == (Message(body="é"),)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<Response><Message>\xe9</Message></Response>", "text/xml"),
        (b"<Response/><!-- -->" + b" " * 120, "text/xml; charset=shift_jis"),
        (b"<Response><Message>a</Message></Response>", "text/xml; charset=x-unheard-of"),
        (b"<Response><Message>a</Message></Response>", "text/xml; charset=unicode_escape"),
        (b'<?xml version="1.0" encoding="big5"?><Response><Message>a</Message></Response>', "text/xml"),
        (b'<?xml version="1.0" encoding="nonsense"?><Response><Message>a</Message></Response>', "text/xml"),
    ],
)
def test_an_encoding_that_cannot_be_read_is_12100(body, content_type):
    reading = read(body, content_type)
    assert (codes(reading), reading.messages) == ([12100], ())


@pytest.mark.parametrize(
    ("named", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
        ("identity", bytes),
    ],
)
def test_an_answer_that_is_compressed_unasked_is_read_all_the_same(named, pack):
    body = pack(b"<Response><Message>Hi</Message></Response>")
    headers = (("Content-Type", "text/xml"), ("Content-Encoding", named))
    reading = read_answer(200, headers, body, size=len(body), cut=False)
    assert ([message.body for message in reading.messages], reading.faults) == (["Hi"], ())


@pytest.mark.parametrize(("named", "body"), [("br", b"\x0b\x02\x80hi\x03"), ("gzip", b"not gzip at all")])
def test_an_encoding_that_cannot_be_undone_is_named(named, body):
    headers = (("Content-Type", "text/xml"), ("Content-Encoding", named))
    (found,) = read_answer(200, headers, body, size=len(body), cut=False).faults
    assert found.code == 12300
    assert named in found.message


def test_a_bomb_is_not_unpacked_beyond_the_largest_answer():
    body = gzip.compress(b"<Response>" + b" " * 50_000_000)
    headers = (("Content-Type", "text/xml"), ("Content-Encoding", "gzip"))
    (found,) = read_answer(200, headers, body, size=len(body), cut=False).faults
    assert found.code == 11750
