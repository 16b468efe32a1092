"""`offhook alarms`: the same words with a server, which watches, and without one, where they go into the journal."""

import asyncio
import re

import pytest
from msgspec.structs import replace

from offhook.alarms.book import AlarmBook
from offhook.alarms.model import UNTOLD, Alarm, Firing, FiringState, News, Notification
from offhook.alarms.shelves import encode, keep_alarm, keep_firing
from offhook.records import Kept
from offhook.system import SystemClock, TimeSortedIds

NOON = 1_763_899_200.0  # 2025-11-23T12:00:00Z


class AtDesk:
    """Short ways to say things to the command line, and to put things into its journal."""

    def __init__(self, desk):
        self._desk = desk
        self.store = desk.store
        self.book = AlarmBook(desk.store, SystemClock(), TimeSortedIds())

    def do(self, work):
        async def opened():
            await self._desk.store.open()  # a command that ran without a server has closed it
            return await work

        loop = getattr(self._desk, "loop", None)
        return loop.run(opened()) if loop else asyncio.run(opened())

    def __call__(self, *words, good=0):
        result = self._desk.run("alarms", *words, *self._desk.flags)
        assert result.exit_code == good, result.output
        return result

    def alarms(self):
        return self.do(self.book.alarms())

    def fire(self, alarm, place, **fields):
        values = {"value": 5.0, "threshold": 5.0, "peak": 7.0, "code": 11200, "cause_title": "The app is asleep"} | fields
        firing = Firing(id=f"AF{place:032x}", alarm_sid=alarm.sid, alarm_name=alarm.name, fired_at=NOON + place, **values)
        self.do(self._desk.store.keep(keep_firing(firing)))
        return firing

    def miss(self, alarm, firing, place, **fields):
        """Somebody could not be told of a firing."""
        values = {"news": News.FIRED, "channel": "email", "address": "dev@app.example", "note": "The mail server refuses it."}
        missed = Notification(id=f"AN{place:032x}", alarm=alarm, firing=firing, created_at=NOON, due=NOON, **(values | fields))
        self.do(self._desk.store.keep([Kept(shelf=UNTOLD, id=missed.id, data=encode(missed))]))


@pytest.fixture
def alarms(either):
    return AtDesk(either)


def test_where_there_is_none_the_way_to_make_one_is_shown(alarms):
    assert "offhook alarms create" in alarms("list").stderr


def test_an_alarm_is_made_of_flags_and_listed_with_what_it_watches(alarms, parsed):
    made = alarms(
        *("create", "app-down", "--code", "11200", "--code", "11205", "--at-least", "5", "--within", "15m"),
        *("--except", "11206", "--endpoint", "sms", "--email", "dev@app.example", "--notify", "env:SLACK_URL"),
    )
    assert "5 or more of 11200, 11205 (not 11206) within 15m, endpoint sms" in made.stderr
    listed = alarms("list")
    assert "app-down" in listed.stdout
    assert "dev@app.example, env:SLACK_URL" in listed.stdout
    (alarm,) = parsed(alarms("list", "--json"))["alarms"]
    assert alarm["settings"] == {
        "code": [11200, 11205],
        "at_least": 5,
        "within": "15m",
        "except": [11206],
        "endpoint": ["sms"],
        "email": ["dev@app.example"],
        "notify": ["env:SLACK_URL"],
    }


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--any", "error"], "1 or more errors within 5m"),
        (["--failure-share", "10%", "--within", "1h"], "10% or more of the attempts at delivery fail, within 1h"),
        (["--delivery-p95", "2s"], "deliveries to the app take 2s or more (p95 within 5m)"),
        (["--answer-p99", "800ms"], "Twilio's answers take 800ms or more (p99 within 5m)"),
        (["--backlog", "100"], "100 or more webhooks wait"),
        (["--backlog-age", "10m"], "a webhook has waited for 10m or longer"),
        (["--silence", "2h"], "nothing has come for 2h, though something usually does"),
        (["--breaker"], "an app fails so often that it is given a rest"),
        (["--issues", "--cause", "tls.expired"], "an issue is new, or has come back, cause tls.expired"),
        ([], "1 or more errors or warnings within 5m"),
    ],
)
def test_each_watch_has_its_flag(alarms, flags, sentence):
    assert sentence in alarms("create", "it", *flags).stderr


def test_whatever_is_wrong_is_said_at_once_and_nothing_is_made(alarms):
    refused = alarms("create", "x", "--within", "7m", "--email", "nobody", "--notify", "slack://secret", "--sms", "0", good=2)
    for words in ("one of 5m, 15m, 1h, 12h, 24h", "not a mail address", "env:NAME", "not a phone number"):
        assert words in refused.stderr
    assert "slack://secret" not in refused.stderr
    assert alarms.alarms() == []


