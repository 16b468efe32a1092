"""`offhook doctor` examines a URL, tells what it found, and asks before it sends much."""

import json

import jsonschema
import pytest

from offhook.api.doctor_shapes import report_schema

TOKEN = "a-token-for-tests"
HELLO = (200, "text/xml", "<Response><Message>Hi there</Message></Response>")


@pytest.fixture
def app(app_answering):
    with app_answering(HELLO) as app:
        yield app


def test_a_good_url_has_no_fault_and_says_so_in_one_line(desk, app):
    result = desk.run("doctor", app.url)
    assert result.exit_code == 0
    assert f"No fault: {app.url}" in result.stdout
    assert "✓ url" in result.stdout
    assert "\x1b" not in result.output


def test_what_is_sent_and_where_is_said_before_and_not_to_stdout(desk, app):
    result = desk.run("doctor", app.url)
    assert f"At most 30 requests go to {app.url.removeprefix('http://').removesuffix('/sms')}." in result.stderr
    assert "At most" not in result.stdout


def test_without_a_token_it_says_what_a_token_would_bring(desk, app):
    assert "TWILIO_AUTH_TOKEN" in desk.run("doctor", app.url).stderr


def test_with_a_token_it_is_signed_and_the_token_is_not_shown(desk, app):
    result = desk.run("doctor", app.url, "--json", TWILIO_AUTH_TOKEN=TOKEN, TWILIO_ACCOUNT_SID="AC" + "1" * 32)
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


@pytest.mark.parametrize("url", ["{app}", "http://127..0/sms"])
def test_json_is_one_document_of_the_published_schema(desk, app, url):
    result = desk.run("doctor", url.format(app=app.url), "--json")
    jsonschema.validate(json.loads(result.stdout), report_schema(), cls=jsonschema.Draft202012Validator)


def test_credentials_in_the_url_are_not_shown(desk, app):
    for way in ("--json", "--verbose", "--markdown", "--html"):
        result = desk.run("doctor", app.url.replace("http://", "http://bob:hunter2@"), way)
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
    sent = desk.run("doctor", app.url, "--samples", "60", "--yes")
    assert sent.exit_code == 0
    assert "At most 80 requests" in sent.stderr


@pytest.mark.parametrize("given", ["soon", "0s", "-5", "2d"])
def test_a_time_that_is_none_is_refused(desk, given):
    result = desk.run("doctor", "http://127.0.0.1:1/", "--for", given)
    assert result.exit_code == 2
    assert "--for" in result.output


def test_two_reports_do_not_fit_on_stdout(desk, app):
    result = desk.run("doctor", app.url, "--json", "--markdown")
    assert result.exit_code == 2
    assert "--json and --markdown would both go to stdout" in result.output


@pytest.mark.parametrize("words", [("--html", "{url}"), ("{url}", "--html"), ("--html=-", "{url}"), ("--html", "-v", "{url}")])
def test_the_page_goes_to_stdout_where_no_file_is_named(desk, app, words):
    result = desk.run("doctor", *(word.format(url=app.url) for word in words))
    assert result.exit_code == 0
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.endswith("</html>\n")


@pytest.mark.parametrize("words", [("--html", "report.html", "{url}"), ("{url}", "--html", "report.html")])
def test_the_page_goes_into_a_file_and_the_table_to_the_person(desk, app, words):
    result = desk.run("doctor", *(word.format(url=app.url) for word in words))
    assert (desk.folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "No fault" in result.stdout
    assert "report.html" in result.stderr


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(desk, app):
    result = desk.run("doctor", app.url, "--html", "nowhere/report.html")
    assert result.exit_code == 2
    assert app.seen == []
    assert "At most" not in result.stderr


def test_markdown_is_a_table_for_a_ticket(desk, app):
    result = desk.run("doctor", app.url, "--markdown")
    assert result.stdout.startswith("## ")
    assert "`url`" in result.stdout


@pytest.mark.parametrize("url", ["my-app.example/sms", "ftp://my-app.example/sms", "", "http://"])
def test_what_is_not_a_url_is_refused_with_a_way_out(desk, url):
    result = desk.run("doctor", url)
    assert result.exit_code == 2
    assert "https://my-app.example/sms" in result.output
