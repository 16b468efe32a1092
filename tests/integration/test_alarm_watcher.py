"""What the watcher makes of what happens, second by second, on a journal: firings, what is told of them, and a life after each death."""

import asyncio

import pytest
from msgspec.structs import replace

from offhook.alarms.model import OUTBOX, Channels, FiringState, Maintenance, News, Watch
from offhook.records import IssueFilter, IssueState, Level, Settlement, State
from offhook.stores.rules import underived
from tests.helpers.clock import ManualClock
from tests.helpers.journals import an_arrival, an_event, derive
from tests.helpers.watched import House, Shaky, ShakySqlite, a_cause

OURS, OTHERS = "+15559999999", "+15558888888"
HOUR = 3_600


@pytest.fixture(params=["memory", "sqlite"])
async def house(request, tmp_path):
    clock = ManualClock()
    journal = Shaky() if request.param == "memory" else ShakySqlite(tmp_path / "journal.db", clock, derive=derive)
    yield await House(journal, clock).open()
    await journal.close()


# -- counting


async def test_reaching_the_threshold_fires_and_one_below_it_does_not(house):
    await house.alarm(threshold=5.0)
    await house.fail(4)
    await house.tick()
    assert await house.firings() == []
    await house.fail()
    await house.tick()
    (firing,) = await house.active()
    assert (firing.alarm_name, firing.value, firing.threshold) == ("Errors", 5.0, 5.0)
    assert firing.fired_at == house.clock.now()
    assert await house.news() == ["fired"]
    assert await house.notices() == ["alarm.fired"]


async def test_what_is_older_than_the_window_does_not_add_up(house):
    await house.alarm(threshold=2.0, window=300.0)
    await house.fail()
    await house.tick(302)
    await house.fail()
    await house.tick()
    assert await house.firings() == []


async def test_what_is_just_within_the_window_adds_up(house):
    await house.alarm(threshold=2.0, window=300.0)
    await house.fail()
    await house.tick(299)
    await house.fail()
    await house.tick()
    assert len(await house.active()) == 1


async def test_it_recovers_when_enough_has_rolled_out_and_both_are_told_once(house):
    await house.alarm(threshold=10.0, window=60.0)
    await house.fail(8)
    await house.tick(30)
    await house.fail(4)
    await house.tick(5)
    assert await house.news() == ["fired"]
    await house.tick(200)
    assert await house.news() == ["fired", "recovered"]
    assert await house.notices() == ["alarm.fired", "alarm.recovered"]
    (firing,) = await house.firings()
    assert firing.state is FiringState.RECOVERED
    assert firing.peak == 12.0
    assert firing.recovered_at - firing.fired_at == 30


async def test_nine_of_ten_is_not_well_yet(house):
    await house.alarm(threshold=10.0, window=60.0)
    await house.fail(1)
    await house.tick(30)
    await house.fail(9)
    await house.tick(50)
    assert len(await house.active()) == 1  # the first has rolled out, nine are left
    await house.tick(30)
    assert await house.active() == []


async def test_a_storm_of_ten_thousand_in_one_second_is_one_firing(house):
    await house.alarm(threshold=5.0)
    for _ in range(100):
        await house.fail(100)
    await house.tick(3)
    (firing,) = await house.firings()
    assert firing.value == 10_000.0
    assert await house.news() == ["fired"]


async def test_a_firing_names_the_leading_code_and_cause_and_an_event(house):
    await house.alarm(threshold=6.0)
    await house.fail(2, 11205, causes=(a_cause("app.down"),))
    await house.tick(70)
    await house.fail(3, 11200, causes=(a_cause("ngrok.offline"),))
    await house.fail(1, 12100)
    await house.tick()
    (firing,) = await house.active()
    assert (firing.code, firing.cause) == (11200, "ngrok.offline")
    assert (firing.cause_title, firing.steps) == ("The cause is ngrok.offline.", ("Mend ngrok.offline.",))
    assert firing.endpoint == "sms"
    assert (await house.journal.event(firing.event)).code == 11200