def test_a_cause_that_no_error_can_have_is_refused(alarms):
    refused = alarms("create", "tls", "--cause", "tls.expird", good=2)
    assert "cause: there is no cause tls.expird. Did you mean tls.expired?" in refused.stderr
    alarms("create", "tls", "--cause", "tls.expired")
    assert "Did you mean tls.expired?" in alarms("edit", "tls", "--cause", "tls.expird", good=2).stderr
    assert [each.causes for each in alarms.alarms()] == [("tls.expired",)]


def test_a_preview_refuses_what_could_not_be_made(alarms):
    refused = alarms("preview", "--cause", "tls.expird", good=2)
    assert "Did you mean tls.expired?" in refused.stderr
    alarms("create", "tls", "--cause", "tls.expired")
    assert "would not have fired" in alarms("preview", "tls").stdout


def test_who_cannot_be_told_as_the_settings_are_is_said_at_once_and_when_it_is_shown(alarms, parsed):
    lacks = "no mail is sent until smtp_host and smtp_from say by which server, and as whom.\n"
    assert alarms("create", "app-down", "--email", "dev@app.example").stderr.endswith(f"email: {lacks}")
    made = alarms("create", "slow", "--delivery-p95", "2s", "--webhook", "https://hooks.example/", "--json")
    assert (made.stderr, parsed(made)["warnings"]) == ("", [])
    assert lacks in alarms("edit", "slow", "--email", "dev@app.example", "--json").stderr
    assert lacks in alarms("show", "slow").stdout


def test_without_a_server_the_settings_say_whether_mail_can_be_sent(stopped):
    (stopped.folder / "offhook.toml").write_text('smtp_host = "smtp.example.com"\nsmtp_from = "alarms@example.com"\n')
    assert "no mail" not in AtDesk(stopped)("create", "app-down", "--email", "dev@app.example").stderr


def test_an_alarm_needs_a_name(alarms):
    assert "NAME" in alarms("create", "--code", "11200", good=2).stderr


def test_an_endpoint_that_there_is_not_is_refused_with_a_suggestion(either, alarms):
    (either.folder / "offhook.toml").write_text('[endpoints.sms]\nto = "http://localhost:5000/sms"\n')
    refused = alarms("create", "it", "--endpoint", "smss", good=2)
    assert "there is no endpoint smss. Did you mean sms?" in refused.stderr
    assert alarms.alarms() == []


def test_where_no_settings_name_endpoints_a_stopped_server_may_have_any(stopped):
    made = AtDesk(stopped)("create", "it", "--endpoint", "orders")
    assert "Whether there is an endpoint orders could not be looked up" in made.stderr


def test_a_name_that_is_taken_is_refused_with_the_id_of_the_alarm_that_has_it(alarms):
    alarms("create", "app-down")
    (alarm,) = alarms.alarms()
    assert f"there is an alarm app-down already, {alarm.sid}" in alarms("create", "App-Down", good=1).stderr
    assert alarms.alarms() == [alarm]


def test_a_webhook_that_would_be_refused_when_it_fires_is_refused_now(alarms):
    refused = alarms("create", "it", "--webhook", "http://169.254.169.254/latest/meta-data", good=2)
    assert "169.254.169.254 is not called: a cloud's metadata service" in refused.stderr
    assert alarms.alarms() == []
    alarms("create", "it", "--webhook", "https://no-such-name.invalid/hook")


def test_from_an_error_its_code_endpoint_and_name_are_filled_in(either, alarms, settled, parsed):
    either.fill(settled(1))
    alarms("create", "--from-error", "NO", "--email", "dev@app.example")
    (alarm,) = alarms.alarms()
    assert (alarm.name, alarm.codes, alarm.endpoints) == ("11217 The app answered 502.", (11217,), ("sms",))
    named = parsed(alarms("create", "mine", "--from-error", "NO", "--json"))
    assert (named["name"], named["settings"]["code"]) == ("mine", [11217])
    assert "no error" in alarms("create", "--from-error", "NO1", good=1).stderr


def test_an_alarm_is_found_by_its_name_its_id_and_the_beginning_of_that(alarms):
    alarms("create", "App Down")
    (alarm,) = alarms.alarms()
    for words in ("app down", alarm.sid, alarm.sid[:9]):
        assert alarm.sid in alarms("show", words).stdout
    assert "There are App Down." in alarms("show", "app", good=1).stderr


def test_a_name_that_means_several_is_refused_with_their_ids(alarms):
    for place in range(2):  # as they may be from before there was one alarm of a name
        alarms.do(alarms.store.keep([keep_alarm(Alarm(sid=f"AK{place:032x}", name="twin"))]))
    refused = alarms("delete", "twin", "--yes", good=1)
    assert all(alarm.sid in refused.stderr for alarm in alarms.alarms())


def test_a_snooze_ends_by_itself_or_when_it_is_switched_off(alarms, parsed):
    alarms("create", "app-down")
    assert "tells nobody until" in alarms("snooze", "app-down", "2h").stderr
    assert "snoozed" in alarms("list").stdout
    assert parsed(alarms("snooze", "app-down", "off", "--json"))["snoozed_until"] is None
    assert "a length of time" in alarms("snooze", "app-down", "a while", good=2).stderr


