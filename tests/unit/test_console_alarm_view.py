"""What the pages of alarms show."""

from offhook.alarms.model import Alarm, Channels, Firing, FiringState, Maintenance, News, Notification, Watch
from offhook.alarms.past import History, Span
from offhook.console.alarm_charts import DAY, counted, fired_by_day, stretch_of
from offhook.console.alarm_view import (
    alarm_rows,
    facts,
    firing_rows,
    is_maintained,
    outcomes,
    states_of,
    summary,
    tells,
    window_rows,
)

NOW = 1_763_899_200.0
ALARM = Alarm(
    sid="AK1",
    name="App down",
    threshold=3.0,
    endpoints=("sms",),
    channels=Channels(email=("a@example.com",), webhook="https://x.example/"),
)


def firing(**fields):
    values = {"id": "AF1", "alarm_sid": "AK1", "alarm_name": "App down", "fired_at": NOW - 60, "value": 5.0, "threshold": 3.0}
    return Firing(**(values | fields))


def notification(identifier, channel, address, **fields):
    values = {"news": News.TEST, "alarm": ALARM, "firing": firing(), "created_at": NOW, "due": NOW}
    return Notification(id=identifier, channel=channel, address=address, **(values | fields))


def test_an_alarm_that_is_off_is_nothing_else():
    assert states_of(Alarm(sid="AK1", name="x", enabled=False, muted=True), fires=False, maintained=True, now=NOW) == ("off",)


def test_what_keeps_an_alarm_silent_is_said_beside_whether_it_fires():
    alarm = Alarm(sid="AK1", name="x", muted=True, snoozed_until=NOW + 1)
    assert states_of(alarm, fires=True, maintained=True, now=NOW) == ("fires", "snoozed", "muted", "maintenance")
    assert states_of(alarm, fires=False, maintained=False, now=NOW + 2) == ("quiet", "muted")


def test_whom_it_tells_is_counted_by_channel():
    assert tells(Channels()) == "nobody"
    assert tells(Channels(email=("a", "b"), sms=("+1",)), console=True) == "2 mail addresses, a phone and this console"
    assert tells(Channels(email=("a", "a"))) == "a mail address"


def test_those_that_fire_come_first_and_the_last_firing_is_known_as_far_as_was_looked():
    other = Alarm(sid="AK2", name="Other")
    rows = alarm_rows([other, ALARM], [firing()], [firing()], [], (NOW, False))
    assert [row.alarm.sid for row in rows] == ["AK1", "AK2"]
    assert rows[0].last_fired == NOW - 60
    assert (rows[1].last_fired, rows[1].never) == (None, False)
    assert summary(rows, [firing()]) == (2, 2, 1, 0)


def test_maintenance_of_one_endpoint_silences_only_what_is_all_about_it():
    window = Maintenance(id="AM1", starts_at=NOW - 1, ends_at=NOW + 1, endpoints=("sms",))
    assert is_maintained(ALARM, [window], NOW)
    assert not is_maintained(Alarm(sid="AK2", name="All"), [window], NOW)
    assert not is_maintained(ALARM, [window], NOW + 1)
    (row,) = window_rows([Maintenance(id="AM1", starts_at=NOW, ends_at=NOW + 1, alarms=("AK1", "AK9"))], {"AK1": ALARM}, NOW)
    assert row.about == "the alarms App down, an alarm that is gone"
    assert row.running


def test_a_firing_of_an_alarm_that_is_gone_still_has_its_values():
    (row,) = firing_rows([firing(recovered_at=NOW, state=FiringState.RECOVERED)], {}, NOW + 500)
    assert (row.value, row.active, row.lasted) == ("5, threshold 3", False, 60.0)


def test_what_nobody_has_told_of_a_test_is_on_its_way_or_has_failed_and_the_rest_is_told():
    old = notification("AN0", "webhook", "https://x.example/", note="It answered 500.")
    lines = outcomes(ALARM, "AN1", [notification("AN1", "email", "a@example.com")], [old])
    assert [(line.channel, line.state) for line in lines] == [("Mail", "waiting"), ("Webhook", "told")]
    failed = notification("AN2", "webhook", "https://x.example/", note="It answered 500.")
    (_, hook) = outcomes(ALARM, "AN1", [], [failed])
    assert (hook.state, hook.note) == ("failed", "It answered 500.")
    (_, tried) = outcomes(ALARM, "AN1", [failed], [])
    assert tried.state == "failed", "it was tried, and is tried again"


def test_what_recovers_only_at_nothing_says_so():
    assert ("Recovers at", "2 or less") in facts(ALARM)
    assert ("Recovers at", "nothing at all") in facts(Alarm(sid="AK1", name="x", recover_below=0.0))
    assert all(name != "Recovers at" for name, _ in facts(Alarm(sid="AK1", name="x", watch=Watch.BREAKER)))


def test_a_chart_has_a_part_for_each_window_so_that_the_threshold_means_something():
    for window in (300.0, 900.0, 3600.0, 43_200.0, DAY):
        stretch = stretch_of(Alarm(sid="AK1", name="x", window=window))
        assert stretch.part == window
        assert stretch.long / stretch.part <= 500


def test_the_parts_in_which_it_fired_are_marked():
    alarm = Alarm(sid="AK1", name="x", threshold=3.0, window=900.0)
    found = History(counts=(0, 4, 1, 0), since=NOW - 3600, until=NOW)
    chart = counted(alarm, found, [Span(fired_at=NOW - 2600, recovered_at=NOW - 2000, peak=4.0)], stretch_of(alarm))
    assert "5 counted in the last 24 hours, at most 4 in 15m. The line is the threshold: 3 within 15m." in chart
    assert chart.count(": 4, fires") == 1
    assert ": 1</title>" in chart
    assert 'class="threshold"' in chart
    assert counted(alarm, History(counts=(), since=NOW - 1, until=NOW), [], stretch_of(alarm)) is None


def test_firings_are_counted_by_the_day():
    chart = fired_by_day([firing(), firing(fired_at=NOW - DAY), firing(fired_at=NOW - DAY), firing(fired_at=NOW - 90 * DAY)], NOW)
    assert "3 firings in 30 days, at most 2 on one." in chart
