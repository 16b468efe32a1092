"""From an app's answer to replies: inline, or by REST with redirects followed."""

import itertools

import pytest
from msgspec.structs import replace

from offhook.debugger.classify import judge
from offhook.delivery.round import RoundParts
from offhook.records import (
    Endpoint,
    Exchange,
    Failure,
    FailureKind,
    Kind,
    Level,
    ReplyState,
    Timings,
    Webhook,
)
from offhook.replies.compose import Composer
from offhook.replies.documents import Documents

APP = "http://app.example:5000/sms"
TWIML = (("Content-Type", "text/xml"),)
USER, OURS = "+15551230001", "+15551230002"


class StillClock:
    def __init__(self):
        self.time = 1_700_000_000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds


class CountedIds:
    def __init__(self):
        self.numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}{next(self.numbers):032x}"


class ScriptedTransport:
    """Answers by URL; notes every request and whether it was trusted."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []

    async def exchange(self, request, limits, *, trusted=False):
        self.requests.append((request, limits, trusted))
        answer = self.answers[request.url.partition("?")[0]]
        return answered(answer, request.url, request.method) if isinstance(answer, str) else replace(answer, url=request.url)


def answered(body, url=APP, method="POST", **fields):
    raw = f"<Response>{body}</Response>".encode()
    return Exchange(
        method=method,
        url=url,
        started_at=0.0,
        timings=Timings(),
        **{"status": 200, "headers": TWIML, "body": raw, "body_size": len(raw), **fields},
    )


def failed(kind):
    return Exchange(method="POST", url="", started_at=0.0, timings=Timings(), failure=Failure(kind=kind, detail="for the test"))


def received(**fields):
    body = b"MessageSid=SM1&AccountSid=AC1&From=%2B15551230001&To=%2B15551230002&Body=Hi&ToState="
    return Webhook(
        **{
            "id": "WH0192b3e4a5c67d8e9f0a1b2c3d4e5f60",
            "endpoint": "sms",
            "received_at": 1_700_000_000.0,
            "peer": "",
            "url": "https://hooks.example.com/sms",
            "kind": Kind.MESSAGE,
            "dedupe_key": b"0" * 16,
            "head": b"POST /sms HTTP/1.1\r\nHost: hooks.example.com\r\nContent-Type: application/x-www-form-urlencoded",
            "body": body,
            "provider_id": "SM1",
            "account_sid": "AC1",
            "sender": USER,
            "recipient": OURS,
            **fields,
        }
    )


def composer(answers=None, *, app_url=APP, may_send=lambda _: True, signed=None):
    def sign(url, body, content_type, account_sid):
        if signed is not None:
            signed.append((url, body, content_type, account_sid))
        return url, (("X-Twilio-Signature", "signed"),)

    transport = ScriptedTransport(answers or {})
    clock, ids = StillClock(), CountedIds()
    documents = Documents(RoundParts(transport=transport, sign=sign, judge=judge, clock=clock, ids=ids))
    endpoints = {"sms": Endpoint(name="sms", app_url=app_url)}
    return Composer(documents, endpoints, may_send=may_send, clock=clock, ids=ids), transport


def test_an_answer_passed_through_leaves_inline_replies():
    made, _ = composer()
    replies, events = made.compose_inline(received(), answered("<Message>Hi</Message><Message to='+15559990000'>Ho</Message>"))
    assert [(reply.state, reply.ordinal, reply.to, reply.sender, reply.body) for reply in replies] == [
        (ReplyState.INLINE, 0, USER, OURS, "Hi"),
        (ReplyState.INLINE, 1, "+15559990000", OURS, "Ho"),
    ]
    assert list(events) == []


def test_an_empty_answer_leaves_nothing():
    made, _ = composer()
    assert made.compose_inline(received(), answered("")) == ((), ())


def test_a_fault_becomes_a_debug_event_of_the_webhook_and_its_message():
    made, _ = composer()
    exchange = answered("", headers=(("Content-Type", "application/json"),))
    replies, (event,) = made.compose_inline(received(), exchange)
    assert (list(replies), event.code, event.twilio_code, event.level) == ([], 12300, 12300, Level.ERROR)
    assert (event.webhook_id, event.resource_sid, event.account_sid, event.endpoint) == (received().id, "SM1", "AC1", "sms")
    assert event.id.startswith("NO")
    assert event.details["sourceComponent"] == "14100"
    assert event.details["httpResponse"] == "200"


def test_a_schema_warning_carries_its_line_and_column():
    made, _ = composer()
    _, (event,) = made.compose_inline(received(), answered("\n<message>Hi</message>"))
    assert (event.level, event.details["line"], event.details["cols"]) == (Level.WARNING, "2", "1")
    assert event.details["parserMessage"] == event.message


async def test_late_replies_wait_to_be_sent_in_their_order_within_the_endpoints_time():
    made, _ = composer()
    webhook = received(received_at=1_699_999_000.0)
    replies, events = await made.compose_late(webhook, answered("<Message>One</Message><Message>Two</Message>"))
    assert [(reply.state, reply.ordinal, reply.body) for reply in replies] == [
        (ReplyState.WAITING, 0, "One"),
        (ReplyState.WAITING, 1, "Two"),
    ]
    assert {reply.due for reply in replies} == {1_700_000_000.0}
    assert {reply.expires_at for reply in replies} == {1_699_999_000.0 + 4 * 3600}
    assert (replies[0].webhook_id, replies[0].account_sid, list(events)) == (webhook.id, "AC1", [])


async def test_the_messaging_service_of_the_inbound_message_sends_the_reply():
    made, _ = composer()
    webhook = received(body=received().body + b"&MessagingServiceSid=MG1")
    (reply,), _ = await made.compose_late(webhook, answered("<Message>Hi</Message>"))
    assert (reply.messaging_service_sid, reply.sender) == ("MG1", OURS)


async def test_without_credentials_replies_are_kept_and_an_event_says_what_to_do():
    made, _ = composer(may_send=lambda _: False)
    (reply,), (event,) = await made.compose_late(received(), answered("<Message>Hi</Message>"))
    assert (reply.state, reply.code) == (ReplyState.KEPT, 20003)
    assert (event.reply_id, event.level) == (reply.id, Level.WARNING)
    assert "TWILIO_AUTH_TOKEN" in event.message


@pytest.mark.parametrize(
    ("document", "written", "absolute"),
    [
        ("https://app.example.com/a/sms", "/status?x=1#rc=2", "https://app.example.com/status?x=1#rc=2"),
        ("https://app.example.com/a/sms", "status", "https://app.example.com/a/status"),
        ("https://app.example.com/a/sms", "https://other.example.com/s#ct=500", "https://other.example.com/s#ct=500"),
        ("http://127.0.0.1:5000/sms", "/status", "https://hooks.example.com/status"),
        ("http://app:5000/sms", "/status", "https://hooks.example.com/status"),
        ("http://[::1]:5000/sms", "/status", "https://hooks.example.com/status"),
    ],
)
async def test_callbacks_and_media_get_absolute_urls_that_twilio_can_call(document, written, absolute):
    made, _ = composer(app_url=document)
    body = f'<Message statusCallback="{written}">Hi<Media>{written}</Media></Message>'
    (reply,), _ = await made.compose_late(received(), answered(body, document))
    assert (reply.status_callback, reply.media) == (absolute, (absolute,))


async def test_where_nothing_is_public_the_document_is_the_base():
    made, _ = composer(app_url="http://127.0.0.1:5000/sms")
    webhook = received(url="http://127.0.0.1:8080/sms")
    (reply,), _ = await made.compose_late(webhook, answered('<Message action="/s">Hi</Message>', "http://127.0.0.1:5000/sms"))
    assert reply.status_callback == "http://127.0.0.1:5000/s"


async def test_callbacks_by_get_cannot_be_asked_of_rest_and_the_reply_says_so():
    made, _ = composer()
    (reply,), _ = await made.compose_late(received(), answered('<Message action="/s" method="GET">Hi</Message>'))
    assert "by POST" in reply.note
    (plain,), _ = await made.compose_late(received(), answered('<Message method="GET">Hi</Message>'))
    assert plain.note == ""


async def test_a_message_to_the_number_that_it_comes_from_is_14101_and_not_sent():
    made, _ = composer()
    replies, (event,) = await made.compose_late(received(), answered(f'<Message to="{OURS}">Hi</Message>'))
    assert (list(replies), event.code) == ([], 14101)


async def test_the_sixteenth_reply_between_two_numbers_within_thirty_seconds_fails_with_14107():
    made, _ = composer()
    late = [await made.compose_late(received(), answered("<Message>Hi</Message>")) for _ in range(16)]
    assert [one.replies[0].state for one in late] == [ReplyState.WAITING] * 15 + [ReplyState.FAILED]
    (event,) = late[15].events
    assert (late[15].replies[0].code, event.code, event.level) == (14107, 14107, Level.ERROR)


async def test_redirects_are_followed_with_the_same_parameters_signed_for_the_new_url():
    signed = []
    made, transport = composer({"http://app.example:5000/next": "<Message>Two</Message>"}, signed=signed)
    replies, events = await made.compose_late(received(), answered("<Message>One</Message><Redirect>next</Redirect>"))
    assert [(reply.ordinal, reply.body) for reply in replies] == [(0, "One"), (1, "Two")]
    assert list(events) == []
    ((request, _, trusted),) = transport.requests
    assert (request.method, request.url, request.body, trusted) == ("POST", "http://app.example:5000/next", received().body, True)
    assert signed == [("http://app.example:5000/next", received().body, "application/x-www-form-urlencoded", "AC1")]


async def test_a_redirect_by_get_carries_the_parameters_in_the_query():
    made, transport = composer({"http://app.example:5000/next": ""})
    await made.compose_late(received(), answered('<Redirect method="GET">/next?a=1</Redirect>'))
    ((request, _, _),) = transport.requests
    assert (request.method, request.body) == ("GET", b"")
    assert request.url == f"http://app.example:5000/next?a=1&{received().body.decode()}"
    assert "content-type" not in {name.lower() for name, _ in request.headers}


async def test_a_webhook_that_came_by_get_is_redirected_by_post_as_a_form():
    made, transport = composer({"http://app.example:5000/next": ""})
    webhook = received(head=b"GET /sms?Body=Hi&To=%2B1 HTTP/1.1\r\nHost: hooks.example.com", body=b"")
    await made.compose_late(webhook, answered("<Redirect>/next</Redirect>"))
    ((request, _, _),) = transport.requests
    assert (request.method, request.url, request.body) == ("POST", "http://app.example:5000/next", b"Body=Hi&To=%2B1")
    assert ("Content-Type", "application/x-www-form-urlencoded") in request.headers


async def test_a_redirect_to_another_origin_is_not_trusted_and_each_document_is_resolved_against_its_own_url():
    answers = {"https://other.example/a/b": "<Redirect>c</Redirect>", "https://other.example/a/c": "<Message>Done</Message>"}
    made, transport = composer(answers)
    (reply,), _ = await made.compose_late(received(), answered("<Redirect>https://other.example/a/b</Redirect>"))
    assert reply.body == "Done"
    assert [(request.url, trusted) for request, _, trusted in transport.requests] == [
        ("https://other.example/a/b", False),
        ("https://other.example/a/c", False),
    ]


async def test_another_port_of_the_apps_host_is_another_origin():
    made, transport = composer({"http://app.example:6000/x": ""})
    await made.compose_late(received(), answered("<Redirect>http://app.example:6000/x</Redirect>"))
    assert [trusted for _, _, trusted in transport.requests] == [False]


async def test_overrides_in_a_redirects_fragment_hold_for_it():
    made, transport = composer({"http://app.example:5000/next": ""})
    await made.compose_late(received(), answered("<Redirect>/next#ct=700&amp;rt=900</Redirect>"))
    ((request, limits, _),) = transport.requests
    assert (request.url, limits.connect, limits.read) == ("http://app.example:5000/next", 0.7, 0.9)


async def test_the_apps_credentials_go_to_its_own_origin_when_asked_for_and_to_no_other():
    refused = Exchange(
        method="POST",
        url="",
        started_at=0.0,
        timings=Timings(),
        status=401,
        headers=(("WWW-Authenticate", 'Basic realm="x"'),),
    )
    for redirect, tries in (("/next", 2), ("https://other.example/next", 1)):
        url = "http://app.example:5000/next" if tries == 2 else redirect
        made, transport = composer({url: refused}, app_url="http://user:pass@app.example:5000/sms")
        _, (event,) = await made.compose_late(received(), answered(f"<Redirect>{redirect}</Redirect>"))
        sent = [name for request, _, _ in transport.requests for name, _ in request.headers if name == "Authorization"]
        assert (len(transport.requests), len(sent), event.code) == (tries, tries - 1, 11217)
        assert "pass" not in repr(event)


async def test_a_document_that_cannot_be_had_is_an_event_and_the_messages_before_it_stand():
    made, _ = composer({"http://app.example:5000/next": failed(FailureKind.REFUSED)})
    replies, (event,) = await made.compose_late(received(), answered("<Message>One</Message><Redirect>/next</Redirect>"))
    assert [reply.body for reply in replies] == ["One"]
    assert (event.code, event.twilio_code, event.level) == (11202, 11200, Level.ERROR)


async def test_after_fifty_documents_no_more_are_fetched():
    made, transport = composer({APP: "<Redirect>/sms</Redirect>"})
    _, (event,) = await made.compose_late(received(), answered("<Redirect>/sms</Redirect>"))
    assert (event.code, len(transport.requests)) == (14106, 49)


async def test_ten_messages_are_the_most_over_all_documents():
    six = "<Message>Hi</Message>" * 6
    made, _ = composer({"http://app.example:5000/next": six})
    replies, (event,) = await made.compose_late(received(), answered(f"{six}<Redirect>/next</Redirect>"))
    assert (len(replies), event.code) == (10, 14109)


async def test_an_answer_that_broke_off_is_not_read():
    made, _ = composer()
    broken = answered("<Message>Hi</Message>", failure=Failure(kind=FailureKind.PROTOCOL, partial=True))
    assert await made.compose_late(received(), broken) == ((), ())


async def test_a_status_callback_is_replied_to_by_nobody_and_its_faults_are_warnings():
    made, transport = composer()
    webhook = received(kind=Kind.STATUS)
    replies, (event,) = await made.compose_late(webhook, answered("", headers=(("Content-Type", "application/json"),)))
    assert (list(replies), event.code, event.level) == ([], 12300, Level.WARNING)
    replies, events = await made.compose_late(webhook, answered("<Message>Hi</Message><Redirect>/x</Redirect>"))
    assert (list(replies), list(events), transport.requests) == ([], [], [])


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.OTHER])
async def test_answers_about_other_things_than_messages_are_not_read(kind):
    made, _ = composer()
    assert await made.compose_late(received(kind=kind), answered("<Say>Hi</Say>")) == ((), ())


async def test_documents_that_take_too_long_together_are_11203():
    made, transport = composer({"http://app.example:5000/next": "<Message>Two</Message><Redirect>/next</Redirect>"})
    real = transport.exchange

    async def slow(request, limits, *, trusted=False):
        made._clock.time += 20.0
        return await real(request, limits, trusted=trusted)

    transport.exchange = slow
    replies, (event,) = await made.compose_late(received(), answered("<Message>One</Message><Redirect>/next</Redirect>"))
    assert ([reply.body for reply in replies], event.code, len(transport.requests)) == (["One", "Two", "Two"], 11203, 2)
