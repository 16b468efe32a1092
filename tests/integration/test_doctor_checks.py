"""The doctor's checks at servers that behave badly in one way, over real sockets."""

import asyncio
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from offhook.doctor.admission import admit
from offhook.doctor.configured import doctor_tools
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Verdict
from offhook.doctor.question import Product, Question
from offhook.settings import load
from tests.helpers.faults import FaultServer, answer

TOKEN = "a-token-for-tests"
HELLO = answer(body=b"<Response><Message>Hi there</Message></Response>")
NO = answer(403, b"no", "text/plain")


async def examine(server, path="", *, signed=True, **question):
    """The report on a server; with a token unless `signed` is False."""
    tools = doctor_tools(load({}, {"TWILIO_AUTH_TOKEN": TOKEN} if signed else {}, None))
    given = {"samples": 0, "over": 0.0, "tries": 1, "gap": 0.0, "resolvers": ()} | question
    try:
        return await Examination(admit(Question(url=server.url + path, signed=signed, **given), tools)).run()
    finally:
        await tools.close()


def finding(report, check):
    """The worst thing that a check found."""
    return next(row.finding for row in report.worst_first if row.check == check)


def first(report):
    return report.worst_first[0].finding


def target(seen):
    return seen.line.split(" ")[1]


def is_signed_for(seen, url):
    return RequestValidator(TOKEN).validate(
        url, dict(parse_qsl(seen.body.decode(), keep_blank_values=True)), (seen.header("x-twilio-signature") or "")
    )


def only_signed_for(url_of):
    """A server that takes what is rightly signed for a URL, and refuses the rest without a word."""
    server = FaultServer(lambda _, seen: HELLO if is_signed_for(seen, url_of(server, target(seen))) else NO)
    return server


async def test_a_good_app_has_no_fault_and_no_warning_but_the_address():
    async with only_signed_for(lambda server, path: f"http://127.0.0.1:{server.port}{path}") as server:
        report = await examine(server)
    assert {row.finding.verdict for row in report.rows if row.check not in {"address", "dns", "tls"}} <= {
        Verdict.GOOD,
        Verdict.NOT_APPLICABLE,
    }
    assert [message.body for message in report.messages] == ["Hi there"]


@pytest.mark.parametrize(
    ("path", "url_of", "words"),
    [
        ("", lambda server, path: f"https://127.0.0.1:{server.port}{path}", "https in place of http"),
        ("", lambda server, path: f"https://127.0.0.1{path}", "https in place of http, and without the port"),
        ("", lambda server, path: f"http://127.0.0.1{path}", "without the port"),
        ("", lambda server, path: f"http://127.0.0.1:{server.port}{path}/", "with a slash at the end"),
        ("?q=J%20X", lambda server, path: f"http://127.0.0.1:{server.port}{path.partition('?')[0]}", "without the query"),
        ("?q=J%20X", lambda server, path: f"http://127.0.0.1:{server.port}{path.replace('%20', '+')}", "encoded anew"),
        ("?q=J%27X", lambda server, path: f"http://127.0.0.1:{server.port}{path.replace('%27', chr(39))}", "decoded"),
    ],
)
async def test_which_url_the_app_checks_is_found_out(path, url_of, words):
    async with only_signed_for(url_of) as server:
        report = await examine(server, path)
    assert first(report).cause == "app.signature-check"
    assert words in first(report).title
    assert report.requests <= 30


async def test_the_url_that_the_app_names_in_its_refusal_is_tried_first():
    inside = "http://sms.internal:9999/sms"
    refused = answer(403, f"signature mismatch for {inside}".encode(), "text/plain")
    async with FaultServer(lambda _, seen: HELLO if is_signed_for(seen, inside) else refused) as server:
        report = await examine(server)
    assert first(report).cause == "app.signature-check"
    assert any(f"signed for {inside}: taken" in each for each in first(report).evidence)