@pytest.mark.parametrize(
    ("watch", "threshold"), [(Watch.BREAKER, 1.0), (Watch.FAILURE_SHARE, 0.5), (Watch.BACKLOG, 1.0), (Watch.BACKLOG_AGE, 1.0)]
)
async def test_what_is_measured_is_led_by_failed_attempts_and_not_by_whatever_else_goes_wrong(house, watch, threshold):
    # Refused signatures and dead sinks may be many more, and have held no webhook up.
    await house.alarm(watch=watch, threshold=threshold)
    await house.fail(50, 11200, message="Signature refused", level=Level.WARNING)
    await house.fail(50, 91307, message="The sink does not answer", endpoint="")
    await house.fail(2, 11205, attempt_id="AT1", causes=(a_cause("app.down"),))
    await house.tick()
    alarm = next(iter(house.watcher._panel.alarms.values()))
    assert house.watcher._panel.lead(alarm, "", house.clock.now()).cause == "app.down"


async def test_number_and_cause_and_exclusions_narrow_what_counts(house):
    await house.alarm("number", numbers=(OURS,))
    await house.alarm("cause", causes=("tls.expired",))
    await house.alarm("but", except_codes=(11200,))
    await house.alarm("endpoint", endpoints=("voice",))
    await house.fail(number=OTHERS)
    await house.tick()
    assert await house.firings() == []
    await house.fail(number=f"whatsapp:{OURS}")
    await house.tick()
    assert [firing.alarm_name for firing in await house.firings()] == ["number"]
    await house.fail(causes=(a_cause("tls.expired"),))
    await house.fail(code=12100, endpoint="voice")
    await house.tick()
    assert {firing.alarm_name for firing in await house.firings()} == {"number", "cause", "but", "endpoint"}


async def test_each_of_two_hundred_alarms_fires_for_its_own(house):
    for n in range(200):
        await house.alarm(f"code {n}", codes=(30_000 + n,))
    for n in range(0, 200, 2):
        await house.fail(code=30_000 + n)
    await house.tick()
    assert {firing.alarm_name for firing in await house.active()} == {f"code {n}" for n in range(0, 200, 2)}


async def test_an_alarm_counts_from_when_it_was_made(house):
    await house.fail(10)
    await house.tick()
    await house.alarm(threshold=5.0)
    await house.tick()
    await house.fail(4)
    await house.tick()
    assert await house.firings() == []


async def test_what_is_told_late_counts_at_its_time(house):
    await house.alarm(threshold=2.0, window=60.0)
    await house.fail(at=house.clock.now() - 50)
    await house.fail(at=house.clock.now() - 500)
    await house.tick()
    assert await house.firings() == []
    await house.fail()
    await house.tick()
    (firing,) = await house.active()
    assert firing.value == 2.0


# -- measuring


async def test_a_share_of_failures_says_nothing_below_its_minimum(house):
    await house.alarm(watch=Watch.FAILURE_SHARE, threshold=0.5, minimum=20)
    for _ in range(19):
        house.metrics.attempt("sms", "11200", 0.1)
    await house.tick()
    assert await house.firings() == []
    house.metrics.attempt("sms", "delivered", 0.1)
    await house.fail(causes=(a_cause(),))
    await house.tick()
    (firing,) = await house.active()
    assert firing.value == 0.95
    for _ in range(200):
        house.metrics.attempt("sms", "delivered", 0.1)
    await house.tick(59)
    assert len(await house.active()) == 1
    await house.tick(3)
    assert await house.active() == []


async def test_a_share_is_of_the_endpoints_in_scope(house):
    await house.alarm(watch=Watch.FAILURE_SHARE, threshold=0.5, minimum=1, endpoints=("voice",))
    house.metrics.attempt("sms", "11200", 0.1)
    await house.tick()
    assert await house.firings() == []
    house.metrics.attempt("voice", "11200", 0.1)
    await house.tick()
    (firing,) = await house.active()
    assert firing.endpoint == "voice"


@pytest.mark.parametrize("watch", [Watch.ANSWER_LATENCY, Watch.DELIVERY_LATENCY])
async def test_a_slow_percentile_fires(house, watch):
    await house.alarm(watch=watch, threshold=2.0, percentile=95, minimum=20)
    tell = {
        Watch.ANSWER_LATENCY: lambda seconds: house.metrics.answered("sms", "app", seconds),
        Watch.DELIVERY_LATENCY: lambda seconds: house.metrics.ended("sms", "delivered", seconds),
    }[watch]
    for _ in range(100):
        tell(0.02)
    tell(9.0)
    await house.tick()
    assert await house.firings() == []
    for _ in range(9):
        tell(9.0)
    await house.tick()
    (firing,) = await house.active()
    assert 2.0 <= firing.value <= 15.0


