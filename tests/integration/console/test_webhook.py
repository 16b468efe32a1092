"""The request inspector: one webhook with all that happened to it."""

import re

import pytest
from msgspec.structs import replace

from offhook.records import (
    Certificate,
    Failure,
    FailureKind,
    Kind,
    Level,
    Outcome,
    ReplyState,
    Settlement,
    State,
    Timings,
)
from tests.helpers.hostile import HOSTILE

NOWHERE = "WH" + "0" * 32
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href=javascript:alert(3)>"


async def told(console, exchange, **fields):
    """A webhook with one attempt of this one exchange."""
    webhook_id = console.new_id("WH")
    return await console.webhook(id=webhook_id, attempts=(console.attempt(webhook_id, exchange),), **fields)


async def test_a_webhooks_page_tells_its_story_in_order(either):
    lost, event = await either.lost("Is my order ready?", note="The app answered with status 502")
    page = await either.read(f"/webhooks/{lost.id}")
    assert page.status == 200
    for words in (
        "Message from +15551230001 to +15551230002",
        "Is my order ready?",
        "Your app has not got it: given up after 1 attempt. The app answered with status 502.",
        "Received from 203.0.113.9",
        "Attempt 1: your app did not take it",
        "Bad Gateway",
        "DNS 2 ms",
        "Answered 200: by Offhook itself, because your app had no usable answer in time",
        "Given up",
        f"Error {event.code}",
        "Start the app.",
    ):
        assert words in page.words, words
    assert f'href="/errors/{event.id}"' in page.text
    assert page.words.index("Received from") < page.words.index("Attempt 1")
    assert "hunter2" not in page.text
    assert "Ym9iOg==" not in page.text


async def test_parameters_are_a_table_in_the_order_of_the_wire(console):
    webhook = await console.delivered("Hello")
    page = await console.read(f"/webhooks/{webhook.id}")
    names = re.findall(r'<th scope="row">([A-Za-z]+)</th>', page.text)
    assert names[:4] == ["MessageSid", "From", "To", "Body"]
    assert "Body as it was sent" in page.words


async def test_a_redirect_and_a_retry_stand_inside_their_attempt_with_the_reason_of_each(console):
    webhook_id = console.new_id("WH")
    exchanges = (
        console.exchange(status=503),
        console.exchange(status=302, headers=(("location", "https://www.app.example/sms"),)),
        console.exchange(url="https://www.app.example/sms", status=200, body=b"<Response/>"),
    )
    attempt = console.attempt(webhook_id, *exchanges, outcome=Outcome(delivered=True))
    await console.webhook(id=webhook_id, state=State.DELIVERED, attempts=(attempt,))
    page = await console.read(f"/webhooks/{webhook_id}")
    assert "Tried again, as the connection overrides say" in page.words
    assert "Redirected by a 302 to another host" in page.words
    assert page.text.count('<svg viewBox="0 0 1000 20"') == 3


async def test_what_is_wrong_with_twiml_is_marked_in_its_place(console):
    body = b"<Response>\n<Message>Fish & chips</Message>\n</Response>"
    webhook = await told(
        console, console.exchange(status=200, headers=(("content-type", "text/xml"),), body=body, body_size=len(body))
    )
    page = await console.read(f"/webhooks/{webhook.id}")
    assert '<div class="line bad"><span class="no">2</span><code>&lt;Message&gt;Fish &amp;<mark> </mark>chips' in page.text
    assert "line 2, column" in page.words


async def test_a_failure_shows_what_is_known_of_it(console):
    cert = Certificate(
        version="TLSv1.3", subject="CN=old.example", issuer="CN=Us", names=("old.example",), not_before=1.0, not_after=2.0
    )
    failure = Failure(kind=FailureKind.TLS_EXPIRED, detail="The certificate of app.example expired on 1 January 1970.")
    webhook = await told(console, console.exchange(certificate=cert, failure=failure, peer="203.0.113.7:443", raw=b"SSH-2.0-x"))
    page = await console.read(f"/webhooks/{webhook.id}")
    for words in ("tls expired", failure.detail, "It had expired.", "CN=old.example", "203.0.113.7:443", "SSH-2.0-x"):
        assert words in page.words


async def test_a_body_that_was_cut_says_so(console):
    webhook = await told(console, console.exchange(status=200, body=b"<html>", body_size=9_000_000, body_cut=True))
    assert "Cut: more was sent" in (await console.read(f"/webhooks/{webhook.id}")).words