async def test_an_app_behind_a_proxy_that_hides_the_host():
    async with only_signed_for(lambda server, path: f"http://localhost:8000{path}") as server:
        report = await examine(server, samples=10, over=0.0)
    assert "http://localhost:8000 in place of the public host" in first(report).title
    assert report.requests <= 30


async def test_an_app_that_refuses_at_first_by_chance_is_said_to_fail_now_and_then():
    async with FaultServer(lambda number, _: NO if number == 1 else HELLO) as server:
        report = await examine(server, samples=3)
    assert {row.finding.cause for row in report.rows if row.finding.verdict is Verdict.FAULT} == {"app.intermittent"}
    assert [message.body for message in report.messages] == ["Hi there"]


async def test_a_filter_of_user_agents_is_shown_by_a_browser_that_passes():
    async with FaultServer(
        lambda _, seen: HELLO if "Mozilla" in (seen.header("user-agent") or "") else answer(403, b"<h1>Denied</h1>", "text/html")
    ) as server:
        report = await examine(server, signed=False)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "waf.user-agent")


async def test_an_app_that_takes_get_only():
    async with FaultServer(
        lambda _, seen: HELLO if seen.line.startswith("GET") else answer(404, b"nope", "text/plain")
    ) as server:
        report = await examine(server, signed=False)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "app.wrong-method")


@pytest.mark.parametrize(("every", "words"), [(3, "every third"), (4, "every 4th")])
async def test_a_share_of_failures_is_a_fault_with_its_pattern(every, words):
    posts = iter(range(1, 1000))

    def moody(_, seen):
        plain = seen.line.startswith("POST") and "Mozilla" not in seen.header("user-agent") and is_signed_for(seen, server.url)
        return answer(502, b"bad gateway", "text/plain") if plain and next(posts) % every == 0 else HELLO

    async with FaultServer(moody) as server:
        report = await examine(server, samples=10, over=0.2)
    found = finding(report, "intermittent")
    assert (found.verdict, found.cause) == (Verdict.FAULT, "app.intermittent")
    assert found.figures["tries"] == 13
    assert found.figures["failed"] in {13 // every, 13 // every + 1}
    assert any(words in each or "requests 3" in each for each in found.evidence), found.evidence
    assert found.plots[0].values.count(None) == found.figures["failed"]


async def test_an_app_that_hangs_now_and_then_is_found_out_in_the_time_that_there_is():
    async with FaultServer(lambda number, _: "hang" if number in {9, 11} else HELLO) as server:
        report = await examine(server, samples=6, over=0.3, time=9.0)
    found = finding(report, "intermittent")
    assert (found.verdict, found.cause, found.figures["failed"]) == (Verdict.FAULT, "app.intermittent", 2)
    assert report.seconds < 9.5


async def test_a_limit_of_requests_is_called_by_its_name():
    def limited(number, _):
        return HELLO if number <= 9 else answer(429, b"slow down", "text/plain", retry_after="60")

    async with FaultServer(limited) as server:
        report = await examine(server, samples=8, over=0.1)
    found = finding(report, "intermittent")
    assert (found.verdict, found.cause) == (Verdict.FAULT, "app.rate-limit")
    assert any("until the failures began" in each for each in found.evidence)


async def test_the_word_ok_goes_to_the_person_and_that_is_said():
    async with FaultServer(lambda *_: answer(body=b"OK", content_type="text/plain")) as server:
        report = await examine(server, signed=False)
    found = finding(report, "reply")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "answer.small-talk")
    assert [message.body for message in report.messages] == ["OK"]


async def test_a_redirect_to_another_port_of_this_machine_is_a_redirect_before_all():
    async with FaultServer(lambda _, seen: answer(301, b"", location=f"https://127.0.0.1:1{target(seen)}")) as server:
        report = await examine(server, signed=False)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "redirect.to-https")
    assert "https://127.0.0.1:1/sms" in first(report).fix[0]


