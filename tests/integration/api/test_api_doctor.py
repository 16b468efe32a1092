"""`POST /api/doctor` examines a URL for whoever uses the console: within its rules, few at a time, and never a private address."""

import asyncio
import contextlib
import json
import socket
from urllib.parse import parse_qsl

import jsonschema
import pytest
from twilio.request_validator import RequestValidator

from offhook.api.doctor_shapes import report_schema
from offhook.doctor import practice as practices
from offhook.doctor.checks import CHECKS
from offhook.doctor.findings import good
from offhook.doctor.patient import Check

URL = "https://my-app.example/sms"
TOKEN = "a-token-for-tests"


async def eventually(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it is the world that is waited for
            await asyncio.sleep(0.005)


class Waiting:
    """A check that ends when it is let go, and knows how many are in it and how many were cancelled."""

    def __init__(self):
        self.inside = self.cancelled = 0
        self.go = asyncio.Event()

    async def run(self, patient):
        self.inside += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1
        return [good("Let go.")]

    @property
    def check(self):
        return Check("waiting", "Is it let go?", self.run)


class Listener:
    """A real listener on loopback that counts who came."""

    def __init__(self):
        self.came = 0

    async def _came(self, _, writer):
        self.came += 1
        writer.close()

    @contextlib.asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._came, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


@pytest.mark.parametrize("how", ["body", "query"])
async def test_the_report_has_the_published_shape(console, how):
    asked = {"url": URL, "product": "mms", "samples": 3}
    if how == "body":
        answer = await console.post("/api/doctor", asked)
    else:
        answer = await console.post(f"/api/doctor?url={URL}&product=mms&samples=3")
    assert answer.status == 200, answer.text
    jsonschema.validate(answer.json, report_schema(), cls=jsonschema.Draft202012Validator)
    assert (answer.json["url"], answer.json["product"], answer.json["interrupted"]) == (URL, "mms", False)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Give the parameter 'url'"),
        ({"url": "my-app.example/sms"}, "an absolute http(s) URL"),
        ({"url": "ftp://my-app.example/"}, "an absolute http(s) URL"),
        ({"url": "https://my-app.example/\u202e"}, "an absolute http(s) URL"),
        ({"url": "https://my-app.example/" + "x" * 2000}, "up to 2000 characters"),
        ({"url": URL, "product": "fax"}, "one of sms, mms, whatsapp, status, voice"),
        ({"url": URL, "samples": 11}, "a whole number from 0 to 10"),
        ({"url": URL, "samples": -1}, "a whole number from 0 to 10"),
        ({"url": URL, "trusted": True}, "must be a text or a number"),
        ({"url": URL, "trusted": "true"}, "Unknown parameter 'trusted'"),
    ],
)
async def test_what_is_not_acceptable_is_refused_with_what_is(console, asked, said):
    answer = await console.post("/api/doctor", asked)
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert said in answer.json["message"]


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}])
async def test_a_page_of_another_site_examines_nothing(console, headers):
    answer = await console.post("/api/doctor", {"url": URL}, **headers)
    assert (answer.status, answer.json["code"]) == (403, 20003)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "x.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "metadata.google.internal",
        "bob:secret@127.0.0.1",
    ],
)
async def test_a_private_address_is_refused_and_gets_not_one_byte(console, practice_of, host):
    console.house.doctor = practice_of(checks=CHECKS)
    async with Listener().open() as listener:
        answer = await console.post("/api/doctor", {"url": f"http://{host}:{listener.port}/sms"})
        assert (answer.status, answer.json["code"]) == (400, 20001)
        assert "must not lead to a private address" in answer.json["message"]
        assert "secret" not in answer.text
        assert listener.came == 0


