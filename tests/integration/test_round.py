"""Rounds of delivery at a server that fails on purpose: counted, timed, with the evidence kept."""

import asyncio
import time
from dataclasses import replace

import pytest
from msgspec import structs

from offhook.debugger.classify import judge
from offhook.delivery.round import RedirectRules, RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.net.transport import HttpTransport
from offhook.records import Endpoint, FailureKind, Kind, Role, Webhook
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.faults import FaultServer, answer
from tests.helpers.processes import free_port
from tests.helpers.scripted_peer import Peer

HEAD = (
    b"POST /sms HTTP/1.1\r\nHost: public.example\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nI-Twilio-Idempotency-Token: the-token\r\nX-Home-Region: us1"
)
BODY = b"Body=hi&From=%2B15551112222&To=%2B15553334444&MessageSid=SM1"


def webhook(head=HEAD, body=BODY, **fields):
    return Webhook(
        id=TimeSortedIds().new("WH"),
        endpoint="sms",
        received_at=time.time(),
        peer="127.0.0.1",
        url="https://public.example/sms",
        kind=Kind.MESSAGE,
        dedupe_key=b"k" * 16,
        head=head,
        body=body,
        conversation="+15551112222|+15553334444",
        **fields,
    )


def sign(url, body, content_type, account_sid):
    return url, (("X-Twilio-Signature", f"signed for {url}"),)


@pytest.fixture
async def runner():
    transport = HttpTransport(SystemClock())
    parts = RoundParts(
        transport=transport, sign=sign, judge=judge, clock=SystemClock(), ids=TimeSortedIds(), kept_alive=transport
    )
    yield RoundRunner(parts)
    await transport.close()


async def run(runner, url, fallback=None, sent=None):
    started = time.monotonic()
    done = await runner.run(sent or webhook(), Endpoint(name="sms", app_url=url, fallback_url=fallback))
    return done, time.monotonic() - started


async def test_a_good_answer_is_one_request_signed_for_the_apps_url(runner):
    async with FaultServer(lambda n, seen: answer()) as app:
        done, _ = await run(runner, app.url)
        assert done.delivered
        assert app.seen[0].body == BODY
        assert app.seen[0].header("X-Twilio-Signature") == f"signed for {app.url}"
        assert app.seen[0].header("Offhook-Attempt") == "1"
        assert app.seen[0].header("Offhook-Webhook-Id").startswith("WH")


async def test_by_default_a_502_is_not_retried_within_the_attempt(runner):
    async with FaultServer(lambda n, seen: answer(502)) as app:
        done, _ = await run(runner, app.url)
        assert (done.delivered, len(app.seen)) == (False, 1)
        assert (done.attempts[0].outcome.code, done.attempts[0].outcome.twilio_code) == (11217, 11200)


async def test_rc_3_rp_5xx_is_four_tries_with_one_token(runner):
    async with FaultServer(lambda n, seen: answer(503)) as app:
        done, _ = await run(runner, app.url + "#rc=3&rp=5xx,ct,rt&ct=500&rt=800&tt=3000")
        assert len(app.seen) == 4
        assert len(done.attempts[0].exchanges) == 4
        assert {seen.header("I-Twilio-Idempotency-Token") for seen in app.seen} == {"the-token"}


async def test_a_retry_that_succeeds_ends_the_attempt(runner):
    async with FaultServer(lambda n, seen: answer(500 if n < 3 else 200)) as app:
        done, _ = await run(runner, app.url + "#rc=5&rp=5xx")
        assert done.delivered
        assert len(app.seen) == 3


async def test_a_hanging_app_is_tried_after_each_read_timeout_until_the_total_is_used_up(runner):
    async with FaultServer(lambda n, seen: "hang") as app:
        done, seconds = await run(runner, app.url + "#rc=3&rp=5xx,ct,rt&ct=500&rt=800&tt=3000")
        assert len(app.seen) == 4
        assert 2.9 <= seconds <= 3.6
        gaps = [later.at - earlier.at for earlier, later in zip(app.seen, app.seen[1:], strict=False)]
        assert all(0.75 <= gap <= 1.1 for gap in gaps)
        kinds = [exchange.failure.kind for exchange in done.attempts[0].exchanges]
        assert kinds == [FailureKind.READ_TIMEOUT] * 3 + [FailureKind.TOTAL_TIMEOUT]
        assert done.attempts[0].outcome.code == 11203


