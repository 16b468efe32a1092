"""The alarms by hand: made, changed, put to rest, looked up, tried on what is stored."""

import pytest
from msgspec.structs import replace

from offhook.alarms.book import MOST_ALARMS
from offhook.alarms.checks import UnusableAlarmError
from offhook.alarms.filed import file_sid
from offhook.alarms.model import Channels, FiringState, Maintenance, News, Watch
from offhook.alarms.past import simulate
from offhook.records import Level
from tests.helpers.journals import an_event
from tests.helpers.watched import House, a_cause, an_alarm

OURS = "+15559999999"


@pytest.fixture
async def house():
    return await House().open()


async def test_a_new_alarm_gets_a_sid_and_its_dates_and_is_found_by_either_name(house):
    made = await house.alarm("Lost messages")
    assert made.sid.startswith("AK")
    assert made.created_at == made.updated_at == house.clock.now()
    assert await house.book.alarm(made.sid) == made
    assert await house.book.find(made.sid) == [made]
    assert await house.book.find("lost MESSAGES") == [made]
    assert await house.book.find("others") == []
    assert await house.book.alarm("AK0") is None


async def test_alarms_are_listed_by_their_names(house):
    for name in ("beta", "Alpha", "gamma"):
        await house.alarm(name)
    assert [alarm.name for alarm in await house.book.alarms()] == ["Alpha", "beta", "gamma"]


async def test_an_alarm_that_cannot_work_is_not_kept(house):
    with pytest.raises(UnusableAlarmError, match="threshold"):
        await house.alarm(threshold=0.0)
    assert await house.book.alarms() == []


async def test_a_sid_is_given_once(house):
    made = await house.alarm()
    with pytest.raises(UnusableAlarmError, match=made.sid):
        await house.book.create(made)


async def test_there_is_an_end_to_how_many_there_may_be(house, monkeypatch):
    assert MOST_ALARMS == 1_000
    monkeypatch.setattr("offhook.alarms.book.MOST_ALARMS", 2)
    await house.alarm("one")
    await house.alarm("two")
    with pytest.raises(UnusableAlarmError, match="delete one"):
        await house.alarm("three")


async def test_a_change_keeps_what_has_methods_of_its_own(house):
    made = await house.alarm()
    await house.book.mute(made.sid)
    await house.book.snooze(made.sid, house.clock.now() + 60)
    await house.pass_by(5)
    changed = await house.book.update(replace(made, name="Other", created_at=0.0, enabled=False, origin="file"))
    assert (changed.name, changed.created_at, changed.updated_at) == ("Other", made.created_at, house.clock.now())
    assert (changed.enabled, changed.muted, changed.snoozed_until, changed.origin) == (True, True, house.clock.now() + 55, "api")
    assert await house.book.alarm(made.sid) == changed
    assert await house.book.update(replace(made, sid="AK0")) is None
    with pytest.raises(UnusableAlarmError):
        await house.book.update(replace(made, window=0.0))


async def test_what_is_not_there_cannot_be_changed(house):
    assert await house.book.enable("AK0") is None
    assert await house.book.mute("AK0") is None
    assert await house.book.snooze("AK0", 1.0) is None
    assert await house.book.test("AK0") is None
    assert not await house.book.delete("AK0")
    assert not await house.book.end_maintenance("AM0")


# -- the settings file


async def test_alarms_of_the_file_are_replaced_and_taken_away_with_it(house):
    await house.alarm("by hand")
    await house.book.adopt([an_alarm("one", origin="file"), an_alarm("two", threshold=7.0, origin="file")])
    one = (await house.book.find("one"))[0]
    assert (one.sid, one.origin, one.created_at) == (file_sid("one"), "file", house.clock.now())
    await house.book.snooze(one.sid, house.clock.now() + 600)
    await house.pass_by(60)
    await house.book.adopt([an_alarm("one", threshold=3.0, origin="file")])
    assert [alarm.name for alarm in await house.book.alarms()] == ["by hand", "one"]
    again = (await house.book.find("one"))[0]
    assert (again.sid, again.threshold, again.snoozed_until) == (one.sid, 3.0, one.created_at + 600)
    assert (again.created_at, again.updated_at) == (one.created_at, house.clock.now())