async def test_secrets_of_the_request_are_hidden(console):
    sent = (
        ("Authorization", "Basic Ym9i"),
        ("X-Twilio-Signature", "c2lnbmVk"),
        ("Cookie", "a=b64secret"),
        ("X-Home-Region", "us1"),
    )
    webhook = await told(console, console.exchange(status=200, request_headers=sent))
    page = await console.read(f"/webhooks/{webhook.id}")
    assert "us1" in page.text
    for secret in ("Ym9i", "c2lnbmVk", "b64secret", "s3cret", "hunter2"):
        assert secret not in page.text


async def test_what_was_asked_for_again_and_dismissed_stands_in_the_story(either):
    lost, _ = await either.lost()
    page = await either.follow(await either.change(f"/webhooks/{lost.id}/replay"))
    assert "It is being delivered again." in page.words
    assert "Asked for again" in page.words
    assert (await either.journal.webhook(lost.id)).state is State.WAITING
    other, _ = await either.lost()
    page = await either.follow(await either.change(f"/webhooks/{other.id}/dismiss"))
    assert "Dismissed: it is off the list of those that failed." in page.words


async def test_what_cannot_be_done_is_not_offered_and_says_why_when_it_is_tried(console):
    waiting = await console.webhook(state=State.WAITING, due=1_763_900_000.0)
    page = await console.read(f"/webhooks/{waiting.id}")
    assert f'action="/webhooks/{waiting.id}/replay"' not in page.text
    page = await console.change(f"/webhooks/{waiting.id}/replay")
    assert page.status == 409
    assert "it will be delivered without a replay" in page.words
    page = await console.change(f"/webhooks/{waiting.id}/dismiss")
    assert page.status == 409
    assert "only a failed webhook can be dismissed" in page.words


async def test_a_reply_that_was_kept_can_be_sent_after_all(console):
    webhook_id = console.new_id("WH")
    reply = console.reply(webhook_id, body="On its way", note="No credentials.")
    await console.webhook(id=webhook_id, state=State.DELIVERED, replies=(reply,))
    page = await console.read(f"/webhooks/{webhook_id}")
    assert "Reply 1: waits for credentials" in page.words
    answer = await console.change(f"/webhooks/{webhook_id}/reply", {"reply": reply.id})
    assert (answer.status, console.house.sent) == (303, [reply.id])
    assert (await console.change(f"/webhooks/{webhook_id}/reply", {"reply": "RP" + "0" * 32})).status == 404


async def test_the_conversation_around_it_is_shown_as_bubbles_and_nobody_elses(either):
    await either.delivered("of somebody else", sender="+15559990000")
    await either.delivered("first")
    webhook_id = either.new_id("WH")
    await either.webhook(
        "second",
        id=webhook_id,
        state=State.DELIVERED,
        replies=(either.reply(webhook_id, state=ReplyState.INLINE, body="an answer"),),
    )
    await either.delivered("third")
    page = await either.read(f"/webhooks/{webhook_id}")
    talk = page.words.partition("The conversation")[2]
    assert re.search(r"first .*second .*an answer .*third", talk)
    assert "of somebody else" not in page.words
    assert 'aria-current="true"' in page.text


async def test_next_and_previous_are_those_of_the_list_that_it_was_opened_from(either):
    made = []
    for place in range(3):
        made.append((await either.lost(f"lost {place}"))[0].id)
        await either.delivered("between")
    page = await either.read(f"/webhooks/{made[1]}?state=failed")
    assert f'href="/webhooks/{made[2]}?state=failed" rel="prev"' in page.text
    assert f'href="/webhooks/{made[0]}?state=failed" rel="next"' in page.text
    assert 'href="/webhooks?state=failed"' in page.text
    page = await either.read(f"/webhooks/{made[2]}?state=failed")
    assert 'rel="prev"' not in page.text


async def test_the_request_can_be_taken_along_without_the_token(console):
    webhook = await console.delivered("it's me")
    page = await console.read(f"/webhooks/{webhook.id}")
    assert "https://app.example/sms" in page.words
    assert "$TWILIO_AUTH_TOKEN" in page.words
    assert "offhook_carrier" in page.words
    assert "a-token-for-tests" not in page.text


@pytest.mark.parametrize("path", ["", "/once"])
async def test_one_that_is_not_there_has_a_page_that_says_so(console, path):
    for identifier in (NOWHERE, "nonsense", "%3Cscript%3E"):
        page = await console.read(f"/webhooks/{identifier}{path}")
        assert page.status == 404
        assert "There is no such webhook" in page.words
        assert page.headers["content-type"].startswith("text/html")
        assert "<script>" not in page.text
    assert (await console.change(f"/webhooks/{NOWHERE}/replay")).status == 404


