"""Sinks are made, looked at, tried, fed again and deleted by command: through the running server, and in the database when none runs."""

import json

import pytest

from offhook.cli.sinks_drafts import read_configuration
from offhook.streams.carrier import SinkState
from offhook.streams.model import Delivery, Fault

URL = "https://app.example.com/events"
ERRORS, INBOUND = "com.twilio.error-logs.error.logged", "com.twilio.messaging.inbound-message.received"


@pytest.fixture
def sinks(either):
    """`offhook sinks …`, with a server and without."""
    either.fill()
    return command(either)


def command(desk):
    def run(*words, **environ):
        return desk.run("sinks", words[0], *desk.flags, *words[1:], **environ)

    return run


def made(run, *words, **environ):
    result = run("create", "webhook", URL, *words, "--json", **environ)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def listed(run):
    return json.loads(run("list", "--json").stdout)["sinks"]


def test_without_sinks_a_listing_says_how_to_make_one(sinks):
    result = sinks("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "offhook sinks create webhook https://app.example.com/events --types all" in result.stderr


def test_a_newcomers_first_command_makes_a_sink_that_everything_goes_to(sinks):
    result = sinks("create", "webhook", URL, "--types", "all")
    assert result.exit_code == 0
    [sink] = listed(sinks)
    assert f"Made {sink['sid']}: events of {len(sink['subscription']['types'])} types go there." in result.stderr
    assert (sink["status"], sink["description"]) == ("active", f"webhook {URL}")
    known = json.loads(sinks("types", "--json").stdout)["types"]
    assert sorted(each["type"] for each in sink["subscription"]["types"]) == sorted(each["type"] for each in known)
    assert len(known) > 20


def test_types_are_chosen_by_name_pattern_and_version(sinks):
    made(sinks, "--types", f"{ERRORS}@1,com.twilio.messaging.inbound*", "--types", "com.offhook.issue.*", "--filter", "a == 1")
    [sink] = listed(sinks)
    assert sink["subscription"]["filter"] == "a == 1"
    assert {each["type"]: each["schema_version"] for each in sink["subscription"]["types"]} == {
        ERRORS: 1,
        INBOUND: 6,
        "com.offhook.issue.opened": 1,
        "com.offhook.issue.regressed": 1,
    }


def test_keys_of_the_configuration_are_given_by_name(sinks):
    made(sinks, "batch_events=true", "timeout=2s", "headers.X-Key=env:KEY", "--description", "mine", KEY="hunter2")
    [sink] = listed(sinks)
    assert sink["configuration"] == {
        "destination": URL,
        "batch_events": True,
        "timeout": "2s",
        "headers": {"X-Key": "env:KEY"},
    }
    assert sink["description"] == "mine"
    assert sink["subscription"] is None


def test_a_sinks_own_description_holds_no_query(sinks):
    result = sinks("create", "webhook", f"{URL}?key=hunter2")
    assert result.exit_code == 0
    assert listed(sinks)[0]["description"] == f"webhook {URL}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["webhok", URL], "Did you mean webhook?"),
        (["webhook"], "destination is missing"),
        (["webhook", "nowhere"], "destination: "),
        (["webhook", URL, "methd=post"], "Did you mean method?"),
        (["webhook", URL, "method=post", "method=get"], "method is given twice"),
        (["webhook", URL, "password=hunter2"], "env:NAME or file:PATH"),
        (["webhook", "https://bob:hunter2@app.example.com/"], "username=NAME and password=-"),
        (["webhook", URL, "--types", "com.twilio.error-logs.error.loged"], f"Did you mean {ERRORS}?"),
        (["webhook", URL, "--types", f"{ERRORS}@9"], "has no version 9: it has 1, 2"),
        (["webhook", URL, "--filter", "a == 1"], "say of which --types"),
    ],
)
def test_what_makes_no_sink_is_bad_usage_and_leaves_nothing(sinks, words, said):
    result = sinks("create", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hunter2" not in result.stderr
    assert listed(sinks) == []


def test_a_filter_that_cannot_be_read_leaves_no_sink(sinks):
    result = sinks("create", "webhook", URL, "--types", "all", "--filter", "a = 1")
    assert result.exit_code == 2
    assert "write ==" in result.stderr
    assert listed(sinks) == []


def test_a_secret_that_a_pipe_brings_is_kept_and_not_shown(either):
    either.fill()
    words = ("sinks", "create", "webhook", URL, "username=bob", "password=-", *either.flags)
    result = either.run(*words, input="hunter2hunter2hunter2\n")
    assert result.exit_code == 0, result.stderr
    [sink] = listed(command(either))
    assert sink["configuration"] == {"destination": URL, "username": "bob", "password": "****ter2"}
    assert "hunter2" not in result.stdout + result.stderr


def test_a_secret_that_nobody_brings_is_bad_usage(sinks):
    assert sinks("create", "webhook", URL, "username=bob", "password=-").exit_code == 2


def test_a_sink_is_found_by_the_beginning_of_its_id_and_by_its_description(sinks):
    sid = made(sinks, "--description", "mine", "--types", ERRORS)["sid"]
    for words in (sid, sid[:20], sid[2:20], "mine"):
        page = sinks("show", words)
        assert page.exit_code == 0
        for told in ("mine  ", sid, URL, f"{ERRORS} @2"):
            assert told in page.stdout
    assert json.loads(sinks("show", sid, "--json").stdout)["sid"] == sid


def test_how_a_sink_is_doing_only_a_running_server_knows(either):
    either.fill()
    made(command(either), "--description", "mine", "--types", ERRORS)
    told = "at rest" if either.flags == ("--console-port", "1") else "well"
    assert told in command(either)("list").stdout
    assert f"mine  {told}" in command(either)("show", "mine").stdout


def test_two_sinks_of_one_description_are_not_told_apart_by_it(sinks):
    for _ in range(2):
        made(sinks, "--description", "mine")
    result = sinks("show", "mine")
    assert result.exit_code == 1
    assert "may mean several" in result.stderr


@pytest.mark.parametrize(
    "words", [["show", "DG01"], ["test", "DG01"], ["validate", "DG01", "x"], ["delete", "DG01"], ["replay", "DG01", "--parked"]]
)
def test_a_sink_that_there_is_not_is_a_fault(sinks, words):
    result = sinks(*words)
    assert result.exit_code == 1
    assert "There is no sink DG01." in result.stderr


def test_a_sink_is_deleted_with_its_subscription_after_a_question(sinks):
    sid = made(sinks, "--types", ERRORS, "--description", "mine")["sid"]
    asked = sinks("delete", sid)  # nobody answers
    assert asked.exit_code == 1
    assert "Events go to mine. Delete it?" in asked.stderr
    assert len(listed(sinks)) == 1
    result = sinks("delete", sid, "--yes")
    assert (result.exit_code, result.stderr) == (0, f"Deleted {sid}.\n")
    assert listed(sinks) == []


def test_a_sink_that_nothing_goes_to_is_deleted_without_a_question(sinks):
    sid = made(sinks)["sid"]
    assert sinks("delete", sid).exit_code == 0
    assert listed(sinks) == []


def test_the_types_of_sinks_are_listed_with_their_keys(desk):
    assert "webhook" in desk.run("sinks", "kinds").stdout
    page = desk.run("sinks", "kinds", "webhook").stdout
    assert "True" not in page
    assert "5s" in page
    assert "password (secret)" in page
    assert "(needed)" in page
    assert json.loads(desk.run("sinks", "kinds", "webhook", "--json").stdout)["fields"][0]["name"] == "destination"
    assert desk.run("sinks", "kinds", "webhok").exit_code == 2


@pytest.mark.parametrize("name", ["list", "show", "create", "test", "validate", "replay", "delete", "types", "kinds"])
def test_each_help_has_an_example(desk, name):
    result = desk.run("sinks", name, "--help")
    assert result.exit_code == 0
    assert f"offhook sinks {name}" in result.stdout.partition("Examples:")[2]


class TestWithAServer:
    def test_any_other_sink_takes_a_test_event_first_and_is_ready_with_that(self, running):
        run = command(running)
        result = run("create", "file", str(running.folder / "events.jsonl"), "--types", ERRORS)
        assert result.exit_code == 0, result.stderr
        [sink] = listed(run)
        assert (sink["status"], len(sink["subscription"]["types"])) == ("active", 1)
        assert f"Made {sink['sid']}: events of 1 type go there." in result.stderr

    def test_one_that_does_not_take_it_stays_and_says_how_to_go_on(self, running):
        run = command(running)
        running.carried.outcome = Delivery(taken=0, fault=Fault(code=91307, message="Nobody is there.", retry=True))
        result = run("create", "file", str(running.folder / "events.jsonl"), "--types", ERRORS)
        assert result.exit_code == 1
        [sink] = listed(run)
        assert (sink["status"], sink["subscription"]) == ("validating", None)
        assert f"try `offhook sinks test {sink['sid']} --activate`" in " ".join(result.stderr.split())
        running.carried.outcome = Delivery(taken=1)
        assert run("test", sink["sid"], "--types", ERRORS).exit_code == 2
        assert run("test", sink["sid"], "--activate", "--types", ERRORS).exit_code == 0
        assert listed(run)[0]["subscription"]["types"] == [{"type": ERRORS, "schema_version": 2}]

    def test_a_sink_that_somebody_else_has_made_is_validated_by_the_id_that_came_to_it(self, running):
        run = command(running)
        running.carried.outcome = Delivery(taken=0, fault=Fault(code=91307, message="Nobody is there.", retry=True))
        run("create", "file", str(running.folder / "events.jsonl"))
        running.carried.outcome = Delivery(taken=1)
        [sink] = listed(run)
        result = run("test", sink["sid"])
        assert f"offhook sinks validate {sink['sid']} TEST_ID" in " ".join(result.stderr.split())
        tested, _ = running.carried.tested[-1]
        wrong = run("validate", sink["sid"], "nonsense")
        assert (wrong.exit_code, wrong.stdout) == (1, "")
        right = run("validate", sink["sid"], tested.test_id, "--types", ERRORS)
        assert (right.exit_code, right.stderr) == (0, f"{sink['sid']} is active. Events of 1 type go there.\n")

    def test_a_test_says_whether_the_event_was_taken(self, running):
        run = command(running)
        sid = made(run)["sid"]
        good = run("test", sid, "--json")
        assert (good.exit_code, json.loads(good.stdout)) == (0, {"result": "taken", "fault": None})
        running.carried.outcome = Delivery(taken=0, fault=Fault(code=91307, message="Nobody is there.", retry=True))
        bad = run("test", sid)
        assert bad.exit_code == 1
        assert "91307 Nobody is there." in bad.stderr

    def test_a_replay_is_watched_to_its_end(self, running):
        run = command(running)
        sid = made(run, "--types", ERRORS)["sid"]
        running.carried.states[sid] = SinkState()
        result = run("replay", sid, "--since", "2026-11-23T14:00Z", "--until", "2026-11-23T15:00Z", "--json")
        assert (result.exit_code, result.stderr) == (0, "Replayed 3 events.\n")
        assert json.loads(result.stdout)["state"] == "completed"
        assert run("replay", sid, "--parked", "--no-wait").exit_code == 0
        since = 1_795_442_400.0
        assert running.carried.replayed == [(sid, since, since + 3600, False), (sid, None, None, True)]

    def test_a_replay_of_nothing_is_bad_usage(self, running):
        run = command(running)
        sid = made(run)["sid"]
        assert run("replay", sid).exit_code == 2
        assert "--since TIME, or --parked" in run("replay", sid).stderr
        idle = run("replay", sid, "--parked")
        assert idle.exit_code == 1
        assert "it needs a subscription first" in idle.stderr

    def test_a_sink_that_fails_is_listed_so(self, running):
        run = command(running)
        sid = made(run, "--types", ERRORS)["sid"]
        fault = Fault(code=91306, message="It answered \x1b[31m503.", retry=True)
        running.carried.states[sid] = SinkState(lag=7, parked=2, last_fault=fault, failing_since=1_763_899_200.0)
        _, row = run("list").stdout.splitlines()
        assert row.split()[1:5] == ["webhook", "failing", "7", "2"]
        page = run("show", sid).stdout
        assert "91306 It answered �[31m503." in page


class TestWithoutAServer:
    def test_a_sink_that_must_take_a_test_event_says_what_to_do_later(self, stopped):
        stopped.fill()
        result = command(stopped)("create", "file", str(stopped.folder / "events.jsonl"), "--types", "all")
        assert result.exit_code == 0
        assert "It is not active yet" in result.stderr

    def test_a_sink_that_is_made_says_when_events_go_there(self, stopped):
        stopped.fill()
        result = command(stopped)("create", "webhook", URL, "--types", "all")
        assert "They will when `offhook serve` runs." in result.stderr

    def test_its_secrets_are_in_a_private_file_beside_the_database(self, stopped):
        stopped.fill()
        words = ("create", "webhook", URL, "username=bob", "password=-")
        assert stopped.run("sinks", *words, *stopped.flags, input="hunter2hunter2hunter2\n").exit_code == 0
        path = stopped.folder / "offhook.db.secrets"
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(json.loads(path.read_text()).values()) == ["hunter2hunter2hunter2"]

    def test_tests_and_replays_need_one(self, stopped):
        stopped.fill()
        run = command(stopped)
        sid = made(run)["sid"]
        for words in (["test", sid], ["replay", sid, "--parked"]):
            result = run(*words)
            assert (result.exit_code, result.stdout) == (1, "")
            assert "only while `offhook serve` runs" in result.stderr


def test_a_word_without_a_key_is_the_first_key_of_the_kind():
    kind = {"name": "bus", "fields": [{"name": "url", "secret": False}, {"name": "size", "secret": False}]}
    assert read_configuration(kind, ["bus://b/?a=b", "size=12"], str) == {"url": "bus://b/?a=b", "size": 12}
