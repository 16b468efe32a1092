"""Debug events as Twilio's alerts: its fields and encodings, its filters, its pages."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from offhook.records import Exchange, Failure, FailureKind, Level
from tests.integration.api.conftest import ACCOUNT

BASIC = "Basic QUNhOmh1bnRlcjI="  # ACa:hunter2
BASES = ["/monitor/v1/Alerts", "/v1/Alerts"]


async def keep(console, count, **fields):
    """Record that many debug events; their ids, newest first."""
    events = [console.event(**fields) for _ in range(count)]
    await console.journal.record(events)
    return [event.id for event in reversed(events)]


async def failed_webhook(console, *exchanges, **fields):
    """Keep a webhook with one failed attempt; the event of the attempt."""
    webhook_id = console.new_id("WH")
    attempt = console.attempt(webhook_id, *exchanges)
    event = console.event(webhook_id=webhook_id, attempt_id=attempt.id, request_method="POST", **fields)
    await console.webhook("Hi + bye & 100%", id=webhook_id, attempts=[attempt], events=[event])
    return event


def path_of(url):
    """Path and query of a URL that a page names."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("base", BASES)
async def test_a_listed_alert_has_the_fields_of_twilios_in_twilios_formats(console, base):
    event = console.event(
        account_sid=ACCOUNT,
        webhook_id="WH" + "0" * 32,
        resource_sid="SM" + "1" * 32,
        request_method="POST",
        details={"sourceComponent": "14100", "httpResponse": "502", "url": "https://app.example/sms?a=b", "role": "primary"},
    )
    await console.journal.record([event])
    [alert] = (await console.get(base)).json["alerts"]
    text = alert.pop("alert_text")
    assert alert == {
        "sid": event.id,
        "account_sid": ACCOUNT,
        "service_sid": None,
        "resource_sid": "SM" + "1" * 32,
        "error_code": "11200",
        "log_level": "error",
        "more_info": "https://www.twilio.com/docs/errors/11200",
        "request_method": "POST",
        "request_url": "https://app.example/sms",
        "api_version": "2010-04-01",
        "date_created": "2025-11-23T12:00:01Z",
        "date_generated": "2025-11-23T12:00:01Z",
        "date_updated": "2025-11-23T12:00:01Z",
        "url": f"http://127.0.0.1:{console.server.port}{base}/{event.id}",
    }
    assert "url=https%3A%2F%2Fapp.example%2Fsms%3Fa%3Db&" in text
    assert dict(parse_qsl(text)) == {
        "sourceComponent": "14100",
        "httpResponse": "502",
        "url": "https://app.example/sms?a=b",
        "role": "primary",
        "ErrorCode": "11200",
        "LogLevel": "ERROR",
        "Msg": "The app answered 502.",
        "OffhookCode": "11217",
    }


async def test_what_an_event_does_not_have_is_null(console):
    await console.journal.record([console.event(request_url="", level=Level.INFO)])
    [listed] = (await console.get("/v1/Alerts")).json["alerts"]
    fetched = (await console.get(f"/v1/Alerts/{listed['sid']}")).json
    missing = {"account_sid", "service_sid", "resource_sid", "request_method", "request_url", "api_version"}
    asked = {"request_variables", "request_headers", "response_headers", "response_body"}
    assert {name for name, value in listed.items() if value is None} == missing
    assert {name for name, value in fetched.items() if value is None} == missing | asked
    assert listed["log_level"] == "notice"


