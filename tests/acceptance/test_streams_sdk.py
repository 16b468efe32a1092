"""Twilio's official SDK makes, tries and deletes sinks and subscriptions of a running Offhook; nothing but its base URL is changed."""

import json
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.helpers.messages import message, post
from tests.helpers.processes import ACCOUNT, TOKEN, Offhook, get_json, wait_until

ERRORS, INBOUND = "com.twilio.error-logs.error.logged", "com.twilio.messaging.inbound-message.received"
NOWHERE = "http://127.0.0.1:9/events"
SECRET = "hunter2-hunter2-hunter2"


class Receiver:
    """An app that takes events: what came to it, with the URL that it was sent to."""

    def __init__(self):
        self.heard = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append((f"http://{self.headers['Host']}{self.path}", self.headers, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    @contextmanager
    def listening(self):
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def events(self, event_type):
        """The events of a type that have come."""
        found = [json.loads(body) for _, __, body in self.heard]
        flat = [each for one in found for each in (one if isinstance(one, list) else [one])]
        return [each for each in flat if each["type"] == event_type]


@pytest.fixture
def receiver():
    with Receiver().listening() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def offhook(tmp_path_factory):
    offhook = Offhook(tmp_path_factory.mktemp("streams"), "--to", "http://127.0.0.1:9/sms", "--hold", "1s")
    yield offhook
    assert offhook.stop() == 0


@contextmanager
def sdk(url):
    """`client.events.v1` of the SDK."""
    http_client = TwilioHttpClient()
    client = Client(ACCOUNT, TOKEN, http_client=http_client)
    client.events.base_url = url
    with closing(http_client.session):
        yield client.events.v1


@pytest.fixture(params=["", "/events"], ids=["console", "events"])
def events(request, offhook):
    with sdk(offhook.console + request.param) as events:
        yield events
        for subscription in events.subscriptions.list():
            subscription.delete()
        for sink in events.sinks.list():
            sink.delete()


def webhook_to(events, url, **configuration):
    return events.sinks.create("mine", {"destination": url, "method": "POST", "batch_events": False, **configuration}, "webhook")


def refused(call, *arguments, **named):
    """Status and code of what the SDK raises."""
    with pytest.raises(TwilioRestException) as refusal:
        call(*arguments, **named)
    return refusal.value.status, refusal.value.code


def test_a_webhook_sink_is_made_tested_validated_subscribed_and_fed(events, offhook, receiver):
    sink = webhook_to(events, receiver.url)
    assert (sink.status, sink.sink_type, sink.description) == ("active", "webhook", "mine")
    assert sink.sink_configuration == {"destination": receiver.url, "method": "POST", "batch_events": False}
    assert datetime.now(UTC) - sink.date_created < timedelta(minutes=1)
    assert sink.sink_test.create().result == "submitted"
    [event] = wait_until(lambda: receiver.events("com.twilio.eventstreams.test-event"))
    assert event["dataschema"] == "https://events-schemas.twilio.com/EventStreams.TestSink/1.json"
    assert sink.sink_validate.create(test_id=event["data"]["test_id"]).result == "valid"

    wanted = [{"type": INBOUND, "schema_version": 6}, {"type": ERRORS}]
    subscription = events.subscriptions.create("theirs", sink.sid, wanted)
    assert (subscription.sink_sid, subscription.account_sid) == (sink.sid, ACCOUNT)
    post(f"{offhook.url}/sms", message("Where is my parcel?"))
    [inbound] = wait_until(lambda: receiver.events(INBOUND))
    assert inbound["data"]["body"] == "Where is my parcel?"
    error = wait_until(lambda: receiver.events(ERRORS))[0]
    assert json.loads(error["data"]["payload"])
    for url, headers, body in receiver.heard:
        assert RequestValidator(TOKEN).validate(url, body.decode(), headers["X-Twilio-Signature"])
    wait_until(lambda: get_json(f"{offhook.console}/api/sinks/{sink.sid}")["delivered"] >= 2)
    [listed] = get_json(f"{offhook.console}/api/sinks")["sinks"]
    assert (listed["subscription"]["sid"], listed["last_fault"]) == (subscription.sid, None)


def test_a_sink_that_is_no_webhook_goes_through_the_handshake(events, tmp_path):
    path = tmp_path / "events.jsonl"
    sink = events.sinks.create("kept", {"path": str(path)}, "file")
    assert sink.status == "initialized"
    assert refused(events.subscriptions.create, "theirs", sink.sid, [{"type": ERRORS}]) == (400, 91100)
    assert refused(sink.sink_validate.create, test_id="x") == (400, 91004)
    sink.sink_test.create()
    assert sink.fetch().status == "validating"
    event = json.loads(wait_until(path.read_text).splitlines()[-1])
    assert refused(sink.sink_validate.create, test_id=event["id"]) == (400, 91005)
    assert sink.sink_validate.create(test_id=event["data"]["test_id"]).result == "valid"
    assert sink.fetch().status == "active"
    assert events.subscriptions.create("theirs", sink.sid, [{"type": ERRORS}]).sid.startswith("DF")


def test_sinks_are_listed_page_by_page_with_filters_and_only_their_description_changes(events):
    sinks = [webhook_to(events, NOWHERE) for _ in range(5)][::-1]
    used = sinks[2]
    subscription = events.subscriptions.create("theirs", used.sid, [{"type": ERRORS}])
    sids = [sink.sid for sink in sinks]
    assert [sink.sid for sink in events.sinks.stream(page_size=2)] == sids
    assert [sink.sid for sink in events.sinks.list(limit=3)] == sids[:3]
    assert [sink.sid for sink in events.sinks.list(in_use=True)] == [used.sid]
    assert [sink.sid for sink in events.sinks.list(in_use=False, status="active")] == [sid for sid in sids if sid != used.sid]
    assert events.sinks.list(status="failed") == []
    page = events.sinks.page(page_size=2)
    assert [sink.sid for sink in page.next_page().previous_page()] == sids[:2]
    assert events.sinks(used.sid).update(description="Žluťoučký kůň").description == "Žluťoučký kůň"
    assert used.fetch().description == "Žluťoučký kůň"
    assert subscription.update(description="ours").description == "ours"
    assert [each.description for each in events.subscriptions.list(sink_sid=used.sid)] == ["ours"]
    assert events.subscriptions.list(sink_sid=sids[0]) == []


def test_event_types_of_a_subscription_come_change_and_go(events):
    subscription = events.subscriptions.create("theirs", webhook_to(events, NOWHERE).sid, [{"type": ERRORS, "schema_version": 1}])
    added = subscription.subscribed_events.create(type=INBOUND)
    assert (added.type, added.schema_version, added.subscription_sid) == (INBOUND, 6, subscription.sid)
    assert [each.type for each in subscription.subscribed_events.list()] == [ERRORS, INBOUND]
    one = events.subscriptions(subscription.sid).subscribed_events(ERRORS)
    assert one.fetch().schema_version == 1
    assert one.update(schema_version=2).schema_version == 2
    assert one.fetch().schema_version == 2
    assert added.delete()
    assert refused(added.fetch) == (404, 91202)
    assert refused(one.delete) == (400, 91103)


def test_types_and_schemas_are_listed(events):
    types = {each.type: each for each in events.event_types.stream(page_size=10)}
    assert {ERRORS, INBOUND, "com.offhook.webhook.received"} <= set(types)
    assert types[ERRORS].schema_id == "ErrorLogs.Error"
    assert isinstance(types[ERRORS].date_created, datetime)
    assert [each.type for each in events.event_types.list(schema_id="ErrorLogs.Error")] == [ERRORS]
    assert events.event_types(INBOUND).fetch().description
    schema = events.schemas("Messaging.InboundMessageV1").fetch()
    assert (schema.id, schema.latest_version) == ("Messaging.InboundMessageV1", 6)
    versions = events.schemas("Messaging.InboundMessageV1").versions
    assert [each.schema_version for each in versions.list()] == [1, 2, 3, 4, 5, 6]
    assert "messageSid" in get_json(events.schemas("Messaging.InboundMessageV1").versions("6").fetch().raw)["properties"]


def test_what_is_refused_is_raised_with_twilios_code(events):
    sink = webhook_to(events, NOWHERE)
    unknown = "0" * 32
    create, subscribe = events.sinks.create, events.subscriptions.create
    assert refused(create, "mine", {"destination": NOWHERE}, "email") == (400, 91000)
    assert refused(create, "mine", {"destnation": NOWHERE}, "webhook") == (400, 91000)
    assert refused(create, "mine", {}, "webhook") == (400, 91000)
    assert refused(events.sinks(f"DG{unknown}").fetch) == (404, 91001)
    assert refused(events.sinks(f"DG{unknown}").update, description="x") == (404, 91001)
    assert refused(events.sinks("nonsense").fetch) == (400, 91006)
    assert refused(subscribe, "", sink.sid, [{"type": ERRORS}]) == (400, 91101)
    assert refused(subscribe, "theirs", sink.sid, [{"type": ERRORS}, {"type": ERRORS}]) == (400, 91101)
    assert refused(subscribe, "theirs", sink.sid, []) == (400, 91103)
    assert refused(subscribe, "theirs", sink.sid, [{"type": "com.example.none"}]) == (400, 91104)
    assert refused(subscribe, "theirs", sink.sid, [{"type": ERRORS, "schema_version": 9}]) == (400, 91104)
    assert refused(subscribe, "theirs", sink.sid, [{"typ": ERRORS}]) == (400, 91201)
    assert refused(subscribe, "theirs", f"DG{unknown}", [{"type": ERRORS}]) == (404, 91001)
    assert refused(events.subscriptions(f"DF{unknown}").fetch) == (404, 91102)
    assert refused(events.event_types("com.example.none").fetch) == (404, 91202)
    assert refused(events.schemas("None").fetch) == (404, 91202)
    subscription = subscribe("theirs", sink.sid, [{"type": ERRORS}])
    assert refused(subscribe, "theirs", sink.sid, [{"type": ERRORS}]) == (400, 91100)
    assert refused(sink.delete) == (400, 91007)
    assert refused(subscription.subscribed_events.create, type=ERRORS) == (400, 91101)
    assert subscription.delete()
    assert refused(subscription.fetch) == (404, 91102)
    assert sink.delete()


def test_a_hundred_sinks_are_the_most(events):
    for _ in range(100):
        webhook_to(events, NOWHERE)
    assert refused(webhook_to, events, NOWHERE) == (400, 91003)


def test_sinks_and_their_secrets_survive_a_kill_and_are_nowhere_in_the_clear_but_in_a_private_file(tmp_path, receiver):
    offhook = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms")
    with sdk(offhook.console) as events:
        sink = webhook_to(events, receiver.url.replace("://", f"://bob:{SECRET}@"))
        subscription = events.subscriptions.create("theirs", sink.sid, [{"type": INBOUND}])
        assert SECRET not in json.dumps(sink.sink_configuration)
    offhook.kill()
    again = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms")
    with sdk(again.console) as events:
        assert [each.sid for each in events.subscriptions.list()] == [subscription.sid]
        post(f"{again.url}/sms", message("After the kill"))
        wait_until(lambda: receiver.events(INBOUND))
        [(_, headers, __)] = receiver.heard
        assert headers["Authorization"].startswith("Basic ")
        holding = [path for path in tmp_path.iterdir() if SECRET.encode() in path.read_bytes()]
        assert [path.name for path in holding] == ["offhook.db.secrets"]
        assert holding[0].stat().st_mode & 0o777 == 0o600
        events.subscriptions(subscription.sid).delete()
        events.sinks(sink.sid).delete()
        assert SECRET not in holding[0].read_text()
    assert again.stop() == 0
