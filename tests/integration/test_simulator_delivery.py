"""The simulated carrier calls as Twilio does (spec: twilio-delivery), counted and timed at a server that fails on purpose."""

import pytest

from offhook.records import Level
from tests.helpers.carriers import form, is_signed, simulated
from tests.helpers.faults import FaultServer, answer
from tests.helpers.messages import message
from tests.helpers.processes import free_port


def base(server):
    return f"http://127.0.0.1:{server.port}"


async def test_the_parameters_and_their_order_are_those_of_a_capture():
    async with FaultServer(lambda *_: answer()) as app, simulated(app.url) as twilio:
        await twilio.text("Hello & goodbye +1")
    (seen,) = app.seen
    assert list(form(seen)) == [name for name, _ in message()]
    assert form(seen)["Body"] == "Hello & goodbye +1"
    assert b"Body=Hello+%26+goodbye+%2B1" in seen.body
    assert is_signed(seen, base(app))
    assert seen.header("User-Agent") == "TwilioProxy/1.1"
    assert seen.header("Content-Type") == "application/x-www-form-urlencoded"


async def test_a_failed_answer_is_not_tried_again_by_default():
    async with FaultServer(lambda *_: answer(500)) as app, simulated(app.url) as twilio:
        await twilio.text()
        (event,) = await twilio.events()
    assert len(app.seen) == 1
    assert (event.twilio_code, event.code, event.details["httpResponse"]) == (11200, 11217, "500")


async def test_a_refused_connection_is_tried_once_more_by_default():
    async with simulated(f"http://127.0.0.1:{free_port()}/sms") as twilio:
        await twilio.text()
        (event,) = await twilio.events()
    assert (event.code, event.details["tries"]) == (11202, "2")


@pytest.mark.parametrize(
    ("fragment", "requests"),
    [("rc=3&rp=5xx", 4), ("rc=2&rp=all", 3), ("rc=2&rp=4xx", 1), ("rc=0&rp=5xx", 1), ("rc=5&rp=ct,rt", 1)],
)
async def test_overrides_say_how_often_a_503_is_tried_again(fragment, requests):
    async with FaultServer(lambda *_: answer(503)) as app, simulated(f"{app.url}#{fragment}") as twilio:
        await twilio.text()
    assert len(app.seen) == requests
    assert len({seen.header("I-Twilio-Idempotency-Token") for seen in app.seen}) == 1
    assert all("#" not in seen.line for seen in app.seen)


async def test_a_read_timeout_is_waited_for_and_tried_again_where_the_overrides_say_so_within_the_whole_time():
    async with FaultServer(lambda *_: "hang") as app, simulated(f"{app.url}#rt=300&tt=750&rc=5&rp=rt") as twilio:
        await twilio.text()
        (event,) = await twilio.events()
    assert len(app.seen) == 3
    assert app.seen[1].at - app.seen[0].at == pytest.approx(0.3, abs=0.12)
    assert event.code in {11203, 11205}


async def test_two_messages_have_two_idempotency_tokens():
    async with FaultServer(lambda *_: answer()) as app, simulated(app.url) as twilio:
        await twilio.text("one")
        await twilio.text("two")
    assert len({seen.header("I-Twilio-Idempotency-Token") for seen in app.seen}) == 2


async def test_the_fallback_is_told_the_error_by_its_own_method_and_with_its_own_overrides():
    def script(number, _):
        return answer(200 if number == 3 else 503, b"<Response><Message>sorry</Message></Response>")

    async with FaultServer(script) as app, simulated(app.url, f"{base(app)}/fallback#rc=1&rp=5xx") as twilio:
        twilio.change_number(sms_fallback_method="GET")
        (reply,) = await twilio.text("hello there")
        (event,) = await twilio.events()
    first, failed, second = app.seen
    assert reply.body == "sorry"
    assert failed.line.startswith("GET /fallback?")
    assert second.line == failed.line
    told = form(second)
    assert {**told, "ErrorCode": "", "ErrorUrl": ""} == {**form(first), "ErrorCode": "", "ErrorUrl": ""}
    assert (told["ErrorCode"], told["ErrorUrl"]) == ("11200", app.url)
    assert is_signed(second, base(app))
    assert event.details["role"] == "primary"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (answer(body=b"<Response><Message>"), "12100"),
        (answer(body=b"{}", content_type="application/json"), "12300"),
        (answer(body=b"<Answer/>"), "12102"),
    ],
)
async def test_an_answer_that_cannot_be_executed_leads_to_the_fallback(bad, code):
    def script(_, seen):
        return bad if "/sms" in seen.line else answer(body=b"<Response><Message>sorry</Message></Response>")

    async with FaultServer(script) as app, simulated(app.url, f"{base(app)}/fallback") as twilio:
        (reply,) = await twilio.text()
        codes = await twilio.codes()
    assert reply.body == "sorry"
    assert form(app.seen[1])["ErrorCode"] == code
    assert codes == [int(code)]