async def test_a_partial_answer_is_never_retried_for_a_read_timeout(runner):
    partial = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<Resp"
    async with FaultServer(lambda n, seen: partial) as app:
        done, _ = await run(runner, app.url + "#rc=3&rp=all&rt=300&tt=2000")
        assert len(app.seen) == 1
        assert done.exchange.failure.partial


async def test_a_refused_connection_is_retried_once_by_default(runner):
    done, _ = await run(runner, f"http://127.0.0.1:{free_port()}/sms")
    assert [exchange.failure.kind for exchange in done.attempts[0].exchanges] == [FailureKind.REFUSED] * 2
    assert done.attempts[0].outcome.code == 11202


async def test_4xx_is_retried_only_where_asked(runner):
    async with FaultServer(lambda n, seen: answer(404)) as app:
        await run(runner, app.url + "#rc=2&rp=5xx,ct,rt")
        assert len(app.seen) == 1
        await run(runner, app.url + "#rc=2&rp=4xx")
        assert len(app.seen) == 4


async def test_the_fallback_gets_the_same_parameters_with_the_error_and_its_own_signature(runner):
    async with FaultServer(lambda n, seen: answer(500)) as app, FaultServer(lambda n, seen: answer()) as fallback:
        done, _ = await run(runner, app.url, fallback=fallback.url + "?backup=1")
        assert [attempt.role for attempt in done.attempts] == [Role.PRIMARY, Role.FALLBACK]
        assert done.delivered
        expected = BODY + b"&ErrorCode=11200&ErrorUrl=" + app.url.replace(":", "%3A").replace("/", "%2F").encode()
        assert fallback.seen[0].body == expected
        assert fallback.seen[0].header("X-Twilio-Signature") == f"signed for {fallback.url}?backup=1"
        assert fallback.seen[0].header("Offhook-Attempt") == "2"


async def test_basic_credentials_are_sent_only_after_the_challenge(runner):
    def script(n, seen):
        return answer(200) if seen.header("Authorization") else answer(401, WWW_Authenticate='Basic realm="app"')

    async with FaultServer(script) as app:
        done, _ = await run(runner, app.url.replace("http://", "http://us:pa55word@"))
        assert done.delivered
        assert [seen.header("Authorization") for seen in app.seen] == [None, "Basic dXM6cGE1NXdvcmQ="]
        assert "pa55word" not in repr(done)
        assert "dXM6cGE1NXdvcmQ=" not in repr(done)


async def test_digest_credentials_answer_the_challenge(runner):
    def script(n, seen):
        if seen.header("Authorization"):
            return answer(200)
        return answer(401, WWW_Authenticate='Digest realm="app", nonce="abc", qop="auth", algorithm=SHA-256')

    async with FaultServer(script) as app:
        done, _ = await run(runner, app.url.replace("http://", "http://us:pa55word@"))
        assert done.delivered
        assert app.seen[1].header("Authorization").startswith('Digest username="us"')


async def test_a_redirect_within_the_app_is_followed_as_a_get_signed_for_its_new_url(runner):
    def script(n, seen):
        return answer(302, Location="/moved") if n == 1 else answer()

    async with FaultServer(script) as app:
        done, _ = await run(runner, app.url)
        assert done.delivered
        assert app.seen[1].line == f"GET /moved?{BODY.decode()} HTTP/1.1"
        assert app.seen[1].header("X-Twilio-Signature").endswith(f"/moved?{BODY.decode()}")
        assert [exchange.status for exchange in done.attempts[0].exchanges] == [302, 200]


