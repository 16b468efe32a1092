"""A test message to our own door: where it goes, what it is signed for, and what it carries."""

from urllib.parse import parse_qs

import pytest

from offhook.console.trial import Trial
from offhook.errors import OffhookError
from offhook.providers.configured import twilio
from offhook.providers.drafts import FORM, Draft
from offhook.records import Exchange, Timings
from offhook.settings import load

ACCOUNT = "AC" + "a" * 32


class Door:
    """Notes what is sent."""

    def __init__(self):
        self.sent = []

    async def exchange(self, request, limits, *, trusted=False):
        self.sent.append((request, limits, trusted))
        return Exchange(method="POST", url=request.url, started_at=0.0, timings=Timings(), status=200)


def a_trial(token="a-token-for-tests", **environ):
    named = {"OFFHOOK_TO": "http://127.0.0.1:5000/sms"} | {f"OFFHOOK_{name.upper()}": value for name, value in environ.items()}
    settings = load({}, {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": token, **named}, None)
    door = Door()
    return Trial(settings, twilio(settings), door, lambda: 8080), door, settings


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("192.0.2.7", "http://192.0.2.7:8080"),
    ],
)
async def test_it_goes_to_where_the_door_listens(host, base):
    trial, door, _ = a_trial(host=host)
    await trial.send("sms", Draft(sid="", account_sid="", body="Hello"))
    ((request, _, trusted),) = door.sent
    assert request.url == f"{base}/sms"
    assert trusted
    assert trial.addresses()["sms"] == (f"{base}/sms", False)


async def test_it_is_signed_for_the_public_url():
    trial, door, settings = a_trial(public_url="https://sms.example.com/hooks/")
    await trial.send("sms", Draft(sid="", account_sid="", body="Hello"))
    ((request, _, _),) = door.sent
    (expected,) = twilio(settings).sign("https://sms.example.com/hooks/sms", request.body, FORM, ACCOUNT)[1]
    assert expected in request.headers
    assert trial.addresses()["sms"] == ("https://sms.example.com/hooks/sms", True)


async def test_what_the_draft_leaves_open_is_filled_in_and_new_each_time():
    trial, door, _ = a_trial()
    for media in ((), ("https://a.example/cat.jpg",)):
        await trial.send("sms", Draft(sid="", account_sid="", body="Hello", media=media))
    text, picture = (parse_qs(request.body.decode()) for request, _, _ in door.sent)
    assert text["Body"] == ["Hello"]
    assert text["AccountSid"] == [ACCOUNT]
    assert text["MessageSid"][0].startswith("SM")
    assert picture["MessageSid"][0].startswith("MM")


async def test_there_has_to_be_such_an_endpoint():
    trial, door, _ = a_trial()
    with pytest.raises(OffhookError, match="There is no endpoint 'fax'"):
        await trial.send("fax", Draft(sid="", account_sid=""))
    assert not door.sent


async def test_without_a_token_it_says_which_one_to_set():
    trial, door, _ = a_trial(token="")
    with pytest.raises(OffhookError, match="set TWILIO_AUTH_TOKEN"):
        await trial.send("sms", Draft(sid="", account_sid=""))
    assert not door.sent
