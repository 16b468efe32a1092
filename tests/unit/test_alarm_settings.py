"""`[alarms.NAME]`: what may be written, what it comes to, and what is said of what cannot be meant."""

from itertools import product

import pytest

from offhook.alarms.checks import usable
from offhook.alarms.configured import alarm_of, alarms_of, keys_of, oddities
from offhook.alarms.model import Alarm, Channels, Watch
from offhook.errors import SettingsError
from offhook.records import Level
from offhook.settings import load
from offhook.settings.alarm_keys import ALARM_KEYS, AlarmSettings
from offhook.settings.alarm_kinds import WINDOWS
from offhook.settings.alarms import read_alarm
from offhook.settings.sources import Problems

# A value for each key, and what has to stand beside it.
VALUES = {
    "code": [11200, 11205],
    "any": "error",
    "except": [11206],
    "failure_share": "10%",
    **{f"{what}_p{percent}": "1s500ms" for what, percent in product(("answer", "delivery"), (50, 95, 99))},
    "backlog": 100,
    "backlog_age": "10m",
    "silence": "2h",
    "breaker": True,
    "issues": True,
    "at_least": 5,
    "within": "15m",
    "minimum": 50,
    "recover_below": 2,
    "endpoint": ["sms"],
    "number": ["+15551234567", "whatsapp:+15551234567"],
    "cause": ["tls.expired"],
    "email": ["dev@example.com", "ops+alarm@mail.example.co.uk"],
    "webhook": "https://hooks.example.com/alarm?team=a",
    "webhook_format": "standard",
    "webhook_secret": "env:HOOK_SECRET",
    "notify": ["env:SLACK_URL", "file:/run/secrets/teams"],
    "sms": ["+15551234567"],
    "console": True,
    "description": "The app is down",
    "enabled": False,
    "muted": True,
}
BESIDE = {
    "minimum": {"failure_share": "10%"},
    "recover_below": {"at_least": 5},
    "webhook_format": {"webhook": "https://hooks.example.com"},
    "webhook_secret": {"webhook": "https://hooks.example.com", "webhook_format": "standard"},
}


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "offhook.toml"
        path.write_text(text)
        return path

    return write


def read(**keys):
    problems = Problems()
    wanted = read_alarm("it", keys, "here", problems)
    assert not problems
    return alarm_of(wanted)


def why_not(**keys):
    problems = Problems()
    assert read_alarm("it", keys, "here", problems) is None
    return list(problems)


class TestTheTable:
    def test_every_key_is_read_and_said_again_as_it_was_written(self):
        assert set(VALUES) == {key.name for key in ALARM_KEYS}
        for key in ALARM_KEYS:
            written = {key.name: VALUES[key.name], **BESIDE.get(key.name, {})}
            alarm = read(**written)
            said = keys_of(alarm)
            assert said.items() >= written.items(), key.name
            assert read(**said) == alarm, key.name

    def test_every_key_means_something_in_one_line(self):
        for key in ALARM_KEYS:
            assert 15 < len(key.meaning) < 120, key.name
            assert not key.meaning.endswith("."), key.name

    def test_what_may_be_written_is_what_the_book_of_alarms_takes(self):
        for key in ALARM_KEYS:
            usable(read(**{key.name: VALUES[key.name], **BESIDE.get(key.name, {})}))

    def test_what_is_not_written_is_as_a_new_alarm_has_it(self):
        assert read() == Alarm(sid="", name="it")
        assert set(AlarmSettings.__struct_fields__) - {
            "email",
            "webhook",
            "webhook_format",
            "webhook_secret",
            "notify",
            "sms",
        } <= set(Alarm.__struct_fields__)