@pytest.mark.parametrize("form", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
async def test_nor_does_one_that_is_written_oddly(console, practice_of, form):
    console.house.doctor = practice_of(checks=CHECKS)
    async with Listener().open() as listener:
        answer = await console.post("/api/doctor", {"url": f"http://{form}:{listener.port}/sms"})
        assert answer.json.get("verdict", "refused") in {"fault", "refused"}
        assert listener.came == 0


async def test_nor_does_one_behind_a_name(console, practice_of, monkeypatch):
    def resolved(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port or 0)))]

    async with Listener().open() as listener:
        console.house.doctor = practice_of(checks=(*CHECKS, VISIT))
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", resolved)
            report = await console.house.doctor.examine(f"http://my-app.example:{listener.port}/sms")
        assert "127.0.0.1" in str(report.rows)
        assert listener.came == 0


async def _visited(patient):
    visit = await patient.visitor.visit()
    return [good("Visited.", visit.attempt.outcome.message)]


VISIT = Check("visit", "What does a visit come to?", _visited)


async def test_no_more_than_two_at_a_time(console, practice_of):
    waiting = Waiting()
    console.house.doctor = practice_of(checks=(waiting.check,))
    two = [asyncio.create_task(console.post("/api/doctor", {"url": URL})) for _ in range(2)]
    await eventually(lambda: waiting.inside == 2)
    third = await console.post("/api/doctor", {"url": URL})
    waiting.go.set()
    assert (third.status, third.json["code"]) == (429, 20429)
    assert third.headers["retry-after"]
    assert [answer.status for answer in await asyncio.gather(*two)] == [200, 200]
    assert (await console.post("/api/doctor", {"url": URL})).status == 200


async def test_a_client_that_goes_away_ends_its_examination(console, practice_of):
    waiting = Waiting()
    console.house.doctor = practice_of(checks=(waiting.check,))
    body = json.dumps({"url": URL}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", console.server.port)
    writer.write(b"POST /api/doctor HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await eventually(lambda: waiting.inside == 1)
    writer.transport.abort()
    await eventually(lambda: waiting.cancelled == 1)
    waiting.go.set()
    assert (await console.post("/api/doctor", {"url": URL})).status == 200


async def test_what_does_not_end_is_ended_and_told_as_far_as_it_went(console, practice_of, monkeypatch):
    monkeypatch.setattr(practices, "LONGEST", 0.05)
    waiting = Waiting()
    console.house.doctor = practice_of(checks=(*CHECKS[:1], waiting.check))
    answer = await console.post("/api/doctor", {"url": URL})
    assert (answer.status, answer.json["interrupted"]) == (200, True)
    assert [finding["check"] for finding in answer.json["findings"]] == ["url"]
    assert waiting.cancelled == 1


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://app.example/sms", True),
        ("https://APP.example:443/another#rc=1", True),
        ("https://spare.example/x", True),
        ("http://app.example/sms", False),
        ("https://app.example:8443/sms", False),
        ("https://app.example.evil.example/sms", False),
        ("https://app.example@evil.example/sms", False),
        (URL, False),
    ],
)
async def test_only_an_app_of_ours_is_asked_with_a_signature(console, practice_of, url, signed):
    practice = practice_of(checks=(SIGNS,))
    report = await practice.examine(url)
    await practice.close()
    (row,) = report.rows
    assert (report.signed, row.finding.figures["signature"]) == (signed, signed)
    assert (row.finding.figures["account"] == "AC" + "a" * 32) is signed


async def test_without_a_token_nothing_is_signed(practice_of):
    assert practice_of(account_sid=None).question("https://app.example/sms", "sms", 10).signed is False


async def _signs(patient):
    """Whether a message of this patient's would be signed, judged by Twilio's own library."""
    webhook = patient.visitor.draw()
    form = dict(parse_qsl(webhook.body.decode(), keep_blank_values=True))
    called, headers = patient.visitor.sign(
        patient.question.url, webhook.body, "application/x-www-form-urlencoded", form["AccountSid"]
    )
    signature = dict(headers).get("X-Twilio-Signature", "")
    valid = bool(signature) and RequestValidator(TOKEN).validate(called, form, signature)
    return [good("Asked.", figures={"signature": valid, "account": form["AccountSid"]})]


SIGNS = Check("signs", "Is it signed?", _signs)
