"""Webhooks and errors are listed, shown and replayed through the running server, and from the database when none runs."""

import asyncio
import json
import time

import msgspec
import pytest

from offhook.cli import terminal
from offhook.cli.webhooks_tail import Follower, follow
from offhook.errors import OffhookError, UnusableJournalError
from offhook.records import Endpoint, State

FIRST, SECOND, THIRD = (f"WH{1_763_899_200_000 + made * 1000:012x}{'7' * 20}" for made in (1, 2, 3))


def states(desk):
    return {webhook_id: webhook.state for webhook_id, webhook in desk.store._webhooks.items()}  # the journal is closed by now


def due(settlement, at):
    return msgspec.structs.replace(settlement, webhook=msgspec.structs.replace(settlement.webhook, due=at))


def test_a_listing_says_who_wrote_what_and_what_became_of_it_newest_first(either, settled):
    either.fill(settled(1), settled(2, state=State.DELIVERED))
    result = either.run("webhooks", "list", *either.flags)
    head, newest, oldest = result.stdout.splitlines()
    assert head.split() == ["id", "received", "endpoint", "state", "tries", "from", "to", "text"]
    assert "delivered" in newest
    assert "failed" in oldest
    assert "+15551230001" in oldest
    assert "Hello there" in oldest
    assert FIRST.startswith(oldest.split()[0])


def test_ids_are_whole_however_long_the_texts_are(either, settled, monkeypatch):
    either.fill(settled(1, text=b"MessageSid=SM1&Body=" + b"word+" * 60))
    assert FIRST.startswith(either.run("webhooks", "list", *either.flags).stdout.splitlines()[1].split()[0])
    monkeypatch.setattr(terminal, "_WIDE", 80)
    head, row = either.run("webhooks", "list", *either.flags).stdout.splitlines()
    assert head.split() == ["id", "received", "state", "tries", "from", "text"]
    assert len(row.split()[0]) == 12
    assert row.endswith("…")
    narrow = either.run("errors", "list", *either.flags).stdout.splitlines()
    assert narrow[0].split() == ["id", "at", "level", "code", "endpoint", "message"]
    assert len(narrow[1].split()[0]) == 12


def test_on_a_narrow_terminal_columns_leave_and_ids_states_and_texts_stay(either, settled, monkeypatch):
    either.fill(settled(1, text=b"MessageSid=SM1&Body=" + b"word+" * 60))
    monkeypatch.setattr(terminal, "_WIDE", 60)
    head, row = either.run("webhooks", "list", *either.flags).stdout.splitlines()
    assert head.split() == ["id", "received", "state", "text"]
    assert FIRST.startswith(row.split()[0])
    assert len(row.split()[0]) == 12
    assert "failed" in row
    monkeypatch.setattr(terminal, "_WIDE", 40)
    head, row, *_ = either.run("errors", "list", *either.flags).stdout.splitlines()
    assert head.split() == ["id", "code", "message"]
    assert len(row.split()[0]) == 12
    assert len(row) <= 40


@pytest.mark.parametrize(
    ("thing", "unknown", "hint"), [("errors", "WH01", "webhooks"), ("webhooks", "NO01", "errors"), ("issues", "NO01", "errors")]
)
def test_an_id_of_something_else_is_said_to_be_one(either, settled, thing, unknown, hint):
    either.fill(settled(1))
    result = either.run(thing, "show", unknown, *either.flags)
    assert result.exit_code == 1
    assert result.stderr.endswith(f"begin with {unknown[:2]}: offhook {hint} show {unknown}\n")


def test_a_console_that_is_no_url_is_wrong_usage_and_one_without_an_address_is_said_so(stopped):
    wrong = stopped.run("webhooks", "list", "--console-url", "127.0.0.1:8081")
    assert wrong.exit_code == 2
    assert "write something like http://127.0.0.1:8081" in wrong.stderr
    nowhere = stopped.run("webhooks", "list", "--console-url", "http://offhook.invalid:8081")
    assert nowhere.exit_code == 1
    assert "There is no way to http://offhook.invalid:8081: Looking up offhook.invalid" in nowhere.stderr