async def waiting(house, count, *, received_at):
    for _ in range(count):
        webhook = replace(underived(an_arrival(at=received_at)), state=State.WAITING)
        await house.journal.settle(Settlement(webhook=webhook))


async def test_a_backlog_fires_by_its_size_and_by_its_age(house):
    await house.alarm("size", watch=Watch.BACKLOG, threshold=3.0)
    await house.alarm("age", watch=Watch.BACKLOG_AGE, threshold=600.0)
    await waiting(house, 2, received_at=house.clock.now())
    await house.tick(10)
    assert await house.firings() == []
    await waiting(house, 1, received_at=house.clock.now() - 590)
    await house.tick(5)
    assert [firing.alarm_name for firing in await house.active()] == ["size"]
    await house.tick(10)
    assert {firing.alarm_name for firing in await house.active()} == {"size", "age"}


async def test_silence_fires_plainly_while_little_is_known_and_once_something_has_come(house):
    await house.alarm(watch=Watch.SILENCE, window=600.0)
    await house.tick(700)
    assert await house.firings() == []
    house.metrics.received("sms", "message")
    await house.tick(600)
    assert await house.firings() == []
    await house.tick(2)
    (firing,) = await house.active()
    assert (firing.value, firing.threshold) == (600.0, 600.0)
    house.metrics.received("sms", "message")
    await house.tick()
    assert await house.active() == []
    assert await house.news() == ["fired", "recovered"]


