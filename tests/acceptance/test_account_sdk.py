"""Twilio's official SDKs, Python and Node, use the account of `offhook dev` as they use one at Twilio; nothing but their base URL is changed."""

import json
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.helpers.node import needed
from tests.helpers.processes import ACCOUNT, TOKEN, Offhook, fetch, free_port, wait_until
from tests.helpers.processes import App as SlowApp
from tests.helpers.simulated import App, Dev

ADA, GRACE, LINUS = "+12025550101", "+12025550102", "+12025550103"
NOBODY = "+12125550000"


@pytest.fixture(scope="module")
def app():
    with App() as app:
        yield app


@pytest.fixture(scope="module")
def dev(app, tmp_path_factory):
    dev = Dev(tmp_path_factory.mktemp("account"), f"{app.url}/sms")
    yield dev
    assert dev.stop() == 0
    assert "Traceback" not in dev.log.read_text()


@contextmanager
def client_of(dev, account=ACCOUNT, token=TOKEN):
    http_client = TwilioHttpClient()
    client = Client(account, token, http_client=http_client)
    client.api.base_url = client.messaging.base_url = client.monitor.base_url = dev.url
    with closing(http_client.session):
        yield client


@pytest.fixture(scope="module")
def client(dev):
    with client_of(dev) as client:
        yield client


def ended(client, sid, status="delivered"):
    return wait_until(lambda: (found := client.messages(sid).fetch()).status == status and found)


@contextmanager
def refused(status, code):
    with pytest.raises(TwilioRestException) as refusal:
        yield
    assert (refusal.value.status, refusal.value.code) == (status, code)


# Messages


def test_a_message_is_sent_and_its_state_told(client, dev, app):
    before = datetime.now(UTC).replace(microsecond=0)
    sent = client.messages.create(to=ADA, from_=dev.numbers[0], body="Your parcel is here.", status_callback=f"{app.url}/told")
    assert (sent.status, sent.direction, sent.num_segments, sent.num_media) == ("queued", "outbound-api", "1", "0")
    assert (sent.date_sent, sent.price, sent.price_unit, sent.error_code) == (None, None, "USD", None)
    assert sent.date_created >= before
    assert sent.uri == f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sent.sid}.json"
    delivered = ended(client, sent.sid)
    assert (delivered.body, delivered.to, delivered.from_) == ("Your parcel is here.", ADA, dev.numbers[0])
    assert delivered.date_sent >= before
    told = wait_until(lambda: len(app.at("/told")) == 2 and app.at("/told"))
    assert [each["MessageStatus"] for each in told] == ["sent", "delivered"]
    assert [each["body"] for each in dev.messages(ADA)][-1] == "Your parcel is here."


def test_a_text_is_listed_as_an_inbound_message(client, dev):
    dev.text(GRACE, "Is anybody there?")
    (found,) = wait_until(lambda: client.messages.list(from_=GRACE, to=dev.numbers[0]))
    assert (found.direction, found.status, found.body) == ("inbound", "received", "Is anybody there?")


def test_a_message_is_redacted_and_deleted(client, dev):
    sid = client.messages.create(to=ADA, from_=dev.numbers[0], body="A secret").sid
    ended(client, sid)
    with refused(400, 20001):
        client.messages(sid).update(body="Another text")
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).fetch().body == ""
    assert client.messages(sid).delete()
    with refused(404, 20404):
        client.messages(sid).fetch()
    with refused(404, 20404):
        client.messages(sid).delete()


def test_a_message_on_its_way_can_be_canceled_only(client, dev):
    service = client.messaging.v1.services.create(friendly_name="Later")
    [number] = client.incoming_phone_numbers.list(phone_number=dev.numbers[2])
    service.phone_numbers.create(phone_number_sid=number.sid)
    later = datetime.now(UTC) + timedelta(hours=1)
    sent = client.messages.create(
        to=ADA, messaging_service_sid=service.sid, body="Good morning", schedule_type="fixed", send_at=later
    )
    assert sent.status == "scheduled"
    with refused(409, 20009):
        client.messages(sent.sid).delete()
    assert client.messages(sent.sid).update(status="canceled").status == "canceled"
    with refused(409, 30409):
        client.messages(sent.sid).update(status="canceled")
    assert client.messages(sent.sid).delete()
    assert service.delete()


