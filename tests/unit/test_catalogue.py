"""The catalogue of codes is complete, well-formed and cheap."""

import csv
import subprocess
import sys
from importlib.resources import files

import pytest

from offhook.debugger.catalogue import CODES, lookup
from offhook.records import Level

ROWS = 177


def test_every_row_of_the_file_is_in_the_catalogue_once():
    lines = files("offhook.debugger").joinpath("codes.csv").read_text(encoding="utf-8").splitlines()
    written = [int(row["code"]) for row in csv.DictReader(lines)]
    assert written == sorted(set(written)) == list(CODES)
    assert len(CODES) == ROWS


@pytest.mark.parametrize(
    ("code", "name", "level"),
    [
        (11200, "HTTP retrieval failure", Level.ERROR),
        (11203, "HTTP communication total time out triggered", Level.ERROR),
        (11217, "HTTP error response code", Level.ERROR),
        (11243, "HTTP retry policy is invalid", Level.ERROR),
        (12200, "Schema validation warning", Level.WARNING),
        (12300, "Invalid Content-Type", Level.ERROR),
        (14103, "Invalid Body", Level.WARNING),
        (20429, "Too Many Requests", Level.ERROR),
        (21610, "Attempt to send to unsubscribed recipient", Level.ERROR),
        (97001, "Unable to retrieve OAuth access token", Level.ERROR),
    ],
)
def test_a_known_code_has_its_name_its_level_and_its_page(code, name, level):
    found = lookup(code)
    assert found is not None
    assert (found.code, found.name, found.level) == (code, name, level)
    assert found.more_info == f"https://www.twilio.com/docs/errors/{code}"


def test_a_code_that_is_not_ours_to_know_is_none():
    assert lookup(0) is None
    assert lookup(11244) is None


def test_each_row_says_in_one_short_line_when_it_is_raised():
    for row in CODES.values():
        assert row.name
        assert 0 < len(row.raised_when) <= 140, row.code
        assert row.log_type in {"APPLICATION", "CARRIER", "TWILIO", ""}


def test_the_catalogue_cannot_be_changed_by_a_reader():
    with pytest.raises(TypeError):
        CODES[1] = lookup(11200)  # type: ignore[index]


def test_importing_the_catalogue_brings_no_network_code_along():
    probe = "import sys, offhook.debugger.catalogue; print([m for m in ('asyncio', 'ssl', 'socket', 'httptools') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
