"""The loop guard."""

from offhook.replies.guard import MOST_PAIRS, LoopGuard

A, B = "+15550001", "+15550002"


def test_fifteen_replies_within_thirty_seconds_go_and_the_sixteenth_does_not():
    guard = LoopGuard()
    assert [guard.admits(A, B, float(second)) for second in range(16)] == [True] * 15 + [False]


def test_both_directions_of_a_pair_count_together_and_other_pairs_apart():
    guard = LoopGuard()
    for _ in range(15):
        assert guard.admits(A, B, 100.0)
    assert not guard.admits(B, A, 100.0)
    assert guard.admits(A, "+15550003", 100.0)


def test_after_thirty_seconds_replies_go_again():
    guard = LoopGuard()
    for _ in range(15):
        guard.admits(A, B, 100.0)
    assert not guard.admits(A, B, 129.9)
    assert guard.admits(A, B, 130.0)


def test_a_backlog_of_messages_received_far_apart_is_no_loop():
    guard = LoopGuard()
    assert all(guard.admits(A, B, 60.0 * minute) for minute in range(100))


def test_only_so_many_pairs_are_remembered():
    guard = LoopGuard()
    for _ in range(15):
        guard.admits(A, B, 100.0)
    for number in range(MOST_PAIRS):
        guard.admits(A, f"+1666{number}", 100.0)
    assert guard.admits(A, B, 100.0)