def test_media_are_listed_and_found(client, dev, app):
    url = f"{app.url}/parcel.png"
    sent = client.messages.create(to=ADA, from_=dev.numbers[0], body="Look", media_url=[url, f"{app.url}/map"])
    assert (sent.sid[:2], sent.num_media) == ("MM", "2")
    first, second = sent.media.list()
    assert (first.content_type, first.parent_sid, second.content_type) == ("image/png", sent.sid, "application/octet-stream")
    assert sent.media(first.sid).fetch().uri == first.uri
    answer = client.http_client.session.get(f"{dev.url}{first.uri.removesuffix('.json')}", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, url)
    assert sent.media(second.sid).delete()
    assert [media.sid for media in sent.media.list()] == [first.sid]
    with refused(404, 20404):
        sent.media(second.sid).fetch()


# Listing


def test_messages_are_listed_with_every_filter(client, dev):
    other = dev.numbers[1]
    sids = [client.messages.create(to=LINUS, from_=other, body=f"Number {number}").sid for number in range(3)]
    newest_first = sids[::-1]
    messages = [ended(client, sid) for sid in sids]

    def listed(**filters):
        return [message.sid for message in client.messages.list(from_=other, **filters)]

    assert listed() == listed(to=LINUS) == newest_first
    assert listed(to=ADA) == []
    first, last = messages[0].date_sent, messages[-1].date_sent
    today, day = first.date(), timedelta(days=1)  # a day that the SDK writes as a time, its midnight
    text = today.isoformat()
    assert listed(date_sent=today) == listed(date_sent_after=today, date_sent_before=today + day) == newest_first
    assert listed(date_sent=text) == listed(date_sent_after=text, date_sent_before=text) == newest_first
    assert listed(date_sent=today + day) == listed(date_sent_after=today + day) == listed(date_sent_before=today) == []
    assert listed(date_sent_after=first, date_sent_before=last) == newest_first
    assert listed(date_sent_before=first - timedelta(seconds=1)) == listed(date_sent_after=last + timedelta(seconds=1)) == []
    assert sids[0] in listed(date_sent=first)
    with pytest.raises(TwilioException, match=r"HTTP 400 .*20001"):  # which is how the SDK tells of a listing that was refused
        listed(date_sent="yesterday")


@pytest.fixture(scope="module")
def crowd(client, dev):
    """A person with 1,050 messages: their SIDs, the newest first."""
    person = "+13035550100"
    sent = [client.messages.create(to=person, from_=dev.numbers[1], body=f"Message {number}") for number in range(1050)]
    return person, [message.sid for message in reversed(sent)]


def test_a_thousand_messages_are_paged_through(client, crowd):
    person, expected = crowd
    began = time.monotonic()
    assert [message.sid for message in client.messages.list(to=person)] == expected
    assert time.monotonic() - began < 5
    assert [message.sid for message in client.messages.list(to=person, limit=70, page_size=30)] == expected[:70]
    first = client.messages.page(to=person, page_size=400)
    second = first.next_page()
    third = second.next_page()
    assert [[message.sid for message in page] for page in (first, second, third)] == [
        expected[:400],
        expected[400:800],
        expected[800:],
    ]
    assert third.next_page() is None
    assert [message.sid for message in client.messages.get_page(third.previous_page_url)] == expected[400:800]
    assert [message.sid for message in client.messages.page(to=person, page_size=400, page_number=1)] == expected[400:800]


