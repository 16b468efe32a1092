"""Webhooks about alarms, to a real receiver."""

import base64
import json
import secrets

import msgspec
import pytest
from standardwebhooks import Webhook as Library
from standardwebhooks import WebhookVerificationError
from twilio.request_validator import RequestValidator

from offhook.alarms.model import Channels, News, Watch
from offhook.alarms.notify import webhook as channel
from offhook.alarms.notify.webhook import Webhook, WebhookParts
from offhook.debugger.told import evidence_of
from offhook.net.transport import HttpTransport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Level
from offhook.system import SystemClock
from tests.helpers.alarms import ACCOUNT, Office, alarm, firing, notification, recovered, storm
from tests.helpers.door import logged
from tests.helpers.receivers import Receiver

TOKEN = "an-auth-token"
SECRETS = {"env:ONE": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}
SECRETS["file:two"] = SECRETS["env:ONE"] + "\nwhsec_" + base64.b64encode(b"the next one, 24 bytes..").decode()
STANDARD = Channels(webhook_format="standard", webhook_secret="env:ONE")


def look_up(reference):
    if reference not in SECRETS:
        raise ValueError(f"{reference} means the environment variable BAD, which is not set: set it, or name another")
    return SECRETS[reference]


class Hooks(Office):
    """An outbox whose webhooks go over the real door to the network."""

    def __init__(self, *, clock=None, journal=None, **fields):
        super().__init__(journal, clock)
        self.fields = fields
        self.transport = HttpTransport(SystemClock())
        parts = WebhookParts(
            transport=self.transport,
            clock=self.clock,
            sign=Twilio(TwilioSettings(tokens={ACCOUNT: (TOKEN,)})).sign,
            secret=look_up,
            console_url="https://console.example",
            **fields,
        )
        self.channels["webhook"] = Webhook(parts)

    async def __aexit__(self, *exception):
        await super().__aexit__(*exception)
        await self.transport.close()

    def again(self):
        return Hooks(clock=self.clock, journal=self.journal, **self.fields)


