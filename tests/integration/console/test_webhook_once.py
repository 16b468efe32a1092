"""A webhook sent once more beside all deliveries: edited, or to another URL."""

import re
from html import unescape

import pytest
from msgspec.structs import replace

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Endpoint, Settlement, State
from tests.helpers.hostile import HOSTILE
from tests.helpers.pages import ACCOUNT, TOKEN
from tests.helpers.receivers import Receiver
from tests.helpers.scripted_peer import Peer

TWIML = (200, "Content-Type: text/xml")


@pytest.fixture
def pointed(console):
    """Maker of a console whose app is this receiver."""

    def point(receiver):
        console.house.endpoints = (Endpoint(name="sms", app_url=f"http://bob:hunter2@127.0.0.1:{receiver.port}/alarms#rc=0"),)
        return console

    return point


def fields_of(page):
    """The form's fields as a browser would post them back."""
    found = []
    inputs = r'<input name="(name|value)" value="([^"]*)"|<textarea name="(value|body)"[^>]*>(.*?)</textarea>'
    for name, value, other, text in re.findall(inputs, page.text, re.DOTALL):
        found.append((name or other, unescape(value if name else re.sub("\r\n|\r|\n", "\r\n", text.removeprefix("\n")))))
    return found


async def test_the_app_is_asked_once_and_the_webhook_stays_as_it_is(pointed):
    async with Receiver(TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello", note="n")
        before = await console.journal.story(lost.id)
        page = await console.change(f"/webhooks/{lost.id}/once", fields_of(await console.read(f"/webhooks/{lost.id}/once")))
        assert page.status == 200
        assert "Sent as it came in to your app, signed anew." in page.words
        assert (len(app.posts), app.posts[0].form["Body"]) == (1, "Hello")
        assert app.posts[0].headers["offhook-webhook-id"] == lost.id
        assert await console.journal.story(lost.id) == before


async def test_an_edited_one_is_signed_for_what_it_says_and_has_a_token_of_its_own(pointed):
    async with Receiver(TWIML, TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        fields = fields_of(await console.read(f"/webhooks/{lost.id}/once"))
        await console.change(f"/webhooks/{lost.id}/once", fields)
        edited = [(name, "Good-bye, 😀" if value == "Hello" else value) for name, value in fields]
        edited[-2:] = [("name", "NumMedia"), ("value", "0")]
        page = await console.change(f"/webhooks/{lost.id}/once", edited)
        assert "Sent with your changes" in page.words
        plain, post = app.posts
        assert (post.form["Body"], post.form["NumMedia"], list(post.form)[:4]) == (
            "Good-bye, 😀",
            "0",
            ["MessageSid", "From", "To", "Body"],
        )
        assert post.headers["i-twilio-idempotency-token"] != plain.headers["i-twilio-idempotency-token"]
        provider = Twilio(TwilioSettings(tokens={ACCOUNT: (TOKEN,)}))
        _, [(_, signature)] = provider.sign(app.url, post.body, "application/x-www-form-urlencoded", ACCOUNT)
        assert post.headers["x-twilio-signature"] == signature
        assert TOKEN not in page.text


@pytest.mark.parametrize("text", [*HOSTILE, "a\nb\r\nc\rd", "\nleading", '"quoted" <b>'])
async def test_whatever_was_sent_comes_back_from_the_form_unchanged(pointed, text):
    async with Receiver(TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost(text)
        page = await console.change(f"/webhooks/{lost.id}/once", fields_of(await console.read(f"/webhooks/{lost.id}/once")))
        assert "Sent as it came in" in page.words
        assert app.posts[0].form["Body"] == text


async def test_what_the_answer_asks_for_is_told_and_not_done(pointed):
    async def answer(line):
        await line.request()
        body = b"<Response><Message>Only a try</Message></Response>"
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with Peer(answer) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        page = await console.change(f"/webhooks/{lost.id}/once", {})
        assert "Only a try" in page.words
        assert "Nothing of this was sent to anybody." in page.words
        assert (await console.journal.story(lost.id)).replies == ()


async def test_an_app_that_fails_is_told_with_its_code(pointed):
    async with Receiver((502, "Server: nginx")) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        page = await console.change(f"/webhooks/{lost.id}/once", {})
        assert page.status == 200
        assert "11217" in page.words
        assert (await console.journal.webhook(lost.id)).state is State.FAILED


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:{port}",
        "localhost:{port}",
        "127.1:{port}",
        "[::1]:{port}",
        "169.254.169.254",
        "10.0.0.1",
        "2130706433:{port}",
        "[::ffff:127.0.0.1]:{port}",
    ],
)
async def test_a_url_that_is_typed_never_leads_to_a_private_address_not_even_to_the_apps_own(pointed, host):
    async with Receiver() as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        url = f"http://{host.format(port=app.port)}/alarms"
        page = await console.change(f"/webhooks/{lost.id}/once", {"url": url})
        assert page.status == 400
        assert app.posts == []
        assert "private address" in page.words or "cannot be called" in page.words


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "javascript:alert(1)",
        "http://",
        "http://a b/",
        "https://x/" + "y" * 3000,
        "http://u:p@ok.example\\@127.0.0.1/",
    ],
)
async def test_what_is_no_url_is_answered_with_what_to_write_and_keeps_what_was_typed(console, url):
    lost, _ = await console.lost("Hello")
    page = await console.change(f"/webhooks/{lost.id}/once", [("url", url), ("name", "Body"), ("value", "typed text")])
    assert page.status == 400
    assert "URL" in page.words
    assert 'value="typed text"' in page.text


