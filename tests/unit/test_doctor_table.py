"""The report in a terminal: at a glance, at any width, and nothing in it steers the terminal."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from offhook.cli.doctor_table import Table
from offhook.doctor.findings import Finding, Plot, Verdict
from tests.helpers.reports import HOSTILE, hostile, ill, report, row, well


def shown(of, *, width=80, verbose=False, colours=False):
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=colours,
        color_system="standard" if colours else None,
    )
    Table(console).write(of, verbose=verbose)
    return file.getvalue()


def test_the_whole_of_it_at_eighty_columns():
    assert (
        shown(ill())
        == """\
✗ 1 fault and 1 warning: https://my-app.example/sms
  asked as sms · signed · 12 requests · 3.4 s

✗ tls           The certificate expired 3 days ago. (Twilio: 11237)
                · CN=my-app.example, issued by Example CA
                · Not after 2025-11-20T12:00:00Z
! reachability  3 of 20 connections to 198.51.100.7 port 443 were lost. (Twilio:
                11205)
                · Connected in 41.0 ms at the median, 96.0 ms at most.
                · Time to connect, 198.51.100.7: min 40.0 · median 68.0 · p95
                  96.0 · max 96.0 ms · 3 of 20 lost
                  ▄▄▅×▆▇▇██××▅▆▆▇▇██▄▄
? signature     No time was left for this.
✓ url           The URL can be called.
✓ dns           2 addresses, the same from 4 resolvers.
– Not applicable: intermittent, edge (Not looked at: the certificate is not one
  that Twilio takes)

What the sender of the text would receive
╭──────────────────────────────────╮
│ Thank you!                       │
│ [https://my-app.example/owl.png] │
╰──────────────────────────────────╯

What to do
 1. Renew the certificate.
 2. Have it renewed by itself from now on: certbot's timer, or the host's own
    way.
 3. Ask the host's provider about packet loss on the way to 198.51.100.7.
 4. Run the doctor again, with --for and a longer time.
"""  # noqa: RUF001 - the signs of the table
    )


def test_verbose_shows_the_evidence_of_what_is_good_and_each_that_does_not_apply():
    text = shown(ill(), verbose=True)
    assert "· A 198.51.100.7, TTL 300 s\n" in text
    assert "Not applicable" not in text
    assert text.count("Not looked at: the certificate") == 2
    assert "Time to first byte: min 41.5" in shown(well(), verbose=True)
    assert "Time to first byte" not in shown(well())


def test_where_no_person_looks_a_line_is_never_broken_and_never_padded():
    text = shown(ill(), width=2000)
    assert "(Twilio: 11205)\n" in text
    assert "own way.\n" in text
    assert not re.search(r" +$", text, re.MULTILINE)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("of", [ill, well, hostile])
def test_no_line_is_wider_than_the_terminal(of, width):
    assert max(map(cell_len, shown(of(), width=width, verbose=True).splitlines())) <= width


def test_wide_letters_count_twice():
    wide = report(row("url", Finding(verdict=Verdict.FAULT, title="証明書の有効期限が切れています。" * 6)))
    assert max(map(cell_len, shown(wide).splitlines())) <= 80


@pytest.mark.parametrize("verbose", [True, False])
def test_nothing_from_outside_steers_the_terminal_or_begins_a_line(verbose):
    text = shown(hostile(), verbose=verbose)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    bubble = text.index("╭")
    assert not [line for line in text[:bubble].splitlines() if line.startswith(("new", "---", "line"))]


def test_colours_are_for_terminals():
    assert "\x1b[" in shown(ill(), colours=True)
    assert "\x1b" not in shown(ill())
    assert "\x1b]" not in shown(hostile(), colours=True)


def test_an_answer_without_a_message_is_told_as_that():
    assert "Nothing: there is no message in the answer." in shown(ill(messages=()))
    assert "would receive" not in shown(ill(messages=None))
    assert "would receive" not in shown(ill(product="status"))


def test_many_tries_are_drawn_in_one_line_with_what_was_lost():
    values = tuple(None if place == 500 else 10.0 for place in range(1000))
    finding = Finding(
        verdict=Verdict.WARNING, title="Some.", plots=(Plot(title="Tries", values=values), Plot(title="None", values=()))
    )
    (line,) = [line for line in shown(report(row("x", finding))).splitlines() if "█" in line]
    assert len(line) <= 80
    assert line.count("×") == 1  # noqa: RUF001 - the sign for what was lost


def test_a_series_of_nothing_but_zeros_or_losses_is_drawn_too():
    plots = (Plot(title="Zeros", values=(0.0, 0.0)), Plot(title="Lost", values=(None, None)))
    text = shown(report(row("x", Finding(verdict=Verdict.WARNING, title="Some.", plots=plots))))
    assert "▁▁" in text
    assert "××" in text  # noqa: RUF001 - the sign for what was lost


def test_hostile_words_are_still_there_to_be_read():
    assert "<img src=x onerror=alert(1)>" in HOSTILE
    assert "<img src=x onerror=alert(1)>" in shown(hostile(), width=2000)
