"""Issues are listed, shown, dealt with and replayed through the running server, and in the database when none runs."""

import time

import pytest
from msgspec.structs import replace

from offhook.cli.pages import bars
from offhook.records import Cause, Confidence, IssueState, State
from offhook.stores.grouping import issue_id

ISSUE = issue_id("sms", 11217, "")
EXPIRED = Cause(
    name="tls.expired",
    title="The certificate has expired.",
    confidence=Confidence.CERTAIN,
    evidence=("not after 2025-11-01",),
    steps=("Renew it.", "Restart the server."),
)


def with_event(settlement, **fields):
    """The same settlement with another debug event."""
    return replace(settlement, events=(replace(settlement.events[0], **fields),))


def states(desk):
    return [webhook.state for _, webhook in sorted(desk.store._webhooks.items())]  # the journal is closed by now


def issue_state(desk):
    return desk.store._issues[ISSUE].state


def test_a_listing_says_what_there_is_to_mend_the_last_seen_first(either, settled):
    either.fill(settled(1), settled(2), with_event(settled(3), code=11210, causes=(EXPIRED,)))
    head, newest, oldest = either.run("issues", "list", *either.flags).stdout.splitlines()
    assert head.split() == ["id", "state", "last", "seen", "errors", "code", "last", "24", "h", "endpoint", "what"]
    assert newest.rstrip().endswith("The certificate has expired.")
    assert oldest.split()[1] == "open"
    assert ISSUE.startswith(oldest.split()[0])
    assert oldest.rstrip().endswith("The app answered 502.")


def test_a_listing_of_nothing_says_so(either):
    either.fill()
    assert "No issues." in either.run("issues", "list", *either.flags).stderr
    assert "No issues like that." in either.run("issues", "list", "--state", "resolved", *either.flags).stderr


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ([], [11210, 11217]),
        (["--state", "open", "--state", "resolved"], [11210, 11217]),
        (["--state", "ignored"], []),
        (["--code", "11210"], [11210]),
        (["--cause", "tls.expired"], [11210]),
        (["--endpoint", "sms", "--state", "ignored"], []),
        (["--limit", "1"], [11210]),
    ],
)
def test_json_is_what_the_api_gives_and_the_filters_are_the_apis(either, settled, parsed, words, codes):
    either.fill(settled(1), with_event(settled(3), code=11210, causes=(EXPIRED,)))
    page = parsed(either.run("issues", "list", "--json", *words, *either.flags))
    assert [row["code"] for row in page["issues"]] == codes


def test_a_page_says_where_the_next_begins(either, settled, parsed):
    either.fill(settled(1), with_event(settled(3), code=11210))
    said = either.run("issues", "list", "--limit", "1", *either.flags).stderr
    cursor = said.split("--cursor ")[1].split()[0]
    page = parsed(either.run("issues", "list", "--json", "--cursor", cursor, *either.flags))
    assert [row["code"] for row in page["issues"]] == [11217]


def test_an_issue_is_shown_with_its_cause_and_what_to_do(either, settled, parsed):
    either.fill(with_event(settled(1), causes=(EXPIRED,)))
    whole = issue_id("sms", 11217, "tls.expired")
    page = either.run("issues", "show", whole[:8], *either.flags).stdout
    for words in ("ERROR 11217 The certificate has expired.  open", whole, "· not after 2025-11-01", "1. Renew it."):
        assert words in page
    assert parsed(either.run("issues", "show", whole, "--json", *either.flags))["id"] == whole


@pytest.mark.parametrize("words", ["IS" + "0" * 32, "IS0000", "nonsense", "IS%2e%2e"])
def test_an_issue_that_does_not_exist_is_a_fault(either, settled, words):
    either.fill(settled(1))
    for command in ("show", "resolve", "replay"):
        result = either.run("issues", command, words, *either.flags)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"There is no issue {words}." in result.stderr


