"""Messages are found from any place on, by address, and the oldest make room."""

import random

import msgspec
import pytest

from offhook.simulator.book import MessageFilter
from tests.helpers.account import ADA, OWN, Api


def sids(found):
    return [message.sid for message in found]


def test_the_newest_come_first_and_from_a_place_on_the_older_ones():
    api = Api()
    one, two, three = (api.message() for _ in range(3))
    assert sids(api.book.messages()) == sids([three, two, one])
    assert sids(api.book.messages(before=api.book.place(three.sid))) == sids([two, one])
    assert sids(api.book.messages_after(api.book.place(one.sid), MessageFilter())) == sids([two, three])
    assert (api.book.place("SM"), api.book.message("SM")) == (0, None)


def test_a_change_keeps_the_place_of_a_message_and_a_new_sender_finds_it():
    api = Api()
    changed, other = api.message(sender=""), api.message()
    place = api.book.place(changed.sid)
    api.book.keep(msgspec.structs.replace(changed, sender=OWN))
    assert api.book.place(changed.sid) == place
    assert sids(api.book.messages(MessageFilter(sender=OWN))) == sids([other, changed])
    assert sids(api.book.messages(MessageFilter(sender=OWN), before=place + 1)) == [changed.sid]


def test_what_is_forgotten_is_in_no_list_and_its_place_is_nobodys():
    api = Api()
    one, two, three = (api.message() for _ in range(3))
    place = api.book.place(two.sid)
    assert api.book.forget(two.sid)
    assert not api.book.forget(two.sid)
    assert sids(api.book.messages(MessageFilter(to=ADA))) == sids([three, one])
    assert sids(api.book.messages(before=place)) == [one.sid]
    assert sids(api.book.messages_after(place, MessageFilter(to=ADA))) == [three.sid]


def test_the_oldest_make_room():
    api = Api(most_messages=3)
    kept = [api.message() for _ in range(5)]
    assert sids(api.book.messages()) == sids(kept[:1:-1])
    api.book.forget(kept[2].sid)
    more = [api.message() for _ in range(2)]
    assert sids(api.book.messages()) == sids([*reversed(more), kept[4]])
    assert sids(api.book.messages(MessageFilter(to=ADA))) == sids([*reversed(more), kept[4]])


def test_a_message_of_a_number_to_itself_is_found_once():
    api = Api()
    message = api.message(sender=OWN, to=OWN)
    assert sids(api.book.messages(MessageFilter(to=OWN, sender=OWN))) == [message.sid]


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_a_look_at_every_message_would_find(seed):
    chance, api, model = random.Random(seed), Api(most_messages=40), []
    for _ in range(400):
        if model and chance.random() < 0.2:
            gone = chance.choice(model)
            model.remove(gone)
            api.book.forget(gone.sid)
        elif model and chance.random() < 0.2:
            old = chance.choice(model)
            model[model.index(old)] = api.book.keep(msgspec.structs.replace(old, sender=chance.choice("ABC")))
        else:
            model.append(api.message(sender=chance.choice("ABC"), to=chance.choice("ABC")))
            model[:-40] = []
        to, sender = chance.choice(["", "A", "B"]), chance.choice(["", "A", "C"])
        expected = [each for each in model if to in ("", each.to) and sender in ("", each.sender)]
        where = MessageFilter(to=to, sender=sender)
        assert list(api.book.messages(where)) == expected[::-1]
        if expected:
            at = chance.randrange(len(expected))
            place = api.book.place(expected[at].sid)
            assert list(api.book.messages(where, before=place)) == expected[:at][::-1]
            assert list(api.book.messages_after(place, where)) == expected[at + 1 :]