def test_pages_stay_what_they_are_while_messages_come_and_go(client, dev, crowd):
    person, expected = crowd
    found, page = [], client.messages.page(to=person, page_size=400)
    while page:
        found += [message.sid for message in page]
        client.messages.create(to=person, from_=dev.numbers[1], body="One more")
        ended(client, found[-1])
        client.messages(found[-1]).delete()
        page = page.next_page()
    assert found == expected


# Services


def test_a_service_chooses_the_sender_and_has_the_inbound_url(client, dev, app):
    service = client.messaging.v1.services.create(
        friendly_name="Parcels", inbound_request_url=f"{app.url}/service", status_callback=f"{app.url}/service-told"
    )
    with refused(400, 21703):
        client.messages.create(to=ADA, messaging_service_sid=service.sid, body="Hi")
    [number] = client.incoming_phone_numbers.list(phone_number=dev.numbers[2])
    assert service.phone_numbers.create(phone_number_sid=number.sid).phone_number == dev.numbers[2]
    with refused(409, 21710):
        service.phone_numbers.create(phone_number_sid=number.sid)
    other = client.messaging.v1.services.create(friendly_name="Other")
    with refused(409, 21712):
        other.phone_numbers.create(phone_number_sid=number.sid)
    assert [each.sid for each in service.phone_numbers.list()] == [number.sid]

    sent = client.messages.create(to=ADA, messaging_service_sid=service.sid, body="Hi")
    assert (sent.status, sent.from_, sent.num_segments, sent.messaging_service_sid) == ("accepted", None, "0", service.sid)
    delivered = ended(client, sent.sid)
    assert (delivered.from_, delivered.num_segments) == (dev.numbers[2], "1")
    told = wait_until(lambda: len(app.at("/service-told")) == 3 and app.at("/service-told"))
    assert [each["MessageStatus"] for each in told] == ["queued", "sent", "delivered"]

    dev.text(ADA, "Thank you", to=dev.numbers[2])
    [heard] = wait_until(lambda: app.at("/service"))
    assert (heard["Body"], heard["MessagingServiceSid"]) == ("Thank you", service.sid)

    changed = client.messaging.v1.services(service.sid).update(friendly_name="Letters", use_inbound_webhook_on_number=True)
    assert (changed.friendly_name, changed.use_inbound_webhook_on_number) == ("Letters", True)
    assert changed.inbound_request_url == f"{app.url}/service"
    assert {each.friendly_name for each in client.messaging.v1.services.list(page_size=1)} == {"Letters", "Other"}
    assert service.phone_numbers(number.sid).delete()
    assert service.delete()
    assert other.delete()
    with refused(404, 20404):
        service.fetch()
    with refused(404, 21701):
        client.messages.create(to=ADA, messaging_service_sid=service.sid, body="Hi")


# Numbers and the account


def test_the_next_text_goes_to_a_numbers_new_url(client, dev, app):
    number = client.incoming_phone_numbers.create(area_code="415", friendly_name="New", sms_url=f"{app.url}/one")
    assert number.phone_number.startswith("+14155550")
    dev.text(ADA, "First", to=number.phone_number)
    wait_until(lambda: app.at("/one"))
    changed = client.incoming_phone_numbers(number.sid).update(sms_url=f"{app.url}/two", friendly_name="Renamed")
    assert (changed.sms_url, changed.sms_method, changed.friendly_name) == (f"{app.url}/two", "POST", "Renamed")
    dev.text(ADA, "Second", to=number.phone_number)
    [heard] = wait_until(lambda: app.at("/two"))
    assert (heard["Body"], heard["To"]) == ("Second", number.phone_number)
    assert len(app.at("/one")) == 1
    assert [each.sid for each in client.incoming_phone_numbers.list(friendly_name="Renamed")] == [number.sid]
    assert number.fetch().capabilities["sms"]
    with refused(400, 21406):
        number.update(sms_url="", sms_fallback_url=f"{app.url}/fallback")
    with refused(400, 21402):
        number.update(sms_url="localhost/sms")
    with refused(400, 21403):
        number.update(sms_method="PUT")
    with refused(400, 21422):
        client.incoming_phone_numbers.create(phone_number=number.phone_number)
    with refused(400, 21421):
        client.incoming_phone_numbers.create(phone_number="12")
    assert number.delete()
    with refused(404, 20404):
        number.fetch()
    with refused(400, 21606):
        client.messages.create(to=ADA, from_=number.phone_number, body="Hi")


