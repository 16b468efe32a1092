"""In one conversation deliveries do not overlap, and the earlier goes first."""

from offhook.delivery.conversations import Conversations

PAIR = "+15550001|+15550002"


def test_the_second_message_waits_for_the_first_and_goes_when_it_is_done():
    turns = Conversations()
    assert turns.arrive(PAIR, "first") is True
    assert turns.arrive(PAIR, "second") is False
    assert turns.finish(PAIR, blocks=False) == ("second", ())
    assert turns.finish(PAIR, blocks=False) == (None, ())
    assert turns.arrive(PAIR, "third") is True


def test_when_the_first_must_be_tried_again_those_behind_it_are_parked():
    turns = Conversations()
    turns.arrive(PAIR, "first")
    turns.arrive(PAIR, "second")
    turns.arrive(PAIR, "third")
    assert turns.finish(PAIR, blocks=True) == (None, ["second", "third"])
    assert turns.arrive(PAIR, "fourth") is None


def test_a_fresh_message_does_not_overtake_a_parked_one():
    turns = Conversations()
    turns.load(PAIR)
    turns.load(PAIR)
    assert turns.resume(PAIR, blocks=True) is True
    assert turns.arrive(PAIR, "fresh") is None


def test_a_fresh_message_waits_in_memory_behind_the_only_parked_one_under_way():
    turns = Conversations()
    turns.load(PAIR)
    turns.resume(PAIR, blocks=True)
    assert turns.arrive(PAIR, "fresh") is False
    assert turns.finish(PAIR, blocks=False) == ("fresh", ())


def test_one_that_has_stepped_aside_does_not_block_but_still_does_not_overlap():
    turns = Conversations()
    assert turns.resume(PAIR, blocks=False) is True
    assert turns.arrive(PAIR, "fresh") is False
    assert turns.finish(PAIR, blocks=False) == ("fresh", ())


def test_stepping_aside_lets_the_next_one_go():
    turns = Conversations()
    turns.arrive(PAIR, "refused twice before")
    turns.arrive(PAIR, "next")
    assert turns.finish(PAIR, blocks=False) == ("next", ())


def test_a_claimed_message_waits_while_another_is_under_way():
    turns = Conversations()
    turns.arrive(PAIR, "fresh")
    assert turns.resume(PAIR, blocks=False) is False


def test_without_a_conversation_nobody_waits():
    turns = Conversations()
    assert turns.arrive("", "one") is True
    assert turns.arrive("", "two") is True
    assert turns.finish("", blocks=True) == (None, ())
