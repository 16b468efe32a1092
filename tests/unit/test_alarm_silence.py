"""When something usually comes, and how long nothing has."""

from msgspec.structs import replace

from offhook.alarms.silence import HOUR, WEEK, Habits

MONDAY = 1_764_547_200.0  # 1 December 2025, midnight UTC
NIGHT, DAY = 3 * HOUR, 12 * HOUR
WEEKS = WEEK * HOUR


def business(weeks, *, endpoint="sms"):
    """Ten webhooks an hour from nine to five, seen for so many weeks before this Monday."""
    habits = Habits()
    for hour in range(weeks * WEEK):
        at = MONDAY - weeks * WEEKS + hour * HOUR
        habits.watch(at)
        if 9 <= hour % 24 < 17:
            habits.add(endpoint, at, 10)
    habits.watch(MONDAY)
    return habits


def test_nothing_ever_came_is_no_silence():
    assert Habits().quiet((), MONDAY) is None


def test_quiet_is_since_the_last_one_of_the_endpoints_that_are_asked_for():
    habits = Habits()
    habits.add("sms", MONDAY, 1)
    habits.add("voice", MONDAY + 50, 1)
    assert habits.quiet(("sms",), MONDAY + 60) == 60
    assert habits.quiet(("sms", "voice"), MONDAY + 60) == 10
    assert habits.quiet((), MONDAY + 60) == 10
    assert habits.quiet(("shop",), MONDAY + 60) is None


def test_at_noon_something_usually_comes_and_at_night_nothing_does():
    habits = business(4)
    assert habits.usual((), MONDAY + DAY, MONDAY + DAY + 1800)
    assert not habits.usual((), MONDAY + NIGHT, MONDAY + NIGHT + 1800)


def test_a_short_time_at_a_slow_hour_is_no_time_at_which_something_usually_comes():
    assert not business(4).usual((), MONDAY + DAY, MONDAY + DAY + 300)  # of ten in an hour not one falls into it


def test_before_a_week_is_known_all_hours_are_usual():
    habits = Habits()
    habits.watch(MONDAY)
    habits.add("sms", MONDAY, 1)
    assert habits.usual((), MONDAY + NIGHT, MONDAY + NIGHT + 600)


def test_hours_at_which_nobody_watched_say_nothing():
    habits = Habits()
    habits.add("sms", MONDAY - WEEKS + DAY, 100)  # counted, but the hours around it are not known
    assert habits.usual((), MONDAY + NIGHT, MONDAY + NIGHT + 600)


def test_one_odd_week_of_four_changes_nothing_and_two_do():
    habits = business(4)
    kept = habits.kept("sms")

    def without(*weeks):
        gone = {int((MONDAY - week * WEEKS + DAY) // HOUR) for week in weeks}
        hours = {hour: count for hour, count in kept.hours.items() if hour not in gone}
        return Habits([replace(kept, hours=hours)], habits.known())

    noon = (MONDAY + DAY, MONDAY + DAY + 1800)
    assert without(2).usual((), *noon)
    assert not without(2, 3).usual((), *noon)


def test_another_endpoints_habits_are_not_this_ones():
    assert not business(4).usual(("voice",), MONDAY + DAY, MONDAY + DAY + 1800)


def test_what_is_kept_makes_the_same_again():
    habits = business(4)
    again = Habits([habits.kept("sms")], habits.known())
    for hour in range(24):
        at = MONDAY + hour * HOUR
        assert again.usual((), at, at + 1800) == habits.usual((), at, at + 1800)
    assert again.quiet((), MONDAY) == habits.quiet((), MONDAY)


def test_no_more_than_five_weeks_are_kept():
    assert len(business(9).known()) <= 5 * WEEK + 1


def test_time_without_anybody_there_is_no_silence():
    habits = Habits()
    habits.add("sms", MONDAY, 1)
    habits.slept(3_600)
    assert habits.quiet((), MONDAY + 3_660) == 60
    habits.slept(-3_600)  # the clock was put back
    assert habits.quiet((), MONDAY + 60) == 60
