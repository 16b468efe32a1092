"""In what two answers of an app differ, in sentences."""

from offhook.dev.replay import differences
from offhook.dev.tape import Taped


def reply(body, to="+12025550101", media=()):
    return {"to": to, "from": "+12025550199", "body": body, "media": list(media), "status_callback": ""}


def test_equal_answers_differ_in_nothing():
    one = Taped(status=200, replies=(reply("hi"),), codes=(12200,))
    assert differences(one, Taped(status=200, replies=(reply("hi"),), codes=(12200,))) == ()


def test_a_status_and_what_was_logged():
    found = differences(Taped(status=200, codes=()), Taped(status=0, codes=(11202, 14103)))
    assert found == ("the status was 200, and is none", "the errors were none, and are 11202, 14103")


def test_replies_in_their_order():
    before = Taped(status=200, replies=(reply("one"), reply("two", media=["https://example.com/cat.jpg"])))
    now = Taped(status=200, replies=(reply("two"), reply("one")))
    (said,) = differences(before, now)
    assert said.startswith("the replies were 'one' to +12025550101, 'two' to +12025550101 with 1 media, ")
    assert said.endswith("and are 'two' to +12025550101, 'one' to +12025550101")
    assert differences(before, Taped(status=200))[0].endswith("and are none")


def test_a_change_that_does_not_show_in_the_texts_is_a_difference_too():
    other = {**reply("one"), "status_callback": "https://example.com/status"}
    (said,) = differences(Taped(status=200, replies=(reply("one"),)), Taped(status=200, replies=(other,)))
    assert "the replies were" in said
