"""What comes in one turn of the loop is taken together, in its order, once."""

import asyncio

from offhook.turns import MOST, Turn


async def test_what_is_added_in_one_turn_is_taken_together_and_in_its_order():
    taken = []
    turn = Turn(taken.append)
    for number in range(3):
        turn.add(number)
    assert taken == []
    await asyncio.sleep(0)
    assert taken == [[0, 1, 2]]


async def test_what_was_taken_early_is_not_taken_again():
    taken = []
    turn = Turn(taken.append)
    turn.add("early")
    turn.end()
    await asyncio.sleep(0)
    assert taken == [["early"]]


async def test_what_comes_while_others_are_taken_is_taken_in_the_next_turn():
    taken = []

    def take(items):
        taken.append(items)
        if items == ["first"]:
            turn.add("second")

    turn = Turn(take)
    turn.add("first")
    await asyncio.sleep(0)
    assert taken == [["first"]]
    await asyncio.sleep(0)
    assert taken == [["first"], ["second"]]


async def test_no_more_than_so_many_wait():
    taken = []
    turn = Turn(taken.append)
    for number in range(MOST + 1):
        turn.add(number)
    assert [len(items) for items in taken] == [MOST]
    await asyncio.sleep(0)
    assert [len(items) for items in taken] == [MOST, 1]


async def test_without_anything_nothing_is_called():
    taken = []
    Turn(taken.append).end()
    assert taken == []
