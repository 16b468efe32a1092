"""Which credentials a reply is sent with."""

import pytest

from offhook.replies.credentials import credentials
from offhook.settings import load

OWN, SUB, ZEROS = "AC" + "1" * 32, "AC" + "2" * 32, "AC" + "0" * 32
TOKEN = {"TWILIO_AUTH_TOKEN": "token"}
KEY = {"TWILIO_API_KEY": "SK" + "a" * 32, "TWILIO_API_SECRET": "secret"}


def found(environ, account_sid, **flags):
    return credentials(load({"to": "http://127.0.0.1:5000/", **flags}, environ, None), account_sid)


def test_the_token_is_the_accounts_own():
    got = found({**TOKEN, "TWILIO_ACCOUNT_SID": OWN}, OWN)
    assert (got.account_sid, got.username, got.password) == (OWN, OWN, "token")


def test_another_account_has_no_credentials():
    assert found({**TOKEN, "TWILIO_ACCOUNT_SID": OWN}, SUB) is None


def test_a_token_without_an_account_serves_the_account_that_the_webhook_names():
    assert found(TOKEN, SUB).username == SUB


def test_an_api_key_goes_before_the_token():
    got = found({**TOKEN, **KEY, "TWILIO_ACCOUNT_SID": OWN}, OWN)
    assert (got.account_sid, got.username, got.password) == (OWN, KEY["TWILIO_API_KEY"], "secret")


@pytest.mark.parametrize("account_sid", ["", ZEROS])
def test_twilio_is_never_asked_for_an_account_that_nobody_named(account_sid):
    assert found(TOKEN, account_sid) is None


def test_a_stand_in_for_twilio_may_have_the_made_up_account():
    assert found(TOKEN, ZEROS, twilio_api_url="http://127.0.0.1:9").username == ZEROS
