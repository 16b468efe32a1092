"""Real Flask, Django, FastAPI and Express apps with the SDK's own validator, behind a real `offhook serve`."""

from urllib.parse import urlencode

import pytest

from tests.helpers.messages import message, post, sid, signature
from tests.helpers.node import needed
from tests.helpers.processes import App, Offhook, fetch, wait_until
from tests.helpers.twilio_api import TwilioApi

FRAMEWORKS = ["flask", "django", "fastapi", "express"]

BODIES = {
    "plain": "hello there",
    "blank": "",
    "unicode": "žluťoučký kůň 🐎 你好",
    "signs": "a+b=c & d%20e ?#;/\\'\"<>~*()",
    "spaces": "  two  spaces \n and a line ",
}


@pytest.fixture(scope="module", params=FRAMEWORKS)
def app(request, tmp_path_factory):
    command = ()
    if request.param == "express":
        command = (needed("node"), str(request.getfixturevalue("node_folder") / "express_app.mjs"))
    app = App(request.param, tmp_path_factory.mktemp(request.param), command=command)
    yield app
    app.stop()


@pytest.fixture(scope="module")
def relaying(app, tmp_path_factory):
    offhook = Offhook(tmp_path_factory.mktemp("relay"), "--to", app.url)
    yield offhook
    assert offhook.stop() == 0


@pytest.fixture(scope="module")
def acking(app, tmp_path_factory):
    with TwilioApi() as twilio:
        offhook = Offhook(
            tmp_path_factory.mktemp("ack"), "--to", app.url, "--answer", "ack", env={"OFFHOOK_TWILIO_API_URL": twilio.url}
        )
        yield offhook, twilio
        assert offhook.stop() == 0


@pytest.mark.parametrize("name", BODIES)
def test_in_relay_the_app_accepts_the_message_and_its_reply_comes_straight_back(app, relaying, name):
    pairs = message(BODIES[name])
    status, headers, body = post(relaying.url + "/sms", pairs)
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/xml")
    assert b"You said: " in body
    seen = next(each for each in app.seen() if each["sid"] == dict(pairs)["MessageSid"])
    assert seen["body"] == BODIES[name]


@pytest.mark.parametrize("query", ["?tenant=7", "?a=1&b=&a=2", "?name=J%C3%B6rg%20X", "?q=a+b"])
def test_in_relay_the_query_of_the_public_url_reaches_the_app_and_its_signature_holds(app, relaying, query):
    if app.process.args[1].endswith("flask_app.py"):
        # Werkzeug decodes such bytes in request.url: the SDK's validator refuses Twilio's own requests as well.
        query = query.replace("%C3%B6", "o")
    status, _, body = post(relaying.url + "/sms" + query, message("with a query"))
    assert (status, b"You said" in body) == (200, True)


def test_repeated_parameters_are_passed_on_and_signed(app, relaying):
    pairs = [*message("twice"), ("Tag", "one"), ("Tag", "two"), ("Tag", "one")]
    status, _, body = post(relaying.url + "/sms", pairs)
    assert (status, b"twice" in body) == (200, True)


def test_a_get_webhook_is_relayed_with_its_parameters_in_the_query(app, relaying):
    query = urlencode(message("by get"))
    url = f"{relaying.url}/sms?{query}"
    status, _, body = fetch(url, headers={"X-Twilio-Signature": signature(url)})
    assert (status, b"by get" in body) == (200, True)


@pytest.mark.parametrize("name", BODIES)
def test_in_ack_the_provider_is_answered_at_once_and_the_reply_goes_by_rest(app, acking, name):
    offhook, twilio = acking
    body = BODIES[name]
    before = len(twilio.messages)
    pairs = message(body, From="+1555" + sid()[-7:])
    status, _, answer = post(offhook.url + "/sms", pairs)
    assert (status, answer) == (200, b"<Response/>")
    sent = wait_until(lambda: twilio.messages[before:])[0]
    assert (sent["to"], sent["from"]) == (dict(pairs)["From"], dict(pairs)["To"])
    assert sent["body"].strip() == f"You said: {body}".strip()


def test_the_app_sees_twilios_headers_and_ours(app, relaying):
    pairs = message("headers")
    post(relaying.url + "/sms", pairs, headers={"I-Twilio-Idempotency-Token": "a-token"})
    headers = next(each for each in app.seen() if each["sid"] == dict(pairs)["MessageSid"])["headers"]
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["user-agent"] == "TwilioProxy/1.1"
    assert lower["i-twilio-idempotency-token"] == "a-token"
    assert lower["x-home-region"] == "us1"
    assert lower["offhook-webhook-id"].startswith("WH")
    assert lower["offhook-attempt"] == "1"


def test_a_wrong_signature_is_refused_and_the_page_says_which_url_would_have_matched(app, relaying):
    pairs = message("forged")
    url = relaying.url + "/sms"
    status, _, _ = post(url, pairs, signed_url=url.replace("http://", "https://"))
    assert status == 403
    event = wait_until(lambda: [e for e in relaying.errors() if "signature" in e["message"].lower()])[0]
    assert url.replace("http://", "https://") in str(event)
    assert dict(pairs)["MessageSid"] not in [each["sid"] for each in app.seen()]


def test_the_same_message_twice_is_delivered_once_and_answered_alike(app, relaying):
    pairs = message("once")
    answers = [post(relaying.url + "/sms", pairs) for _ in range(3)]
    assert len({body for _, _, body in answers}) == 1
    assert [each["body"] for each in app.seen()].count("once") == 1
