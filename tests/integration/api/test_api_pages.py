"""The console's pages: what they show, and that what came from outside is never more than text."""

from html.parser import HTMLParser

from offhook.records import Failure, FailureKind, Outcome, State

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href=javascript:alert(3)>"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text between them."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def assert_harmless(page):
    elements = Elements(page)
    assert not [tag for tag, _ in elements.found if tag in ("script", "img", "iframe", "style", "object", "svg", "base")]
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not attributes.get("href", "").casefold().startswith(("javascript:", "http"))
    return elements


async def test_the_first_page_shows_the_last_webhooks_with_state_and_time_and_the_last_errors(console):
    webhook = await console.webhook("Is my order ready?", state=State.FAILED)
    await console.journal.record([console.event(message="The app answered 502.")])
    console.house.clock.time += 61
    answer = await console.get("/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    elements = assert_harmless(answer.text)
    assert "Is my order ready?" in elements.text
    assert "1 min ago" in elements.text
    assert ("span", {"class": "pill failed"}) in elements.found
    assert ("a", {"href": f"/webhooks/{webhook.id}"}) in elements.found
    assert "The app answered 502." in elements.text
    assert "https://app.example/sms" in elements.text
    assert "hunter2" not in answer.text
    assert next(attributes["datetime"] for tag, attributes in elements.found if tag == "time") == "2025-11-23T12:00:01.000Z"


async def test_the_first_page_of_a_fresh_offhook_says_what_to_do_next(console):
    answer = await console.get("/")
    assert "offhook send" in answer.text


async def test_the_first_page_says_what_does_not_work_also_when_the_journal_cannot_be_read(console):
    console.house.troubles["deliver"] = "The courier has stopped."
    console.journal.broken = "The disk is full."
    answer = await console.get("/")
    assert answer.status == 200
    assert "The courier has stopped." in answer.text
    assert "The disk is full." in answer.text


async def test_markup_in_a_message_is_shown_as_text_on_every_page(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        status=200,
        body=ATTACK.encode(),
        headers=((ATTACK, ATTACK),),
        raw=ATTACK.encode(),
        failure=Failure(kind=FailureKind.PROTOCOL, detail=ATTACK),
    )
    await console.webhook(
        ATTACK,
        id=webhook_id,
        sender=ATTACK,
        recipient=ATTACK,
        endpoint=ATTACK,
        note=ATTACK,
        head=b"POST /"
        + ATTACK.encode()
        + b" HTTP/1.1\r\nX: "
        + ATTACK.encode()
        + b"\r\nContent-Type: application/x-www-form-urlencoded",
        attempts=[console.attempt(webhook_id, exchange, outcome=Outcome(delivered=False, message=ATTACK))],
        replies=[console.reply(webhook_id, body=ATTACK, to=ATTACK, note=ATTACK)],
        events=[console.event(webhook_id=webhook_id, message=ATTACK, endpoint=ATTACK)],
    )
    for path in ("/", f"/webhooks/{webhook_id}"):
        answer = await console.get(path)
        assert answer.status == 200
        assert ATTACK in assert_harmless(answer.text).text
        assert "script-src" not in answer.headers["content-security-policy"]


async def test_a_webhooks_page_tells_its_story(console):
    webhook_id = console.new_id("WH")
    exchange = console.exchange(
        status=502, body=b"Bad gateway", peer="203.0.113.7:443", request_headers=(("authorization", "Basic abc="),)
    )
    await console.webhook(
        "Hello\x07 there",
        id=webhook_id,
        attempts=[console.attempt(webhook_id, exchange)],
        replies=[console.reply(webhook_id, body="On its way")],
        events=[console.event(webhook_id=webhook_id)],
    )
    answer = await console.get(f"/webhooks/{webhook_id}")
    assert answer.status == 200
    for shown in (
        "+15551230001",
        "Hello\\x07 there",
        "stand-in",
        "11217",
        "502",
        "Bad gateway",
        "203.0.113.7:443",
        "dns 1.5 ms",
        "On its way",
        "12 ms",
    ):
        assert shown in answer.text, shown
    assert "Basic abc=" not in answer.text
    assert "hunter2" not in answer.text


async def test_a_button_replays_a_failed_webhook_and_leads_back_to_its_page(console):
    webhook = await console.webhook(state=State.FAILED)
    page = (await console.get(f"/webhooks/{webhook.id}")).text
    assert ("form", {"method": "post", "action": f"/webhooks/{webhook.id}/replay"}) in Elements(page).found
    answer = await console.ask("POST", f"/webhooks/{webhook.id}/replay", headers={"sec-fetch-site": "same-origin"})
    assert (answer.status, answer.headers["location"]) == (303, f"/webhooks/{webhook.id}")
    assert (await console.journal.webhook(webhook.id)).state is State.WAITING
    assert "<form" not in (await console.get(f"/webhooks/{webhook.id}")).text


async def test_a_button_dismisses_a_failed_webhook(console):
    webhook = await console.webhook(state=State.FAILED)
    answer = await console.ask("POST", f"/webhooks/{webhook.id}/dismiss")
    assert answer.status == 303
    assert (await console.journal.webhook(webhook.id)).state is State.DISMISSED


async def test_a_webhook_that_is_gone_has_a_page_that_says_so(console):
    answer = await console.get("/webhooks/WH" + "0" * 32)
    assert answer.status == 404
    assert "There is no such webhook" in answer.text


async def test_the_stylesheet_and_the_icon_are_served_and_the_pages_need_nothing_else(console):
    style = await console.get("/static/offhook.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    icon = await console.get("/static/offhook.svg")
    assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml")
    page = Elements((await console.get("/")).text)
    assert {attributes["href"] for tag, attributes in page.found if tag == "link"} == {
        "/static/offhook.css",
        "/static/offhook.svg",
    }


async def test_there_is_a_phone_only_where_the_simulator_runs(console):
    assert (await console.get("/phone")).status == 404
    assert "/phone" not in (await console.get("/")).text
