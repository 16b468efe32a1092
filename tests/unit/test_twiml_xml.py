"""XML from an app that may be hostile: outcomes with a code, in little time and memory."""

import time

import pytest

from offhook.twiml import Reading, read_answer


def read(body):
    raw = body.encode()
    return read_answer(200, (("Content-Type", "text/xml"),), raw, size=len(raw), cut=False)


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        ("<Response><Message>a</Response>", 1, 23),
        ("<Response>\n  <Message>Fish & chips</Message>\n</Response>", 2, 18),
        ("<Response><Message>3 < 4</Message></Response>", 1, 23),
        ("<Response><Message to=+1>a</Message></Response>", 1, 23),
        ("<Response><Message>Hi&nbsp;</Message></Response>", 1, 22),
        ("<Response/><Response/>", 1, 12),
        ("<Response><Message", 1, 11),
        ("<Response><Message to='1' to='2'/></Response>", 1, 27),
    ],
)
def test_broken_markup_is_12100_with_its_place(body, line, column):
    (fault,) = read(body).faults
    assert (fault.code, fault.line, fault.column) == (12100, line, column)


def test_an_unescaped_ampersand_is_explained():
    (fault,) = read("<Response><Message>Fish & chips</Message></Response>").faults
    assert "& and <" in fault.message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<response/>", 12102),
        ("<html><body>Bad gateway</body></html>", 12102),
        ("<!DOCTYPE html><html><head><title>Oops</title><br></html>", 12102),
        ("<x:Response xmlns:x='urn:x'/>", 12102),
    ],
)
def test_another_root_is_12102(body, code):
    (fault,) = read(body).faults
    assert fault.code == code


BOMB = (
    '<!DOCTYPE Response [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><Response><Message>&j;</Message></Response>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        '<!DOCTYPE Response SYSTEM "file:///etc/passwd"><Response/>',
        '<!DOCTYPE Response [<!ENTITY x SYSTEM "http://169.254.169.254/">]><Response><Message>&x;</Message></Response>',
    ],
)
def test_a_document_type_is_never_read_further(body):
    (fault,) = read(body).faults
    assert fault.code == 12100
    assert "document type" in fault.message


def test_depth_32_is_read_and_33_is_12100():
    deep = "<Response>" + "<a>" * 31 + "</a>" * 31 + "</Response>"
    assert [fault.code for fault in read(deep).faults] == [12200]
    deeper = "<Response>" + "<a>" * 32 + "</a>" * 32 + "</Response>"
    assert [fault.code for fault in read(deeper).faults] == [12100]


def test_a_document_full_of_faults_names_the_first_twenty_quickly():
    started = time.process_time()
    reading = read("<Response>" + "<Mesage/>" * 7000 + "</Response>")
    assert len(reading.faults) == 20
    assert time.process_time() - started < 2.0


def test_comments_processing_instructions_and_cdata_are_no_faults():
    reading = read("<Response><?php echo 1 ?><!-- hi --><Message><![CDATA[<3 & you]]></Message></Response>")
    assert (reading.messages[0].body, reading.faults) == ("<3 & you", ())


def test_namespaces_and_schema_hints_are_no_faults():
    body = '<Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://example.com/a.xsd"/>'
    assert read(body) == Reading()


def test_a_giant_name_is_not_quoted_in_full():
    reading = read(f"<Response><{'a' * 60_000}/></Response>")
    assert all(len(text) <= 400 for fault in reading.faults for text in (fault.message, *fault.details.values()))
    assert [fault.code for fault in reading.faults] == [12200]
