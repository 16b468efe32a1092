"""What a list's URL asks for."""

import pytest

from offhook.api.fields import ERROR_FILTERS, ERROR_PAGE
from offhook.console.asked import FORMAT, asked, clipped, minute

FIELDS = (*ERROR_FILTERS, *ERROR_PAGE, FORMAT)


def test_values_are_read_as_the_api_reads_them_and_what_was_typed_is_kept():
    found = asked(FIELDS, [("code", "11217"), ("level", "error"), ("q", ""), ("format", "CSV")])
    assert found.values == {"code": 11217, "level": "ERROR", "format": "csv"}
    assert found.typed == {"code": "11217", "level": "error", "format": "CSV"}
    assert found.trouble == ""


def test_what_a_page_says_in_its_own_url_is_no_filter():
    assert asked(FIELDS, [("said", "Done.")]) == ({}, {}, "")


def test_what_cannot_be_read_is_told_and_nothing_typed_is_lost():
    found = asked(FIELDS, [("code", "x"), ("q", "tunnel")])
    assert found.values == {}
    assert found.typed == {"code": "x", "q": "tunnel"}
    assert "such as 11200" in found.trouble


@pytest.mark.parametrize(
    ("at", "text"), [(None, ""), (1_763_899_200.0, "2025-11-23T12:00"), (1_763_899_230.5, "2025-11-23T12:00:30")]
)
def test_a_time_is_written_as_a_field_of_date_and_time_has_it(at, text):
    assert minute(at) == text


def test_a_long_text_is_cut_on_one_line_and_marked():
    assert clipped("a\n b\tc", 10) == "a b c"
    assert clipped("x" * 11, 10) == "x" * 9 + "…"
    assert clipped("x" * 10, 10) == "x" * 10