async def test_markup_from_everywhere_is_only_text(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        status=200,
        body=ATTACK.encode(),
        headers=((ATTACK, ATTACK), ("content-type", "text/html")),
        request_headers=((ATTACK, ATTACK),),
        raw=ATTACK.encode(),
        peer=ATTACK,
        certificate=Certificate(subject=ATTACK, issuer=ATTACK, names=(ATTACK,), version=ATTACK),
        failure=Failure(kind=FailureKind.PROTOCOL, detail=ATTACK),
    )
    await console.webhook(
        ATTACK,
        id=webhook_id,
        sender=ATTACK,
        recipient=ATTACK,
        endpoint=ATTACK,
        note=ATTACK,
        provider_id=ATTACK,
        head=f"POST /{ATTACK} HTTP/1.1\r\nX: {ATTACK}\r\nContent-Type: application/x-www-form-urlencoded".encode(),
        attempts=[console.attempt(webhook_id, exchange, outcome=Outcome(delivered=False, message=ATTACK))],
        replies=[console.reply(webhook_id, body=ATTACK, to=ATTACK, note=ATTACK)],
        events=[console.event(webhook_id=webhook_id, message=ATTACK, endpoint=ATTACK, level=Level.WARNING)],
    )
    for path in (f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/once", "/webhooks"):
        page = await console.read(path)
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "<a href=javascript" not in page.text
        assert ATTACK in page.words


async def test_hostile_texts_hide_nothing(console):
    for text in HOSTILE:
        webhook, _ = await console.lost(text)
        page = await console.read(f"/webhooks/{webhook.id}")
        assert page.status == 200
        assert not set("\u202e\u200b\0") & set(page.text)


async def test_a_giant_of_everything_is_still_a_page(console):
    webhook_id = console.new_id("WH")
    exchanges = [console.exchange(status=500, body=b"x" * 65_536, body_size=10**7, body_cut=True) for _ in range(6)]
    attempts = [console.attempt(webhook_id, *exchanges, number=number) for number in range(1, 71)]
    webhook = await console.webhook("y" * 200_000, id=webhook_id, attempts=attempts)
    webhook = replace(webhook, body=webhook.body + b"&" + b"&".join(b"p%d=%d" % (n, n) for n in range(900)))
    await console.journal.settle(Settlement(webhook=webhook))
    page = await console.read(f"/webhooks/{webhook_id}")
    assert page.status == 200
    assert "Of 70 attempts the newest 60 are shown" in page.words
    assert len(page.body) < 3_000_000


async def test_a_status_callback_and_a_call_have_a_page_too(console):
    for kind in (Kind.STATUS, Kind.VOICE, Kind.OTHER):
        webhook = await console.webhook(kind=kind, state=State.DELIVERED, attempts=(), head=b"GET /sms?a=1 HTTP/1.1\r\nHost: x")
        assert (await console.read(f"/webhooks/{webhook.id}")).status == 200


async def test_a_webhook_that_has_just_come_in_waits_for_its_first_attempt(either):
    webhook = await either.webhook(state=State.WAITING, answer=None)
    assert "It waits for its first attempt." in (await either.read(f"/webhooks/{webhook.id}")).words


async def test_a_bad_filter_in_its_address_is_told_and_the_page_is_there(console):
    webhook = await console.delivered()
    page = await console.read(f"/webhooks/{webhook.id}?state=lost")
    assert page.status == 200
    assert "must be one of" in page.words


@pytest.mark.parametrize("width", [390, 1440])
def test_the_inspector_fits_and_is_shot(beside, looks, width):
    console = beside.pages
    webhook_id = console.new_id("WH")
    timings = Timings(dns=12.5, connect=31.0, tls=74.2, sent=0.4, first_byte=220.1, total=340.0)
    body = b"<Response>\n  <Message>Fish & chips " + b"x" * 500 + b"</Message>\n</Response>"
    exchange = console.exchange(
        status=200, timings=timings, headers=(("content-type", "text/xml"),), body=body, body_size=len(body)
    )
    beside.run(console.delivered("Are you open?"))
    beside.run(
        console.webhook(
            "I would like fish, please",
            id=webhook_id,
            attempts=(console.attempt(webhook_id, exchange),),
            replies=(console.reply(webhook_id, body="We are on it!"),),
            events=(console.event(webhook_id=webhook_id),),
        )
    )
    page = looks(width)
    said = []
    page.on("console", lambda message: said.append(message.text))
    beside.log_in(page)
    page.goto(f"{beside.url}/webhooks/{webhook_id}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []
    looks.shoot(page, "webhook")