async def test_the_command_for_the_url_that_is_redirected_to_is_whole_and_says_what_it_lacks():
    url = f"http://127.0.0.1:9/sms?token=hunter2&tenant={'7' * 150}"
    async with FaultServer(lambda *_: answer(307, b"", Location=url)) as server:
        report = await examine(server)
    step = finding(report, "delivery").fix[0]
    assert step.startswith("Run the doctor on that URL: offhook doctor 'http://127.0.0.1:9/sms?token=[redacted]&tenant=777")
    assert step.endswith("777' (in place of [redacted]: the value of token)")


async def test_a_redirect_to_a_private_address_is_not_followed():
    async with FaultServer(lambda *_: answer(302, b"", location="http://169.254.169.254/latest")) as server:
        report = await examine(server, signed=False)
    assert first(report).cause == "net.private-address"


async def test_an_app_that_anybody_can_post_to_is_a_warning():
    async with FaultServer(lambda *_: HELLO) as server:
        report = await examine(server)
    found = finding(report, "forgery")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "app.unchecked-signature")
    assert "Anybody can post" in found.title
    assert report.verdict is Verdict.WARNING


async def test_an_app_that_only_looks_whether_there_is_a_signature():
    async with FaultServer(lambda _, seen: HELLO if (seen.header("x-twilio-signature") or "") else NO) as server:
        report = await examine(server)
    found = finding(report, "forgery")
    assert found.verdict is Verdict.WARNING
    assert "with a made-up signature" in found.title
    assert "without a signature" not in found.title


async def test_an_app_that_fails_where_it_should_refuse():
    async with FaultServer(
        lambda _, seen: HELLO if is_signed_for(seen, server.url) else answer(500, b"KeyError", "text/plain")
    ) as server:
        report = await examine(server)
    assert finding(report, "forgery").cause == "app.forgery-fails"


async def test_a_cold_start_is_told_from_a_slow_app():
    async def sleepy(number, _):
        await asyncio.sleep(3.0 if number == 1 else 0)
        return HELLO

    async with FaultServer(sleepy) as server:
        report = await examine(server)
    found = finding(report, "timing")
    assert (found.verdict, found.cause) == (Verdict.WARNING, "app.cold-start")
    assert found.figures["first_ms"] >= 3000 > max(found.figures["later_ms"])


async def test_an_app_that_sleeps_past_the_time_and_is_then_awake():
    async with FaultServer(lambda number, _: "hang" if number == 1 else HELLO) as server:
        report = await examine(server, "#tt=700&rt=700")
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "app.cold-start")


async def test_a_redirect_that_loses_the_message_though_the_page_is_good():
    async with FaultServer(
        lambda _, seen: HELLO if target(seen).startswith("/sms/") else answer(301, b"", location="/sms/")
    ) as server:
        report = await examine(server, signed=False)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "redirect.slash")
    assert f"{server.url}/" in first(report).fix[0]


async def test_redirects_in_a_circle_do_not_use_up_what_the_app_can_bear():
    async with FaultServer(lambda *_: answer(302, b"", location="/sms")) as server:
        report = await examine(server)
    assert first(report).cause == "redirect.loop"
    assert report.requests == len(server.seen) <= 12


async def test_the_documents_that_the_answer_leads_to_are_read():
    async def run(second):
        def script(_, seen):
            return second if target(seen) == "/next" else answer(body=b"<Response><Redirect>/next</Redirect></Response>")

        async with FaultServer(script) as server:
            return await examine(server, signed=False)

    assert [message.body for message in (await run(HELLO)).messages] == ["Hi there"]
    broken = await run(answer(body=b"<Response><Message>Hi"))
    assert finding(broken, "reply").codes == (12100,)


@pytest.mark.parametrize("product", list(Product))
async def test_each_product_sends_what_twilio_sends_for_it(product):
    async with only_signed_for(lambda server, path: server.url) as server:
        report = await examine(server, product=product)
    form = dict(parse_qsl(server.seen[0].body.decode(), keep_blank_values=True))
    assert finding(report, "delivery").verdict is Verdict.GOOD
    assert {
        Product.SMS: form.get("SmsStatus") == "received",
        Product.MMS: form.get("NumMedia") == "1",
        Product.WHATSAPP: form.get("From", "").startswith("whatsapp:"),
        Product.STATUS: form.get("MessageStatus") == "delivered",
        Product.VOICE: form.get("CallSid", "").startswith("CA"),
    }[product]


