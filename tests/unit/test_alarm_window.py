"""Rolling counts: what counts, when it stops to count, and that this is so however it was added."""

from hypothesis import given
from hypothesis import strategies as some

from offhook.alarms.window import MOST_SLOTS, RollingCount, RollingRow

NOON = 1_763_899_200


def test_what_happened_counts_until_all_of_its_second_is_older_than_the_window():
    count = RollingCount(300)
    count.add(NOON + 0.4)
    assert count.advance(NOON + 300) == 1
    assert count.advance(NOON + 301) == 0


def test_what_is_too_old_already_does_not_count():
    count = RollingCount(300)
    count.advance(NOON)
    count.add(NOON - 301)
    assert count.advance(NOON) == 0


def test_what_comes_late_counts_at_its_own_time():
    count = RollingCount(300)
    count.advance(NOON)
    count.add(NOON - 299)
    assert count.advance(NOON) == 1
    assert count.advance(NOON + 2) == 0


def test_a_day_has_no_more_slots_than_an_hour():
    count = RollingCount(86_400)
    for second in range(0, 86_400, 7):
        count.add(NOON + second)
    assert count.advance(NOON + 86_400) == len(range(0, 86_400, 7))
    assert len(count.slots()) <= MOST_SLOTS


def test_after_a_long_time_nothing_counts():
    count = RollingCount(3_600)
    for second in range(3_600):
        count.add(NOON + second)
    assert count.advance(NOON + 10 * 86_400) == 0
    assert not count.slots()


def test_a_clock_that_was_put_back_is_followed():
    count = RollingCount(300)
    count.add(NOON, 5)
    count.advance(NOON)
    count.rewind(NOON - 3_600)
    assert count.total == 0
    count.add(NOON - 3_600)
    assert count.advance(NOON - 3_599) == 1


def test_it_tells_when_the_oldest_goes():
    count = RollingCount(300)
    assert count.next_out() == float("inf")
    count.add(NOON + 10.5)
    count.add(NOON + 70.5)
    assert count.next_out() == NOON + 11 + 300
    assert count.advance(count.next_out()) == 1


def test_a_look_from_before_what_was_counted_takes_nothing_away():
    count = RollingCount(300, {NOON + 50: 3})
    assert count.advance(NOON) == 3
    assert count.advance(NOON + 350) == 3
    assert count.advance(NOON + 351) == 0


def test_what_it_holds_makes_the_same_count_again():
    count = RollingCount(300)
    count.add(NOON, 3)
    count.add(NOON + 7, 2)
    again = RollingCount(300, dict(count.slots()))
    assert [again.advance(NOON + second) for second in (8, 301, 308)] == [5, 2, 0]


@given(
    window=some.sampled_from([1, 60, 300, 3_600, 5_000, 86_400]),
    steps=some.lists(some.tuples(some.floats(0, 4_000), some.floats(0, 4_000), some.integers(1, 5)), max_size=40),
)
def test_it_counts_what_a_list_of_times_would(window, steps):
    count, times, now = RollingCount(window), [], float(NOON)
    for pause, age, many in steps:
        now += pause
        count.advance(now)
        count.add(now - age, many)
        times += [now - age] * many
        # A slot counts as a whole: nothing within the window is missed, nothing older than a slot more is counted.
        counted = count.advance(now)
        assert sum(at > now - window for at in times) <= counted
        assert counted <= sum(at > now - window - count.resolution for at in times)
        assert counted == sum(count.slots().values())


def test_a_row_rolls_as_a_count_does():
    row = RollingRow(300, 2)
    row.add(NOON, [1, 4])
    row.add(NOON + 100, [0, 6])
    assert row.advance(NOON + 300) == [1, 10]
    assert row.advance(NOON + 301) == [0, 6]
    again = RollingRow(300, 2, {slot: list(each) for slot, each in row.rows().items()})
    assert again.advance(NOON + 301) == [0, 6]
    assert again.advance(NOON + 401) == [0, 0]


def test_a_row_follows_a_clock_that_was_put_back():
    row = RollingRow(300, 1)
    row.add(NOON, [4])
    row.advance(NOON)
    row.rewind(NOON - 3_600)
    assert row.totals == [0]
    row.add(NOON - 3_600, [1])
    assert row.advance(NOON - 3_599) == [1]
