"""Lists as files."""

import csv
import io
import json

import pytest

from offhook.console.exports import cell, export


def rows_of(answer):
    return list(csv.reader(io.StringIO(bytes(answer.body).decode())))


def test_a_spreadsheet_gets_all_columns_and_a_name():
    answer = export("csv", "webhooks", ("id", "body"), [{"id": "WH1", "body": 'a "quoted", text\nof two lines'}, {"id": "WH2"}])
    assert rows_of(answer) == [["id", "body"], ["WH1", 'a "quoted", text\nof two lines'], ["WH2", ""]]
    assert answer.headers["content-disposition"] == 'attachment; filename="webhooks.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+15551230001", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula(text):
    assert cell(text) == f"'{text}"


def test_figures_stay_figures():
    assert [cell(each) for each in (-1, 0.5, True, None, "-")] == [-1, 0.5, True, "", "'-"]


def test_what_has_parts_is_written_as_json():
    assert cell(["=a"]) == '["=a"]'


def test_programs_get_the_rows_as_they_are():
    answer = export("json", "webhooks", ("id",), [{"id": "=1", "more": [1]}])
    assert json.loads(bytes(answer.body)) == [{"id": "=1", "more": [1]}]
    assert answer.headers["content-type"] == "application/json"