def test_numbers_are_paged_through(client, dev):
    assert {each.phone_number for each in client.incoming_phone_numbers.stream(page_size=1)} >= set(dev.numbers)


def test_a_message_to_a_number_of_the_account_arrives_there(client, dev, app):
    client.messages.create(to=dev.numbers[1], from_=dev.numbers[0], body="From one to the other")
    wait_until(lambda: [each for each in app.at("/sms") if each["Body"] == "From one to the other"])
    first, second = client.messages.list(to=dev.numbers[1], from_=dev.numbers[0])
    assert (first.direction, second.direction) == ("inbound", "outbound-api")


def test_the_account_is_shown_without_its_token(client):
    account = client.api.accounts(ACCOUNT).fetch()
    assert (account.sid, account.status, account.auth_token) == (ACCOUNT, "active", None)
    assert [each.sid for each in client.api.accounts.list()] == [ACCOUNT]


def test_a_failed_delivery_is_an_alert(client, dev):
    number = client.incoming_phone_numbers.create(sms_url="http://127.0.0.1:9/sms")
    sid = dev.text(ADA, "Hello?", to=number.phone_number)["sid"]
    [alert] = wait_until(lambda: [each for each in client.monitor.v1.alerts.list() if each.resource_sid == sid])
    assert alert.error_code == "11200"


# Errors


@pytest.mark.parametrize(
    ("code", "status", "given"),
    [
        (21604, 400, {"to": "", "body": "x"}),
        (21603, 400, {"to": ADA, "body": "x"}),
        (21619, 400, {"to": ADA, "from_": "own"}),
        (21602, 400, {"to": ADA, "from_": "own", "body": ""}),
        (21211, 400, {"to": "+1202", "from_": "own", "body": "x"}),
        (21211, 400, {"to": "own", "from_": "own", "body": "x"}),
        (21212, 400, {"to": ADA, "from_": "+12-x", "body": "x"}),
        (21606, 400, {"to": ADA, "from_": NOBODY, "body": "x"}),
        (21606, 400, {"to": ADA, "from_": "12345", "body": "x"}),
        (21612, 400, {"to": ADA, "from_": "Offhook", "body": "x"}),
        (21910, 400, {"to": f"whatsapp:{ADA}", "from_": "own", "body": "x"}),
        (21617, 400, {"to": ADA, "from_": "own", "body": "x" * 1601}),
        (21620, 400, {"to": ADA, "from_": "own", "media_url": ["parcel.png"]}),
        (21623, 400, {"to": ADA, "from_": "own", "media_url": ["http://localhost/a.png"] * 11}),
        (21609, 400, {"to": ADA, "from_": "own", "body": "x", "status_callback": "/told"}),
        (21624, 400, {"to": ADA, "from_": "own", "body": "x", "validity_period": 36_001}),
        (21701, 404, {"to": ADA, "messaging_service_sid": "MG" + "0" * 32, "body": "x"}),
        (21655, 400, {"to": ADA, "from_": "own", "content_sid": "HX1"}),
        (21654, 400, {"to": ADA, "from_": "own", "body": "x", "content_variables": "{}"}),
        (35118, 400, {"to": ADA, "from_": "own", "body": "x", "schedule_type": "fixed"}),
    ],
    ids=str,
)
def test_a_message_that_cannot_be_is_refused_with_twilios_code(client, dev, code, status, given):
    with refused(status, code):
        client.messages.create(**{name: dev.numbers[0] if value == "own" else value for name, value in given.items()})


