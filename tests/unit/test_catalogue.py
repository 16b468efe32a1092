"""The catalogue of codes is complete, well-formed and cheap."""

import re
import subprocess
import sys
import tomllib
from importlib.resources import files

import pytest

from offhook.debugger.catalogue import CODES, lookup
from offhook.records import Level

# Every code about webhooks, replies and event streams that was found in Twilio's dictionary when the list was drawn up.
DICTIONARY = """
10001 10002 10003
11100 11200 11201 11202 11203 11205 11206 11210 11215 11216 11217 11220 11235 11236 11237 11240 11241 11242 11243 11251
11300 11310 11320 11321 11322 11750 11751 11770
12100 12101 12102 12200 12300 12301 12400 13710 13750
14101 14102 14103 14104 14105 14106 14107 14108 14109 14110 14111
14201 14202 14203 14204 14205 14206 14207 14210 14211 14212 14213 14215 14217 14218 14219 14220 14221 14222 14223 14226 14230 14231
15000 15002 15003 15004 15009 16011
20003 20429 21211 21405 21406 21408 21502 21601 21602 21603 21604 21606 21608 21609 21610 21611 21612 21614 21617 21619 21620 21623
21626 21660 21661 21701 21703 21704 23006
30001 30002 30003 30004 30005 30006 30007 30008 30009 30039 30410 32711
50057 50076 50077 50078 53660 60330 80908 80909 80913 81016 81017
82001 82002 82003 82004 82005 82006 82007 82008 82009 90003
91000 91001 91002 91003 91004 91005 91006 91007 91100 91101 91102 91103 91104 91201 91202 91203
91300 91302 91303 91304 91305 91306 91307 91308 93100 93101 93102 93103 93104
94100 94101 95200 95201 97001
"""

# What the webhooks, their configuration and the REST API turned out to need besides.
BESIDES = "20404 20500 21212 30036 30121 30122 59000 59004 59100 59200 59202 61006 63016"

PRODUCTS = {
    "Account",
    "Add-ons",
    "Conversations",
    "Event Streams",
    "Flex",
    "Functions",
    "HTTP",
    "Programmable Messaging",
    "Programmable Voice",
    "Proxy",
    "REST API",
    "Studio",
    "TaskRouter",
    "Transcriptions",
    "TwiML",
    "Verify",
    "Video",
    "Voice Intelligence",
    "Webhooks configuration",
}

every_code = pytest.mark.parametrize("row", CODES.values(), ids=lambda row: str(row.code))


def test_every_code_of_the_dictionary_is_in_the_catalogue():
    assert set(CODES) == {int(code) for code in (DICTIONARY + BESIDES).split()}


def test_the_file_has_a_table_for_each_code_in_order():
    written = [int(code) for code in tomllib.loads(files("offhook.debugger").joinpath("codes.toml").read_text(encoding="utf-8"))]
    assert written == sorted(written) == list(CODES)
    assert len(CODES) == len(written)


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
        (61006, "Add-ons: Add-ons unavailable for GET callbacks", Level.WARNING),
        (97001, "Unable to retrieve OAuth access token", Level.ERROR),
    ],
)
def test_a_known_code_has_its_name_and_its_level(code, name, level):
    found = lookup(code)
    assert found is not None
    assert (found.code, found.name, found.level) == (code, name, level)


@pytest.mark.parametrize("code", [0, 11244, 11249, 91301])
def test_a_code_that_does_not_exist_is_none(code):
    assert lookup(code) is None
    assert code not in CODES


@every_code
def test_a_code_says_when_it_is_raised_what_may_cause_it_and_what_to_do(row):
    assert 1 <= len(row.causes) <= 4
    assert 1 <= len(row.solutions) <= 4
    for sentence in (row.raised_when, *row.causes, *row.solutions):
        assert re.fullmatch(r"[A-Z].{,158}\.", sentence), sentence
    assert len({*row.causes, *row.solutions}) == len(row.causes) + len(row.solutions)


@every_code
def test_a_code_has_a_name_a_level_a_product_and_somebody_to_blame(row):
    assert row.name == row.name.strip() != ""
    assert len(row.name) <= 160
    assert row.level in {Level.ERROR, Level.WARNING}
    assert row.log_type in {"APPLICATION", "CARRIER", "TWILIO", ""}
    assert row.product in PRODUCTS


@every_code
def test_more_info_is_twilios_own_page_about_the_code(row):
    assert row.more_info == f"https://www.twilio.com/docs/errors/{row.code}"


def test_the_catalogue_cannot_be_changed_by_a_reader():
    with pytest.raises(TypeError):
        CODES[1] = lookup(11200)  # type: ignore[index]


def test_importing_the_catalogue_brings_no_network_code_along_and_reads_nothing():
    probe = (
        "import sys, offhook.debugger.catalogue as catalogue;"
        "print([m for m in ('asyncio', 'ssl', 'socket', 'httptools') if m in sys.modules], catalogue._read.cache_info().currsize)"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[] 0"