def test_a_beginning_that_several_have_is_refused(either, settled):
    either.fill(*(with_event(settled(made), code=11200 + made) for made in range(1, 40)))
    shared = next(digit for digit in "0123456789abcdef" if sum(key[2] == digit for key in either.store._issues) > 1)
    result = either.run("issues", "resolve", f"IS{shared}", *either.flags)
    assert result.exit_code == 1
    assert "may mean several" in result.stderr


@pytest.mark.parametrize(
    ("command", "state"), [("resolve", "resolved"), ("acknowledge", "acknowledged"), ("ignore", "ignored"), ("reopen", "open")]
)
def test_an_issue_is_given_a_state(either, settled, parsed, command, state):
    either.fill(settled(1))
    either.run("issues", "ignore" if state == "open" else "reopen", ISSUE, *either.flags)
    result = either.run("issues", command, ISSUE[:10], *either.flags)
    assert result.exit_code == 0
    assert result.stderr == f"{ISSUE} is {state}: The app answered 502.\n"
    assert issue_state(either) is IssueState(state)
    assert parsed(either.run("issues", command, ISSUE, "--json", *either.flags))["state"] == state


class TestReplay:
    def test_what_was_lost_is_replayed_and_what_was_delivered_is_not(self, either, settled, parsed):
        either.fill(settled(1), settled(2, state=State.DELIVERED), settled(3, state=State.DISMISSED))
        result = either.run("issues", "replay", ISSUE, "--yes", "--json", *either.flags)
        assert parsed(result) == {"replayed": 2, "dry_run": False}
        assert states(either) == [State.WAITING, State.DELIVERED, State.WAITING]
        assert parsed(either.run("issues", "replay", ISSUE, "--json", *either.flags)) == {"replayed": 0, "dry_run": False}

    def test_a_dry_run_only_says_how_many(self, either, settled):
        either.fill(settled(1), settled(2))
        result = either.run("issues", "replay", ISSUE, "--dry-run", *either.flags)
        assert (result.exit_code, result.stderr) == (0, "Would replay 2 webhooks.\n")
        assert states(either) == [State.FAILED, State.FAILED]

    def test_many_are_asked_about_first_and_one_is_not(self, either, settled):
        either.fill(settled(1), settled(2))
        result = either.run("issues", "replay", ISSUE, *either.flags)  # nobody answers
        assert result.exit_code == 1
        assert "Replay 2 webhooks?" in result.stderr
        assert states(either) == [State.FAILED, State.FAILED]

    def test_one_is_not_asked_about(self, either, settled):
        either.fill(settled(1))
        assert either.run("issues", "replay", ISSUE, *either.flags).exit_code == 0
        assert states(either) == [State.WAITING]

    def test_without_a_server_it_says_when_they_go_out(self, stopped, settled):
        stopped.fill(settled(1))
        said = stopped.run("issues", "replay", ISSUE, *stopped.flags).stderr
        assert said == "Set 1 webhook waiting: they will be delivered when `offhook serve` runs.\n"


@pytest.mark.parametrize(
    ("words", "found"), [(["--cause", "tls.expired"], 1), (["--issue", ISSUE[:9]], 1), (["-q", "502 app"], 2), (["-q", "503"], 0)]
)
def test_errors_are_found_by_cause_issue_and_words(either, settled, parsed, words, found):
    either.fill(settled(1), with_event(settled(2), causes=(EXPIRED,)))
    assert len(parsed(either.run("errors", "list", "--json", *words, *either.flags))["errors"]) == found


def test_bars_are_as_high_as_the_counts():
    assert bars([0, 1, 4, 8]) == "·▁▄█"
    assert bars([0, 0]) == "··"
    assert bars([1000, 1]) == "█▁"


def test_the_hours_are_those_of_now(stopped, settled, parsed):
    stopped.fill(with_event(settled(1), at=time.time()), settled(2))
    (issue,) = parsed(stopped.run("issues", "list", "--json", *stopped.flags))["issues"]
    assert (issue["count"], sum(issue["hours"])) == (2, 1)
