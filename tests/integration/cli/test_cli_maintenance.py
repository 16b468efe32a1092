"""`offhook alarms maintenance`: begun, listed and ended, with a server and without one."""

import pytest

from tests.integration.cli.test_cli_alarms import AtDesk


@pytest.fixture
def alarms(either):
    return AtDesk(either)


def windows(alarms, parsed):
    return parsed(alarms("maintenance", "list", "--json"))["maintenance"]


def test_where_there_is_none_the_way_to_begin_it_is_shown(alarms):
    assert "offhook alarms maintenance begin" in alarms("maintenance", "list").stderr


def test_maintenance_of_all_alarms_begins_at_once_and_is_ended(alarms, parsed):
    said = alarms("maintenance", "begin", "--for", "2h", "--note", "Moving house").stderr
    assert "nobody is told of any alarm." in said
    assert ": until " in said
    (window,) = windows(alarms, parsed)
    assert (window["alarms"], window["endpoints"], window["note"]) == ([], [], "Moving house")
    shown = alarms("maintenance", "list").stdout
    assert "goes on" in shown
    assert "Moving house" in shown
    assert window["id"] in alarms("maintenance", "end", window["id"][:9]).stderr
    assert windows(alarms, parsed) == []


def test_maintenance_of_some_alarms_at_some_endpoints_is_planned(alarms, parsed):
    alarms("create", "app-down")
    alarms("create", "slow")
    one, two = alarms.alarms()
    about = ("--alarm", "APP-down", "--alarm", two.sid[:34], "--endpoint", "sms")
    times = ("--since", "2100-01-01T22:00:00Z", "--until", "2100-01-02T02:00:00Z")
    made = parsed(alarms("maintenance", "begin", *about, *times, "--json"))
    assert (made["alarms"], made["endpoints"]) == ([one.sid, two.sid], ["sms"])
    assert (made["since"], made["until"]) == ("2100-01-01T22:00:00.000Z", "2100-01-02T02:00:00.000Z")
    shown = " ".join(alarms("maintenance", "list").stdout.split())
    assert "planned" in shown
    assert "the alarms app-down, slow" in shown
    said = alarms("maintenance", "begin", "--alarm", "slow", "--since", "2100-01-01", "--for", "1h").stderr
    assert "nobody is told of the alarm slow." in said
    assert ": from " in said


@pytest.mark.parametrize(
    ("flags", "refused"),
    [
        ([], (2, "Give either for, such as 2h, or until")),
        (["--for", "2h", "--until", "2100-01-01"], (2, "Give either for")),
        (["--for", "later"], (2, "a length of time such as 2h")),
        (["--until", "2020-01-01"], (2, "ends after it has started")),
        (["--for", "2h", "--alarm", "app-up"], (1, "There is no alarm app-up. There are app-down.")),
    ],
)
def test_what_cannot_be_meant_begins_nothing(alarms, parsed, flags, refused):
    alarms("create", "app-down")
    exit_code, words = refused
    assert words in alarms("maintenance", "begin", *flags, good=exit_code).stderr
    assert windows(alarms, parsed) == []


def test_an_endpoint_that_there_is_not_is_refused_with_a_suggestion(either, alarms):
    (either.folder / "offhook.toml").write_text('[endpoints.sms]\nto = "http://localhost:5000/sms"\n')
    assert "Did you mean sms?" in alarms("maintenance", "begin", "--for", "2h", "--endpoint", "smss", good=2).stderr


def test_what_is_not_there_cannot_be_ended_and_what_may_mean_several_is_not(alarms):
    assert "There is none." in alarms("maintenance", "end", "AM0", good=1).stderr
    for _ in range(2):
        alarms("maintenance", "begin", "--for", "2h")
    assert "may mean several" in alarms("maintenance", "end", "AM", good=1).stderr
    assert "There is AM" in alarms("maintenance", "end", "AMx", good=1).stderr
