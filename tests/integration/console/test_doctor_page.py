"""The doctor's pages: an examination that one looks at while it runs, and its report."""

import asyncio
import json

import pytest

from offhook.doctor import cases
from offhook.doctor.cases import MOST_KEPT
from offhook.doctor.findings import Finding, Plot, Verdict, good
from offhook.doctor.patient import Check
from offhook.records import Endpoint
from tests.helpers.pages import House, close_pages, open_pages
from tests.integration.api.conftest import practice

OWN = "http://127.0.0.1:5000/sms"
ENDPOINTS = (
    Endpoint(name="sms", app_url="http://bob:hunter2@127.0.0.1:5000/sms#rc=2", fallback_url="https://spare.example/sms"),
)
HOSTILE = "<script>alert(1)</script>\u202e `<img src=x>`"


class Ward:
    """Checks of which the second waits until a test lets it go on."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.questions = []
        self.ended = 0

    async def first(self, patient):
        self.questions.append(patient.question)
        return [good("The name was found."), Finding(verdict=Verdict.WARNING, title=HOSTILE, fix=("Write `y`.",))]

    async def second(self, _patient):
        try:
            await self.go_on.wait()
        finally:
            self.ended += 1
        plot = Plot(title="Connections", values=(1.0, None, 3.0))
        return [
            Finding(
                verdict=Verdict.FAULT, title="It refuses.", evidence=(HOSTILE,), fix=("Start it.",), codes=(11200,), plots=(plot,)
            )
        ]

    @property
    def checks(self):
        return (Check("dns", "Is the name found?", self.first), Check("tcp", "Does it answer?", self.second))


@pytest.fixture
async def ward():
    return Ward()


@pytest.fixture
async def console(ward):
    house = House(endpoints=ENDPOINTS)
    house.doctor = practice(checks=ward.checks, endpoints=ENDPOINTS)
    pages = await open_pages(house)
    yield pages
    await close_pages(pages)


async def begun(console, url="https://my-app.example/sms", **fields):
    page = await console.change("/doctor", {"url": url} | fields)
    assert page.status == 303, page.words
    return page.where


async def done(console, where):
    for _ in range(200):
        page = await console.read(where)
        if "Examining" not in page.words:
            return page
        await asyncio.sleep(0.02)
    raise AssertionError("it does not end")


async def test_each_finding_shows_as_soon_as_it_is_there_and_then_the_report(console, ward):
    where = await begun(console)
    await asyncio.sleep(0.05)
    page = await console.read(where)
    assert "Examining… https://my-app.example/sms Does it answer?" in page.words
    assert "The name was found." in page.words
    assert "What to do" not in page.words
    assert f'hx-get="{where}" hx-trigger="every 1s"' in page.text
    ward.go_on.set()
    page = await done(console, where)
    assert page.status == 200
    assert "✗ 1 fault and 1 warning" in page.words
    assert "What to do Start it. Write y." in page.words
    assert "hx-get" not in page.text
    assert "<svg" in page.text


async def test_what_an_app_has_said_is_only_ever_text(console, ward):
    ward.go_on.set()
    page = await done(console, await begun(console))
    assert "<script>alert" not in page.text
    assert "<img src" not in page.text
    assert "\u202e" not in page.text
    assert "style=" not in page.text
    assert "<style" not in page.text


async def test_the_report_is_there_for_programs_too(console, ward):
    ward.go_on.set()
    where = await begun(console)
    await done(console, where)
    report = json.loads((await console.read(f"{where}?format=json")).body)
    assert report["verdict"] == "fault"


async def test_one_that_nobody_looks_at_any_more_ends_by_itself(console, ward, monkeypatch):
    monkeypatch.setattr(cases, "LEFT_AFTER", 0.1)
    monkeypatch.setattr(cases, "LOOKS_EVERY", 0.02)
    where = await begun(console)
    await console.read(where, hx_request="true")
    await asyncio.sleep(0.4)
    assert ward.ended == 1
    assert "Interrupted" in (await console.read(where)).words


async def test_one_that_is_read_without_script_runs_on(console, ward, monkeypatch):
    monkeypatch.setattr(cases, "LEFT_AFTER", 0.05)
    monkeypatch.setattr(cases, "LOOKS_EVERY", 0.02)
    where = await begun(console)
    page = await console.read(where)
    assert f'<noscript><a class="button second" href="{where}">Look again</a></noscript>' in page.text
    await asyncio.sleep(0.3)
    assert ward.ended == 0


async def test_it_can_be_stopped_and_what_is_known_stays(console, ward):
    where = await begun(console)
    await asyncio.sleep(0.05)
    page = await console.follow(await console.change(f"{where}/stop"))
    assert ward.ended == 1
    assert "Stopped: this is what is known so far." in page.words
    assert "Interrupted: no fault, but 1 warning" in page.words


async def test_only_a_few_run_at_a_time(console):
    for _ in range(2):
        await begun(console)
        await asyncio.sleep(0.05)
    page = await console.change("/doctor", {"url": "https://my-app.example/sms"})
    assert page.status == 429
    assert "try again when one has ended" in page.words


async def test_two_at_the_same_moment_are_few_as_well(console):
    answers = await asyncio.gather(*(console.change("/doctor", {"url": "https://my-app.example/sms"}) for _ in range(6)))
    assert [each.status for each in answers].count(303) <= 2


async def test_an_endpoints_own_url_may_be_private_and_is_examined_as_the_operator_wrote_it(console, ward):
    page = await console.read("/doctor")
    assert f"sms: app {OWN} " in page.words
    assert "hunter2" not in page.text
    ward.go_on.set()
    page = await done(console, await begun(console, OWN))
    assert "hunter2" not in page.text
    [question] = ward.questions
    assert (question.trusted, question.signed) == (True, True)
    assert question.url == ENDPOINTS[0].app_url


@pytest.mark.parametrize(
    ("fields", "instead"),
    [
        ({"url": ""}, "write an absolute http(s) URL"),
        ({"url": "my-app"}, "write an absolute http(s) URL"),
        ({"url": "http://127.0.0.1:5000/other"}, "must not lead to a private address"),
        ({"url": "http://127.0.0.1:5001/sms"}, "must not lead to a private address"),
        ({"url": "http://169.254.169.254/"}, "must not lead to a private address"),
        ({"url": "https://a.example", "product": "fax"}, "Twilio's products are sms, mms"),
        ({"url": "https://a.example", "samples": "1000"}, "a whole number from 0 to 10"),
    ],
)
async def test_what_cannot_be_examined_is_refused_with_what_to_write_instead(console, ward, fields, instead):
    page = await console.change("/doctor", fields)
    assert page.status == 400
    assert instead in page.words
    assert ward.questions == []


async def test_another_url_is_not_trusted_nor_signed(console, ward):
    ward.go_on.set()
    await done(console, await begun(console, "https://stranger.example/sms", product="voice", samples="3"))
    [question] = ward.questions
    assert (question.trusted, question.signed, question.product, question.samples) == (False, False, "voice", 3)


async def test_the_newest_reports_are_kept_and_listed(console, ward):
    ward.go_on.set()
    kept = []
    for number in range(MOST_KEPT + 1):
        kept.append(await begun(console, f"https://a{number}.example/sms"))
        await done(console, kept[-1])
    assert (await console.read(kept[0])).status == 404
    words = (await console.read("/doctor")).words
    assert "https://a20.example/sms ✗ 1 fault and 1 warning" in words
    assert "https://a0.example" not in words
    assert (await console.audit.entries())[0].subject == "https://a20.example/sms"


async def test_a_form_comes_filled_in_by_a_link(console):
    page = await console.read("/doctor?url=https%3A%2F%2Fmy-app.example%2Fsms%22%3E")
    assert 'value="https://my-app.example/sms&#34;&gt;"' in page.text


async def test_what_runs_is_ended_with_the_house(ward):
    house = House(endpoints=ENDPOINTS)
    house.doctor = practice(checks=ward.checks, endpoints=ENDPOINTS)
    pages = await open_pages(house)
    await begun(pages)
    await asyncio.sleep(0.05)
    await close_pages(pages)
    assert ward.ended == 1
