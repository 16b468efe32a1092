"""The gate before an app: places, breaker, probe, slow start."""

from offhook.delivery.breaker import Gate


def fail(gate, now, times):
    for _ in range(times):
        probe = gate.enter(retry=False)
        gate.leave(retry=False)
        gate.report(now, able=False, probe=probe)


def succeed(gate, now):
    probe = gate.enter(retry=False)
    gate.leave(retry=False)
    return gate.report(now, able=True, probe=probe)


def test_retries_get_at_most_half_of_the_places_so_that_fresh_messages_always_find_one():
    gate = Gate(8)
    for _ in range(4):
        assert gate.room(0.0, retry=True)
        gate.enter(retry=True)
    assert gate.room(0.0, retry=True) == 0
    assert gate.room(0.0, retry=False) == 4


def test_five_failures_in_a_row_open_it_and_four_do_not():
    gate = Gate(8)
    fail(gate, 0.0, 4)
    assert not gate.is_open
    fail(gate, 0.0, 1)
    assert gate.is_open
    assert gate.room(0.0, retry=False) == 0


def test_a_success_in_between_starts_the_count_anew():
    gate = Gate(8)
    fail(gate, 0.0, 4)
    succeed(gate, 0.0)
    fail(gate, 0.0, 4)
    assert not gate.is_open


def test_a_refused_message_says_nothing_of_the_app():
    gate = Gate(8)
    for _ in range(20):
        gate.enter(retry=False)
        gate.leave(retry=False)
        gate.report(0.0, able=None)
    assert not gate.is_open


def test_after_its_pause_one_probe_may_enter_and_no_second():
    gate = Gate(8)
    fail(gate, 0.0, 5)
    assert gate.room(4.9, retry=True) == 0
    assert gate.room(5.0, retry=True) == 1
    gate.enter(retry=True)
    assert gate.room(5.0, retry=False) == 0


def test_a_failed_probe_doubles_the_pause_up_to_a_minute():
    gate, now, pauses = Gate(8), 0.0, []
    fail(gate, now, 5)
    for _ in range(6):
        pauses.append(gate.probe_at() - now)
        now = gate.probe_at()
        fail(gate, now, 1)
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_a_good_probe_closes_it_and_the_places_come_back_one_by_one():
    gate = Gate(4)
    fail(gate, 0.0, 5)
    assert succeed(gate, 5.0) is True
    assert gate.room(5.0, retry=False) == 1
    assert succeed(gate, 5.0) is False
    assert gate.room(5.0, retry=False) == 2
    for _ in range(5):
        succeed(gate, 5.0)
    assert gate.room(5.0, retry=False) == 4


def test_a_probe_that_shows_nothing_leaves_it_open_for_another_probe():
    gate = Gate(4)
    fail(gate, 0.0, 5)
    probe = gate.enter(retry=True)
    gate.leave(retry=True)
    gate.report(5.0, able=None, probe=probe)
    assert gate.is_open
    assert gate.room(10.0, retry=True) == 1


def test_one_that_started_before_the_breaker_opened_does_not_pass_for_its_probe():
    gate = Gate(8)
    early = gate.enter(retry=False)
    fail(gate, 0.0, 5)
    assert gate.enter(retry=True) is True
    gate.leave(retry=False)
    gate.report(6.0, able=False, probe=early)
    assert gate.probe_at() == 5.0
    assert gate.room(6.0, retry=True) == 0
