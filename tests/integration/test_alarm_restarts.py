"""Whenever the watcher is killed, and however often: in the end the firings are those of a watcher that never was."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from offhook.alarms.model import Watch
from tests.helpers.watched import House, Killed, Shaky, a_cause

SCOPES = (
    {"threshold": 1.0, "window": 60.0},
    {"threshold": 5.0, "window": 60.0},
    {"threshold": 3.0, "window": 300.0, "codes": (11200,)},
    {"threshold": 4.0, "window": 10.0, "causes": ("ngrok.offline",)},
    {"watch": Watch.ISSUES, "window": 200.0},
)

STEPS = some.lists(
    some.tuples(
        some.sampled_from([0.0, 0.3, 1.0, 1.0, 5.0, 61.0, 130.0]),  # seconds until it happens
        some.integers(0, 6),  # how many events
        some.sampled_from([11200, 11205]),
        some.sampled_from([(), (a_cause(),)]),
    ),
    min_size=1,
    max_size=10,
)


async def live(steps, *, dies_after=(), killed_at=(), down=0.0):
    """Goes through the steps; gives what has fired. The journal ends the process after those writes, the script at those steps."""
    house = House(Shaky())
    await house.open()
    for number, scope in enumerate(SCOPES):
        await house.alarm(f"alarm {number}", **scope)
    await house.tick()
    house.journal.dies_after = {house.journal.kept_times + times for times in dies_after}
    for number, (pause, count, code, causes) in enumerate(steps):
        await wait(house, pause)
        if count:
            await house.fail(count, code, causes=causes)
        if number in killed_at:
            await house.restart(after=down)
    await wait(house, 420.0)
    return await told(house)


async def wait(house, seconds):
    """Time goes by; the watcher looks at each full second, and is started again when it has died."""
    end = house.clock.now() + seconds
    while house.clock.now() // 1 + 1 <= end:
        await house.pass_by(house.clock.now() // 1 + 1 - house.clock.now())
        try:
            await house.watcher.tick(house.clock.now())
        except Killed:
            await house.restart()
    await house.pass_by(end - house.clock.now())


async def told(house):
    firings = await house.firings()
    began = 1_700_000_000.0
    seen = [
        (each.alarm_name, each.fired_at - began, each.recovered_at - began, each.value, each.peak, each.code, each.cause)
        for each in firings
    ]
    mails = [(each.news.value, each.firing.alarm_name, each.created_at - began) for each in await house.outbox()]
    return sorted(seen), sorted(mails), sorted(await house.notices())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, dies_after=some.sets(some.integers(1, 25), min_size=1, max_size=6))
async def test_killed_right_after_any_write_it_fires_the_same(steps, dies_after):
    died, alive = await live(steps, dies_after=dies_after), await live(steps)
    assert counting(died) == counting(alive)
    assert died[2] == alive[2]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, killed_at=some.sets(some.integers(0, 9), min_size=1))
async def test_killed_between_what_happens_and_the_next_look_it_fires_the_same(steps, killed_at):
    """But that a start finds a new issue at once, where the next look would have come with the next full second."""
    died, alive = await live(steps, killed_at=killed_at), await live(steps)
    assert counting(died) == counting(alive)
    assert died[2] == alive[2]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, killed_at=some.integers(0, 9), down=some.sampled_from([1.0, 45.5, 250.0]))
async def test_started_again_after_a_while_it_has_fired_and_recovered_all_the_same(steps, killed_at, down):
    """But for issues: how they are is looked up when somebody looks. The rest is as if somebody had looked all the time."""
    steps = [step if number != killed_at + 1 else (step[0] + down, *step[1:]) for number, step in enumerate(steps)]
    alive = await live(steps)
    shortened = [step if number != killed_at + 1 else (step[0] - down, *step[1:]) for number, step in enumerate(steps)]
    died = await live(shortened, killed_at={killed_at}, down=down)
    assert counting(died) == counting(alive)


@pytest.mark.parametrize("dies_after", [{1}, {2}, {3}, {4}, {5}, {6}, {1, 2}, {1, 2, 3, 4, 5, 6}, {2, 4, 6, 8}])
async def test_killed_while_it_goes_through_what_it_has_missed_it_misses_nothing(dies_after):
    house = House(Shaky())
    await house.open()
    await house.alarm(threshold=1_000.0, window=60.0)
    await house.tick()
    began = house.clock.now()
    for storm in range(3):
        await house.fail(1_500, at=began + 200 * storm + 0.5, causes=(a_cause(),))
    house.journal.dies_after = {house.journal.kept_times + times for times in dies_after}
    await house.restart(after=1_000)
    await house.tick()
    firings = await house.firings()
    times = [(each.fired_at - began, each.recovered_at - began, each.value) for each in firings]
    assert times == [(200 * storm + 1, 200 * storm + 61, 1_500.0) for storm in range(3)]
    assert {each.cause for each in firings} == {"ngrok.offline"}
    assert await house.news() == ["fired", "recovered"] * 3
    assert await house.notices() == ["alarm.fired", "alarm.recovered"] * 3


def counting(told):
    """What alarms that count debug events have fired, and who was told."""
    seen, mails, _ = told
    issues = f"alarm {len(SCOPES) - 1}"
    return [each for each in seen if each[0] != issues], [each for each in mails if each[1] != issues]
