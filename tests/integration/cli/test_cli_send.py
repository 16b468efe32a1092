"""`offhook send` makes requests that an app with Twilio's own validator accepts, and shows what came back."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator

TOKEN = "a-token-for-tests"
ACCOUNT = "AC" + "1" * 32
SECRETS = {"TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": ACCOUNT}
HELLO = (200, "text/xml", "<Response><Message>Hi there</Message><Message>And again</Message></Response>")


def fields(request):
    text = request.body if request.method == "POST" else urlsplit(request.path).query
    return dict(parse_qsl(text, keep_blank_values=True))


def is_twilios(request, url):
    """What the SDK says: the whole URL for a GET, URL and form for a POST."""
    form = dict(parse_qsl(request.body, keep_blank_values=True))
    return RequestValidator(TOKEN).validate(url, form, request.headers["X-Twilio-Signature"])


def test_an_inbound_message_has_twilios_parameters_headers_and_signature(desk, app_answering):
    with app_answering(HELLO) as app:
        result = desk.run("send", app.url, "--body", "Grüße & more", "--from", "+12025550111", **SECRETS)
    (request,) = app.seen
    assert result.exit_code == 0
    assert is_twilios(request, app.url)
    names = [name for name, _ in parse_qsl(request.body, keep_blank_values=True)]
    assert " ".join(names) == (
        "ToCountry ToState SmsMessageSid NumMedia ToCity FromZip SmsSid FromState SmsStatus FromCity Body FromCountry To ToZip "
        "NumSegments MessageSid AccountSid From ApiVersion"
    )
    sent = fields(request)
    assert (sent["Body"], sent["From"], sent["AccountSid"], sent["ToState"]) == ("Grüße & more", "+12025550111", ACCOUNT, "")
    assert sent["MessageSid"] == sent["SmsSid"] == sent["SmsMessageSid"]
    assert request.headers["User-Agent"] == "TwilioProxy/1.1"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["X-Home-Region"] == "us1"
    assert len(request.headers["I-Twilio-Idempotency-Token"]) == 36
    assert "+" in request.body.partition("Body=")[2].partition("&")[0]


def test_the_replies_are_shown_as_bubbles_and_the_headline_says_status_type_and_time(desk, app_answering):
    with app_answering(HELLO) as app:
        result = desk.run("send", app.url, **SECRETS)
    assert result.stdout.startswith("200 · text/xml · ")
    assert "│ Hi there │" in result.stdout
    assert "│ And again │" in result.stdout


def test_an_answer_that_twilio_could_not_read_is_explained(desk, app_answering):
    with app_answering((200, "application/json", "{}")) as app:
        result = desk.run("send", app.url, **SECRETS)
    assert "12300" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(("status", "shown"), [(403, "403 · text/plain"), (500, "500 · text/plain")])
def test_an_answer_that_is_no_2xx_is_shown_and_is_exit_code_1(desk, app_answering, status, shown):
    with app_answering((status, "text/plain", "Stack \x1b[2Jtrace")) as app:
        result = desk.run("send", app.url, **SECRETS)
    assert result.exit_code == 1
    assert shown in result.stdout
    assert "Stack �[2Jtrace" in result.stdout


def test_a_signature_that_was_meant_to_be_right_and_is_refused_is_explained(desk, app_answering):
    with app_answering((403, "text/plain", "no")) as app:
        result = desk.run("send", app.url, **SECRETS)
        wrong_on_purpose = desk.run("send", app.url, "--bad-signature", **SECRETS)
    assert f"It was signed for {app.url}." in result.stderr
    assert "--signed-url" in result.stderr
    assert wrong_on_purpose.stderr == ""


def test_nobody_there_is_exit_code_1_with_the_reason(desk):
    result = desk.run("send", "http://127.0.0.1:1/sms", **SECRETS)
    assert result.exit_code == 1
    assert "no answer: connect refused" in result.stdout


def test_an_mms_says_so_in_its_sid_and_its_media_parameters(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", app.url, "--media", "https://example.com/cat.png", "--media", "https://example.com/x", **SECRETS)
    sent = fields(app.seen[0])
    assert sent["MessageSid"].startswith("MM")
    assert (sent["NumMedia"], sent["MediaUrl0"], sent["MediaContentType0"]) == ("2", "https://example.com/cat.png", "image/png")
    assert sent["MediaUrl1"] == "https://example.com/x"
    assert is_twilios(app.seen[0], app.url)


def test_a_whatsapp_message_has_whatsapps_parameters(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", app.url, "--whatsapp", "--from", "+12025550111", **SECRETS)
    sent = fields(app.seen[0])
    assert (sent["From"], sent["WaId"], sent["MessageType"]) == ("whatsapp:+12025550111", "12025550111", "text")
    assert json.loads(sent["ChannelMetadata"])["type"] == "whatsapp"


def test_a_status_callback_is_about_a_message_of_ours(desk, app_answering):
    with app_answering((204, "text/plain", "")) as app:
        result = desk.run("send", app.url, "--status", "failed", "--message-sid", "SM" + "5" * 32, **SECRETS)
    sent = fields(app.seen[0])
    assert (sent["MessageStatus"], sent["SmsStatus"], sent["MessageSid"]) == ("failed", "failed", "SM" + "5" * 32)
    assert sent["ErrorCode"] == "30008"
    assert "Body" not in sent
    assert result.exit_code == 0


def test_an_answer_without_a_reply_that_took_long_says_what_may_have_held_it_up(desk, app_answering, monkeypatch):
    with app_answering((200, "text/xml", "<Response/>")) as app:
        quick = desk.run("send", app.url, **SECRETS)
        monkeypatch.setattr("offhook.cli.answers._LONG", 0.0)
        slow = desk.run("send", app.url, **SECRETS)
    assert (quick.exit_code, quick.stderr) == (0, "")
    assert slow.exit_code == 0
    assert "an earlier message of this sender waits. `offhook webhooks list` says which" in slow.stderr


def test_a_status_callback_has_no_media(desk):
    result = desk.run("send", "http://127.0.0.1:1/", "--status", "sent", "--media", "https://example.com/cat.jpg", **SECRETS)
    assert result.exit_code == 2
    assert "--status is a callback about a message of yours, and has no --media" in result.stderr


def test_a_get_carries_everything_in_the_query_and_is_signed_over_it(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", f"{app.url}?key=a%20b", "--get", "--body", "a b", **SECRETS)
    (request,) = app.seen
    assert request.method == "GET"
    assert request.path.startswith("/sms?key=a%20b&ToCountry=")
    assert "Body=a+b" in request.path
    assert is_twilios(request, app.url.removesuffix("/sms") + request.path)


def test_the_fragment_stays_here_and_is_not_signed(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", f"{app.url}#rc=3", **SECRETS)
    assert app.seen[0].path == "/sms"
    assert is_twilios(app.seen[0], app.url)


def test_it_can_be_signed_for_the_url_that_twilio_knows(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", app.url, "--signed-url", "https://sms.example.com/sms", **SECRETS)
    assert is_twilios(app.seen[0], "https://sms.example.com/sms")


def test_a_bad_signature_and_none_at_all_can_be_had(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", app.url, "--bad-signature", **SECRETS)
        desk.run("send", app.url, "--unsigned")
    bad, none = app.seen
    assert not is_twilios(bad, app.url)
    assert len(bad.headers["X-Twilio-Signature"]) == 28
    assert none.headers["X-Twilio-Signature"] is None


def test_parameters_can_be_added_and_replaced(desk, app_answering):
    with app_answering(HELLO) as app:
        desk.run("send", app.url, "--param", "FromCity=BERLIN", "--param", "OptOutType=STOP", "--param", "Empty=", **SECRETS)
    sent = fields(app.seen[0])
    assert (sent["FromCity"], sent["OptOutType"], sent["Empty"]) == ("BERLIN", "STOP", "")
    assert is_twilios(app.seen[0], app.url)


def test_credentials_in_the_url_are_given_when_they_are_asked_for(desk, app_answering):
    asked = (401, "text/plain", "who?", ("WWW-Authenticate", 'Basic realm="app"'))
    with app_answering(asked, HELLO) as app:
        result = desk.run("send", app.url.replace("//", "//joe:hunter2@"), **SECRETS)
    first, second = app.seen
    assert first.headers["Authorization"] is None
    assert second.headers["Authorization"] == "Basic am9lOmh1bnRlcjI="
    assert is_twilios(second, app.url)
    assert "hunter2" not in result.output


def test_many_are_sent_one_after_another_each_with_its_own_sid(desk, app_answering):
    with app_answering(HELLO, HELLO, (500, "text/plain", "no")) as app:
        result = desk.run("send", app.url, "--count", "4", **SECRETS)
    assert len({fields(request)["MessageSid"] for request in app.seen}) == 4
    assert "4 sent: 2 of 200, 2 of 500" in result.stderr
    assert result.exit_code == 1
    assert result.stdout == ""


def test_json_is_one_line_a_message(desk, app_answering):
    with app_answering(HELLO) as app:
        result = desk.run("send", app.url, "--json", "--count", "2", **SECRETS)
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["status"] == second["status"] == 200
    assert [reply["body"] for reply in first["replies"]] == ["Hi there", "And again"]
    assert first["message_sid"] != second["message_sid"]


def test_without_a_token_it_says_what_to_do(desk):
    result = desk.run("send", "http://127.0.0.1:1/sms")
    assert result.exit_code == 2
    assert "set TWILIO_AUTH_TOKEN" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("localhost:8080",), ("http://h/", "--param", "x"), ("http://h/", "--status", "gone"), ("http://h/", "--timeout", "soon")],
)
def test_what_cannot_be_meant_is_exit_code_2(desk, words):
    assert desk.run("send", *words, **SECRETS).exit_code == 2