@pytest.mark.parametrize("base", BASES)
async def test_a_fetched_alert_has_the_webhook_and_the_last_exchange_of_its_attempt(console, base):
    first = console.exchange(status=301, headers=(("Location", "/elsewhere"),), body=b"moved")
    last = console.exchange(
        status=502,
        request_headers=(("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", "a+b=")),
        headers=(("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        body="Bad Gateway: déjà vu".encode(),
    )
    event = await failed_webhook(console, first, last)
    fetched = (await console.get(f"{base}/{event.id}")).json
    [listed] = (await console.get(base)).json["alerts"]
    assert {name: fetched[name] for name in listed} == listed
    assert set(fetched) - set(listed) == {"request_variables", "request_headers", "response_headers", "response_body"}
    assert fetched["request_variables"] == urlencode(
        {"MessageSid": "SM" + "1" * 32, "From": "+15551230001", "To": "+15551230002", "Body": "Hi + bye & 100%"}
    )
    assert fetched["request_headers"] == "Content-Type=application%2Fx-www-form-urlencoded&X-Twilio-Signature=a%2Bb%3D"
    assert fetched["response_headers"] == "Content-Type=text%2Fhtml&Set-Cookie=a%3D1&Set-Cookie=b%3D2"
    assert fetched["response_body"] == "Bad Gateway: déjà vu"


async def test_where_no_answer_came_the_answers_fields_are_null(console):
    event = await failed_webhook(console, console.exchange(failure=Failure(kind=FailureKind.REFUSED)))
    fetched = (await console.get(f"/v1/Alerts/{event.id}")).json
    assert (fetched["request_headers"], fetched["response_headers"], fetched["response_body"]) == ("", None, None)
    assert fetched["request_variables"].startswith("MessageSid=SM1")


async def test_a_body_that_is_no_text_is_shown_as_far_as_it_is(console):
    event = await failed_webhook(console, console.exchange(status=500, body=b"\xff\xfeok"))
    assert (await console.get(f"/v1/Alerts/{event.id}")).json["response_body"] == "\ufffd\ufffdok"


async def test_an_alert_about_an_answer_has_the_exchange_in_which_it_came(console):
    webhook_id = console.new_id("WH")
    wrong = console.exchange(status=200, body=b"<Respons/>")
    later: Exchange = console.exchange(status=200, body=b"<Response/>", started_at=wrong.started_at + 3600)
    attempts = [console.attempt(webhook_id, wrong), console.attempt(webhook_id, later, number=2)]
    event = console.event(webhook_id=webhook_id, code=12102, twilio_code=12102, request_url=wrong.url)
    await console.webhook(id=webhook_id, attempts=attempts, events=[event])
    assert (await console.get(f"/v1/Alerts/{event.id}")).json["response_body"] == "<Respons/>"


async def test_an_alert_whose_webhook_is_gone_is_still_shown(console):
    [event_id] = await keep(console, 1, webhook_id="WH" + "0" * 32, attempt_id="AT" + "0" * 32)
    answer = await console.get(f"/v1/Alerts/{event_id}")
    assert (answer.status, answer.json["request_variables"], answer.json["response_body"]) == (200, None, None)


@pytest.mark.parametrize("base", BASES)
async def test_an_unknown_alert_is_20404(console, base):
    answer = await console.get(f"{base}/NO{'0' * 32}")
    assert (answer.status, answer.json["code"], answer.json["status"]) == (404, 20404, 404)


async def test_credentials_stay_inside(console, caplog, capsys):
    exchange = console.exchange(status=401, request_headers=(("Authorization", "Basic Ym9iOmh1bnRlcjI="),))
    event = await failed_webhook(console, exchange, details={"url": "https://bob:hunter2@app.example/sms"})
    listed = await console.get("/v1/Alerts", authorization=BASIC)
    fetched = await console.get(f"/v1/Alerts/{event.id}", authorization=BASIC)
    refused = await console.get("/v1/Alerts?Page=x", authorization=BASIC)
    assert [answer.status for answer in (listed, fetched, refused)] == [200, 200, 400]
    assert fetched.json["request_headers"] == "Authorization=%5Bhidden%5D"
    everything = listed.text + fetched.text + refused.text + caplog.text + "".join(capsys.readouterr())
    assert "url=https%3A%2F%2Fapp.example%2Fsms" in everything
    for secret in ("hunter2", "Ym9iOmh1bnRlcjI", BASIC.split()[1]):
        assert secret not in everything


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "dcba"),
        ("LogLevel=error", "da"),
        ("LogLevel=WARNING", "b"),
        ("LogLevel=notice", "c"),
        ("LogLevel=debug", ""),
        ("LogLevel=", "dcba"),
        ("StartDate=2025-11-23T12:00:02Z", "dcb"),
        ("EndDate=2025-11-23T12:00:02Z", "ba"),
        ("StartDate=2025-11-23T12:00:02Z&EndDate=2025-11-23T12:00:02Z", "b"),
        ("StartDate=2025-11-23&EndDate=2025-11-23", "dcba"),
        ("StartDate=2025-11-24", ""),
        ("EndDate=2025-11-22", ""),
        ("StartDate=2001-01-01", "dcba"),
        ("StartDate=2025-11-23T12%3A00%3A02Z&LogLevel=error", "d"),
    ],
)
async def test_filters_choose_alerts(console, query, expected):
    levels = {"a": Level.ERROR, "b": Level.WARNING, "c": Level.INFO, "d": Level.ERROR}
    events = {name: console.event(level=level) for name, level in levels.items()}
    await console.journal.record(list(events.values()))
    names = {event.id: name for name, event in events.items()}
    answer = await console.get(f"/v1/Alerts?{query}")
    assert "".join(names[alert["sid"]] for alert in answer.json["alerts"]) == expected
    assert answer.json["meta"]["next_page_url"] is None