async def test_a_firing_has_twilios_fields_and_twilios_signature():
    async with Receiver() as receiver, Hooks() as office:
        of = alarm(codes=(10004,), levels=(Level.ERROR, Level.WARNING), threshold=1.0, window=900.0)
        about = firing(of, value=55.0, code=10004, fired_at=1660063880.4)
        await office.put(notification("webhook", receiver.url, of=of, about=about))
        await office.after(0.0)
        (post,) = receiver.posts
        assert (post.method, post.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
        assert post.form == {
            "AccountSid": ACCOUNT,
            "AppMonitorTriggerSid": of.sid,
            "CurrentValue": "55",
            "DateFired": "Tue, 09 Aug 2022 16:51:20 +0000",
            "Description": "Too many errors: errors or warnings with code 10004",
            "ErrorCode": "10004",
            "IdempotencyToken": f"{ACCOUNT}-FIRES-{of.sid}-{about.id}",
            "Log": "error",
            "TimePeriod": "FIFTEEN_MINS",
            "TriggerValue": "1.000000",
        }
        assert RequestValidator(TOKEN).validate(receiver.url, post.form, post.headers["x-twilio-signature"])
        assert evidence_of(post.form).form == "alarm"  # our own reader of what Twilio tells takes it for one of its alarms
        assert await office.waiting() == []


async def test_in_the_query_the_fields_are_signed_with_the_url():
    async with Receiver() as receiver, Hooks(in_query=True) as office:
        await office.put(notification("webhook", receiver.url + "?team=ops"))
        await office.after(0.0)
        (post,) = receiver.posts
        assert post.body == b""
        assert (post.query["team"], post.query["TriggerValue"]) == ("ops", "10.000000")
        url = f"http://127.0.0.1:{receiver.port}{post.target}"
        assert RequestValidator(TOKEN).validate(url, {}, post.headers["x-twilio-signature"])


@pytest.mark.parametrize(
    ("window", "word"),
    [
        (300, "FIVE_MINS"),
        (900, "FIFTEEN_MINS"),
        (3600, "ONE_HOUR"),
        (43200, "TWELVE_HOURS"),
        (86400, "ONE_DAY"),
        (60, "FIVE_MINS"),
    ],
)
def test_windows_have_twilios_words(window, word):
    of = alarm(window=float(window))
    assert dict(channel.fields(notification(of=of), ACCOUNT))["TimePeriod"] == word


def test_what_twilio_cannot_measure_is_told_in_its_fields_all_the_same():
    of = alarm(watch=Watch.FAILURE_SHARE, threshold=0.1, levels=(Level.WARNING,))
    told = dict(channel.fields(notification(of=of, about=firing(of, value=0.185, code=0)), ACCOUNT))
    assert (told["CurrentValue"], told["TriggerValue"], told["ErrorCode"], told["Log"]) == ("0.185", "0.100000", "", "warning")
    assert told["Description"] == "Too many errors: the share of failed deliveries"


async def test_a_recovery_is_told_in_twilios_format_only_when_asked_for():
    of = alarm()
    about = firing(of)
    over = {"of": of, "about": recovered(about), "news": News.RECOVERED}
    async with Receiver() as receiver:
        async with Hooks() as office:
            with logged() as lines:
                await office.put(notification("webhook", receiver.url, **over))
                await office.after(0.0)
                assert receiver.posts == await office.waiting() == lines("alarm.told") == []
        async with Hooks(recoveries=True) as office:
            await office.put(
                notification("webhook", receiver.url, of=of, about=about), notification("webhook", receiver.url, **over)
            )
            await office.after(0.0)
        fired, ended = (post.form for post in receiver.posts)
        assert (fired["AlarmState"], ended["AlarmState"]) == ("active", "recovered")
        assert ended["DateRecovered"] == "Tue, 14 Nov 2023 22:18:20 +0000"
        assert ended["IdempotencyToken"] == f"{ACCOUNT}-RECOVERS-{of.sid}-{about.id}"


async def test_a_standard_webhook_is_verified_by_the_standards_own_library():
    async with Receiver() as receiver, Hooks() as office:
        office.clock._now = SystemClock().now()
        of = alarm(channels=STANDARD)
        about = firing(of)
        fired = notification("webhook", receiver.url, of=of, about=about)
        await office.put(fired, notification("webhook", receiver.url, of=of, about=recovered(about), news=News.RECOVERED))
        await office.after(0.0)
        documents = [Library(SECRETS["env:ONE"]).verify(post.body, post.headers) for post in receiver.posts]
        assert [each["type"] for each in documents] == ["alarm.fired", "alarm.recovered"]
        assert [each["timestamp"] for each in documents] == ["2023-11-14T22:13:20.000Z", "2023-11-14T22:18:20.000Z"]
        assert documents[0]["data"]["firing"]["cause_title"] == "The app was asleep"
        assert documents[1]["data"]["firing"]["state"] == "recovered"
        assert receiver.posts[0].headers["webhook-id"] == fired.id
        with pytest.raises(WebhookVerificationError):
            Library(SECRETS["env:ONE"]).verify(receiver.posts[0].body + b" ", receiver.posts[0].headers)


async def test_while_a_secret_is_replaced_both_verify():
    async with Receiver() as receiver, Hooks() as office:
        office.clock._now = SystemClock().now()
        of = alarm(channels=msgspec.structs.replace(STANDARD, webhook_secret="file:two"))
        await office.put(notification("webhook", receiver.url, of=of))
        await office.after(0.0)
        for secret in SECRETS["file:two"].split():
            assert Library(secret).verify(receiver.posts[0].body, receiver.posts[0].headers)


async def test_without_a_secret_it_goes_unsigned_and_with_one_that_is_missing_it_waits():
    async with Receiver() as receiver, Hooks() as office:
        plain = alarm(channels=Channels(webhook_format="standard"))
        broken = alarm(channels=Channels(webhook_format="standard", webhook_secret="env:BAD"))
        await office.put(notification("webhook", receiver.url, of=plain))
        await office.after(0.0)
        assert "webhook-signature" not in receiver.posts[0].headers
        await office.put(notification("webhook", receiver.url, of=broken))
        await office.after(0.0)
        assert len(receiver.posts) == 1
        (left,) = await office.waiting()
        assert "which is not set" in left.note


@pytest.mark.parametrize("answer", [500, 502, 503, 408, 425, 429, "drop"])
async def test_what_is_for_now_is_repeated_byte_for_byte(answer):
    async with Receiver(answer) as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url, of=alarm(channels=STANDARD)))
        await office.after(0.0)
        assert len(await office.waiting()) == 1
        await office.after(5.0)
        assert await office.waiting() == await office.untold() == []
        first, *_, again = receiver.posts
        assert len(receiver.posts) == 2
        assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
        assert int(again.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 5


@pytest.mark.parametrize("answer", [400, 401, 404, 410, 413, 422])
async def test_a_refusal_ends_it(answer):
    async with Receiver(answer) as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url))
        await office.after(0.0)
        assert await office.waiting() == []
        assert [each.note for each in await office.untold()] == [f"The receiver refuses it with status {answer}."]


