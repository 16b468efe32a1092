"""What the API makes of single values: times, URLs, bytes, and spans of time in words."""

import pytest

from offhook.api.fields import read_time
from offhook.api.shapes import iso, text_of, without_credentials
from offhook.console.html import Markup, ago, escaped, table, tag


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bob:hunter2@app.example/sms?a=b@c#rc=3", "https://app.example/sms?a=b@c#rc=3"),
        ("https://bob@app.example", "https://app.example"),
        ("https://bob:p@ss@app.example/", "https://app.example/"),
        ("https://bob:hunter2@[::1]:8080/", "https://[::1]:8080/"),
        ("HTTPS://bob:hunter2@app.example", "HTTPS://app.example"),
        ("//bob:hunter2@app.example", "//app.example"),
        ("https://app.example/sms?mail=a@b.example", "https://app.example/sms?mail=a@b.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("", ""),
    ],
)
def test_a_url_loses_its_credentials_and_nothing_else(url, shown):
    assert without_credentials(url) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_763_899_200.123, "2025-11-23T12:00:00.123Z"),
        (1_763_899_200.9999999, "2025-11-23T12:00:01.000Z"),
    ],
)
def test_a_time_is_iso_8601_in_utc_with_milliseconds(seconds, shown):
    assert iso(seconds) == shown


@pytest.mark.parametrize("seconds", [0.0, 1.5, 1_763_899_200.123])
def test_a_time_that_was_shown_reads_back_as_the_same(seconds):
    assert read_time(iso(seconds)) == pytest.approx(seconds, abs=0.0005)


def test_text_that_was_cut_loses_its_half_character_only_when_it_was_cut():
    half = "né".encode()[:-1]
    assert text_of(half, cut=True) == ("n", "utf-8")
    assert text_of(half) == ("bsM=", "base64")
    assert text_of(b"") == ("", "utf-8")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (0.4, "now"),
        (4, "4 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (7200, "2 h ago"),
        (200_000, "2 d ago"),
        (-300, "in 5 min"),
    ],
)
def test_a_span_of_time_is_told_in_its_largest_unit(seconds, words):
    assert ago(seconds) == words


def test_a_plain_text_is_escaped_wherever_it_stands_and_markup_of_ours_is_not():
    assert tag("p", "<b>", tag("b", "x"), title='"&') == '<p title="&quot;&amp;">&lt;b&gt;<b>x</b></p>'
    assert escaped("a\x00b\x1b") == "a\\x00b\\x1b"
    assert "<td>&lt;td&gt;</td>" in table(["Head"], [["<td>"]])


def test_what_is_made_of_markup_by_the_methods_of_text_is_plain_text_again():
    for made in (Markup("<b>") + "<i>", Markup("<b>")[:2], Markup("{}").format("<i>"), Markup("<b>").upper()):
        assert not isinstance(made, Markup)