def test_a_database_that_cannot_be_read_is_said_with_where_a_server_was_looked_for(stopped, monkeypatch):
    async def refuse():
        raise UnusableJournalError("Another Offhook (process 7) uses offhook.db: stop it first, or choose another file.")

    monkeypatch.setattr(stopped.store, "open", refuse)
    shown = stopped.run("webhooks", "list", *stopped.flags)
    assert shown.exit_code == 1
    assert (
        "Nothing listens at http://127.0.0.1:1 (--console-url names another console). Another Offhook (process 7)" in shown.stderr
    )


def test_a_number_that_is_none_is_said_to_be_no_whole_number(stopped):
    assert "'abc' is not a valid whole number" in stopped.run("webhooks", "list", "--code", "abc").stderr
    assert "--limit NUMBER" in stopped.run("webhooks", "list", "--help").stdout


def test_lines_for_a_program_end_with_their_last_word(either, settled):
    either.fill(settled(1), settled(2, text=b"MessageSid=SM2&Body=A+longer+text+than+the+other"))
    lines = either.run("webhooks", "list", *either.flags).stdout.splitlines()
    assert lines == [line.rstrip() for line in lines]


def test_a_listing_needs_no_secret_of_the_file(either, settled):
    either.fill(settled(1))
    (either.folder / "offhook.toml").write_text('auth_token = "env:ONLY_WHERE_THE_SERVER_RUNS"')
    assert either.run("webhooks", "list", *either.flags).exit_code == 0
    assert either.run("send", "http://127.0.0.1:1/").exit_code == 2


def test_json_is_what_the_api_gives_with_a_server_and_without(either, settled, parsed):
    either.fill(settled(1), settled(2), settled(3))
    page = parsed(either.run("webhooks", "list", "--json", "--limit", "2", *either.flags))
    assert [row["id"] for row in page["webhooks"]] == [THIRD, SECOND]
    assert page["next_cursor"] == SECOND
    rest = parsed(either.run("webhooks", "list", "--json", "--cursor", SECOND, *either.flags))
    assert [row["id"] for row in rest["webhooks"]] == [FIRST]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["--state", "failed", "--state", "waiting"], [THIRD, FIRST]),
        (["--endpoint", "sms", "-q", "Never"], []),
        (["-q", "Goodbye"], [THIRD]),
        (["--since", "2025-11-23T12:00:02Z"], [THIRD, SECOND]),
        (["--until", "1763899202"], [FIRST]),
        (["--since", "1h"], []),
    ],
)
def test_the_filters_are_the_apis(either, settled, parsed, words, ids):
    either.fill(
        settled(1), settled(2, state=State.DELIVERED), settled(3, state=State.WAITING, text=b"MessageSid=SM3&Body=Goodbye")
    )
    page = parsed(either.run("webhooks", "list", "--json", *words, *either.flags))
    assert [row["id"] for row in page["webhooks"]] == ids


LISTINGS = [("webhooks", "list"), ("errors", "list"), ("issues", "list"), ("webhooks", "replay", "--yes")]