async def test_a_mere_warning_leads_to_no_fallback():
    script = answer(body=b"OK", content_type="text/html")
    async with FaultServer(lambda *_: script) as app, simulated(app.url, f"{base(app)}/fallback") as twilio:
        assert await twilio.text() == []
        (event,) = await twilio.events()
    assert len(app.seen) == 1
    assert (event.code, event.level) == (12200, Level.WARNING)


async def test_the_parameters_go_by_get_where_the_number_says_so():
    async with FaultServer(lambda *_: answer()) as app, simulated(f"{app.url}?a=b") as twilio:
        twilio.change_number(sms_method="GET")
        await twilio.text("by get")
    (seen,) = app.seen
    assert seen.line.startswith("GET /sms?a=b&ToCountry=US&")
    assert seen.body == b""
    assert form(seen)["Body"] == "by get"
    assert is_signed(seen, base(app))


# -- status callbacks


def with_callback(to=""):
    to = f' to="{to}"' if to else ""
    return answer(body=f'<Response><Message statusCallback="/status"{to}>hello</Message></Response>'.encode())


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("", [("sent", None), ("delivered", None)]),
        ("+15005550009", [("sent", None), ("undelivered", "30006")]),
        ("+15005550004", [("failed", "21610")]),
    ],
)
async def test_callbacks_tell_of_each_state_but_the_first_in_order(to, told):
    def script(_, seen):
        return with_callback(to) if "/sms" in seen.line else answer(204, b"")

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        (reply,) = await twilio.text()
        logged = [(event.code, event.level, event.resource_sid) for event in await twilio.events()]
    assert logged == [(int(code), Level.ERROR, reply.sid) for _, code in told if code]
    callbacks = [form(seen) for seen in app.seen[1:]]
    assert [(each["MessageStatus"], each.get("ErrorCode")) for each in callbacks] == told
    assert {each["MessageSid"] for each in callbacks} == {reply.sid}
    assert all(each["SmsStatus"] == each["MessageStatus"] for each in callbacks)
    assert all(is_signed(seen, base(app)) for seen in app.seen)


async def test_callbacks_go_by_get_where_the_message_says_so():
    body = b'<Response><Message statusCallback="/status?a=b" method="GET">hello</Message></Response>'

    def script(_, seen):
        return answer(body=body) if "/sms" in seen.line else answer(204, b"")

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        await twilio.text()
    assert [seen.line.split("&")[0] for seen in app.seen[1:]] == ["GET /status?a=b"] * 2
    assert [form(seen)["MessageStatus"] for seen in app.seen[1:]] == ["sent", "delivered"]
    assert all(is_signed(seen, base(app)) for seen in app.seen)


async def test_a_callback_that_hangs_keeps_its_order_and_does_not_hold_up_the_message():
    def script(_, seen):
        if "/sms" in seen.line:
            return with_callback()
        return "hang" if len(app.seen) == 2 else answer(204, b"")

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        twilio.carrier.text("+12025550101", twilio.number, "hi")
        while len(app.seen) < 2 or [each.status for each in twilio.messages()][-1] != "delivered":
            await twilio.house.clock.sleep(0.005)
        assert len(app.seen) == 2
        assert form(app.seen[1])["MessageStatus"] == "sent"


async def test_a_callback_that_fails_is_a_warning_and_is_not_repeated():
    def script(_, seen):
        return with_callback() if "/sms" in seen.line else answer(500)

    async with FaultServer(script) as app, simulated(app.url, f"{base(app)}/fallback") as twilio:
        await twilio.text()
        levels = [event.level for event in await twilio.events()]
    assert len(app.seen) == 3
    assert levels == [Level.WARNING, Level.WARNING]


# -- what the app answers


