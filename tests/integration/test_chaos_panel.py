"""The chaos panel and its API: what is set, what is shown, what is refused."""

import json
from urllib.parse import urlencode

import pytest

from offhook.simulator.chaos import parse
from offhook.simulator.records import Account
from offhook.testing.carrier import SimulatedCarrier
from tests.helpers.processes import fetch


@pytest.fixture
def carrier():
    with SimulatedCarrier(Account(sid="AC" + "0" * 32, auth_token="secret")) as carrier:
        yield carrier


@pytest.fixture
def house(carrier):
    return carrier.house


def put(carrier, body):
    status, _, said = fetch(carrier.url + "/api/chaos", json.dumps(body).encode(), method="PUT")
    return status, json.loads(said)


def post(carrier, fields, **headers):
    status, _, page = fetch(carrier.url + "/chaos", urlencode(fields).encode(), headers)
    return status, page.decode()


def test_the_api_sets_and_shows_the_rules(house, carrier):
    rules = [{"kind": "refused", "rate": 0.1, "numbers": ["+12025550101"]}, {"kind": "delay", "seconds": 8}]
    status, answer = put(carrier, {"seed": 7, "rules": rules})
    assert status == 200
    shown = json.loads(fetch(carrier.url + "/api/chaos")[2])
    assert shown == answer
    assert shown["seed"] == 7
    assert shown["rules"] == [
        {"kind": "refused", "rate": 0.1, "numbers": ["+12025550101"]},
        {"kind": "delay", "rate": 1.0, "numbers": [], "seconds": 8.0},
    ]
    assert house.chaos.rules == parse("refused=10%", ["+12025550101"]) + parse("delay:8s")
    assert {each["kind"] for each in shown["kinds"]} > {"lost-answer", "throttle"}


def test_the_api_takes_rules_as_the_flag_has_them(house, carrier):
    assert put(carrier, {"seed": 1, "rules": "5xx=5%"})[0] == 200
    assert house.chaos.rules == parse("5xx=5%")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"rules": [{"kind": "refuse"}]}, "Did you mean refused?"),
        ({"rules": "refused=200%"}, "from 0% to 100%"),
        ({"rules": [{"kind": "refused", "rate": 2}]}, "is no rate"),
        ({"rules": [{"kind": "delay", "seconds": 100}]}, "60 s at most"),
        ({"seed": "x"}, "The body must be like"),
    ],
)
def test_the_api_says_what_is_wrong_and_changes_nothing(house, carrier, body, says):
    house.chaos.set(parse("reset"), 3)
    status, answer = put(carrier, body)
    assert (status, answer["code"]) == (400, 20001)
    assert says in answer["message"]
    assert (house.chaos.rules, house.chaos.seed) == (parse("reset"), 3)


def test_the_panel_is_a_form_that_works_without_a_script(house, carrier):
    sent = {"refused": "10", "5xx": " 5 %", "drip": "", "reset": "0", "numbers": "+12025550101, +12025550102", "seed": "7"}
    status, page = post(carrier, sent)
    assert status == 200
    assert set(house.chaos.rules) == set(parse("refused=10%,5xx=5%", ["+12025550101", "+12025550102"]))
    assert page == fetch(carrier.url + "/chaos")[2].decode()
    assert '<input id="refused" name="refused" value="10"' in page
    assert '<input id="seed" name="seed" value="7"' in page
    assert "+12025550101 +12025550102" in page
    assert "<script" not in page


def test_the_panel_leaves_the_length_of_a_delay_as_it_is(house, carrier):
    house.chaos.set(parse("delay:8s=10%"), 7)
    post(carrier, {"delay": "20", "seed": "7"})
    assert house.chaos.rules == parse("delay:8s=20%")


def test_the_panel_says_what_is_wrong(carrier):
    status, page = post(carrier, {"refused": "lots", "seed": "7"})
    assert status == 400
    assert 'role="alert"' in page
    assert "from 0% to 100%" in page
    assert post(carrier, {"seed": "seven"})[0] == 400


def test_another_sites_page_cannot_set_chaos(carrier):
    assert post(carrier, {"refused": "10"}, Origin="http://evil.example")[0] == 403