@pytest.mark.parametrize("words", [*LISTINGS, ("webhooks", "tail")])
def test_an_endpoint_that_there_is_not_is_bad_usage(running, settled, words):
    running.fill(settled(1))
    result = running.run(*words, "--endpoint", "smss", *running.flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no endpoint smss, and nothing is kept of one. Did you mean sms?" in result.stderr


@pytest.mark.parametrize("words", [("errors", "list"), ("issues", "list")])
def test_a_cause_that_there_is_not_is_bad_usage(either, settled, words):
    either.fill(settled(1))
    result = either.run(*words, "--cause", "tls.expird", *either.flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no cause tls.expird, and no error has had one. Did you mean tls.expired?" in result.stderr
    assert either.run(*words, "--cause", "tls.expired", *either.flags).exit_code == 0


@pytest.mark.parametrize("words", LISTINGS)
def test_without_a_server_the_settings_say_which_endpoints_there_are(stopped, settled, words):
    stopped.fill(settled(1))
    (stopped.folder / "offhook.toml").write_text('[endpoints.voice]\nto = "http://127.0.0.1:5000"\n')
    result = stopped.run(*words, "--endpoint", "smss", *stopped.flags)
    assert result.exit_code == 2
    assert "There is no endpoint smss, and nothing is kept of one. Did you mean sms?" in result.stderr
    assert stopped.run(*words, "--endpoint", "voice", *stopped.flags).exit_code == 0


def test_without_a_server_and_settings_only_what_is_kept_can_be_said(stopped, settled, parsed):
    stopped.fill(settled(1))
    result = stopped.run("webhooks", "list", "--json", "--endpoint", "smss", *stopped.flags)
    assert (result.exit_code, parsed(result)["webhooks"]) == (0, [])
    assert result.stderr == "Nothing is kept of an endpoint smss. Did you mean sms?\n"


def test_nothing_there_is_said_on_stderr_and_is_no_fault(either):
    either.fill()
    result = either.run("webhooks", "list", *either.flags)
    assert (result.stdout, result.stderr, result.exit_code) == ("", "No webhooks.\n", 0)
    assert either.run("errors", "list", *either.flags).stderr == "No errors.\n"


def test_a_page_says_how_to_go_on(either, settled):
    either.fill(settled(1), settled(2))
    assert f"--cursor {SECOND}" in either.run("webhooks", "list", "--limit", "1", *either.flags).stderr


def test_a_message_that_waits_for_an_earlier_one_of_its_conversation_says_for_which(either, settled):
    either.fill(*(due(settled(made, state=State.WAITING), time.time() - 60) for made in (1, 2, 3)))
    assert "goes first" not in either.run("webhooks", "show", FIRST, *either.flags).stdout
    turn = "in one conversation the earlier message goes first"
    assert f"next try  after {FIRST}: {turn}" in either.run("webhooks", "show", SECOND, *either.flags).stdout
    assert f"next try  after {FIRST} and 1 more: {turn}" in either.run("webhooks", "show", THIRD, *either.flags).stdout


def test_a_message_whose_next_try_is_later_waits_for_that_alone(either, settled):
    either.fill(due(settled(1, state=State.WAITING), time.time()), due(settled(2, state=State.WAITING), time.time() + 3600))
    assert "goes first" not in either.run("webhooks", "show", SECOND, *either.flags).stdout


def test_a_message_without_an_attempt_says_why_no_answer_is_noted(either, settled):
    untried = due(settled(1, state=State.WAITING), 0.0)
    either.fill(msgspec.structs.replace(untried, attempts=(), webhook=msgspec.structs.replace(untried.webhook, answer=None)))
    shown = either.run("webhooks", "show", FIRST, *either.flags).stdout
    assert "No answer noted yet\n  It is noted with the first attempt. Twilio gets one all the same" in shown


def test_a_webhooks_page_has_request_attempts_with_phases_answer_replies_and_errors(either, settled):
    either.fill(settled(1))
    text = either.run("webhooks", "show", FIRST, *either.flags).stdout
    for part in (
        f"Webhook {FIRST}  failed",
        "Body        Hello there",
        "ToState     (empty)",
        "11217 The app answered 502.",
        "DNS 1 ms · connect 3 ms · first byte 40 ms · total 56 ms",
        "at 198.51.100.7:443: 502 16 bytes",
        "Answer to the provider: 200 (a stand-in: the app had no usable answer in time)",
        "│ <Response/>",
        "1. kept",
        "│ Hi you",
        "ERROR 11217",
    ):
        assert part in text
    assert "hunter2" not in text
    assert "\x1b" not in text


def test_the_beginning_of_an_id_is_enough_while_it_is_the_only_one(either, settled, parsed):
    either.fill(settled(1), settled(2))
    assert parsed(either.run("webhooks", "show", FIRST[:16], "--json", *either.flags))["id"] == FIRST
    assert parsed(either.run("webhooks", "show", FIRST[2:16], "--json", *either.flags))["id"] == FIRST
    several = either.run("webhooks", "show", FIRST[:8], *either.flags)
    assert several.exit_code == 1
    assert FIRST in several.stderr
    assert SECOND in several.stderr


def test_a_webhook_can_be_named_by_twilios_sid(either, settled, parsed):
    either.fill(settled(1), settled(2))
    assert parsed(either.run("webhooks", "show", f"SM{2:032}", "--json", *either.flags))["id"] == SECOND
    assert either.run("webhooks", "show", f"SM{9:032}", *either.flags).stderr == f"offhook: There is no webhook SM{9:032}.\n"


@pytest.mark.parametrize("unknown", ["WH" + "0" * 32, "WHffff", "nonsense", "WH" + "1" * 40])
def test_what_is_not_there_is_exit_code_1_in_one_sentence(either, settled, unknown):
    either.fill(settled(1))
    result = either.run("webhooks", "show", unknown, *either.flags)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"offhook: There is no webhook {unknown}.\n"


def test_errors_are_listed_filtered_and_shown(either, settled, parsed):
    either.fill(settled(1), settled(2))
    listing = either.run("errors", "list", *either.flags).stdout
    assert listing.count("11217") == 2
    of_one = parsed(
        either.run("errors", "list", "--json", "--webhook", FIRST[:16], "--level", "error", "--code", "11217", *either.flags)
    )
    assert [error["webhook_id"] for error in of_one["errors"]] == [FIRST]
    assert parsed(either.run("errors", "list", "--json", "--code", "12100", *either.flags))["errors"] == []
    sid = of_one["errors"][0]["sid"]
    page = either.run("errors", "show", sid[:16], *either.flags).stdout
    assert "ERROR 11217 The app answered 502." in page
    assert "Twilio would log  11200" in page
    assert "httpResponse  502" in page


def test_what_twilio_told_is_marked_as_such(either, settled, parsed):
    seen, heard = settled(1), settled(2)
    event = msgspec.structs.replace(heard.events[0], origin="twilio")
    either.fill(seen)
    assert "twilio" not in either.run("errors", "list", *either.flags).stdout
    either.fill(msgspec.structs.replace(heard, events=(event,)))
    assert either.run("errors", "list", *either.flags).stdout.count("twilio") == 1
    listed = parsed(either.run("errors", "list", "--json", *either.flags))["errors"]
    assert [error["origin"] for error in listed] == ["twilio", "offhook"]
    page = either.run("errors", "show", event.id, *either.flags).stdout
    assert "Twilio logged" in page
    assert "twilio" in page
    assert either.run("errors", "show", "NO" + "0" * 32, *either.flags).exit_code == 1


class TestReplay:
    def test_those_named_are_waiting_again(self, either, settled):
        either.fill(settled(1), settled(2, state=State.DELIVERED), settled(3))
        result = either.run("webhooks", "replay", FIRST, SECOND[:16], *either.flags)
        assert result.exit_code == 0
        assert states(either) == {FIRST: State.WAITING, SECOND: State.WAITING, THIRD: State.FAILED}

    def test_without_a_server_it_says_when_they_go_out(self, stopped, settled):
        stopped.fill(settled(1))
        result = stopped.run("webhooks", "replay", FIRST, *stopped.flags)
        assert result.stderr == "Set 1 webhook waiting: they will be delivered when `offhook serve` runs.\n"

    def test_all_failed_asks_first_and_a_no_changes_nothing(self, either, settled):
        either.fill(settled(1), settled(2), settled(3, state=State.DELIVERED))
        result = either.run("webhooks", "replay", "--all-failed", *either.flags)
        assert result.exit_code == 1
        assert "Replay 2 webhooks?" in result.stderr
        assert states(either)[FIRST] is State.FAILED

    def test_all_failed_with_yes_replays_every_failed_one(self, either, settled, parsed):
        either.fill(*(settled(made) for made in range(1, 251)), settled(300, state=State.DELIVERED))
        result = either.run("webhooks", "replay", "--all-failed", "--yes", "--json", *either.flags)
        assert parsed(result) == {"replayed": 250}
        assert sum(state is State.WAITING for state in states(either).values()) == 250

    def test_filters_mean_the_failed_ones_unless_they_say_a_state(self, either, settled, parsed):
        either.fill(settled(1), settled(2, state=State.DELIVERED))
        assert parsed(either.run("webhooks", "replay", "-q", "Hello", "--yes", "--json", *either.flags)) == {"replayed": 1}
        assert parsed(either.run("webhooks", "replay", "--state", "delivered", "--yes", "--json", *either.flags)) == {
            "replayed": 1
        }

    def test_where_none_has_failed_that_is_said(self, either, settled):
        either.fill(settled(1, state=State.DELIVERED))
        assert either.run("webhooks", "replay", "--all-failed", *either.flags).stderr == "No failed webhooks.\n"
        found = either.run("webhooks", "replay", "-q", "Hello", *either.flags)
        assert (found.exit_code, found.stderr) == (0, "No failed webhooks like that: --state means others.\n")

    def test_a_code_is_a_filter_as_well(self, either, settled, parsed):
        either.fill(settled(1), settled(2, state=State.DELIVERED), settled(3))
        nothing = {"replayed": 0}
        assert parsed(either.run("webhooks", "replay", "--code", "11205", "--yes", "--json", *either.flags)) == nothing
        assert (
            parsed(either.run("webhooks", "replay", "--all-failed", "--code", "99999", "--yes", "--json", *either.flags))
            == nothing
        )
        assert set(states(either).values()) == {State.FAILED, State.DELIVERED}
        assert parsed(either.run("webhooks", "replay", "--code", "11200", "--yes", "--json", *either.flags)) == {"replayed": 2}

    def test_one_that_is_on_its_way_is_refused_with_the_reason(self, either, settled):
        either.fill(settled(1, state=State.WAITING))
        result = either.run("webhooks", "replay", FIRST, *either.flags)
        assert result.exit_code == 1
        assert "it will be delivered without a replay" in result.stderr

    @pytest.mark.parametrize("words", [[], [FIRST, "--all-failed"], ["--all-failed", "--state", "delivered"]])
    def test_nothing_named_and_two_things_named_are_bad_usage(self, stopped, words):
        assert stopped.run("webhooks", "replay", *words, *stopped.flags).exit_code == 2


class TestHasten:
    def test_without_a_server_what_waits_is_due_when_one_runs(self, stopped, settled, parsed):
        stopped.fill(*(due(settled(made, state=State.WAITING), time.time() + 3600) for made in (1, 2)), settled(3))
        result = stopped.run("webhooks", "hasten", "--json", *stopped.flags)
        assert parsed(result) == {"hastened": 2}
        assert result.stderr == "Brought 2 webhooks forward: delivered when `offhook serve` runs.\n"
        assert all(stopped.store._webhooks[each].due <= time.time() for each in (FIRST, SECOND))
        again = stopped.run("webhooks", "hasten", *stopped.flags)
        assert (again.exit_code, again.stderr) == (0, "Nothing waits for a later try.\n")

    def test_a_server_is_asked_for_one_endpoint_or_for_all(self, running, settled):
        running.house.endpoints = (Endpoint(name="sms", app_url="https://app.example.com/sms"),)
        for words in (["--endpoint", "sms"], []):
            running.fill(due(settled(1, state=State.WAITING), time.time() + 3600))
            result = running.run("webhooks", "hasten", *words, *running.flags)
            assert result.stderr == "Brought 1 webhook forward: what can go is being delivered.\n"

    def test_an_endpoint_that_there_is_not_is_bad_usage(self, running, settled):
        running.fill(settled(1))
        result = running.run("webhooks", "hasten", "--endpoint", "smss", *running.flags)
        assert result.exit_code == 2
        assert "There is no endpoint smss" in result.stderr


class TestWhereItLooks:
    def test_a_console_url_that_nobody_answers_is_a_fault_and_not_the_database(self, stopped, settled):
        stopped.fill(settled(1))
        for words, environ in (
            (["--console-url", "http://127.0.0.1:1"], {}),
            ([], {"OFFHOOK_CONSOLE_URL": "http://127.0.0.1:1"}),
        ):
            result = stopped.run("webhooks", "list", *words, **environ)
            assert (result.exit_code, result.stdout) == (1, "")
            assert "Nothing listens at http://127.0.0.1:1" in result.stderr

    def test_no_server_and_no_database_says_both(self, desk):
        result = desk.run("webhooks", "list", "--console-port", "1", "--database", "gone.db")
        assert result.exit_code == 1
        assert (
            "Nothing listens at http://127.0.0.1:1, and there is no file gone.db to read. Is `offhook serve` running?"
            in result.stderr
        )

    def test_something_else_on_that_port_is_not_taken_for_a_console(self, desk, app_answering):
        for answer in ((200, "text/html", "<h1>Hello</h1>"), (200, "application/json", "[1]"), (404, "application/json", "{}")):
            with app_answering(answer) as app:
                result = desk.run("webhooks", "list", "--console-url", app.url)
            assert result.exit_code == 1
            assert "is not Offhook's console" in result.stderr


class EndOfScriptError(Exception):
    """What ends a tail in these tests, as Ctrl-C does elsewhere."""


class Script:
    """An archive that answers a listing with one page after another."""

    def __init__(self, *pages):
        self._pages = iter(pages)
        self.asked = None

    async def webhooks(self, query):
        self.asked = query
        page = next(self._pages, EndOfScriptError())
        if isinstance(page, Exception):
            raise page
        return {"webhooks": page, "next_cursor": None}


class TestTail:
    def test_it_begins_with_the_last_ones_and_follows_changes(self, capsys):
        row = {"id": "WH1", "state": "failed", "attempts": 1, "failures": 1, "answer_status": 200}
        later = {**row, "id": "WH2"}
        script = Script([row], OffhookError("gone"), [later, {**row, "state": "delivered"}], [later])
        with pytest.raises(EndOfScriptError):
            asyncio.run(follow(script, {"endpoint": "sms"}, lines=1, interval=0, as_json=True))
        out, err = capsys.readouterr()
        assert [(each["id"], each["state"]) for each in map(json.loads, out.splitlines())] == [
            ("WH1", "failed"),
            ("WH1", "delivered"),
            ("WH2", "failed"),
        ]
        assert err == "gone; waiting for it to come back.\n"
        assert script.asked == {"endpoint": "sms", "limit": "200"}

    def test_a_line_says_why_a_webhook_waits(self, capsys):
        row = {
            "id": "WH1",
            "received_at": "2026-11-26T12:00:00Z",
            "endpoint": "sms",
            "state": "waiting",
            "attempts": 1,
            "failures": 1,
            "answer_status": 200,
            "from": "+15551230001",
            "body_preview": "Hello",
            "kind": "message",
            "note": "The app answered with status 502",
        }
        script = Script([row], [{**row, "state": "delivered", "attempts": 2}])
        with pytest.raises(EndOfScriptError):
            asyncio.run(follow(script, {}, lines=1, interval=0, as_json=False))
        waits, delivered = capsys.readouterr().out.splitlines()
        assert waits.endswith("tries 1 answered 200 +15551230001 Hello · The app answered with status 502")
        assert delivered.endswith("tries 2 answered 200 +15551230001 Hello")

    def test_without_a_server_there_is_nothing_to_follow(self, stopped, settled):
        stopped.fill(settled(1))
        result = stopped.run("webhooks", "tail", *stopped.flags)
        assert result.exit_code == 1
        assert "`offhook serve` is not running" in result.stderr

    def test_a_follower_says_each_thing_once_oldest_first(self):
        row = {"id": "WH2", "state": "waiting", "attempts": 0, "failures": 0, "answer_status": None}
        follower = Follower()
        assert [each["id"] for each in follower.news([row, {**row, "id": "WH1"}])] == ["WH1", "WH2"]
        assert follower.news([row]) == []
        assert [each["state"] for each in follower.news([{**row, "state": "delivered"}])] == ["delivered"]


def test_a_listing_of_many_is_quick_enough_to_be_asked_often(stopped, settled):
    stopped.fill(*(settled(made) for made in range(1, 501)))
    start = time.monotonic()
    assert len(stopped.run("webhooks", "list", "--limit", "500", *stopped.flags).stdout.splitlines()) == 501
    assert time.monotonic() - start < 10


def test_a_number_is_deleted_everywhere_and_only_after_a_yes(either, settled, parsed):
    either.fill(settled(1), settled(2))
    numbers = {row["id"]: row["from"] for row in parsed(either.run("webhooks", "list", "--json", *either.flags))["webhooks"]}
    gone = numbers[FIRST]
    assert either.run("webhooks", "delete", "--number", gone, *either.flags).exit_code == 1  # nobody said yes
    result = either.run("webhooks", "delete", "--number", gone, "--yes", "--json", *either.flags)
    assert parsed(result) == {"deleted": sum(number == gone for number in numbers.values())}
    left = parsed(either.run("webhooks", "list", "--json", *either.flags))["webhooks"]
    assert [row["from"] for row in left] == [number for number in numbers.values() if number != gone]


@pytest.mark.parametrize("said", [None, "n\n"])
def test_without_a_yes_nothing_is_done_and_that_is_said(either, settled, said):
    either.fill(settled(1))
    for words in (["delete", "--number", "+15551230001"], ["replay", "--all-failed"]):
        result = either.run("webhooks", *words, *either.flags, input=said)
        assert result.exit_code == 1
        assert result.stderr.endswith(
            "\nNothing was done: where nobody can be asked, --yes says it beforehand.\n"
            if said is None
            else "--yes says it beforehand.\n"
        )
    assert states(either) == {FIRST: State.FAILED}


def test_a_number_that_is_none_is_bad_usage(either):
    assert either.run("webhooks", "delete", "--number", "Alice", "--yes", *either.flags).exit_code == 2
