from offhook.console.bodies import MOST_SHOWN, Wrong, answer_faults, body_of, marked, pretty_xml
from offhook.records import Exchange, Kind, Timings

JSON = (("Content-Type", "application/json; charset=utf-8"),)
XML = (("content-type", "text/xml"),)
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def answer(body, headers=XML, **fields):
    values = {"method": "POST", "url": "https://app.example/", "started_at": 0.0, "timings": Timings(), "status": 200}
    return Exchange(**(values | {"headers": headers, "body": body, "body_size": len(body)} | fields))


def test_json_is_indented_and_stays_as_it_was_written_in_the_raw_body():
    body = body_of(JSON, b'{"b":1,"a":[1.50,"x"]}')
    assert (body.kind, body.raw) == ("json", '{"b":1,"a":[1.50,"x"]}')
    assert body.pretty == '{\n  "b": 1,\n  "a": [\n    1.50,\n    "x"\n  ]\n}'


def test_the_place_in_which_json_is_broken_is_marked():
    body = body_of(JSON, '{\n "é": ,\n}'.encode())
    (bad,) = [line for line in body.lines if line.wrong]
    assert (bad.number, bad.before, bad.at, bad.after) == (2, ' "é": ', ",", "")
    assert "invalid character" in bad.wrong[0].message


def test_json_that_ends_too_early_is_marked_at_its_end():
    body = body_of(JSON, b'{"a": [1, 2')
    assert body.lines[-1].at == "⏎"
    assert "before it is complete" in body.lines[-1].wrong[0].message


def test_json_that_was_cut_by_us_is_not_called_broken():
    body = body_of(JSON, b'{"a": [1, 2', is_cut=True)
    assert (body.lines, body.wrong, body.is_cut) == ((), (), True)


def test_json_too_deep_to_be_read_is_shown_raw():
    body = body_of(JSON, b"[" * 10_000)
    assert "deep" in body.wrong[0].message
    assert body.raw.startswith("[[[")


def test_xml_is_indented_elements_with_only_text_whole():
    assert pretty_xml(
        '<?xml version="1.0"?><Response><Message to="a>b"><Body>hi </Body><Media/></Message><Dial></Dial></Response>'
    ) == (
        '<?xml version="1.0"?>\n<Response>\n  <Message to="a>b">\n    <Body>hi</Body>\n    <Media/>\n  </Message>\n'
        "  <Dial></Dial>\n</Response>"
    )


def test_mixed_content_and_comments_keep_their_order():
    assert pretty_xml("<a>one<!-- < > --><b>two</b>three<![CDATA[<x>]]></a>") == (
        "<a>\n  one\n  <!-- < > -->\n  <b>two</b>\n  three\n  <![CDATA[<x>]]>\n</a>"
    )


def test_what_is_wrong_with_twiml_is_marked_in_its_line():
    text = b"<Response>\n<Message>Fish & chips</Message>\n</Response>"
    body = body_of(XML, text, faults=answer_faults(Kind.MESSAGE, answer(text)))
    (bad,) = [line for line in body.lines if line.wrong]
    assert (bad.number, bad.wrong[0].code) == (2, 12100)
    assert bad.before.endswith("&")
    assert body.pretty == ""


def test_a_misspelt_verb_is_a_fault_of_a_message_and_none_of_a_call_whose_verbs_are_others():
    text = b"<Response><Dial>+1555</Dial></Response>"
    assert answer_faults(Kind.MESSAGE, answer(text))
    assert answer_faults(Kind.VOICE, answer(text)) == []
    assert answer_faults(Kind.VOICE, answer(b"<Response><Dial></Response>"))[0].line == 1
    assert answer_faults(Kind.STATUS, answer(b"no xml")) == []
    assert answer_faults(Kind.MESSAGE, answer(b"<html>", status=502)) == []


def test_a_fault_without_a_place_stands_above_the_body():
    text = b'{"reply": "hi"}'
    body = body_of(JSON, text, faults=answer_faults(Kind.MESSAGE, answer(text, JSON)))
    assert body.wrong[0].code == 12300
    assert body.pretty


def test_only_the_lines_around_a_fault_are_shown_and_a_long_line_is_cut_around_it():
    text = "\n".join(["x" * 10] * 50 + ["y" * 5000 + "&" + "z" * 5000] + ["x"] * 50)
    lines = marked(text, [Wrong("here", 51, 5001)])
    assert [line.number for line in lines] == [0, 47, 48, 49, 50, 51, 52, 53, 54, 55, 0]
    bad = lines[5]
    assert bad.at == "&"
    assert len(bad.before) < 300
    assert len(bad.after) < 300


def test_a_form_becomes_parameters_in_their_order_with_repeated_and_blank_ones():
    assert body_of(FORM, b"b=2&a=&b=%F0%9F%98%80&=x").parameters == (("b", "2"), ("a", ""), ("b", "😀"), ("", "x"))


def test_bytes_that_are_no_text_are_base64_and_latin_text_is_text():
    assert body_of((("content-type", "image/png"),), b"\x89PNG\r\n")[:2] == ("binary", 6)
    assert body_of((("content-type", "text/plain"),), "Grüße".encode("latin-1")).raw == "Grüße"


def test_a_cut_body_may_end_in_half_a_character():
    assert body_of((("content-type", "text/plain"),), "aé".encode()[:2], is_cut=True).raw == "a"


def test_a_long_body_is_shortened_and_says_so():
    body = body_of((("content-type", "text/plain"),), b"x" * (MOST_SHOWN + 1))
    assert body.is_long
    assert len(body.raw) == MOST_SHOWN


def test_nothing_is_nothing():
    assert body_of((), b"").kind == "none"