async def test_a_redirect_is_not_followed():
    async with Receiver((302, "Location: http://127.0.0.1:9/elsewhere")) as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url))
        await office.after(0.0)
        (kept,) = await office.untold()
        assert kept.note == "The receiver answered with a redirect (302): give the URL that it leads to."


async def test_retry_after_is_honoured():
    async with Receiver((429, "Retry-After: 120")) as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url))
        await office.after(0.0)
        await office.after(119.0)
        assert len(receiver.posts) == 1
        await office.after(1.0)
        assert len(receiver.posts) == 2


async def test_one_that_does_not_answer_is_tried_again(monkeypatch):
    monkeypatch.setattr(channel, "LIMITS", msgspec.structs.replace(channel.LIMITS, read=0.2, total=0.2))
    async with Receiver("hang") as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url))
        await office.after(0.0)
        assert len(await office.waiting()) == 1
        await office.after(5.0)
        assert await office.waiting() == []


async def test_a_receiver_that_is_down_gets_five_hundred_firings_once_each_when_it_is_up():
    async with Receiver() as receiver:
        port, url = receiver.port, receiver.url
    async with Hooks() as office:
        await office.put(*storm(500, "webhook", url))
        for _ in range(30):
            await office.after(1.0)
        assert len(await office.waiting()) == 500
        async with Receiver(port=port) as up:
            while await office.waiting():
                await office.after(5.0)
            tokens = [post.form["IdempotencyToken"] for post in up.posts]
            assert len(tokens) == len(set(tokens)) == 500


async def test_after_a_kill_between_request_and_answer_the_same_request_comes_again():
    async with Receiver("hang") as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url))
        await office.outbox.begin(office.clock.now())
        while not receiver.posts:
            await office.clock.settle()
        await office.outbox.stop(0.0)
        async with office.again() as next_process:
            await next_process.after(0.0)
            first, again = receiver.posts
            assert first.form == again.form
            assert await next_process.waiting() == []


async def test_a_login_in_the_url_is_given_and_neither_it_nor_the_path_is_logged():
    async with Receiver(404) as receiver, Hooks() as office:
        url = receiver.url.replace("http://", "http://ada:p%40ss@") + "/T0KEN?key=S3CRET"
        with logged() as lines:
            await office.put(notification("webhook", url))
            await office.after(0.0)
            (line,) = lines("alarm.not_told")
        assert receiver.posts[0].headers["authorization"] == "Basic " + base64.b64encode(b"ada:p@ss").decode()
        assert line["to"] == f"http://127.0.0.1:{receiver.port}"
        (kept,) = await office.untold()
        assert not any(secret in json.dumps([line, kept.note]) for secret in ("p%40ss", "p@ss", "T0KEN", "S3CRET"))


async def test_a_url_that_is_none_is_given_up():
    async with Hooks() as office:
        await office.put(notification("webhook", "gopher://x.example/"))
        await office.after(0.0)
        assert len(await office.untold()) == 1


async def test_the_test_button_says_that_it_is_a_test():
    async with Receiver() as receiver, Hooks() as office:
        await office.put(notification("webhook", receiver.url, news=News.TEST))
        await office.put(notification("webhook", receiver.url, news=News.TEST, of=alarm(channels=STANDARD)))
        await office.after(0.0)
        twilio, standard = receiver.posts
        assert twilio.form["Description"].startswith("Test of Too many errors")
        assert json.loads(standard.body)["type"] == "alarm.test"
