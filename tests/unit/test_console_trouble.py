"""What is wrong, in the one shape in which pages tell it."""

from pathlib import Path

import pytest

import offhook.console
from offhook.api.problems import Problem
from offhook.console.trouble import Trouble, of_answers, of_filters, trouble_of
from offhook.errors import JournalError, OffhookError
from offhook.streams.refused import RefusedError

TEMPLATES = Path(offhook.console.__file__).with_name("templates")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Problem(20404, "There is no alarm AK1."), Trouble("Not here", "There is no alarm AK1.", 404)),
        (Problem(20409, "It is in the file."), Trouble("That cannot be done", "It is in the file.", 409)),
        (RefusedError(91001, "There is no such sink."), Trouble("Not here", "There is no such sink.", 404)),
        (RefusedError(91007, "It is used."), Trouble("That cannot be done", "It is used.", 400)),
        (JournalError("The disk is full."), Trouble("Not just now", "The journal cannot be asked: The disk is full.", 503)),
        (OffhookError("There is no endpoint."), Trouble("That cannot be done", "There is no endpoint.", 400)),
    ],
)
def test_each_error_of_ours_says_what_it_is_with_the_status_that_the_api_has_for_it(error, told):
    assert trouble_of(error) == told
    assert trouble_of(error, "Nothing was sent") == told._replace(title="Nothing was sent")


def test_header_fields_go_along():
    assert trouble_of(Problem(20429, "Later.", headers={"retry-after": "8"})).headers == {"retry-after": "8"}


def test_an_error_of_anybody_elses_is_a_fault_and_its_words_stay_in_the_log():
    found = trouble_of(RuntimeError("password=hunter2"))
    assert (found.title, found.status) == ("Offhook has a fault", 500)
    assert "hunter2" not in found.what


def test_filters_that_cannot_be_read_can_be_left_out():
    found = of_filters("No such state.", "/webhooks")
    assert (found.what, found.status, found.instead) == ("No such state.", 400, [("Start again without filters", "/webhooks")])
    assert of_filters("", "/webhooks") is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ("x",)}, "One answer has to be put right."),
        ({"name": ("x",), "code": ("y", "z")}, "3 answers have to be put right."),
        ({"": ("There are 1,000 alarms.",)}, "There are 1,000 alarms."),
        ({"name": ("x",), "": ("There are 1,000 alarms.",)}, "One answer has to be put right.\nThere are 1,000 alarms."),
    ],
)
def test_a_form_counts_what_its_questions_say_and_says_what_none_of_them_does(wrong, says):
    assert of_answers(wrong, {"name", "code"}).what == says


def test_a_form_in_which_nothing_is_wrong_says_nothing():
    assert of_answers({}, {"name"}) is None


def test_one_template_draws_it_and_no_other_says_what_is_wrong_in_its_own_way():
    alerts = {each.name for each in TEMPLATES.glob("*.html") if 'role="alert"' in each.read_text(encoding="utf-8")}
    # What is wrong with Offhook itself stands on top of every page for as long as it is: that refuses nobody anything.
    assert alerts == {"trouble.html", "base.html"}
