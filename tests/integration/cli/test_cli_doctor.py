"""`offhook doctor` examines a URL, tells what it found, and asks before it sends much."""

import json

import jsonschema
import pytest

from offhook.api.doctor_shapes import report_schema

TOKEN = "a-token-for-tests"
HELLO = (200, "text/xml", "<Response><Message>Hi there</Message></Response>")

BROKEN = (
    502,
    "text/html",
    "<html><head><title>502 Bad Gateway</title></head><center>nginx/1.24.0</center></html>",
    ("Server", "nginx/1.24.0"),
)


@pytest.fixture
def app(app_answering):
    with app_answering(HELLO) as app:
        yield app


def test_the_verdict_stands_first_and_what_the_sender_would_receive_is_shown(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url)
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first.startswith("! No fault, but ")
    assert first.endswith(f": {app.url}")
    assert "✓ url" in result.stdout
    assert "! forgery" in result.stdout
    assert "What the sender of the text would receive\n╭──────────╮\n│ Hi there │\n" in result.stdout
    assert "\x1b" not in result.output


def test_what_is_sent_and_where_is_said_before_and_not_to_stdout(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url)
    assert f"At most 30 requests go to {app.url.removeprefix('http://').removesuffix('/sms')}." in result.stderr
    assert "At most" not in result.stdout


def test_without_a_token_it_says_what_a_token_would_bring(desk, app):
    assert "TWILIO_AUTH_TOKEN" in desk.run("doctor", "--samples", "0", app.url).stderr


def test_with_a_token_it_is_signed_and_the_token_is_not_shown(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url, "--json", TWILIO_AUTH_TOKEN=TOKEN, TWILIO_ACCOUNT_SID="AC" + "1" * 32)
    assert json.loads(result.stdout)["signed"] is True
    assert "TWILIO_AUTH_TOKEN" not in result.stderr
    assert TOKEN not in result.output


def test_a_url_that_cannot_be_called_is_a_fault_with_its_code_and_what_to_do(desk):
    result = desk.run("doctor", "http://127..0/sms")
    assert result.exit_code == 1
    assert "1 fault" in result.stdout
    assert "✗ url" in result.stdout
    assert "Twilio: 11100" in result.stdout
    assert "What to do\n 1. " in result.stdout


def test_a_bad_gateway_has_its_code_its_cause_and_what_to_do(desk, app_answering):
    with app_answering(BROKEN) as app:
        result = desk.run("doctor", "--samples", "0", app.url)
    assert result.exit_code == 1
    assert "(Twilio: 11217, 11200)" in result.stdout
    assert "nginx" in result.stdout
    assert "What to do\n 1. " in result.stdout
    assert "would receive" not in result.stdout


def test_what_is_asked_as_a_status_callback_shows_no_message(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url, "--product", "status")
    assert "asked as status" in result.stdout
    assert "would receive" not in result.stdout


def test_nobody_listens(desk, unused_tcp_port):
    result = desk.run("doctor", f"http://127.0.0.1:{unused_tcp_port}/sms")
    assert result.exit_code == 1
    assert "refused" in result.stdout


@pytest.mark.parametrize("url", ["{app}", "http://127..0/sms"])
def test_json_is_one_document_of_the_published_schema(desk, app, url):
    result = desk.run("doctor", "--samples", "0", url.format(app=app.url), "--json")
    jsonschema.validate(json.loads(result.stdout), report_schema(), cls=jsonschema.Draft202012Validator)


def test_credentials_in_the_url_are_not_shown(desk, app):
    for way in ("--json", "--verbose", "--markdown", "--html"):
        result = desk.run("doctor", "--samples", "0", app.url.replace("http://", "http://bob:hunter2@"), way)
        assert "hunter2" not in result.output, way


def test_schema_prints_the_schema_and_asks_for_nothing(desk):
    result = desk.run("doctor", "--schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == report_schema()


def test_more_than_thirty_requests_are_not_sent_unless_somebody_says_yes(desk, app):
    refused = desk.run("doctor", app.url, "--samples", "60")
    assert refused.exit_code == 2
    assert "up to 80 requests" in refused.output
    assert "--yes" in refused.output
    assert app.seen == []
    sent = desk.run("doctor", app.url, "--samples", "60", "--for", "600ms", "--yes")
    assert sent.exit_code == 0
    assert "At most 80 requests" in sent.stderr
    assert 60 <= len(app.seen) <= 80


@pytest.mark.parametrize("given", ["soon", "0s", "-5", "2d"])
def test_a_time_that_is_none_is_refused(desk, given):
    result = desk.run("doctor", "http://127.0.0.1:1/", "--for", given)
    assert result.exit_code == 2
    assert "--for" in result.output


def test_two_reports_do_not_fit_on_stdout(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url, "--json", "--markdown")
    assert result.exit_code == 2
    assert "--json and --markdown would both go to stdout" in result.output


@pytest.mark.parametrize("words", [("--html", "{url}"), ("{url}", "--html"), ("--html=-", "{url}"), ("--html", "-v", "{url}")])
def test_the_page_goes_to_stdout_where_no_file_is_named(desk, app, words):
    result = desk.run("doctor", "--samples", "0", *(word.format(url=app.url) for word in words))
    assert result.exit_code == 0
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.endswith("</html>\n")


@pytest.mark.parametrize("words", [("--html", "report.html", "{url}"), ("{url}", "--html", "report.html")])
def test_the_page_goes_into_a_file_and_the_table_to_the_person(desk, app, words):
    result = desk.run("doctor", "--samples", "0", *(word.format(url=app.url) for word in words))
    assert (desk.folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "No fault" in result.stdout
    assert "report.html" in result.stderr


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url, "--html", "nowhere/report.html")
    assert result.exit_code == 2
    assert app.seen == []
    assert "At most" not in result.stderr


def test_markdown_is_a_table_for_a_ticket(desk, app):
    result = desk.run("doctor", "--samples", "0", app.url, "--markdown")
    assert result.stdout.startswith("## ")
    assert "`url`" in result.stdout


@pytest.mark.parametrize("url", ["my-app.example/sms", "ftp://my-app.example/sms", "", "http://"])
def test_what_is_not_a_url_is_refused_with_a_way_out(desk, url):
    result = desk.run("doctor", url)
    assert result.exit_code == 2
    assert "https://my-app.example/sms" in result.output
