import subprocess
from urllib.parse import urlencode

import pytest

from offhook.console.snippets import a_test, curl, literal, printed, python, quoted, snippets
from offhook.delivery.destination import Call, call
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Kind, Webhook
from tests.helpers.hostile import HOSTILE

ACCOUNT, TOKEN = "AC" + "a" * 32, "a-token-for-tests"
URL = "https://app.example/sms?a=1"


def webhook(body="Hello", **fields):
    parameters = {"AccountSid": ACCOUNT, "Body": body, "From": "+15551230001", "To": "+15551230002", "NumMedia": "0"}
    values = {
        "id": "WH" + "0" * 32,
        "endpoint": "sms",
        "received_at": 0.0,
        "peer": "",
        "url": "https://offhook.example/sms",
        "kind": Kind.MESSAGE,
        "dedupe_key": b"",
        "head": b"POST /sms HTTP/1.1\r\nHost: offhook.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"X-Twilio-Signature: c2lnbmF0dXJl\r\nI-Twilio-Idempotency-Token: token-1",
        "body": urlencode(parameters | fields.pop("extra", {})).encode(),
        "sender": "+15551230001",
    }
    return Webhook(**(values | fields))


def run(script):
    return subprocess.run(
        ["sh", "-c", script], capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "TWILIO_AUTH_TOKEN": TOKEN}
    ).stdout


@pytest.mark.parametrize(
    "content", [b"plain", b"it's", b"%s\\n", b"a\nb", b"\x00\x1b[201~\xff", b'$(id) `id` "q" !', b"", *map(str.encode, HOSTILE)]
)
def test_a_shell_prints_exactly_the_bytes(content):
    assert run(printed(content)) == content


@pytest.mark.parametrize("text", ["", "plain", "it's $HOME `id`", '"', "a b", *(each for each in HOSTILE if "\0" not in each)])
def test_a_quoted_word_is_that_word_to_a_shell(text):
    assert run(f"printf %s {quoted(text)}") == text.encode()


@pytest.mark.parametrize("text", ["Hello", "it's", "Grüße 😀", "a&b=c+d %", *HOSTILE])
def test_the_curl_command_sends_the_same_body_and_signs_as_twilio_would(text, tmp_path):
    made = call(webhook(text), URL)
    # A curl that shows what it was given in place of the real one.
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nfor each; do printf "%s\\0" "$each"; done; printf "BODY:"; cat\n')
    fake.chmod(0o755)
    given = run(f"PATH={tmp_path}:$PATH\n{curl(made)}")
    arguments, _, body = given.partition(b"BODY:")
    assert body == made.body
    _, [(_, signature)] = Twilio(TwilioSettings(tokens={ACCOUNT: (TOKEN,)})).sign(made.url, made.body, made.content_type, ACCOUNT)
    assert f"X-Twilio-Signature: {signature}".encode() in arguments.split(b"\0")
    assert URL.encode() in arguments.split(b"\0")


def test_no_snippet_has_the_signature_that_came_or_a_credential():
    one = webhook(head=webhook().head + b"\r\nAuthorization: Basic c2VjcmV0\r\nCookie: a=secret")
    for each in snippets(one, call(one, URL)):
        assert "c2lnbmF0dXJl" not in each.code
        assert "c2VjcmV0" not in each.code
        assert "secret" not in each.code
        assert TOKEN not in each.code


@pytest.mark.parametrize("text", ["Hello", 'say "hi"\\', "it's\n", *HOSTILE])
def test_the_python_and_the_test_are_python_that_holds_the_text(text):
    one = webhook(text)
    for each in snippets(one, call(one, URL))[1:]:
        tree = compile(each.code, "snippet", "exec")
        assert text in _constants(tree)
        assert each.code.replace("\n", "").isprintable() or not text.isprintable()


def _constants(code):
    found = []
    for each in code.co_consts:
        found += _constants(each) if hasattr(each, "co_consts") else each if isinstance(each, tuple) else [each]
    return found


def test_a_parameter_that_comes_twice_is_a_list_in_python():
    made = Call(method="POST", url=URL, headers=(), body=b"a=1&a=2&b=3", content_type="application/x-www-form-urlencoded")
    assert '"a": ["1", "2"],' in python(made, (("a", "1"), ("a", "2"), ("b", "3")))


def test_a_json_body_goes_as_it_is_and_is_said_not_to_be_signed():
    made = Call(
        method="POST", url=URL, headers=(("Content-Type", "application/json"),), body=b'{"a": 1}', content_type="application/json"
    )
    assert "Not signed" in curl(made)
    code = python(made, ())
    compile(code, "snippet", "exec")
    assert "content = b'{\"a\": 1}'" in code


def test_a_get_is_signed_by_its_url_alone():
    made = Call(method="GET", url=URL, headers=(), body=b"", content_type="")
    assert "--data-binary" not in curl(made)
    compile(python(made, ()), "snippet", "exec")


def test_the_test_sends_pictures_too_and_a_nameless_sender_is_ada():
    one = webhook(
        "x", extra={"NumMedia": "2", "MediaUrl0": "https://a.example/1", "MediaUrl1": "https://a.example/2"}, sender="nobody"
    )
    code = a_test(one, call(one, URL))
    assert 'phone.text("x", media=["https://a.example/1", "https://a.example/2"])' in code
    assert 'phone("Ada")' in code
    assert 'offhook_app(app, "/sms")' in code


def test_nobody_is_offered_a_test_of_a_status_callback_or_a_giant_to_paste():
    one = webhook(kind=Kind.STATUS)
    assert [each.name for each in snippets(one, call(one, URL))] == ["curl", "python"]
    giant = webhook("x" * 100_000)
    assert snippets(giant, call(giant, URL)) == []


def test_text_is_written_in_double_quotes():
    assert literal("it's") == '"it\'s"'
    assert literal('say "hi"') == '"say \\"hi\\""'
    assert literal("\u202e") == '"\\u202e"'