async def test_cookies_are_kept_for_each_conversation_and_sent_after_a_redirect_too():
    def script(number, seen):
        if "/next" in seen.line:
            return answer(body=b"<Response/>")
        if number == 1:
            return answer(body=b"<Response/>", Set_Cookie="step=1; Path=/")
        return answer(body=b"<Response><Redirect>/next</Redirect></Response>")

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        await twilio.text("one")
        await twilio.text("two")
        await twilio.text("from another", sender="+12025550102")
    cookies = [(seen.line.split(" ")[1], seen.header("Cookie")) for seen in app.seen]
    assert cookies == [("/sms", None), ("/sms", "step=1"), ("/next", "step=1"), ("/sms", None), ("/next", None)]


async def test_plain_text_is_a_message():
    async with FaultServer(lambda *_: answer(body=b"OK", content_type="text/plain")) as app, simulated(app.url) as twilio:
        (reply,) = await twilio.text()
    assert (reply.body, reply.status, reply.direction) == ("OK", "delivered", "outbound-reply")


async def test_a_redirect_is_followed_with_the_same_parameters_and_its_messages_come_after_those_before_it():
    def script(_, seen):
        if "/next" in seen.line:
            return answer(body=b"<Response><Message>two</Message></Response>")
        return answer(body=b'<Response><Message>one</Message><Redirect method="GET">next</Redirect></Response>')

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        replies = await twilio.text("go")
    assert [each.body for each in replies] == ["one", "two"]
    assert app.seen[1].line.startswith("GET /next?")
    assert form(app.seen[1]) == form(app.seen[0])
    assert is_signed(app.seen[1], base(app))


# -- limits


async def test_of_more_than_ten_messages_ten_are_sent():
    body = b"<Response>" + b"<Message>x</Message>" * 11 + b"</Response>"
    async with FaultServer(lambda *_: answer(body=body)) as app, simulated(app.url) as twilio:
        assert len(await twilio.text()) == 10
        assert await twilio.codes() == [14109]


async def test_after_fifty_documents_no_more_are_fetched():
    body = b"<Response><Redirect>/sms</Redirect></Response>"
    async with FaultServer(lambda *_: answer(body=body)) as app, simulated(app.url) as twilio:
        await twilio.text()
        assert await twilio.codes() == [14106]
    assert len(app.seen) == 50


async def test_the_sixteenth_reply_to_one_number_within_thirty_seconds_fails():
    body = b"<Response>" + b"<Message>x</Message>" * 8 + b"</Response>"
    async with FaultServer(lambda *_: answer(body=body)) as app, simulated(app.url) as twilio:
        first, second = await twilio.text(), await twilio.text()
        elsewhere = await twilio.text(sender="+12025550102")
        codes = await twilio.codes()
    assert {each.status for each in (*first, *second[:7], *elsewhere)} == {"delivered"}
    assert [(each.status, each.error_code) for each in second[7:]] == [("failed", 14107)]
    assert codes == [14107]


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<Response><Message>" + b"x" * 65536 + b"</Message></Response>", "text/xml", 11750),
        (b"<Response><Message>" + b"x" * 1601 + b"</Message></Response>", "text/xml", 14103),
        (b"x" * 1601, "text/plain", 14103),
        (b"<Response><Message/></Response>", "text/xml", 14103),
        (b"<Response><Message to='+12025550199'>me</Message></Response>", "text/xml", 14101),
    ],
)
async def test_what_is_too_large_or_to_nobody_is_not_sent(body, kind, code):
    async with FaultServer(lambda *_: answer(body=body, content_type=kind)) as app, simulated(app.url) as twilio:
        assert await twilio.text() == []
        assert await twilio.codes() == [code]


# -- opting out


async def test_who_has_said_stop_gets_nothing_more_until_start():
    def script(_, seen):
        return (
            answer(body=b'<Response><Message statusCallback="/status">reply</Message></Response>')
            if "/sms" in seen.line
            else answer(204, b"")
        )

    async with FaultServer(script) as app, simulated(app.url) as twilio:
        carriers, refused = await twilio.text(" Stop ")
        (later,) = await twilio.text("hello?")
        events = await twilio.events()
        help_, again = await twilio.text("HELP")
        started, welcome = await twilio.text("start")
    assert "opted out" in carriers.body
    assert carriers.status == "delivered"
    assert [(each.status, each.error_code) for each in (refused, later, again)] == [("failed", 21610)] * 3
    assert [(event.code, event.resource_sid[:2]) for event in events] == [(21610, "SM")] * 2
    assert "STOP" in help_.body
    assert "opted in" in started.body
    assert welcome.status == "delivered"
    told = [form(seen)["MessageStatus"] for seen in app.seen if "/status" in seen.line]
    assert told == ["failed", "failed", "failed", "sent", "delivered"]
