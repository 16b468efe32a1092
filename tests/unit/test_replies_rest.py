"""What an exchange with the REST API says of a message."""

import base64
import json

import pytest

from offhook.debugger.classify import judge
from offhook.records import Exchange, Failure, FailureKind, Reply, ReplyState, Timings
from offhook.replies.rest import (
    Created,
    Credentials,
    NoCredentials,
    NotSent,
    Rejected,
    Throttled,
    TwilioRest,
    Unknown,
)

REPLY = Reply(
    id="RP1",
    webhook_id="WH1",
    ordinal=0,
    state=ReplyState.SENDING,
    created_at=0.0,
    account_sid="AC1",
    to="+15550001",
    sender="+15550002",
    body="Hi",
)
CREDENTIALS = Credentials(account_sid="AC1", username="SK1", password="a-secret")


class StillClock:
    def now(self):
        return 1_700_000_000.0

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError("nothing waits here")


class OneAnswer:
    """A transport that always comes to the same."""

    def __init__(self, **fields):
        self.fields = fields
        self.requests = []

    async def exchange(self, request, limits, *, trusted=False):
        self.requests.append((request, trusted))
        fields = {"timings": Timings(connect=1.0, sent=1.0), **self.fields}
        return Exchange(method=request.method, url=request.url, started_at=0.0, **fields)


def api(transport, *, credentials=CREDENTIALS, **options):
    return TwilioRest(transport, lambda _: credentials, judge=judge, clock=StillClock(), **options)


async def create(**fields):
    return await api(OneAnswer(**fields)).create_message(REPLY)


def body(**fields):
    return json.dumps(fields).encode()


async def test_a_created_message_has_its_sid():
    assert await create(status=201, body=body(sid="SM1", status="queued")) == Created(sid="SM1", status="queued")


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"status": "queued"}', b'{"sid": null}'])
async def test_a_success_that_names_no_message_is_unknown(answer):
    assert isinstance(await create(status=201, body=answer), Unknown)


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503])
async def test_what_may_have_been_processed_is_unknown(status):
    assert isinstance(await create(status=status, body=body(code=20500)), Unknown)


async def test_a_refusal_has_twilios_code_and_words():
    result = await create(status=400, body=body(code=21610, message="unsubscribed", status=400))
    assert result == Rejected(code=21610, status=400, message="unsubscribed")


async def test_a_refusal_without_a_code_gets_the_one_of_its_status():
    assert await create(status=404, body=b"not json") == Rejected(
        code=20404, status=404, message="The API answered with status 404"
    )


async def test_too_many_requests_say_when_to_come_again():
    headers = (("Retry-After", "3"),)
    assert await create(status=429, headers=headers, body=body(code=20429)) == Throttled(retry_after=3.0, code=20429)
    assert await create(status=429) == Throttled(retry_after=0.0, code=20429)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FailureKind.DNS, 11210),
        (FailureKind.REFUSED, 11202),
        (FailureKind.CONNECT_TIMEOUT, 11201),
        (FailureKind.TLS_UNTRUSTED, 11237),
        (FailureKind.BLOCKED, 11205),
    ],
)
async def test_a_failure_before_the_request_left_is_known_not_to_have_sent_anything(kind, code):
    result = await create(failure=Failure(kind=kind), timings=Timings())
    assert isinstance(result, NotSent)
    assert result.code == code


@pytest.mark.parametrize("kind", [FailureKind.RESET, FailureKind.READ_TIMEOUT, FailureKind.PROTOCOL, FailureKind.TOTAL_TIMEOUT])
async def test_a_failure_after_it_left_is_unknown(kind):
    timings = Timings(connect=1.0, tls=1.0, sent=1.0)
    assert isinstance(await create(failure=Failure(kind=kind), timings=timings), Unknown)


@pytest.mark.parametrize(
    ("timings", "left"), [(Timings(), False), (Timings(connect=5.0), False), (Timings(connect=5.0, tls=9.0), True)]
)
async def test_when_time_runs_out_it_depends_on_how_far_the_connection_had_come(timings, left):
    result = await create(failure=Failure(kind=FailureKind.TOTAL_TIMEOUT), timings=timings)
    assert isinstance(result, Unknown if left else NotSent)


async def test_without_credentials_nothing_is_asked():
    transport = OneAnswer()
    rest = api(transport, credentials=None)
    assert await rest.create_message(REPLY) == NoCredentials()
    assert await rest.list_messages("AC1", "+1", "+2", 0.0) == NoCredentials()
    assert (rest.may_send("AC1"), transport.requests) == (False, [])


async def test_twilios_own_host_is_not_trusted_and_an_operators_one_is():
    for options, origin, trust in (
        ({}, "https://api.twilio.com", False),
        ({"base_url": "http://127.0.0.1:9000/"}, "http://127.0.0.1:9000", True),
    ):
        transport = OneAnswer(status=201, body=body(sid="SM1"))
        await api(transport, **options).create_message(REPLY)
        ((request, trusted),) = transport.requests
        assert (request.url, trusted) == (f"{origin}/2010-04-01/Accounts/AC1/Messages.json", trust)


async def test_the_credentials_go_as_basic_and_show_in_no_repr():
    transport = OneAnswer(status=201, body=body(sid="SM1"))
    await api(transport).create_message(REPLY)
    sent = dict(transport.requests[0][0].headers)["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"SK1:a-secret"
    assert "a-secret" not in f"{CREDENTIALS!r} {CREDENTIALS}"


@pytest.mark.parametrize("answer", [b"{}", b"nonsense", body(messages=[{"sid": "SM1"}]), body(messages=[7]), body(messages="x")])
async def test_a_list_that_cannot_be_read_is_no_list(answer):
    listing = await api(OneAnswer(status=200, body=answer)).list_messages("AC1", "+1", "+2", 0.0)
    assert isinstance(listing, Unknown)