async def test_a_redirect_away_gets_no_right_to_private_addresses_either(pointed):
    async with Receiver() as inner, Receiver((302, f"Location: http://127.0.0.1:{inner.port}/alarms")) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        page = await console.change(f"/webhooks/{lost.id}/once", {})
        assert inner.posts == []
        assert page.status == 400


async def test_a_json_body_is_edited_as_text(pointed):
    async with Receiver(TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        head = b"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
        await console.journal.settle(Settlement(webhook=replace(lost, head=head, body=b'{"a": 1}')))
        page = await console.read(f"/webhooks/{lost.id}/once")
        assert fields_of(page) == [("body", '{"a": 1}')]
        await console.change(f"/webhooks/{lost.id}/once", {"body": '{"a": 2}'})
        assert app.posts[0].body == b'{"a": 2}'
        assert "bodySHA256=" in app.posts[0].target


async def test_a_get_has_its_parameters_in_the_query(pointed):
    async with Receiver(TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        await console.journal.settle(
            Settlement(webhook=replace(lost, head=b"GET /sms?Body=Hi&From=%2B1 HTTP/1.1\r\nHost: x", body=b""))
        )
        await console.change(
            f"/webhooks/{lost.id}/once", [("name", "Body"), ("value", "Hi & bye"), ("name", "From"), ("value", "+1")]
        )
        assert (app.posts[0].method, app.posts[0].query) == ("GET", {"Body": "Hi & bye", "From": "+1"})


async def test_an_endpoint_that_is_gone_needs_a_url(console):
    lost, _ = await console.lost("Hello", endpoint="gone")
    page = await console.change(f"/webhooks/{lost.id}/once", {})
    assert page.status == 400
    assert "has no app any more" in page.words


async def test_it_is_in_the_audit_log_and_needs_a_login(pointed):
    async with Receiver(TWIML) as app:
        console = pointed(app)
        lost, _ = await console.lost("Hello")
        assert (await console.form(f"/webhooks/{lost.id}/once")).status == 401
        assert (await console.change(f"/webhooks/{lost.id}/once", {}, csrf="no")).status == 403
        assert app.posts == []
        await console.change(f"/webhooks/{lost.id}/once", {})
        kept = await console.journal.kept("audit")
        assert b"send once" in kept[-1].data
        assert lost.id.encode() in kept[-1].data