async def test_a_start_with_the_same_file_changes_nothing(house):
    file = [an_alarm("one", origin="file")]
    (before,) = await house.book.adopt(file)
    await house.pass_by(60)
    assert await house.book.adopt(file) == [before]
    assert await house.book.alarms() == [before]


async def test_what_an_alarm_of_the_file_has_fired_outlives_a_start_and_not_its_removal(house):
    file = [an_alarm("one", origin="file")]
    await house.book.adopt(file)
    await house.fail()
    await house.tick()
    house.kill()
    await house.book.adopt(file)
    await house.watcher.start()
    await house.tick()
    assert len(await house.active()) == 1
    assert await house.news() == ["fired"]
    await house.book.adopt([])
    await house.tick()
    assert await house.active() == []
    assert await house.news() == []  # it had not been told yet, and nobody would ever tell its end


async def test_an_alarm_of_the_file_is_changed_and_deleted_in_the_file_only(house):
    (alarm,) = await house.book.adopt([an_alarm("one", origin="file")])
    with pytest.raises(UnusableAlarmError, match="settings file"):
        await house.book.update(alarm)
    with pytest.raises(UnusableAlarmError, match="settings file"):
        await house.book.delete(alarm.sid)
    assert (await house.book.mute(alarm.sid)).muted


# -- firings


async def test_firings_are_listed_newest_first_in_pages_whatever_their_state(house):
    long, short = await house.alarm("long", window=3_600.0), await house.alarm("short", window=60.0)
    for code in range(30_000, 30_004):
        await house.fail(code=code)
        await house.tick(130)  # the short one fires each time, the long one once
    every = await house.book.firings(100)
    assert [firing.id for firing in every] == sorted((firing.id for firing in every), reverse=True)
    assert [firing.alarm_name for firing in every].count("short") == 4
    pages, before = [], ""
    while page := await house.book.firings(2, before):
        pages += page
        before = page[-1].id
    assert pages == every
    assert {firing.alarm_sid for firing in await house.book.firings(100, alarm_sid=short.sid)} == {short.sid}
    (active,) = await house.book.firings(100, state=FiringState.ACTIVE)
    assert active.alarm_sid == long.sid
    assert len(await house.book.firings(100, state=FiringState.RECOVERED)) == 4
    for firing in every:
        assert await house.book.firing(firing.id) == firing
    assert await house.book.firing("AF" + "0" * 32) is None


async def test_a_test_goes_to_every_address_even_of_a_muted_alarm_and_fires_nothing(house):
    channels = Channels(email=("a@shop.example", "a@shop.example"), sms=(OURS,))
    alarm = await house.alarm(channels=channels, codes=(11200,), endpoints=("sms",))
    await house.book.mute(alarm.sid)
    made = await house.book.test(alarm.sid)
    assert [(each.news, each.channel, each.address) for each in made] == [
        (News.TEST, "email", "a@shop.example"),
        (News.TEST, "sms", OURS),
    ]
    assert (made[0].firing.code, made[0].firing.endpoint, made[0].firing.value) == (11200, "sms", 1.0)
    assert await house.outbox() == made
    assert house.told == 1
    assert await house.firings() == []
    nobody = await house.alarm("nobody", channels=Channels())
    assert await house.book.test(nobody.sid) == []


# -- maintenance


async def test_maintenance_windows_are_listed_until_they_are_over(house):
    now = house.clock.now()
    later = await house.book.add_maintenance(Maintenance(id="", starts_at=now + 100, ends_at=now + 200, note="disk"))
    first = await house.book.add_maintenance(Maintenance(id="", starts_at=now, ends_at=now + 50))
    assert await house.book.maintenance() == [first, later]
    await house.pass_by(60)
    assert await house.book.maintenance() == [later]
    await house.book.add_maintenance(Maintenance(id="", starts_at=now + 300, ends_at=now + 400))
    assert len(await house.journal.kept("maintenance")) == 2  # the one that was over is forgotten
    assert await house.book.end_maintenance(later.id)
    assert len(await house.book.maintenance()) == 1
    with pytest.raises(UnusableAlarmError, match="until: "):
        await house.book.add_maintenance(Maintenance(id="", starts_at=now, ends_at=now))


# -- charts and previews


