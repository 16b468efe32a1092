"""A report in words: the headline, the figures of a plot, and what is left unsaid."""

import pytest

from offhook.doctor.findings import Finding, Plot, Verdict, good, not_applicable, unknown
from offhook.doctor.telling import fewer, headline, passed_over, received, summary, tone
from tests.helpers.reports import ill, report, row, well

FAULT = Finding(verdict=Verdict.FAULT, title="It is broken.")
WARNING = Finding(verdict=Verdict.WARNING, title="It is odd.")


@pytest.mark.parametrize(
    ("findings", "interrupted", "said"),
    [
        ([good("Well.")], False, "No fault"),
        ([FAULT, FAULT, WARNING, unknown("Who knows.")], False, "2 faults and 1 warning"),
        ([FAULT], False, "1 fault"),
        ([WARNING, WARNING, good("Well.")], False, "No fault, but 2 warnings"),
        ([unknown("Who knows."), good("Well.")], False, "No fault, but not everything could be told"),
        ([unknown("Who knows.")], False, "Nothing could be told"),
        ([], False, "Nothing could be told"),
        ([not_applicable("Nothing.")], False, "Nothing could be told"),
        ([], True, "Interrupted: no fault so far"),
        ([good("Well.")], True, "Interrupted: no fault so far"),
        ([FAULT, good("Well.")], True, "Interrupted: 1 fault"),
    ],
)
def test_the_headline_says_what_it_came_to(findings, interrupted, said):
    assert headline(report(*(row("x", each) for each in findings), interrupted=interrupted)) == said


def test_what_was_interrupted_is_not_called_good():
    assert tone(well(interrupted=True)) is Verdict.UNKNOWN
    assert tone(well()) is Verdict.GOOD
    assert tone(ill(interrupted=True)) is Verdict.FAULT


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((), ""),
        ((5.0,), "min 5.0 · median 5.0 · p95 5.0 · max 5.0 ms"),
        ((None, None), "2 of 2 lost"),
        ((*map(float, range(1, 101)), None), "min 1.0 · median 50.0 · p95 95.0 · max 100 ms · 1 of 101 lost"),
    ],
)
def test_the_figures_of_a_plot(values, said):
    assert summary(Plot(title="x", values=values)) == said


def test_a_long_series_is_drawn_in_fewer_places_and_no_lost_try_gets_lost():
    assert fewer((1.0, 3.0, 2.0, None, 5.0), 3) == (3.0, None, 5.0)
    assert fewer((1.0, 2.0), 60) == (1.0, 2.0)
    assert fewer((), 60) == ()
    assert len(fewer(tuple(map(float, range(1000))), 60)) <= 60


def test_what_does_not_apply_is_summed_up_with_the_reason_that_it_shares():
    same = [row("a", not_applicable("There is no token.")), row("b", not_applicable("There is no token."))]
    assert passed_over(same) == "a, b (There is no token)"
    assert passed_over([*same, row("c", not_applicable("Another reason."))]) == "a, b, c"


@pytest.mark.parametrize(
    ("product", "told"), [("sms", True), ("mms", True), ("whatsapp", True), ("status", False), ("voice", False)]
)
def test_nobody_wrote_what_a_status_callback_or_a_call_is_about(product, told):
    assert received(ill(product=product)) is told
    assert received(ill(product=product, messages=None)) is False
