"""The phone over real sockets: its page, the texts that go in, the events that come out, and the app at the other end."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

import pytest

from offhook.dev.options import DevOptions
from offhook.dev.server import DevPlan, run_dev
from offhook.house import House
from offhook.settings import load
from tests.helpers.faults import FaultServer, answer
from tests.helpers.forms import MULTIPART, multipart
from tests.helpers.hostile import HOSTILE
from tests.helpers.processes import free_port

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
HELLO = answer(body=b"<Response><Message>Hello back</Message></Response>")
BROWSER = {"accept": "text/html,application/xhtml+xml", "sec-fetch-site": "same-origin"}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text between them."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@dataclass
class Heard:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Phone:
    """A simulator that listens, and short ways to ask it."""

    def __init__(self, port):
        self.port = port

    async def ask(self, method, path, body=b"", **headers):
        reader, writer = await self.open(method, path, body, **headers)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().strip().split("\r\n")
            named = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
            return Heard(int(first.split()[1]), named, await reader.read())
        finally:
            writer.close()

    async def open(self, method, path, body=b"", **headers):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        given = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", "Content-Length": str(len(body)), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return reader, writer

    async def get(self, path, **headers):
        return await self.ask("GET", path, **headers)

    async def text(self, body="hi", **fields):
        return (
            await self.ask(
                "POST", "/api/phone/texts", json.dumps({"body": body, **fields}).encode(), content_type="application/json"
            )
        ).json

    async def messages(self):
        return (await self.get("/api/phone/messages")).json["messages"]

    async def settled(self, count):
        """So many messages, none of them under way."""
        for _ in range(200):
            found = await self.messages()
            if len(found) >= count and all(each["mark"] in {"delivered", "failed"} for each in found):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(found)

    async def page(self, path="/phone"):
        heard = await self.get(path)
        assert heard.status == 200, heard.text
        return Elements(heard.text)


@contextlib.asynccontextmanager
async def simulator(url):
    """`offhook dev` in this event loop."""
    settings = load({"to": url, "console_port": "0"}, {}, None)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(run_dev(settings, stop, ready.set_result, DevPlan(DevOptions(), House)))
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    phone = Phone(ready.result().address[1])
    try:
        yield phone
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)


@contextlib.asynccontextmanager
async def talking(script=lambda *_: HELLO):
    async with FaultServer(script) as app, simulator(app.url) as phone:
        yield phone, app


async def events(reader, count):
    """So many events of a stream: (name, id, data)."""
    found = []
    while len(found) < count:
        block = await asyncio.wait_for(reader.readuntil(b"\n\n"), 5)
        # Chunked encoding puts a line with a size before each piece.
        fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


async def test_a_text_typed_into_the_form_reaches_the_app_and_its_reply_stands_on_the_page_without_any_script():
    async with talking() as (phone, app):
        form = multipart([("from", b"+12025550101"), ("to", b"+12025550199"), ("channel", b"sms"), ("body", b"Is it ready?")])
        sent = await phone.ask("POST", "/phone/texts", form, content_type=MULTIPART, **BROWSER)
        assert (sent.status, sent.headers["location"]) == (303, "/phone?person=%2B12025550101&to=%2B12025550199")
        await phone.settled(2)
        page = await phone.page(sent.headers["location"])
        assert "Is it ready?" in page.text
        assert "Hello back" in page.text
        assert "delivered to your app" in page.text
        assert b"Body=Is+it+ready%3F" in app.seen[0].body


async def test_no_page_allows_any_script_but_ours():
    async with talking() as (phone, _):
        for path in ("/phone", "/"):
            policy = (await phone.get(path)).headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'; connect-src 'self'" in policy
            assert "unsafe" not in policy
        page = await phone.page()
        assert page.all("script") == [{"src": "/static/phone.js", "defer": ""}]
        assert not [name for _, attributes in page.found for name in attributes if name.startswith("on") or name == "style"]


async def test_the_console_leads_to_the_phone_where_there_is_one():
    async with talking() as (phone, _):
        front = await phone.page("/")
        assert [each["href"] for each in front.all("a")].count("/phone") == 2


@pytest.mark.parametrize("field", ["body", "media"])
async def test_what_comes_from_outside_is_only_ever_text(field):
    reply = f"<Response><Message><Body><![CDATA[{ATTACK}]]></Body><Media>https://example.com/{urlencode({'a': ATTACK})}</Media></Message></Response>"
    async with talking(lambda *_: answer(body=reply.encode())) as (phone, _):
        await phone.text(
            ATTACK if field == "body" else "hi",
            media=["https://evil.example/x.png?" + "".join(ATTACK.split())] if field == "media" else [],
        )
        await phone.settled(2)
        page = await phone.page()
        assert len(page.all("script")) == 1
        assert not page.all("img")
        assert ATTACK in page.text
        assert not [each for each in page.all("a") if each.get("href", "").startswith("javascript")]


async def test_a_text_that_the_app_did_not_take_shows_its_code_its_cause_and_the_way_to_the_story():
    async with simulator(f"http://127.0.0.1:{free_port()}/sms") as phone:
        await phone.text("anybody?")
        [message] = await phone.settled(1)
        assert (message["mark"], message["error_code"]) == ("failed", 11200)
        page = await phone.page()
        assert "11200 Nothing listens at 127.0.0.1" in page.text
        assert "First: Start the app" in page.text
        story = f"/webhooks/{message['webhook_id']}"
        assert story in [each.get("href") for each in page.all("a")]
        assert (await phone.get(story)).status == 200


async def test_deliver_it_again_brings_the_reply_and_the_text_counts_as_delivered():
    answers = [answer(502, b"Bad gateway"), HELLO]
    async with talking(lambda number, _: answers[number - 1]) as (phone, _):
        await phone.text("again, please")
        [failed] = await phone.settled(1)
        assert failed["error_code"] == 11200
        again = await phone.ask("POST", f"/webhooks/{failed['webhook_id']}/replay", **BROWSER)
        assert again.status == 303
        mine, reply = await phone.settled(2)
        assert (mine["mark"], mine["error_code"]) == ("delivered", 0)
        assert (reply["body"], reply["webhook_id"]) == ("Hello back", failed["webhook_id"])


async def test_a_form_on_the_bubble_delivers_it_again_too():
    answers = [answer(502, b"Bad gateway"), HELLO]
    async with talking(lambda number, _: answers[number - 1]) as (phone, _):
        sent = await phone.text("again, please")
        await phone.settled(1)
        action = f"/phone/texts/{sent['sid']}/again"
        assert action in [each.get("action") for each in (await phone.page()).all("form")]
        again = await phone.ask("POST", action, **BROWSER)
        assert (again.status, again.headers["location"]) == (303, "/phone?person=%2B12025550101&to=%2B12025550199")
        await phone.settled(2)
        assert action not in [each.get("action") for each in (await phone.page()).all("form")]
        assert (await phone.ask("POST", "/phone/texts/SM0/again")).status == 404
        assert (await phone.ask("POST", action, sec_fetch_site="cross-site")).status == 403


async def test_an_answer_that_is_no_reply_is_told_under_a_text_that_arrived():
    async with talking(lambda *_: answer(body=b"<Response><Message>cut", content_type="text/xml")) as (phone, _):
        await phone.text("hi")
        [message] = await phone.settled(1)
        assert message["mark"] == "delivered"
        assert message["error_code"] == 12100


async def test_stop_start_and_help_are_answered_by_the_carrier_and_the_page_says_who_has_opted_out():
    async with talking() as (phone, _):
        await phone.ask("POST", "/phone/texts", b"word=STOP&from=%2B12025550101&to=%2B12025550199")
        found = await phone.settled(3)
        assert sorted((each["body"].split()[0], each["error_code"]) for each in found) == [
            ("Hello", 21610),
            ("STOP", 0),
            ("You", 0),
        ]
        notice = next(attributes for _, attributes in (await phone.page()).found if attributes.get("id") == "opted-out")
        assert "hidden" not in notice
        await phone.text("START")
        await phone.settled(6)
        notice = next(attributes for _, attributes in (await phone.page()).found if attributes.get("id") == "opted-out")
        assert "hidden" in notice


async def test_a_picture_is_kept_here_served_to_the_app_with_its_type_and_shown_inline():
    async with talking() as (phone, app):
        form = multipart([("body", b"look")], [PNG])
        sent = await phone.ask("POST", "/phone/texts", form, content_type=MULTIPART)
        assert sent.status == 201
        [url] = sent.json["media"]
        await phone.settled(2)
        told = dict(pair.split("=") for pair in app.seen[0].body.decode().split("&"))
        assert (told["NumMedia"], told["MediaContentType0"]) == ("1", "image%2Fpng")
        assert url.startswith(f"http://127.0.0.1:{phone.port}/")
        picture = await phone.get(urlsplit(url).path)
        assert (picture.status, picture.headers["content-type"], picture.body) == (200, "image/png", PNG)
        assert [each["src"] for each in (await phone.page()).all("img")] == [urlsplit(url).path]
        assert (await phone.get("/phone/media/ME0.png")).status == 404


async def test_a_picture_elsewhere_is_a_link():
    reply = b"<Response><Message><Media>https://example.com/cat.jpg</Media></Message></Response>"
    async with talking(lambda *_: answer(body=reply)) as (phone, _):
        await phone.text("hi")
        await phone.settled(2)
        page = await phone.page()
        assert not page.all("img")
        assert "https://example.com/cat.jpg" in [each.get("href") for each in page.all("a")]


async def test_whatsapp_goes_with_its_prefix_and_is_a_conversation_of_its_own():
    async with talking() as (phone, app):
        await phone.text("hi", whatsapp=True)
        found = await phone.settled(2)
        assert {each["from"] for each in found} == {"whatsapp:+12025550101", "whatsapp:+12025550199"}
        assert b"From=whatsapp%3A%2B12025550101" in app.seen[0].body
        page = await phone.page("/phone?person=%2B12025550101&to=%2B12025550199&channel=whatsapp")
        assert "Hello back" in page.text
        assert "No messages yet" in (await phone.page("/phone?person=%2B12025550101&to=%2B12025550199")).text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("person=%2B4915112345678", 200),
        ("person=4915112345678", 200),
        ("person=+49151123456", 200),
        ("person=%2B49+(151)+123-45", 200),
        ("person=<b>", 400),
        ("to=nobody", 400),
    ],
)
async def test_another_number_can_be_typed(query, status):
    async with talking() as (phone, _):
        assert (await phone.get(f"/phone?{query}")).status == status


async def test_a_browser_is_told_of_a_number_that_is_none_as_the_console_tells_it():
    async with talking() as (phone, _):
        heard = await phone.get("/phone?to=nobody", accept="text/html")
        assert heard.status == 400
        assert '<div class="trouble" role="alert">' in heard.text
        assert "That is not a phone number: write it as +12025550123." in heard.text
        assert '<a href="/phone">Back to phone</a>' in heard.text


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_another_sites_page_cannot_text(headers):
    async with talking() as (phone, app):
        for path in ("/phone/texts", "/api/phone/texts"):
            assert (await phone.ask("POST", path, b"body=hi", **headers)).status == 403
        assert await phone.messages() == []
        assert not app.seen


async def test_what_cannot_be_sent_comes_back_with_the_reason_and_what_was_typed():
    async with talking() as (phone, _):
        body = urlencode({"body": "x" * 1601, "from": "+12025550102"}).encode()
        shown = await phone.ask("POST", "/phone/texts", body, **BROWSER)
        assert shown.status == 400
        assert "up to 1600 characters" in shown.text
        assert "x" * 1601 in shown.text
        assert "script-src 'self'" in shown.headers["content-security-policy"]
        told = await phone.ask("POST", "/phone/texts", body)
        assert (told.status, told.json["code"]) == (400, 20001)


async def test_a_request_may_be_as_big_as_a_picture_only_where_pictures_go():
    async with talking() as (phone, _):
        big = b"body=" + b"x" * 100_000
        assert (await phone.ask("POST", "/api/phone/texts", big)).status == 413
        assert (await phone.ask("POST", "/phone/texts", big)).status == 400
        assert (await phone.ask("POST", "/phone/texts", b"", **{"Content-Length": "99999999"})).status == 413


async def test_events_come_as_they_happen_and_can_be_taken_up_where_they_were_left():
    async with talking() as (phone, _):
        reader, writer = await phone.open("GET", "/phone/events")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-type: text/event-stream" in head
        assert b"cache-control: no-store" in head
        await phone.text("hi")
        found = await events(reader, 6)
        writer.close()
        assert [(told["direction"], told["status"]) for _, _, told in found] == [
            ("inbound", "received"),
            ("inbound", "received"),
            *(("outbound-reply", status) for status in ("queued", "sending", "sent", "delivered")),
        ]
        again, writer = await phone.open("GET", "/phone/events", last_event_id=found[3][1])
        assert [number for _, number, _ in await events(again, 2)] == [number for _, number, _ in found[4:]]
        writer.close()


async def test_whatever_is_texted_comes_out_of_the_stream_as_it_went_in_and_breaks_neither_it_nor_the_page():
    async with talking() as (phone, _):
        reader, writer = await phone.open("GET", "/phone/events?drawn")
        for body in HOSTILE:
            await phone.text(body)
        await phone.settled(2 * len(HOSTILE))
        found = await events(reader, 6 * len(HOSTILE))
        writer.close()
        assert {name for name, _, _ in found} == {"message"}
        assert {told["body"] for _, _, told in found} == {*HOSTILE, "Hello back"}
        page = await phone.page()
        assert len(page.all("script")) == 1
        assert not page.all("svg")


async def test_a_place_of_another_run_is_answered_by_a_reset():
    async with talking() as (phone, _):
        reader, writer = await phone.open("GET", "/phone/events?after=0badcafe-7")
        assert [name for name, _, _ in await events(reader, 1)] == ["reset"]
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"0\r\n\r\n")
        writer.close()


async def test_a_stream_ends_when_its_client_goes_away_and_no_more_than_so_many_are_open():
    async with talking() as (phone, _):
        streams = [await phone.open("GET", "/phone/events") for _ in range(32)]
        for reader, _ in streams:
            await reader.readuntil(b"retry")
        assert (await phone.get("/phone/events")).status == 503
        for _, writer in streams:
            writer.close()
        for _ in range(100):
            reader, writer = await phone.open("GET", "/phone/events")
            line = await reader.readline()
            writer.close()
            if b"200" in line:
                break
            await asyncio.sleep(0.02)
        assert b"200" in line


async def test_an_open_stream_does_not_hold_up_the_stop():
    async with contextlib.AsyncExitStack() as stack:
        app = await stack.enter_async_context(FaultServer(lambda *_: HELLO))
        async with simulator(app.url) as phone:
            reader, writer = await phone.open("GET", "/phone/events")
            await reader.readuntil(b"retry")
        # A stream that the stop has to cut off, after its second of grace, has no such end.
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"0\r\n\r\n")
        writer.close()


async def test_what_a_program_posts_as_twilio_would_is_a_text():
    async with talking() as (phone, app):
        sent = await phone.ask("POST", "/phone/texts", b"From=%2B12025550123&To=%2B12025550198&Body=from+a+script")
        assert (sent.status, sent.json["from"], sent.json["to"]) == (201, "+12025550123", "+12025550198")
        await phone.settled(2)
        assert b"Body=from+a+script" in app.seen[0].body
        assert "from a script" in (await phone.page("/phone?person=%2B12025550123")).text


async def test_offhook_send_gets_an_answer_that_it_understands():
    async with talking() as (phone, _):
        sent = await phone.ask("POST", "/phone/texts", b"From=%2B12025550123&Body=hi", user_agent="TwilioProxy/1.1")
        assert (sent.status, sent.headers["content-type"], sent.body) == (200, "text/xml; charset=utf-8", b"<Response/>")
        assert len(await phone.settled(2)) == 2


async def test_a_number_that_is_not_the_accounts_says_that_nobody_hears_of_it():
    async with talking() as (phone, app):
        await phone.text("hi", to="+12025559999")
        [message] = await phone.settled(1)
        assert "no URL for messages" in message["error_message"]
        assert not app.seen


async def test_a_picture_whose_url_is_none_is_refused_and_breaks_nothing():
    async with talking() as (phone, _):
        heard = await phone.ask("POST", "/phone/texts", b"body=hi&media=http%3A%2F%2F%5B%3A%3A1")
        assert heard.status == 400
        assert (await phone.ask("GET", "/phone")).status == 200
