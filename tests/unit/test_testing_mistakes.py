"""What cannot be meant in a test is said at once, and not after a wait."""

import pytest

from offhook.testing.carrier import SimulatedCarrier


@pytest.fixture
def carrier():
    with SimulatedCarrier() as simulated:
        yield simulated


@pytest.mark.parametrize("person", ["Adda", "", "+1202555-0101"])
def test_a_phone_is_somebodys(carrier, person):
    with pytest.raises(ValueError, match=r"neither Ada, Grace, Linus nor a number"):
        carrier.phone(person)


@pytest.mark.parametrize("url", ["localhost:5000/sms", "/sms", "ftp://localhost/sms"])
def test_an_app_has_a_url(carrier, url):
    with pytest.raises(ValueError, match=r"is not a URL: write something like"):
        carrier.connect(url)


def test_a_text_goes_to_a_number_of_the_account(carrier):
    with pytest.raises(ValueError, match=r"none of the account's numbers: \+1202"):
        carrier.phone().text("hi", to="+12025550000")


def test_a_text_has_a_length(carrier):
    with pytest.raises(ValueError, match="up to 1600 characters, and this one 1601"):
        carrier.phone().text("x" * 1601)
