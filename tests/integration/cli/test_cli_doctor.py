"""`offhook doctor` asks a URL as Twilio does and says what Twilio would make of the answer."""

from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

TOKEN = "a-token-for-tests"
HELLO = (200, "text/xml", "<Response><Message>Hi there</Message></Response>")
BROKEN = (
    502,
    "text/html",
    "<html><head><title>502 Bad Gateway</title></head><center>nginx/1.24.0</center></html>",
    ("Server", "nginx/1.24.0"),
)


def test_an_answer_that_twilio_can_use(desk, app_answering):
    with app_answering(HELLO) as app:
        result = desk.run("doctor", app.url)
    assert result.exit_code == 0
    assert "Twilio can use this answer." in result.stdout
    assert "Hi there" in result.stdout
    assert "TWILIO_AUTH_TOKEN" in result.stderr


def test_one_visit_is_one_request_and_signed_where_there_is_a_token(desk, app_answering):
    with app_answering(HELLO) as app:
        result = desk.run("doctor", app.url, TWILIO_AUTH_TOKEN=TOKEN, TWILIO_ACCOUNT_SID="AC" + "1" * 32)
    (request,) = app.seen
    form = dict(parse_qsl(request.body, keep_blank_values=True))
    assert form["AccountSid"] == "AC" + "1" * 32
    assert RequestValidator(TOKEN).validate(app.url, form, request.headers["X-Twilio-Signature"])
    assert TOKEN not in result.output
    assert "not signed" not in result.stderr


def test_a_bad_gateway_has_its_code_its_cause_and_what_to_do(desk, app_answering):
    with app_answering(BROKEN) as app:
        result = desk.run("doctor", app.url)
    assert result.exit_code == 1
    assert "11200" in result.stdout
    assert "nginx" in result.stdout
    assert "Twilio can use this answer." not in result.stdout


def test_a_refusal_of_an_unsigned_request_is_not_blamed_on_the_app(desk, app_answering, parsed):
    with app_answering((403, "text/plain", "bad signature")) as app:
        unsigned = parsed(desk.run("doctor", app.url, "--json"))
        signed = parsed(desk.run("doctor", app.url, "--json", TWILIO_AUTH_TOKEN=TOKEN))
    assert unsigned["verdicts"][0]["causes"][0]["name"] == "app.signature-missing"
    assert signed["verdicts"][0]["causes"][0]["name"] == "app.signature-check"


def test_the_retries_of_the_urls_fragment_are_made(desk, app_answering):
    with app_answering(BROKEN, BROKEN, HELLO) as app:
        result = desk.run("doctor", app.url + "#rc=2&rp=5xx")
    assert len(app.seen) == 3
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ((200, "text/plain", "just text"), []),
        ((200, "text/xml", "<Response><Message>Hi"), [12100]),
        ((200, "text/xml", "<Answer/>"), [12102]),
    ],
)
def test_what_twilio_would_log_of_an_answer_with_status_200(desk, app_answering, parsed, answer, codes):
    with app_answering(answer) as app:
        result = desk.run("doctor", app.url, "--json")
    verdicts = parsed(result)["verdicts"]
    assert result.exit_code == (1 if codes else 0)
    assert [verdict["twilio_code"] for verdict in verdicts] == codes
    assert all(verdict["causes"] for verdict in verdicts)


def test_nobody_listens(desk, unused_tcp_port):
    result = desk.run("doctor", f"http://127.0.0.1:{unused_tcp_port}/sms")
    assert result.exit_code == 1
    assert "refused" in result.stdout


@pytest.mark.parametrize("url", ["my-app.example/sms", "ftp://my-app.example/sms", "", "http://"])
def test_what_is_not_a_url_is_refused_with_a_way_out(desk, url):
    result = desk.run("doctor", url)
    assert result.exit_code == 2
    assert "https://my-app.example/sms" in result.output
