"""`offhook alarms edit`: what is given changes and the rest stays, with a server and without one."""

import pytest

from offhook.alarms.model import Alarm
from tests.integration.cli.test_cli_alarms import AtDesk

MADE = ("--code", "11200", "--at-least", "5", "--within", "15m", "--endpoint", "sms", "--email", "dev@app.example")


@pytest.fixture
def alarms(either):
    (either.folder / "offhook.toml").write_text('[endpoints.sms]\nto = "http://localhost:5000/sms"\n')
    return AtDesk(either)


@pytest.fixture
def made(alarms, parsed):
    return parsed(alarms("create", "app-down", *MADE, "--console", "--json"))


def settings(alarms, parsed):
    (alarm,) = parsed(alarms("list", "--json"))["alarms"]
    return alarm["settings"]


@pytest.mark.parametrize(
    ("flags", "changes"),
    [
        (["--at-least", "9"], {"at_least": 9}),
        (["--code", "11205", "--code", "11210"], {"code": [11205, 11210]}),
        (["--except", "11206", "--within", "1h"], {"except": [11206], "within": "1h"}),
        (["--email", "a@app.example", "--email", "b@app.example"], {"email": ["a@app.example", "b@app.example"]}),
        (["--muted"], {"muted": True}),
        (["--no-console"], {"console": None}),
        (["--email", ""], {"email": None}),
        (["--endpoint", "", "--within", ""], {"endpoint": None, "within": None}),
    ],
)
def test_what_is_given_changes_and_the_rest_stays(alarms, made, parsed, flags, changes):
    changed = parsed(alarms("edit", "app-down", *flags, "--json"))
    after = {name: value for name, value in (made["settings"] | changes).items() if value is not None}
    assert (changed["sid"], changed["settings"]) == (made["sid"], after)
    assert settings(alarms, parsed) == after


def test_another_watch_takes_the_place_of_the_one_before(alarms, made, parsed):
    said = alarms("edit", "app-down", "--delivery-p95", "2s").stderr
    assert f"{made['sid']} app-down: fires when deliveries to the app take 2s or more (p95 within 5m), endpoint sms" in said
    assert "code" not in settings(alarms, parsed)


def test_an_alarm_gets_another_name(alarms, made):
    assert "app-slow: fires when" in alarms("edit", made["sid"][:9], "--name", "app-slow").stderr
    assert [alarm.name for alarm in alarms.alarms()] == ["app-slow"]
    assert "Give the alarm a name" in alarms("edit", "app-slow", "--name", "", good=2).stderr


@pytest.mark.parametrize(
    ("flags", "refused"),
    [
        ([], (2, "Say what is to change")),
        (["--at-least", "0"], (2, "app-down at_least")),
        (["--delivery-p95", "2s", "--silence", "2h"], (2, "are watched by one alarm each")),
        (["--endpoint", "smss"], (2, "there is no endpoint smss. Did you mean sms?")),
        (["--webhook", "http://169.254.169.254/"], (2, "is not called: a cloud's metadata service")),
        (["--name", "OTHER"], (1, "there is an alarm other already")),
    ],
)
def test_what_cannot_be_meant_changes_nothing(alarms, made, parsed, flags, refused):
    alarms("create", "other")
    exit_code, words = refused
    assert words in alarms("edit", "app-down", *flags, good=exit_code).stderr
    assert parsed(alarms("show", "app-down", "--json")) == made


def test_an_alarm_that_is_not_there_and_one_of_the_file_are_not_changed(alarms, made):
    assert "There is no alarm app-up. There are app-down." in alarms("edit", "app-up", "--at-least", "9", good=1).stderr
    alarms.do(alarms.book.adopt([Alarm(sid="", name="from-file")]))
    assert "[alarms.from-file]" in alarms("edit", "from-file", "--at-least", "9", good=1).stderr


def test_without_a_server_it_is_said_when_the_alarm_watches(stopped):
    desk = AtDesk(stopped)
    desk("create", "it")
    said = desk("edit", "it", "--endpoint", "orders").stderr
    assert "It watches when `offhook serve` runs." in said
    assert "Whether there is an endpoint orders could not be looked up" in said