async def test_a_redirect_without_parameters_where_so_set(runner):
    runner.redirects = RedirectRules(carry_parameters=False)
    async with FaultServer(lambda n, seen: answer(301, Location="/moved") if n == 1 else answer()) as app:
        await run(runner, app.url)
        assert app.seen[1].line == "GET /moved HTTP/1.1"


async def test_a_redirect_to_another_private_address_is_refused(runner):
    async with FaultServer(lambda n, seen: answer()) as victim:
        async with FaultServer(lambda n, seen: answer(307, Location=victim.url)) as app:
            done, _ = await run(runner, app.url)
        assert victim.seen == []
        assert done.exchange.failure.kind is FailureKind.BLOCKED
        assert done.attempts[0].outcome.code == 11205


@pytest.mark.parametrize("location", ["ftp://a.example/", "file:///etc/passwd", "", "http://[bad/"])
async def test_a_redirect_that_cannot_be_followed_is_11216(runner, location):
    async with FaultServer(lambda n, seen: answer(302, Location=location)) as app:
        done, _ = await run(runner, app.url)
        assert done.attempts[0].outcome.code == 11216


async def test_308_is_not_followed_since_twilio_does_not(runner):
    async with FaultServer(lambda n, seen: answer(308, Location="/x")) as app:
        done, _ = await run(runner, app.url)
        assert (done.attempts[0].outcome.code, len(app.seen)) == (11216, 1)


async def test_a_redirect_loop_ends_after_ten(runner):
    async with FaultServer(lambda n, seen: answer(302, Location="/again")) as app:
        done, _ = await run(runner, app.url)
        assert len(app.seen) == 11
        assert done.attempts[0].outcome.code == 11215


async def test_cookies_come_back_in_the_same_conversation_and_in_no_other(runner):
    async with FaultServer(lambda n, seen: answer(Set_Cookie="session=s3cret; Path=/; HttpOnly")) as app:
        first, _ = await run(runner, app.url)
        await run(runner, app.url)
        other = webhook()
        other = type(other)(**{**{f: getattr(other, f) for f in other.__struct_fields__}, "conversation": "other|pair"})
        await run(runner, app.url, sent=other)
        assert [seen.header("Cookie") for seen in app.seen] == [None, "session=s3cret", None]
        assert "s3cret" not in repr(first.attempts)


async def test_a_2xx_whose_body_breaks_off_is_delivered_with_a_code(runner):
    broken = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 50\r\n\r\n<Resp"
    async with FaultServer(lambda n, seen: broken) as app:
        done, _ = await run(runner, app.url)
        assert done.delivered
        assert done.attempts[0].outcome.code == 11206


async def test_garbage_is_kept_as_evidence(runner):
    async with FaultServer(lambda n, seen: b"SSH-2.0-OpenSSH_9.6\r\n") as app:
        done, _ = await run(runner, app.url)
        assert done.attempts[0].outcome.code == 11206
        assert b"SSH-2.0" in done.exchange.raw


async def test_no_cookie_stands_in_the_first_bytes_of_a_broken_answer(runner):
    broken = b"HTTP/1.1 200 OK\r\nset-cookie: session=s3cret\r\nContent-Length: 50\r\n\r\n<Resp"
    async with FaultServer(lambda n, seen: broken) as app:
        done, _ = await run(runner, app.url)
        assert b"Content-Length: 50" in done.attempts[0].exchanges[0].raw
        assert "s3cret" not in repr(done.attempts)


