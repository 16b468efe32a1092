"""`offhook explain` takes whatever a person has in hand, and answers from what is in it."""

import json
import shlex

import pytest
from click.testing import CliRunner

from offhook.cli.app import build

PAGE = """\
Error - 11200
HTTP retrieval failure

Copy
Error SID
NO1234567890abcdef1234567890abcdef
Account SID
AC0123456789abcdef0123456789abcdef
Message SID
SM0123456789abcdef0123456789abcdee
Timestamp
2026-11-20 05:18:44 UTC
Request URL
https://my-sms-bot.alice.replit.dev/sms
HTTP Response
Bad Gateway
Status Code
502
Possible Causes
Request Inspector
"""
HIDDEN = {
    "resource_sid": "SM0123456789abcdef0123456789abcdee",
    "error_code": "11200",
    "more_info": {"Msg": "Bad Gateway", "httpResponse": "502", "url": "https://app.example/sms"},
    "webhook": {
        "request": {"url": "https://app.example/sms", "method": "POST", "headers": {}, "parameters": {"Body": "Stop"}},
        "response": {
            "status_code": None,
            "headers": {"X-Twilio-WebhookError": "11203 HTTP communication total time out triggered"},
            "body": "Twilio was unable to fetch content from: http://app.example/sms\nError: Total timeout is triggered.",
        },
    },
}


@pytest.fixture
def explain(desk):
    def run(text, *words):
        return CliRunner().invoke(build(desk.assembly), ["explain", *words, *desk_flags], input=text, prog_name="offhook")

    desk_flags = ("--console-port", "1")
    return run


def test_a_pasted_page_is_told_by_its_sids_its_host_its_cause_and_three_things_to_do(explain):
    result = explain(PAGE)
    assert result.exit_code == 0
    for sid in ("NO1234567890abcdef1234567890abcdef", "AC0123456789abcdef0123456789abcdef", "SM0123456789abcdef0123456789abcdee"):
        assert sid in result.stdout
    assert "https://my-sms-bot.alice.replit.dev/sms" in result.stdout
    assert "Replit" in result.stdout
    steps = [line.strip()[:2] for line in result.stdout.partition("What to do")[2].splitlines() if line.strip()[1:2] == "."]
    assert steps == ["1.", "2.", "3."]
    assert result.stdout.rstrip().endswith("https://my-sms-bot.alice.replit.dev/sms")


def test_what_could_not_be_read_is_said_and_is_a_fault(explain):
    result = explain("hello there dear\n")
    assert result.exit_code == 1
    assert "hello there dear" in result.stdout
    assert "could be read" in result.stderr


def test_a_code_is_explained_from_the_catalogue(explain):
    result = explain("", "11751")
    assert result.exit_code == 0
    for words in ("11751", "What can cause it", "What to do", "https://www.twilio.com/docs/errors/11751"):
        assert words in result.stdout


def test_a_code_that_is_none_of_ours_says_so(explain):
    result = explain("", "45999")
    assert "not in our catalogue" in result.stdout


def test_a_502_that_twilio_wrote_itself_is_called_so_and_its_cause_is_brought_out(explain, desk):
    (desk.folder / "alert.json").write_text(json.dumps(HIDDEN))
    result = explain("", "alert.json")
    assert result.exit_code == 0
    assert "Twilio's proxy wrote the 502" in result.stdout
    assert "11203" in result.stdout
    assert "did not answer in time" in result.stdout
    told = json.loads(explain("", "--json", "alert.json").stdout)
    assert told["answered_by_twilio"] is True
    assert told["hidden_code"] == 11203
    assert told["causes"][0]["name"] == "app.too-slow"


def test_a_saved_answer_is_diagnosed_from_its_bytes(explain):
    saved = (
        "HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_3200\r\ncontent-type: text/html\r\n\r\n<html>ERR_NGROK_3200</html>"
    )
    assert "ngrok" in explain(saved, "-").stdout


def test_an_error_of_ours_is_shown_with_its_attempt(either, settled):
    either.fill(settled(1))
    sid = json.loads(either.run("errors", "list", "--json", *either.flags).stdout)["errors"][0]["sid"]
    result = either.run("explain", sid, *either.flags)
    assert result.exit_code == 0
    assert sid in result.stdout


def test_an_error_of_nobodys_asks_for_the_whole_page(explain):
    result = explain("", "NO1234567890abcdef1234567890abcdef")
    assert result.exit_code == 1
    assert "paste the whole page" in result.stderr


def saved(body, content_type="text/xml", status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<Response><Message>Fish & chips</Message></Response>", "&amp;"),
        ("<Response><message>hi</message></Response>", "did you mean Message?"),
        ("<response><Message>hi</Message></response>", "12102"),
        ("<Response><Message>hi</Response>", "not well-formed"),
    ],
)
def test_a_saved_answer_is_read_as_twilio_would_read_it(explain, body, words):
    result = explain(saved(body))
    assert result.exit_code == 0
    assert words in result.stdout


def test_an_answer_that_is_well_is_said_to_be_well(explain):
    assert "Twilio can use this answer." in explain(saved("<Response><Message>hi</Message></Response>")).stdout


def test_an_error_of_the_rest_api_is_not_laid_at_the_apps_door(explain):
    page = "Error 21610\nError code\n21610\nHTTP Response\n400\nRequest URL\nhttps://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json\n"
    result = explain(page)
    assert "21610" in result.stdout
    assert "refused the request with status 400" not in result.stdout


def test_a_bare_code_claims_no_evidence_that_nobody_has_seen(explain):
    for code in ("11205", "21610"):
        result = explain("", code)
        assert "What can cause it" in result.stdout
        assert "Why (" not in result.stdout


def test_what_steers_a_terminal_does_not_reach_it(explain):
    result = explain("Error 11200\nRequest URL: https://a.example.org/\x1b]52;c;aGk=\x07sms\nMessage\n\x9b2J\u202e evil\n")
    assert not set("\x1b\x07\x9b\u202e") & set(result.stdout)
    as_json = explain('{"error_code":"11200","more_info":{"Msg":"\u202e\x9b2J evil"}}', "--json")
    assert not set("\x1b\x9b\u202e") & set(as_json.stdout)
    json.loads(as_json.stdout)


@pytest.mark.parametrize(("words", "why"), [("no-such-file.json", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(explain, words, why):
    result = explain("", words)
    assert result.exit_code == 1
    assert why in result.stderr


def test_nothing_at_all_is_called_empty(explain):
    assert "empty" in explain("  \n").stderr


def test_the_command_that_is_printed_can_be_run_as_it_is(explain):
    page = explain("Error - 11200\nRequest URL\nhttps://app.example/joe's/sms?a=1&b=2\n").stdout
    command = page.partition("To look for yourself:")[2].strip()
    assert shlex.split(command) == ["offhook", "doctor", "https://app.example/joe's/sms?a=1&b=2"]


def test_where_a_secret_was_cut_out_the_page_says_what_the_command_lacks(explain):
    page = explain("Error - 11200\nRequest URL\nhttps://jane:hunter2@app.example/sms?token=hunter2&a=1\n").stdout
    assert "hunter2" not in page
    assert "URL         https://[redacted]@app.example/sms?token=[redacted]&a=1\n" in page
    command, said = page.partition("To look for yourself:")[2].strip().splitlines()
    assert shlex.split(command) == ["offhook", "doctor", "https://[redacted]@app.example/sms?token=[redacted]&a=1"]
    assert (
        said
        == "  First write, in place of [redacted]: the user and password and the value of token. Secrets are not repeated here."
    )