async def test_at_a_time_at_which_nothing_ever_comes_silence_is_usual():
    house = House()
    await house.pass_by(HOUR - house.clock.now() % HOUR)
    await house.open()
    for _ in range(8 * 24):
        if house.clock.now() // HOUR % 24 < 12:  # mornings
            for _ in range(10):
                house.metrics.received("sms", "message")
        await house.watcher.tick(house.clock.now() + 1)
        await house.pass_by(HOUR)
    await house.alarm(watch=Watch.SILENCE, window=1800.0)
    loud = []
    for _ in range(24):
        await house.pass_by(HOUR)
        await house.watcher.tick(house.clock.now() - 1)
        loud.append((house.clock.now() - 1) // HOUR % 24 if await house.active() else None)
        house.metrics.received("sms", "message")
        await house.watcher.tick(house.clock.now())
    assert sorted(hour for hour in loud if hour is not None) == list(range(12))


async def test_a_breaker_fires_for_its_endpoint(house):
    await house.alarm(watch=Watch.BREAKER, endpoints=("sms", "voice"))
    house.breakers = {"sms": True, "voice": False, "shop": True}
    await house.tick()
    (firing,) = await house.active()
    assert (firing.subject, firing.endpoint) == ("sms", "sms")
    house.breakers = {"sms": False, "voice": True}
    await house.tick(62)
    assert [firing.subject for firing in await house.active()] == ["voice"]


# -- issues


async def issue_of(house):
    (issue,) = await house.journal.issues(IssueFilter(), 10, now=0.0)
    return issue


async def test_a_new_issue_fires_once_and_recovers_when_it_is_resolved(house):
    await house.alarm(watch=Watch.ISSUES)
    await house.fail(causes=(a_cause(),))
    await house.tick()
    await house.fail(3, causes=(a_cause(),))
    await house.tick(10)
    (firing,) = await house.active()
    issue = await issue_of(house)
    assert firing.subject == issue.id
    assert (firing.code, firing.cause, firing.steps) == (11200, "ngrok.offline", ("Mend ngrok.offline.",))
    await house.journal.set_issue_state(issue.id, IssueState.RESOLVED, now=house.clock.now())
    await house.tick(6)
    assert await house.active() == []
    assert await house.news() == ["fired", "recovered"]
    (firing,) = await house.firings()
    assert firing.peak == 4.0


async def test_a_regression_fires_again(house):
    await house.alarm(watch=Watch.ISSUES)
    await house.fail()
    await house.tick(6)
    issue = await issue_of(house)
    await house.journal.set_issue_state(issue.id, IssueState.RESOLVED, now=house.clock.now())
    await house.tick(6)
    await house.fail()
    await house.tick(20)
    assert [firing.state for firing in await house.firings()] == [FiringState.RECOVERED, FiringState.ACTIVE]
    assert await house.news() == ["fired", "recovered", "fired"]


async def test_an_issue_that_is_quiet_for_the_window_has_recovered(house):
    await house.alarm(watch=Watch.ISSUES, window=120.0)
    await house.fail()
    await house.tick(60)
    await house.fail()
    await house.tick(115)
    assert len(await house.active()) == 1
    await house.tick(12)
    assert await house.active() == []


async def test_an_issue_of_what_was_told_late_does_not_recover_at_once(house):
    # Twilio's own view may come with a time of long ago.
    await house.alarm(watch=Watch.ISSUES, window=120.0)
    await house.fail(at=house.clock.now() - 1_000.0)
    await house.tick(115)
    assert len(await house.active()) == 1
    await house.tick(12)
    assert await house.active() == []


async def test_each_issue_in_scope_fires_for_itself(house):
    await house.alarm(watch=Watch.ISSUES, levels=(Level.ERROR,), numbers=(OURS,))
    await house.fail(number=OURS)
    await house.fail(code=11205, number=OURS)
    await house.fail(code=12100, number=OTHERS)
    await house.fail(code=12200, number=OURS, level=Level.WARNING)
    await house.tick()
    assert sorted(firing.code for firing in await house.active()) == [11200, 11205]


# -- whom to tell


async def test_every_address_is_told(house):
    channels = Channels(
        email=("a@shop.example", "b@shop.example"), webhook="https://hooks.example/alarm", apprise=("env:SLACK",), sms=(OURS,)
    )
    await house.alarm(channels=channels)
    await house.fail()
    await house.tick()
    outbox = await house.outbox()
    assert [(each.channel, each.address) for each in outbox] == [
        ("email", "a@shop.example"),
        ("email", "b@shop.example"),
        ("webhook", "https://hooks.example/alarm"),
        ("apprise", "env:SLACK"),
        ("sms", OURS),
    ]
    assert {each.due for each in outbox} == {house.clock.now()}
    assert house.told == 1


async def test_a_muted_alarm_fires_without_a_word_and_speaks_when_it_may_again(house):
    alarm = await house.alarm()
    await house.book.mute(alarm.sid)
    await house.fail()
    await house.tick(3)
    (firing,) = await house.active()
    assert not firing.told
    assert await house.news() == []
    assert await house.notices() == ["alarm.fired"]
    await house.book.mute(alarm.sid, on=False)
    await house.tick(3)
    assert await house.news() == ["fired"]
    (firing,) = await house.active()
    assert firing.told


async def test_what_recovers_before_anybody_was_told_is_told_to_nobody(house):
    alarm = await house.alarm(window=60.0)
    await house.book.mute(alarm.sid)
    await house.fail()
    await house.tick(90)
    await house.book.mute(alarm.sid, on=False)
    await house.tick(3)
    assert await house.news() == []
    assert await house.notices() == ["alarm.fired", "alarm.recovered"]


async def test_a_snoozed_alarm_speaks_when_its_time_is_over(house):
    alarm = await house.alarm()
    await house.book.snooze(alarm.sid, house.clock.now() + 60)
    await house.fail()
    await house.tick(59)
    assert await house.news() == []
    await house.tick(2)
    assert await house.news() == ["fired"]


@pytest.mark.parametrize("scope", [{}, {"endpoints": ("sms",)}])
async def test_in_maintenance_nothing_is_told_until_it_is_over(house, scope):
    await house.alarm()
    now = house.clock.now()
    await house.book.add_maintenance(Maintenance(id="", starts_at=now - 10, ends_at=now + 100, **scope))
    await house.fail()
    await house.tick(99)
    assert await house.news() == []
    await house.tick(2)
    assert await house.news() == ["fired"]


async def test_maintenance_of_something_else_hushes_nothing(house):
    await house.alarm()
    other = await house.alarm("Other", codes=(12100,))
    now = house.clock.now()
    await house.book.add_maintenance(Maintenance(id="", starts_at=now, ends_at=now + 100, endpoints=("voice",)))
    await house.book.add_maintenance(Maintenance(id="", starts_at=now, ends_at=now + 100, alarms=(other.sid,)))
    await house.book.add_maintenance(Maintenance(id="", starts_at=now + 50, ends_at=now + 100))
    await house.fail()
    await house.tick()
    assert await house.news() == ["fired"]


# -- alarms that change


async def test_a_deleted_alarm_ends_its_firing_without_a_word(house):
    alarm = await house.alarm()
    await house.fail()
    await house.tick()
    assert await house.book.delete(alarm.sid)
    assert await house.active() == []
    await house.fail()
    await house.tick(3)
    assert await house.news() == []  # it had not been told yet, and nobody would ever tell its end
    assert len(await house.firings()) == 1


async def test_what_is_over_is_told_also_when_its_alarm_is_deleted_before(house):
    alarm = await house.alarm()
    await house.fail()
    await house.tick(302)
    assert await house.book.delete(alarm.sid)
    assert await house.news() == ["fired", "recovered"]


async def test_a_disabled_alarm_counts_nothing_and_starts_from_nothing(house):
    alarm = await house.alarm(threshold=2.0)
    await house.fail()
    await house.tick()
    await house.book.enable(alarm.sid, on=False)
    await house.fail(5)
    await house.tick()
    await house.book.enable(alarm.sid)
    await house.tick()
    await house.fail()
    await house.tick()
    assert await house.firings() == []
    await house.fail()
    await house.tick()
    assert len(await house.active()) == 1


async def test_a_new_threshold_keeps_what_was_counted_and_a_new_scope_does_not(house):
    alarm = await house.alarm(threshold=10.0)
    await house.fail(5)
    await house.tick()
    await house.book.update(replace(alarm, codes=(11200,)))
    await house.tick()
    await house.book.update(replace(alarm, codes=(11200,), threshold=5.0))
    await house.tick()
    assert await house.firings() == []
    await house.fail(4)
    await house.tick()
    await house.book.update(replace(alarm, codes=(11200,), threshold=4.0))
    await house.tick()
    assert len(await house.active()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [(Watch.EVENTS, Watch.BREAKER), (Watch.EVENTS, Watch.ISSUES), (Watch.BREAKER, Watch.EVENTS), (Watch.ISSUES, Watch.BACKLOG)],
)
async def test_an_alarm_that_now_fires_for_something_else_leaves_nothing_active(house, before, after):
    alarm = await house.alarm(watch=before, threshold=1.0)
    house.breakers = {"sms": True}
    await house.fail()
    await house.tick()
    assert len(await house.active()) == 1
    house.breakers = {}
    await house.book.update(replace(alarm, watch=after, threshold=1.0))
    await house.tick(2)
    assert await house.active() == []
    assert await house.news() == ["fired"]


# -- trouble


async def test_what_could_not_be_written_is_written_later_and_once(house):
    await house.alarm(window=60.0)
    await house.fail()
    house.journal.fails = True
    await house.tick(3)
    assert await house.firings() == []
    house.journal.fails = False
    await house.tick(2)
    (firing,) = await house.active()
    assert firing.fired_at == house.clock.now() - 4
    assert await house.news() == ["fired"]
    await house.tick(90)
    assert await house.news() == ["fired", "recovered"]


async def test_a_clock_that_was_put_back_stops_nothing(house):
    await house.alarm(threshold=2.0, window=60.0)
    await house.tick(2)
    house.clock._now -= HOUR
    await house.fail(2)
    await house.tick(2)
    assert len(await house.active()) == 1
    await house.tick(70)
    assert await house.active() == []


async def test_seconds_that_were_slept_through_are_judged_all_the_same(house):
    await house.alarm(threshold=3.0, window=10.0)
    now = house.clock.now()
    await house.fail(3, at=now + 0.5)
    await house.fail(1, at=now + 60.5)
    await house.pass_by(100)
    await house.journal.record([an_event(at=now + n, endpoint="sms") for n in (30.1, 30.2, 30.3)])
    await house.watcher.tick(house.clock.now())
    # The first three were heard in a second that had not come yet: they counted as of then.
    assert [(firing.fired_at - now, firing.recovered_at - now) for firing in await house.firings()] == [(1, 11), (31, 41)]


async def test_an_old_firing_is_forgotten_after_ninety_days(house):
    await house.alarm(window=60.0)
    await house.fail()
    await house.tick(90)
    (firing,) = await house.firings()
    at = int(firing.id[2:14], 16) / 1000  # ids are made by the real clock
    house.clock._now = at + 89 * 24 * HOUR
    await house.tick()
    assert len(await house.firings()) == 1
    house.clock._now = at + 91 * 24 * HOUR
    await house.tick()
    assert await house.firings() == []


async def test_the_outbox_holds_one_record_for_each_address(house):
    await house.alarm()
    await house.fail()
    await house.tick()
    (kept,) = await house.journal.kept(OUTBOX)
    assert kept.id == (await house.outbox())[0].id
    assert (await house.outbox())[0].news is News.FIRED


# -- a life after death


async def test_a_storm_right_before_a_kill_fires_once_at_its_time_and_recovers(house):
    await house.alarm(threshold=100.0, window=300.0)
    await house.tick(5)
    began = house.clock.now()
    await house.fail(10_000, at=began + 0.25)
    await house.restart(after=2 * HOUR)
    await house.tick()
    (firing,) = await house.firings()
    assert (firing.fired_at, firing.recovered_at, firing.value) == (began + 1, began + 301, 10_000.0)
    assert await house.news() == ["fired", "recovered"]


async def test_what_was_heard_while_the_watcher_was_catching_up_counts_once(house):
    await house.alarm(threshold=1_000.0)
    await house.fail(5)
    house.kill()
    news = house.journal.news

    async def busy(*arguments):
        page = await news(*arguments)
        if page.news:
            await house.fail(7)  # some of it comes with the next page, all of it is heard
            house.journal.news = news
        return page

    house.journal.news = busy
    await house.watcher.start()
    await house.fail(11)
    await house.tick()
    (alarm,) = await house.book.alarms()
    await house.book.update(replace(alarm, threshold=23.0))
    await house.tick()
    (firing,) = await house.active()
    assert firing.value == 23.0


async def test_an_active_firing_goes_on_after_a_restart(house):
    await house.alarm(threshold=10.0, window=60.0)
    await house.fail(10)
    await house.tick()
    await house.restart(after=20)
    await house.tick()
    assert len(await house.active()) == 1
    await house.tick(60)
    assert await house.news() == ["fired", "recovered"]


async def test_before_the_first_start_nothing_counts(house):
    other = House()
    await other.journal.open()
    await other.alarm(threshold=5.0)
    await other.fail(100)
    await other.watcher.start()
    await other.tick()
    assert await other.firings() == []


async def test_silence_takes_no_notice_of_the_time_in_which_nobody_was_there(house):
    await house.alarm(watch=Watch.SILENCE, window=600.0)
    house.metrics.received("sms", "message")
    await house.tick(300)
    await house.restart(after=10 * HOUR)
    await house.tick(250)
    assert await house.firings() == []
    await house.tick(100)
    assert len(await house.active()) == 1


async def test_a_machine_that_was_put_to_sleep_has_heard_no_silence(house, monkeypatch):
    await house.alarm(watch=Watch.SILENCE, window=600.0)
    house.metrics.received("sms", "message")
    await house.tick(60)
    awake = house.clock.now()
    await house.pass_by(8 * HOUR)
    monkeypatch.setattr(house.clock, "monotonic", lambda: house.clock.now() - 8 * HOUR)
    await house.tick(530)
    assert await house.firings() == []
    await house.tick(20)
    (firing,) = await house.active()
    assert firing.fired_at == awake + 8 * HOUR + 541


async def test_a_share_of_failures_knows_after_a_restart_what_it_knew(house):
    await house.alarm(watch=Watch.FAILURE_SHARE, threshold=0.5, minimum=20)
    for _ in range(15):
        house.metrics.attempt("sms", "11200", 0.1)
    await house.tick()
    await house.watcher.stop(1.0)
    await house.restart(after=5)
    for _ in range(5):
        house.metrics.attempt("sms", "11200", 0.1)
    await house.tick()
    assert len(await house.active()) == 1


async def test_a_long_gone_checkpoint_is_caught_up_with_in_pages(house):
    await house.alarm(threshold=10.0, window=60.0)
    began = house.clock.now()
    house.kill()
    for storm in range(7):
        await house.fail(600, at=began + 1_000 * storm + 0.5)
    await house.restart(after=10_000)
    await house.tick()
    assert [(firing.fired_at - began) for firing in await house.firings()] == [1_000 * storm + 1 for storm in range(7)]
    assert await house.active() == []
    assert await house.news() == ["fired", "recovered"] * 7


async def test_the_worker_looks_every_second_and_a_fault_does_not_stop_it(monkeypatch):
    house = await House().open()  # in memory: the clock that the test moves waits for no disk
    ticks = []
    tick = house.watcher.tick

    async def watched(now):
        ticks.append(now)
        if len(ticks) == 2:
            raise ZeroDivisionError
        await tick(now)

    monkeypatch.setattr(house.watcher, "tick", watched)
    await house.alarm()
    work = asyncio.create_task(house.watcher.run())
    await house.clock.advance(3)
    await house.fail()
    await house.clock.advance(2)
    work.cancel()
    assert ticks == [1_700_000_000.0 + n for n in range(6)]
    assert len(await house.active()) == 1