async def test_a_call_may_be_answered_with_what_a_message_may_not():
    async with FaultServer(lambda *_: answer(body=b"<Response><Say>Hello</Say></Response>")) as server:
        voice, text = await examine(server, product=Product.VOICE), await examine(server)
    assert finding(voice, "reply").verdict is Verdict.GOOD
    assert finding(text, "reply").codes == (14110,)


@pytest.mark.parametrize(
    ("fragment", "verdict", "codes", "words"),
    [
        ("#rc=2&rp=5xx,ct&rt=4000", Verdict.GOOD, (), "take"),
        ("#rc=2&rp=rt", Verdict.WARNING, (), "leaves no time"),
        ("#e=atlantis", Verdict.FAULT, (11240,), "e=atlantis"),
        ("#e=us1", Verdict.FAULT, (11241,), "e=us1"),
        ("#e=ashburn-ix", Verdict.FAULT, (11242,), "e=ashburn-ix"),
        ("#rp=sometimes", Verdict.FAULT, (11243,), "rp=sometimes"),
        ("#ct=99999", Verdict.WARNING, (), "ct=99999"),
        ("#rt=soon", Verdict.WARNING, (), "rt=soon"),
        ("#timeout=3", Verdict.WARNING, (), "timeout=3"),
        ("#rc=0&rp=5xx", Verdict.WARNING, (), "no second try"),
        ("#tt=1000&rt=9000", Verdict.WARNING, (), "tt=1000"),
    ],
)
async def test_overrides_are_explained(fragment, verdict, codes, words):
    async with FaultServer(lambda *_: HELLO) as server:
        found = finding(await examine(server, fragment), "overrides")
    assert (found.verdict, found.codes) == (verdict, codes)
    assert words in found.title


async def test_no_more_requests_than_were_announced_whatever_the_app_does():
    async with FaultServer(lambda *_: NO) as server:
        report = await examine(server, samples=50, over=0.0, most_requests=12)
    assert report.requests == len(server.seen) == 12


async def test_a_stranger_gets_no_private_address_asked():
    async with FaultServer(lambda *_: HELLO) as server:
        report = await examine(server, trusted=False)
    assert report.verdict is Verdict.FAULT
    assert server.seen == []


async def test_secrets_of_the_url_are_nowhere_in_the_report():
    async with FaultServer(lambda *_: NO) as server:
        url = server.url.replace("http://", "http://bob:hunter2@")
        tools = doctor_tools(load({}, {"TWILIO_AUTH_TOKEN": TOKEN}, None))
        report = await Examination(admit(Question(url=url, signed=True, samples=0, tries=1, resolvers=()), tools)).run()
        await tools.close()
    assert "hunter2" not in repr(report)
    assert TOKEN not in repr(report)


@pytest.mark.parametrize(("status", "number"), [(503, 2), (403, 2), (403, 5)])
async def test_an_app_that_recovers_meanwhile_proves_nothing_else(status, number):
    async with FaultServer(lambda at, _: answer(status, b"not yet", "text/plain") if at <= number else HELLO) as server:
        report = await examine(server)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "app.intermittent")
    assert not {"waf.user-agent", "app.wrong-method"} & {row.finding.cause for row in report.rows}


@pytest.mark.parametrize("status", [500, 502, 429])
async def test_a_get_that_answers_is_no_proof_where_the_post_fails(status):
    def script(_, seen):
        return (
            answer(body=b"OK", content_type="text/plain")
            if seen.line.startswith("GET")
            else answer(status, b"oops", "text/plain")
        )

    async with FaultServer(script) as server:
        report = await examine(server)
    assert first(report).cause not in {"app.wrong-method", "waf.user-agent"}