async def stored(house, *seconds_ago, **fields):
    now = house.clock.now()
    await house.journal.record([an_event(**({"at": now - ago, "endpoint": "sms"} | fields)) for ago in seconds_ago])


async def test_a_chart_counts_what_the_alarm_counts(house):
    now = house.clock.now()
    await stored(house, 5, 15, 15, 25)
    await stored(house, 5, code=11205, twilio_code=11200, endpoint="voice", level=Level.WARNING, causes=(a_cause(),))
    await stored(house, 25, code=12100, number=OURS)
    await stored(house, 25, level=Level.INFO)

    async def chart(**scope):
        made = await house.book.history(an_alarm(**scope), now - 30, now, 3)
        assert made.complete
        return made.counts

    assert await chart() == (2, 2, 2)
    assert await chart(levels=(Level.WARNING,)) == (0, 0, 1)
    assert await chart(levels=tuple(Level)) == (3, 2, 2)
    assert await chart(codes=(11200,)) == (1, 2, 2)
    assert await chart(codes=(11200, 11205)) == (1, 2, 2)
    assert await chart(codes=(11200,), except_codes=(11205,)) == (1, 2, 1)
    assert await chart(endpoints=("sms",)) == (2, 2, 1)
    assert await chart(endpoints=("sms", "voice")) == (2, 2, 2)
    assert await chart(causes=("ngrok.offline",)) == (0, 0, 1)
    assert await chart(numbers=(OURS,)) == (1, 0, 0)
    assert await chart(watch=Watch.BACKLOG) == ()
    with pytest.raises(ValueError, match="parts"):
        await house.book.history(an_alarm(numbers=(OURS,)), now, now, 3)


async def test_a_chart_of_more_than_is_read_says_that_it_is_not_complete(house, monkeypatch):
    monkeypatch.setattr("offhook.alarms.past.MOST_READ", 3)
    await stored(house, 28, 25, 15, 5, number=OURS)
    now = house.clock.now()
    made = await house.book.history(an_alarm(numbers=(OURS,)), now - 30, now, 3)
    assert not made.complete
    assert made.counts == (1, 1, 1)


async def test_a_preview_tells_when_the_alarm_would_have_fired(house):
    now = house.clock.now()
    await stored(house, 3_000.5, 2_990, 2_980, 2_900)  # three within a minute, and one more
    await stored(house, 1_000, 990)  # two
    await stored(house, 40, 30, 20)  # three, and they still are
    made = await house.book.preview(an_alarm(threshold=3.0, window=60.0), now - 3_600)
    assert [(now - span.fired_at, span.peak) for span in made.spans] == [(2_979, 3.0), (19, 3.0)]
    assert now - made.spans[0].recovered_at == 2_940
    assert made.spans[1].recovered_at is None
    assert made.counted == 9
    assert made.complete


async def test_a_preview_is_what_the_watcher_finds(house):
    await house.alarm(threshold=4.0, window=60.0)
    began = house.clock.now()
    for pause, count in ((10, 3), (30, 2), (25, 1), (100, 9), (61, 1), (3, 3)):
        await house.tick(pause)
        await house.fail(count)
    await house.tick(300)
    made = await house.book.preview(an_alarm(threshold=4.0, window=60.0), began)
    firings = await house.firings()
    assert [(span.fired_at, span.recovered_at, span.peak) for span in made.spans] == [
        (firing.fired_at, firing.recovered_at, firing.peak) for firing in firings
    ]
    assert len(firings) == 3


async def test_a_preview_of_issues_counts_the_new_and_the_regressed(house):
    await stored(house, 50, 40, 30)
    await stored(house, 20, code=12100)
    made = await house.book.preview(an_alarm(watch=Watch.ISSUES), house.clock.now() - 3_600)
    assert len(made.spans) == 2
    only = await house.book.preview(an_alarm(watch=Watch.ISSUES, codes=(12100,)), house.clock.now() - 3_600)
    assert len(only.spans) == 1


async def test_what_was_not_stored_cannot_be_previewed(house):
    with pytest.raises(UnusableAlarmError, match="cannot be told"):
        await house.book.preview(an_alarm(watch=Watch.BACKLOG, threshold=5.0), 0.0)


def test_nothing_that_happened_fires_nothing():
    assert simulate(an_alarm(), [], 1_700_000_000.0) == []