@pytest.mark.parametrize(
    "query",
    [
        "LogLevel=fatal",
        "StartDate=yesterday",
        "StartDate=1763899200",
        "StartDate=2025-13-01",
        "EndDate=2025-11-23T25:00:00Z",
        "EndDate=23.11.2025",
        "PageSize=0",
        "PageSize=-1",
        "PageSize=ten",
        "Page=-1",
        "PageToken=next",
        "PageToken=PA123",
        "PageToken=NO" + "0" * 32,
        "LogLevel=error&LogLevel=error",
        "ErrorCode=11200",
    ],
)
async def test_a_value_that_makes_no_sense_is_refused_in_twilios_shape(console, query):
    answer = await console.get(f"/monitor/v1/Alerts?{query}")
    assert answer.status == 400
    assert (answer.json["code"], answer.json["status"]) == (20001, 400)
    assert query.partition("=")[0] in answer.json["message"]


async def test_a_page_says_where_it_stands_in_absolute_urls_of_the_host_that_was_asked(console):
    ids = await keep(console, 5)
    answer = await console.ask(
        "GET", "/monitor/v1/Alerts?PageSize=2&StartDate=2025-11-23T00:00:00Z", headers={"host": "localhost:99"}
    )
    assert [alert["sid"] for alert in answer.json["alerts"]] == ids[:2]
    base = "http://localhost:99/monitor/v1/Alerts?StartDate=2025-11-23T00%3A00%3A00Z&PageSize=2"
    assert answer.json["meta"] == {
        "key": "alerts",
        "page": 0,
        "page_size": 2,
        "first_page_url": f"{base}&Page=0",
        "previous_page_url": None,
        "next_page_url": f"{base}&Page=1&PageToken=PA{ids[1]}",
        "url": f"{base}&Page=0",
    }
    assert answer.json["alerts"][0]["url"] == f"http://localhost:99/monitor/v1/Alerts/{ids[0]}"


@pytest.mark.parametrize("base", BASES)
async def test_pages_stay_as_they_are_while_new_alerts_arrive_and_lead_back_as_well(console, base):
    ids = await keep(console, 7)
    pages, url = [], f"{base}?PageSize=3&LogLevel=error"
    while url:
        answer = (await console.get(url)).json
        pages.append([alert["sid"] for alert in answer["alerts"]])
        back, url = answer["meta"]["previous_page_url"], answer["meta"]["next_page_url"]
        url = url and path_of(url)
        await keep(console, 2)
    assert pages == [ids[:3], ids[3:6], ids[6:]]
    second = (await console.get(path_of(back))).json
    first = (await console.get(path_of(second["meta"]["previous_page_url"]))).json
    assert [alert["sid"] for alert in second["alerts"]] == ids[3:6]
    assert [alert["sid"] for alert in first["alerts"]] == ids[:3]
    assert first["meta"]["previous_page_url"] is None
    again = (await console.get(path_of(second["meta"]["next_page_url"]))).json
    assert [alert["sid"] for alert in again["alerts"]] == ids[6:]


async def test_a_page_may_be_asked_for_by_its_number_alone(console):
    ids = await keep(console, 5)
    second = (await console.get("/v1/Alerts?PageSize=2&Page=1")).json
    assert [alert["sid"] for alert in second["alerts"]] == ids[2:4]
    assert parse_qs(urlsplit(second["meta"]["next_page_url"]).query)["PageToken"] == ["PA" + ids[3]]
    beyond = (await console.get("/v1/Alerts?PageSize=2&Page=7")).json
    assert (beyond["alerts"], beyond["meta"]["next_page_url"], beyond["meta"]["previous_page_url"]) == ([], None, None)


async def test_a_page_has_50_alerts_and_a_page_that_ends_with_the_last_one_is_the_last(console):
    await keep(console, 50)
    answer = (await console.get("/v1/Alerts")).json
    assert (len(answer["alerts"]), answer["meta"]["page_size"], answer["meta"]["next_page_url"]) == (50, 50, None)


async def test_more_than_1000_are_given_as_1000_because_the_sdks_ask_for_their_whole_limit(console):
    await keep(console, 1001)
    answer = (await console.get("/v1/Alerts?PageSize=2500")).json
    assert (len(answer["alerts"]), answer["meta"]["page_size"]) == (1000, 1000)
    rest = (await console.get(path_of(answer["meta"]["next_page_url"]))).json
    assert (len(rest["alerts"]), rest["meta"]["next_page_url"]) == (1, None)


async def test_all_pages_together_have_10_000_alerts_at_most(console):
    ids = await keep(console, 10_050)
    found, url = [], "/v1/Alerts?PageSize=900"
    while url:
        answer = (await console.get(url)).json
        found += [alert["sid"] for alert in answer["alerts"]]
        url = answer["meta"]["next_page_url"]
        url = url and path_of(url)
    assert found == ids[:10_000]
    assert (await console.get("/v1/Alerts?PageSize=1000&Page=10")).json["alerts"] == []


async def test_a_page_with_too_many_newer_alerts_cannot_be_led_back_to(console):
    ids = await keep(console, 20_001)
    answer = await console.get(f"/v1/Alerts?Page=1&PageToken=PB{ids[-1]}")
    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert "PageToken" in answer.json["message"]