async def test_a_slash_that_django_adds_is_the_trouble_and_not_the_get_that_comes_of_it():
    def script(_, seen):
        if not target(seen).partition("?")[0].endswith("/"):
            return answer(301, b"", location=f"{target(seen)}/")
        return HELLO if seen.line.startswith("POST") else answer(405, b"", "text/html", allow="POST")

    async with FaultServer(script) as server:
        report = await examine(server)
    assert (first(report).cause, first(report).fix[0].rstrip("/")[-4:]) == ("redirect.slash", "/sms")


async def test_a_refusal_by_nginx_does_not_hide_that_a_browser_passes():
    page = b"<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></body></html>"
    denied = answer(403, page, "text/html", server="nginx")
    async with FaultServer(lambda _, seen: HELLO if "Mozilla" in seen.header("user-agent") else denied) as server:
        report = await examine(server)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "waf.user-agent")


async def test_a_page_with_status_200_that_a_browser_does_not_get_is_the_firewalls():
    page = answer(200, b"<!doctype html><html><head><title>Are you human?</title></head><body>Wait</body></html>", "text/html")
    async with FaultServer(lambda _, seen: HELLO if "Mozilla" in seen.header("user-agent") else page) as server:
        report = await examine(server)
    assert (first(report).verdict, first(report).cause) == (Verdict.FAULT, "waf.user-agent")


async def test_no_signature_is_made_for_another_public_host_that_an_answer_names():
    stranger = "https://victim.example/sms"
    async with FaultServer(lambda *_: answer(403, f"signature mismatch for {stranger}".encode(), "text/plain")) as server:
        await examine(server)
    assert not any(is_signed_for(seen, stranger) for seen in server.seen)


@pytest.mark.parametrize("body", [b"Thanks!", b'{"ok":true}', b"<Response><Sey>Hello</Sey></Response>"])
async def test_what_is_no_twiml_is_none_for_a_call_either(body):
    async with FaultServer(lambda *_: answer(body=body, content_type="text/html")) as server:
        report = await examine(server, product=Product.VOICE)
    assert finding(report, "reply").verdict is Verdict.FAULT


async def test_nested_verbs_of_a_call_are_good():
    body = b'<Response><Gather numDigits="1"><Say voice="alice">Press</Say></Gather><Dial><Number>+12025550101</Number></Dial></Response>'
    async with FaultServer(lambda *_: answer(body=body)) as server:
        report = await examine(server, product=Product.VOICE)
    assert finding(report, "reply").verdict is Verdict.GOOD


async def test_documents_that_lead_on_and_on_are_a_fault():
    numbers = iter(range(1000))
    script = lambda *_: answer(body=f"<Response><Redirect>/next/{next(numbers)}</Redirect></Response>".encode())  # noqa: E731
    async with FaultServer(script) as server:
        report = await examine(server)
    assert (finding(report, "reply").verdict, finding(report, "reply").codes) == (Verdict.FAULT, (14106,))


async def test_what_the_samples_have_shown_is_told_when_it_is_stopped():
    async with FaultServer(lambda number, _: answer(502, b"", "text/plain") if number % 2 else HELLO) as server:
        tools = doctor_tools(load({}, {}, None))
        question = Question(url=server.url, samples=100, over=60.0, tries=1, resolvers=(), time=80.0, most_requests=200)
        examination = Examination(admit(question, tools))
        running = asyncio.create_task(examination.run())
        await asyncio.sleep(4)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await tools.close()
    report = examination.report()
    assert report.interrupted
    assert finding(report, "intermittent").cause == "app.intermittent"


async def test_a_cold_start_leaves_no_other_warnings_behind():
    async with FaultServer(lambda number, _: "hang" if number == 1 else HELLO) as server:
        report = await examine(server, "#tt=700&rt=700")
    assert not {"waf.user-agent", "app.wrong-method"} & {row.finding.cause for row in report.rows}


async def test_an_empty_refusal_without_a_token_is_no_finding():
    async with FaultServer(lambda *_: answer(403, b"", "text/html; charset=utf-8")) as server:
        report = await examine(server, signed=False)
    assert finding(report, "delivery").verdict is Verdict.UNKNOWN
