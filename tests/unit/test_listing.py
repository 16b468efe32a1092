"""Which columns of a listing stay, by the width of the terminal."""

import pytest

from offhook.cli.listing import Listing


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (80, ["id", "at", "what", "where"]),
        (35, ["id", "at", "what", "where"]),
        (34, ["id", "at", "what"]),
        (28, ["id", "at", "what"]),
        (27, ["id", "what"]),
        (5, ["id", "what"]),
    ],
)
def test_columns_leave_in_their_order_until_the_text_has_room(width, names):
    listing = Listing("id", "at", "what", "where", text="what", leaves=("where", "at"), room=10)
    listing.add("WH1234", "12:00:00", "a text that is longer than its room", "there", style="red")
    assert listing.kept(width) == names


def test_a_short_text_asks_for_no_more_room_than_it_needs():
    listing = Listing("id", "at", "what", text="what", leaves=("at",), room=10)
    listing.add("WH1234", "12:00:00", "short")
    assert listing.kept(23) == ["id", "at", "what"]
    assert listing.kept(22) == ["id", "what"]


def test_wide_characters_count_as_the_two_columns_that_they_take():
    listing = Listing("id", "at", "what", text="what", leaves=("at",))
    listing.add("WH", "日本", "x")
    assert listing.kept(14) == ["id", "at", "what"]
    assert listing.kept(13) == ["id", "what"]