def test_an_alarm_is_muted_and_switched_off_and_comes_back(alarms, parsed):
    alarms("create", "app-down")
    for word, member, value in (
        ("mute", "muted", True),
        ("unmute", "muted", False),
        ("disable", "enabled", False),
        ("enable", "enabled", True),
    ):
        assert parsed(alarms(word, "app-down", "--json"))[member] is value
    assert "is off" in alarms("disable", "app-down").stderr


def test_a_test_says_to_whom_it_goes_and_fails_where_it_goes_to_nobody(alarms):
    alarms("create", "loud", "--email", "dev@app.example", "--webhook", "https://hooks.example/alarm")
    alarms("create", "silent")
    assert "dev@app.example, https://hooks.example/alarm" in alarms("test", "loud").stderr
    assert "tells nobody" in alarms("test", "silent", good=1).stderr


def test_a_removed_alarm_is_gone(alarms):
    alarms("create", "app-down")
    alarms("delete", "app-down", "--yes")
    assert alarms.alarms() == []
    assert "There are none yet" in alarms("show", "app-down", good=1).stderr


def test_an_alarm_of_the_file_is_not_removed_here_but_can_be_put_to_rest(alarms):
    alarms.do(alarms.book.adopt([Alarm(sid="", name="from-file")]))
    assert "[alarms.from-file]" in alarms("delete", "from-file", "--yes", good=1).stderr
    alarms("mute", "from-file")
    alarms("disable", "from-file")


def test_firings_are_listed_newest_first_with_their_cause(alarms, parsed):
    alarms("create", "app-down")
    alarms("create", "other")
    one, other = alarms.alarms()
    alarms.fire(one, 1, state=FiringState.RECOVERED, recovered_at=NOON + 60)
    alarms.fire(one, 2)
    alarms.fire(other, 3)
    assert [each["alarm_name"] for each in parsed(alarms("firings", "--json"))["firings"]] == ["other", "app-down", "app-down"]
    of_one = parsed(alarms("firings", "app-down", "--state", "active", "--json"))["firings"]
    assert [each["id"] for each in of_one] == [f"AF{2:032x}"]
    shown = alarms("firings", "--limit", "2")
    assert "The app is asleep" in shown.stdout
    assert "--cursor AF" in shown.stderr
    assert "fires" in alarms("list").stdout
    assert "why: The app is asleep" in alarms("show", "app-down").stdout


def test_who_could_not_be_told_stands_below_the_firings_and_with_the_alarm(alarms, parsed):
    alarms("create", "app-down", "--email", "dev@app.example")
    (alarm,) = alarms.alarms()
    firing = alarms.fire(alarm, 1)
    assert "could not be told" not in alarms("firings").stdout
    alarms.miss(alarm, firing, 1)
    alarms.miss(
        alarm, replace(firing, id="AF" + "9" * 32), 2, news=News.TEST, channel="apprise", address="env:SLACK_URL", note=""
    )
    said = "dev@app.example (email) could not be told that it fires: The mail server refuses it."
    listed = alarms("firings").stdout
    assert f"{said}\n" in listed
    assert "app-down: " in listed
    assert "env:SLACK_URL" not in listed
    (shown,) = parsed(alarms("firings", "--json"))["firings"]
    assert [each["why"] for each in shown["untold"]] == ["The mail server refuses it."]
    of_alarm = alarms("show", "app-down").stdout
    assert said in of_alarm
    assert "env:SLACK_URL (notify) could not be told of a test." in of_alarm


def test_where_nothing_has_fired_that_is_said(alarms):
    assert "Nothing has fired" in alarms("firings").stderr


def test_a_preview_says_how_often_it_would_have_fired(either, alarms, settled, parsed):
    either.fill(*(settled(made) for made in range(1, 4)))
    since = ("--since", "2025-11-23T00:00:00Z")
    fired = alarms("preview", "--code", "11200", "--at-least", "3", *since)
    assert re.search(r"would have fired once since .*counted 3", fired.stdout)
    assert parsed(alarms("preview", "--code", "11200", "--at-least", "4", *since, "--json"))["fired"] == 0
    alarms("create", "app-down", "--code", "11217", "--at-least", "2")
    assert parsed(alarms("preview", "app-down", *since, "--json"))["fired"] == 1
    assert alarms.do(alarms.book.alarms())[0].codes == (11217,)


def test_what_is_measured_cannot_be_previewed(alarms):
    assert "measured as it happens" in alarms("preview", "--silence", "2h", good=2).stderr
    alarms("create", "it")
    assert "either" in alarms("preview", "it", "--silence", "2h", good=2).stderr


def test_without_a_server_it_is_said_when_the_alarm_begins_to_watch(stopped):
    assert "when `offhook serve` runs" in AtDesk(stopped)("create", "app-down", "--email", "a@b.example").stderr
    assert "when `offhook serve` runs" in AtDesk(stopped)("test", "app-down").stderr
