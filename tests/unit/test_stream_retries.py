"""When a failing sink is tried again, and which failures are told."""

from offhook.records import Level
from offhook.streams import retries
from offhook.streams.model import Fault
from offhook.streams.retries import Trouble

AWAY = Fault(code=91307, message="Nobody is there.", retry=True)


def told(times):
    """At which of these failures, counted from 1, something is told."""
    trouble, found = Trouble(), []
    for number, at in enumerate(times, start=1):
        trouble, tell = retries.after(trouble, at)
        if tell:
            found.append(number)
    return found


def test_of_many_failures_in_a_second_the_first_and_each_power_of_ten_are_told():
    assert told([0.0] * 12_345) == [1, 10, 100, 1_000, 10_000]


def test_a_failure_is_told_again_every_twenty_minutes():
    assert told(range(0, 3_601, 300)) == [1, 5, 9, 10]


def test_a_success_ends_a_run_and_what_is_told_goes_on_until_the_sink_has_been_well_for_twenty_minutes():
    trouble, found = Trouble(), []
    for at in [*range(0, 600, 30), 600 + 1_200]:
        trouble, tell = retries.after(trouble, float(at))
        assert (trouble.failures, trouble.since) == (1, at)
        found += [at] if tell else []
        trouble = retries.over(trouble)
        assert trouble.failures == 0
    assert found == [0, 270, 1_800]


def test_a_run_of_failures_remembers_since_when():
    trouble, _ = retries.after(Trouble(), 100.0)
    trouble, _ = retries.after(trouble, 160.0)
    assert (trouble.since, trouble.failures) == (100.0, 2)


def test_waits_double_up_to_five_minutes_and_half_of_each_is_chance():
    assert [retries.wait(failures, AWAY, 1.0) for failures in (1, 2, 3, 4, 11, 500)] == [0.5, 1, 2, 4, 300, 300]
    assert retries.wait(4, AWAY, 0.0) == 2


def test_a_sink_that_asks_for_time_gets_it_up_to_an_hour():
    assert retries.wait(1, Fault(code=91302, message="Slow down.", retry=True, retry_after=60), 0.0) == 60
    assert retries.wait(1, Fault(code=91302, message="Slow down.", retry=True, retry_after=1e9), 0.0) == 3_600


def test_being_throttled_is_a_warning_and_the_rest_are_errors():
    assert retries.level(91302) is Level.WARNING
    assert {retries.level(code) for code in (91305, 91306, 91307, 91308)} == {Level.ERROR}