def test_who_has_opted_out_gets_no_more_messages(client, dev):
    person = "+13035550199"
    dev.text(person, "STOP")
    wait_until(lambda: client.messages.list(to=person))
    with refused(400, 21610):
        client.messages.create(to=person, from_=dev.numbers[0], body="But wait")
    assert client.messages.create(to=person, from_=dev.numbers[1], body="From another number").status == "queued"
    dev.text(person, "START", dev.numbers[0])
    assert wait_until(lambda: _sent(client, person, dev.numbers[0])).status == "queued"


def _sent(client, to, sender):
    try:
        return client.messages.create(to=to, from_=sender, body="Welcome back")
    except TwilioRestException:
        return None


@pytest.mark.parametrize(("account", "token"), [(ACCOUNT, "another-token"), ("AC" + "f" * 32, TOKEN)])
def test_wrong_credentials_are_refused(dev, account, token):
    with client_of(dev, account, token) as client, refused(401, 20003):
        client.messages.create(to=ADA, from_=dev.numbers[0], body="x")


def test_another_account_is_not_there(client):
    with refused(404, 20404):
        client.api.accounts("AC" + "f" * 32).fetch()


def test_the_answers_have_twilios_headers_and_shape(client, dev):
    session, auth = client.http_client.session, (ACCOUNT, TOKEN)
    messages = f"{dev.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = session.get(messages, auth=auth)
    assert answer.headers["Twilio-Request-Id"].startswith("RQ")
    assert answer.json()["first_page_uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=50&Page=0"
    answer = session.get(messages)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Twilio API"')
    answer = session.put(messages, auth=auth)
    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, 20004, "GET, POST")
    answer = session.get(messages.replace("Messages", "Calls"), auth=auth)
    assert answer.json() == {
        "code": 20404,
        "message": f"There is nothing at /2010-04-01/Accounts/{ACCOUNT}/Calls.json.",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }
    answer = session.post(messages, auth=auth, data={"To": ADA, "From": dev.numbers[0], "Body": "x", "Nonsense": "1"})
    assert answer.status_code == 201
    assert fetch(messages, b"Body=" + b"x" * 70_000, method="POST")[0] == 413


# With the Node SDK


def test_node_does_the_same(node_folder, dev, app):
    script = [needed("node"), "account.mjs", dev.url, ACCOUNT, TOKEN, app.url]
    ran = subprocess.run(script, cwd=node_folder, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "sent": {"status": "queued", "numMedia": "1", "isDate": True, "dateSent": None},
        "delivered": {"status": "delivered", "body": "From Node", "isDate": True},
        "media": ["image/png"],
        "redacted": "",
        "deleted": True,
        "gone": {"status": 404, "code": 20404},
        "listed": True,
        "paged": [40, 20, None],
        "back": True,
        "today": 60,
        "after": 0,
        "before": 0,
        "accepted": ["accepted", None, "0", True],
        "canceled": ["scheduled", "canceled"],
        "pool": [True],
        "updated": True,
        "account": "active",
        "badTo": {"status": 400, "code": 21211},
        "badList": {"status": 400, "code": 20001},
        "stranger": {"status": 401, "code": 20003},
        "removed": [True, True],
    }


# With `offhook serve`


def test_serve_sends_its_late_replies_into_the_simulator(tmp_path):
    app = SlowApp("flask", tmp_path, APP_DELAY="1.5")
    port = free_port()
    dev = Dev(tmp_path, f"http://127.0.0.1:{port}/sms")
    serve = Offhook(tmp_path, "--to", app.url, "--hold", "1s", port=port, env={"OFFHOOK_TWILIO_API_URL": dev.url})
    dev.text(ADA, "Is it open today?")
    with client_of(dev) as client:
        [reply] = wait_until(lambda: client.messages.list(to=ADA, from_=dev.numbers[0]))
        assert (reply.direction, reply.body) == ("outbound-api", "You said: Is it open today?")
        ended(client, reply.sid)
    for child in (serve, dev, app):
        child.stop()
    assert "Traceback" not in serve.log.read_text() + dev.log.read_text()