class TestWhatIsWatched:
    def test_nothing_said_is_any_error_or_warning(self):
        assert (read().watch, set(read().levels), read().threshold) == (Watch.EVENTS, {Level.ERROR, Level.WARNING}, 1.0)

    def test_a_named_code_counts_whatever_its_level(self):
        assert set(read(code=11200).levels) == set(Level)
        assert read(code="11200, 11205").codes == (11200, 11205)
        assert read(code=[11200], any="warning").levels == (Level.WARNING,)

    def test_each_watch_has_its_threshold_in_its_own_unit(self):
        assert (read(failure_share="12.5%").watch, read(failure_share=0.125).threshold) == (Watch.FAILURE_SHARE, 0.125)
        assert (read(delivery_p99="2s").percentile, read(delivery_p99="2s").threshold) == (99, 2.0)
        assert read(answer_p50="800ms").watch is Watch.ANSWER_LATENCY
        assert (read(backlog=100).threshold, read(backlog_age="10m").threshold) == (100.0, 600.0)
        assert (read(silence="2h").window, read(silence="2h").threshold) == (7200.0, 1.0)
        assert (read(breaker=True).watch, read(issues=True).watch) == (Watch.BREAKER, Watch.ISSUES)

    def test_issues_can_be_narrowed_to_codes(self):
        alarm = read(issues=True, code=11200, cause="tls.expired")
        assert (alarm.watch, alarm.codes, alarm.causes) == (Watch.ISSUES, (11200,), ("tls.expired",))

    @pytest.mark.parametrize("window", WINDOWS)
    def test_counts_look_back_on_twilios_five_windows(self, window):
        assert read(within=window).window == WINDOWS[window]

    def test_a_window_may_be_written_in_another_unit(self):
        assert read(within="60m").window == read(within=3600).window == 3600.0

    def test_it_recovers_at_a_value_of_its_own_unit(self):
        assert read(at_least=5, recover_below=0).recover_below == 0.0
        assert read(failure_share="10%", recover_below="5%").recover_below == 0.05
        assert read(delivery_p95="2s", recover_below="500ms").recover_below == 0.5


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("keys", "words"),
        [
            ({"codes": 11200}, "did you mean code?"),
            ({"endpiont": "sms"}, "did you mean endpoint?"),
            ({"slack": "env:X"}, "did you mean notify?"),
            ({"within": "7m"}, "write one of 5m, 15m, 1h, 12h, 24h"),
            ({"code": 12}, "four to six digits"),
            ({"code": True}, "not a code"),
            ({"at_least": 0}, "whole number from 1"),
            ({"failure_share": "150%"}, "not a share"),
            ({"failure_share": 0}, "not a share"),
            ({"delivery_p95": "soon"}, "length of time"),
            ({"silence": "2h", "backlog": 3}, "backlog and silence are watched by one alarm each"),
            ({"silence": "2h", "at_least": 3}, "says nothing of an alarm with silence"),
            ({"breaker": True, "within": "5m"}, "says nothing of an alarm with breaker"),
            ({"code": 11200, "minimum": 3}, "says nothing of an alarm with code"),
            ({"backlog": 5, "code": 11200}, "says nothing of an alarm with backlog"),
            ({"delivery_p95": "2s", "number": "+15551234567"}, "says nothing of an alarm with delivery_p95"),
            ({"breaker": False}, "false means nothing here"),
            ({"at_least": 5, "recover_below": 5}, "recover while it fires"),
            ({"recover_below": "1s"}, "whole number"),
            ({"email": "dev@example.com\r\nBcc: x@example.com"}, "not a mail address"),
            ({"email": ["a@b@c"]}, "not a mail address"),
            ({"webhook": "hooks.example.com"}, "not an absolute http(s) URL"),
            ({"webhook": "https://a.example/#x"}, "fragment"),
            ({"sms": "5551234567"}, "+15551234567"),
            ({"webhook_format": "standard"}, "no webhook for it"),
            ({"webhook": "https://a.example", "webhook_secret": "env:X"}, 'webhook_format = "standard"'),
            ({"description": "two\nlines"}, "not one line"),
            ({"endpoint": [f"e{each}" for each in range(51)]}, "at most 50"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_with_what_to_write(self, keys, words):
        assert words in "\n".join(why_not(**keys))

    @pytest.mark.parametrize(
        "keys",
        [
            {"notify": "slack://hunter2"},
            {"notify": ["env:", "hunter2"]},
            {"webhook": "https://hooks.example.com", "webhook_format": "standard", "webhook_secret": "whsec_hunter2"},
            {"webhook": "https://bob:hunter2@hooks.example.com"},
        ],
    )
    def test_a_secret_is_refused_and_not_repeated(self, keys):
        refused = "\n".join(why_not(**keys))
        assert "hunter2" not in refused
        assert refused

    def test_all_that_is_wrong_is_named_at_once_with_its_place(self, file):
        path = file('to = "http://localhost:1"\nport = 99999\n[alarms.a]\nwithin = "7m"\nemail = "x"\n[alarms.b]\ncodes = 1\n')
        with pytest.raises(SettingsError) as caught:
            load({}, {}, path)
        places = [line.removeprefix(f"{path}: ").partition(":")[0] for line in str(caught.value).splitlines()]
        assert places == ["port", "[alarms.a] within", "[alarms.a] email", "[alarms.b]"]

    def test_alarms_are_tables(self, file):
        with pytest.raises(SettingsError, match=r"write \[alarms.NAME\]"):
            load({}, {}, file("alarms = 3\n"))

    def test_a_name_is_short_and_on_one_line(self, file):
        with pytest.raises(SettingsError, match="1 to 64 characters"):
            load({}, {}, file(f'[alarms."{"x" * 65}"]\n'))


def test_the_files_alarms_are_for_the_book_to_adopt(file):
    path = file(
        'account_sid = "AC00000000000000000000000000000001"\n'
        '[alarms.app-down]\ncode = [11200]\nat_least = 5\nwithin = "15m"\nemail = "dev@example.com"\n'
        '[alarms."Slow app"]\ndelivery_p95 = "2s"\nnotify = ["env:SLACK_URL"]\n'
    )
    down, slow = alarms_of(load({}, {}, path))
    assert (down.name, down.origin, down.account_sid) == ("app-down", "file", "AC00000000000000000000000000000001")
    assert (down.codes, down.threshold, down.window, down.channels) == (
        (11200,),
        5.0,
        900.0,
        Channels(email=("dev@example.com",)),
    )
    assert (slow.name, slow.watch, slow.channels) == ("Slow app", Watch.DELIVERY_LATENCY, Channels(apprise=("env:SLACK_URL",)))


def test_references_are_not_looked_up_by_whoever_only_reads_the_settings(file):
    path = file('[alarms.a]\nnotify = "env:NOT_SET_ANYWHERE"\n')
    assert alarms_of(load({}, {}, path))[0].channels.apprise == ("env:NOT_SET_ANYWHERE",)


def test_an_alarm_about_an_endpoint_that_there_is_not_is_odd(file):
    path = file('[endpoints.sms]\nto = "http://127.0.0.1:5000/"\n[alarms.a]\nendpoint = "smss"\n[alarms.b]\nendpoint = "sms"\n')
    assert list(oddities(load({}, {}, path), {})) == [
        "alarm a: there is no endpoint smss, so nothing counts for it: there are sms"
    ]