def whole(status, body=b"<Response/>", *fields):
    """An answer after which the connection stays open."""
    head = [b"HTTP/1.1 %d x" % status, b"Content-Type: text/xml", b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def app_that_answers(answers, seen):
    """Keeps its connections: the n-th request gets the n-th answer; where that is empty the connection is closed."""
    left = iter(answers)

    async def script(line):
        while True:
            seen.append(await line.request())
            said = next(left)
            if not said:
                return
            await line.say(said)

    return script


async def in_two_ways(url, runner):
    """The second webhook of an app that has taken one: by a round that is waited for, and by one that is begun over the open connection."""
    sent = webhook()
    endpoint = Endpoint(name="sms", app_url=url)
    assert (await runner.run(sent, endpoint)).delivered
    yield await runner.run(sent, endpoint)
    assert (await runner.run(sent, endpoint)).delivered
    told = asyncio.get_running_loop().create_future()
    (begun,) = runner.begin_all([(structs.replace(sent, conversation="without cookies"), endpoint, told.set_result)])
    yield await told or await begun.finish()


@pytest.mark.parametrize(
    ("answers", "overrides", "requests"),
    [
        ([whole(200)], "", 1),
        ([whole(204, b"")], "", 1),
        ([whole(502)], "", 1),
        ([whole(502), whole(200)], "#rc=1&rp=5xx", 2),
        ([whole(302, b"", b"Location: /other"), whole(200)], "", 2),
        ([whole(202, b"", b"x-amzn-waf-action: challenge")], "", 1),
        ([whole(200, b"<Response/>", b"Set-Cookie: a=secret")], "", 1),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], "", 1),
        ([b"", whole(200)], "", 2),  # it had closed the connection before: that is not counted
    ],
)
async def test_a_round_over_an_open_connection_is_the_same_round(runner, answers, overrides, requests):
    seen = []
    async with Peer(app_that_answers([whole(200), *answers] * 2, seen)) as peer:
        waited_for, begun = [done async for done in in_two_ways(peer.url + overrides, runner)]
    assert len(seen) == 2 * (1 + requests)
    assert seen[1 : 1 + requests] == seen[2 + requests :]
    assert [(each.delivered, each.role) for each in (waited_for, begun)] == [(begun.delivered, begun.role)] * 2
    for one, other in zip(waited_for.attempts, begun.attempts, strict=True):
        assert (one.outcome, one.number, one.url) == (other.outcome, other.number, other.url)
        evidence = [
            [
                (each.status, each.headers, each.body, each.failure, each.reused, each.request_headers)
                for each in attempt.exchanges
            ]
            for attempt in (one, other)
        ]
        assert evidence[0] == evidence[1]


async def test_a_fault_of_ours_in_judging_comes_to_whoever_finishes_the_round():
    def broken(exchange, kind):
        raise RuntimeError("a fault of ours")

    transport, seen = HttpTransport(SystemClock()), []
    parts = RoundParts(
        transport=transport, sign=sign, judge=judge, clock=SystemClock(), ids=TimeSortedIds(), kept_alive=transport
    )
    async with Peer(app_that_answers([whole(200)] * 2, seen)) as peer:
        endpoint = Endpoint(name="sms", app_url=peer.url)
        await RoundRunner(parts).run(webhook(), endpoint)
        told = asyncio.get_running_loop().create_future()
        (begun,) = RoundRunner(replace(parts, judge=broken)).begin_all([(webhook(), endpoint, told.set_result)])
        assert await told is None
        with pytest.raises(RuntimeError, match="a fault of ours"):
            await begun.finish()
        await transport.close()
    assert len(seen) == 2


async def test_over_an_open_connection_too_each_endpoint_has_the_deadlines_of_its_own_fragment(runner):
    async def script(line):
        for _ in range(2):
            await line.request()
            await line.say(whole(200))
        await line.until_closed()

    async with Peer(script) as peer:
        patient, hasty = (Endpoint(name=f"sms{rt}", app_url=f"{peer.url}#rt={rt}") for rt in (9000, 200))
        assert (await runner.run(webhook(), patient)).delivered
        loop = asyncio.get_running_loop()
        for endpoint, delivered in ((patient, True), (hasty, False)):
            told = loop.create_future()
            (begun,) = runner.begin_all([(webhook(), endpoint, told.set_result)])
            async with asyncio.timeout(5):
                assert (await told is not None) is delivered
        failed = (await begun.finish()).exchange.failure
        assert failed.kind is FailureKind.READ_TIMEOUT
