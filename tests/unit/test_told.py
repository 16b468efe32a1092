"""What Twilio tells becomes a debug event: the captured shapes, alarms in every encoding, and whatever else may come."""

import json
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.debugger import told
from offhook.providers.base import Incoming, Refused
from offhook.providers.configured import providers
from offhook.providers.signature import body_hash
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.providers.twilio_debugger import TwilioDebugger, read_told
from offhook.records import Arrival, Endpoint, Kind, Level
from offhook.settings import load
from offhook.settings.table import BY_NAME
from offhook.stores.sqlite.codec import decode_event
from tests.helpers.messages import IDS, sid
from tests.helpers.processes import ACCOUNT
from tests.helpers.told import URL, alarm, blacklisted, captured, debugger, plain_404

RECEIVED = 1_790_000_000.0
PROVIDER = TwilioDebugger(Twilio(TwilioSettings(allow_unsigned=True, public_url="https://hooks.example")))


def form(fields):
    return b"POST /debugger HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded", urlencode(fields).encode()


def query(fields):
    return f"GET /debugger?{urlencode(fields)} HTTP/1.1\r\nHost: x".encode(), b""


def as_json(fields):
    body = json.dumps(fields).encode()
    return (
        f"POST /debugger?bodySHA256={body_hash(body)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json".encode(),
        body,
    )


ENCODINGS = pytest.mark.parametrize("encode", [form, query, as_json], ids=["form", "query", "json"])


def incoming(encoded):
    head, body = encoded
    method, target, _ = head.partition(b"\r\n")[0].split(b" ")
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])}
    return Incoming(method=method.decode(), target=target, headers=headers, head=head, body=body, peer="192.0.2.1", secure=True)


def kept(encoded):
    """The webhook that an accepted request is."""
    accepted = PROVIDER.verify(incoming(encoded))
    assert not isinstance(accepted, Refused), accepted.reason
    head, body = encoded
    return PROVIDER.derive(
        Arrival(
            id=IDS.new("WH"),
            endpoint="debugger",
            received_at=RECEIVED,
            peer="192.0.2.1",
            url=accepted.url,
            kind=accepted.kind,
            dedupe_key=accepted.dedupe_key,
            head=head,
            body=body,
        )
    )


def event(encoded):
    webhook = kept(encoded)
    fields = read_told(webhook.head, webhook.body)
    return told.event_of(webhook, fields, told.evidence_of(fields))


def refused(encoded):
    verdict = PROVIDER.verify(incoming(encoded))
    assert isinstance(verdict, Refused), verdict
    return verdict


# Signed, and of no use: neither an object with a part of an event, nor what is left of one.
JUNK = ("not JSON", "{oops", "[1]", "<a/>", "[" * 50_000, '{"a": 1}', '[{}, {"error_code": 1}]', '"\\ud800"', "\x00", "NaN")


class TestAnEventOfTheDebugger:
    @ENCODINGS
    def test_the_captured_timeout_is_read_with_its_narrow_code_and_who_wrote_the_502(self, encode):
        resource = sid()
        fields = debugger(captured(resource))
        made = event(encode(fields))
        assert (made.id[:2], made.origin, made.level) == ("NO", "twilio", Level.ERROR)
        assert (made.code, made.twilio_code) == (11203, 11200)
        assert (made.account_sid, made.resource_sid, made.service_sid) == (ACCOUNT, resource, "")
        assert (made.request_method, made.request_url, made.product) == ("POST", URL, "Programmable Messaging")
        assert made.at == 1686595464.368
        assert "Bad Gateway" in made.message
        assert "the 502 came from Twilio's own proxy, not from the app" in made.message
        assert made.details["answeredBy"] == "Twilio's proxy, not the app"
        assert made.details["TwilioSid"] == fields["Sid"] != made.id
        assert {name: made.details[name] for name in captured()["more_info"]} == captured()["more_info"]
        assert made.causes[0].name == "app.too-slow"

    def test_its_secrets_are_not_kept_and_its_url_can_still_be_called(self):
        payload = captured(sid())
        url = "https://jane:hunter2@app.example/sms?token=hunter2"
        payload["webhook"]["request"]["url"] = payload["more_info"]["url"] = url
        payload["more_info"]["Msg"] = f"Got HTTP 401 response to {url}, private key: hunter2"
        made = event(as_json(debugger(payload)))
        assert "hunter2" not in repr(made)
        assert made.request_url == "https://app.example/sms?token=[redacted]"
        assert made.details["url"] == "https://[redacted]@app.example/sms?token=[redacted]"

    def test_a_payload_that_json_holds_as_an_object_is_read_too(self):
        made = event(as_json({**debugger(""), "Payload": captured(sid())}))
        assert (made.code, made.details["httpResponse"]) == (11203, "502")

    def test_a_payload_that_is_all_that_json_holds_is_read_too(self):
        assert event(as_json(captured(sid()))).code == 11203

    def test_a_private_address_is_known_by_the_proxys_words(self):
        made = event(form(debugger(blacklisted("CA" + "1" * 32))))
        assert (made.code, made.twilio_code, made.product) == (11205, 11200, "Programmable Voice")
        assert made.causes[0].name == "net.private-address"

    def test_a_plain_404_is_the_apps_own(self):
        made = event(form(debugger(plain_404("CA" + "1" * 32))))
        assert (made.code, made.twilio_code, made.details["httpResponse"]) == (11200, 11200, "404")
        assert "proxy" not in made.message
        assert "answeredBy" not in made.details
        assert made.request_url == "https://app.example/nowhere"
        assert made.causes

    @pytest.mark.parametrize(
        "more_info", ["Msg=Bad+Gateway&httpResponse=502&ErrorCode=11200", '{"Msg": "Bad Gateway", "httpResponse": "502"}']
    )
    def test_more_info_may_be_a_text(self, more_info):
        made = event(form(debugger({"resource_sid": sid(), "error_code": "11200", "more_info": more_info})))
        assert (made.details["Msg"], made.details["httpResponse"], made.message) == ("Bad Gateway", "502", "Bad Gateway")

    def test_more_info_may_be_the_address_of_a_page(self):
        made = event(form(debugger({"error_code": "11200", "more_info": "https://www.twilio.com/docs/errors/11200"})))
        assert made.details["more_info"] == "https://www.twilio.com/docs/errors/11200"

    def test_a_warning_without_a_webhook_is_a_warning(self):
        made = event(
            form(debugger({"resource_sid": sid(), "error_code": "12200", "more_info": {"Msg": "Schema"}}, Level="WARNING"))
        )
        assert (made.level, made.code, made.request_url) == (Level.WARNING, 12200, "")

    def test_credentials_do_not_stay_in_it(self):
        payload = captured(sid(), "https://joe:pa55@app.example/sms")
        payload["more_info"]["Msg"] = "Got HTTP 502 response to https://joe:pa55@app.example/sms"
        assert "pa55" not in repr(event(form(debugger(payload))))

    def test_told_once_more_it_is_the_same_event(self):
        webhook = kept(form(debugger(captured(sid()))))
        assert told.unread(webhook).id == f"NO{webhook.id[2:]}"


def test_the_settings_know_every_provider():
    every = providers(load({}, {}, None))
    assert tuple(every) == BY_NAME["provider"].choices
    assert all(name == each.name for name, each in every.items())


class TestAnAlarm:
    @ENCODINGS
    def test_it_says_which_alarm_what_it_counted_and_its_threshold(self, encode):
        made = event(encode(alarm()))
        assert (made.level, made.code, made.twilio_code, made.origin) == (Level.WARNING, 10004, 10004, "twilio")
        assert made.message == f"Alarm AK{'5' * 32} fired: Any Warning or Error, code 10004: 55 within 5 minutes, threshold 1"
        assert (made.at, made.resource_sid, made.account_sid) == (1660063880.0, "AK" + "5" * 32, ACCOUNT)
        assert made.details["TriggerValue"] == "1.000000"

    @pytest.mark.parametrize(
        ("log", "level"), [("error", "ERROR"), ("0", "ERROR"), (1, "WARNING"), ("", "ERROR"), (None, "ERROR")]
    )
    def test_its_level_is_its_log(self, log, level):
        assert event(as_json(alarm(Log=log, ErrorCode=""))).level == level

    def test_any_code_is_no_code(self):
        fields = alarm()
        del fields["ErrorCode"], fields["TriggerValue"]
        made = event(form(fields))
        assert (made.code, made.message[-17:]) == (0, "threshold unknown")


class TestWhatIsTheSame:
    def test_an_event_is_known_by_its_sid(self):
        fields = debugger(captured(sid()))
        assert kept(form(fields)).dedupe_key == kept(query({**fields, "Level": "WARNING"})).dedupe_key
        assert kept(form(fields)).dedupe_key != kept(form(debugger(captured(sid())))).dedupe_key
        assert kept(form(fields)).provider_id == fields["Sid"]

    def test_a_firing_is_known_by_its_token_and_the_next_one_is_another(self):
        assert kept(form(alarm())).dedupe_key == kept(as_json(alarm(CurrentValue="56"))).dedupe_key
        assert kept(form(alarm())).dedupe_key != kept(form(alarm(DateFired="Tue, 09 Aug 2022 17:51:20 +0000"))).dedupe_key

    def test_parameters_that_are_cut_elsewhere_are_not_news_again_and_again(self):
        fields = debugger(captured(sid()), Sid="")
        whole = [*fields.items()]
        cut = [("Leve", "lERROR") if name == "Level" else (name, value) for name, value in whole]
        assert kept(form(whole)).dedupe_key == kept(form(cut)).dedupe_key


class TestWhatIsOfNoUse:
    @pytest.mark.parametrize("payload", ["", " ", "null", "{}", "[]", '""', "17", "true", *JUNK])
    def test_nothing_that_is_told_is_refused_in_a_sentence(self, payload):
        verdict = refused(form(debugger(payload)))
        assert (verdict.status, verdict.signature) == (400, False)
        assert verdict.reason == "it tells of no error: no Payload that can be read, no error code and no alarm is in it"

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"null", b"7", b'"x"', b"{}", b'{"Payload": null, "ErrorCode": null}', b'[{"a": 1}, {}]']
    )
    def test_json_that_tells_nothing_is_refused(self, body):
        head = b"POST /debugger HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
        assert refused((head, body)).status == 400

    def test_what_is_not_json_and_a_message_are_refused(self):
        head = b"POST /debugger HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
        assert refused((head, b'{"Payload": ')).status == 400
        assert refused((head, b"[" * 100_000)).status == 400
        assert refused(form({"MessageSid": sid(), "From": "+1", "To": "+2", "Body": "hi"})).status == 400

    def test_two_payloads_are_refused(self):
        fields = [*debugger(captured(sid())).items(), ("Payload", '{"error_code": "1"}')]
        assert refused(form(fields)).reason == "repeated parameters: payload"


class TestWhatIsBroken:
    @pytest.mark.parametrize(
        "payload",
        [
            '{"error_code": "112',
            json.dumps({"resource_sid": [], "error_code": {}, "more_info": 3, "webhook": "x"}),
            json.dumps({"error_code": None, "more_info": None, "webhook": {"request": None, "response": [1]}}),
            json.dumps(
                {"webhook": {"request": {"url": 7, "method": [], "parameters": "a"}, "response": {"headers": 5, "body": {}}}}
            ),
            json.dumps([{"error_code": None}, 1, None]),
        ],
    )
    def test_it_is_an_event_all_the_same(self, payload):
        made = event(form(debugger(payload)))
        assert (made.level, made.origin, made.at) == (Level.ERROR, "twilio", 1686595464.368)
        assert made.message

    def test_a_huge_one_is_cut(self):
        payload = captured(sid())
        payload["more_info"] |= {f"k{n}": "x" * 5000 for n in range(100)} | {"Msg": "m" * 300_000}
        payload["webhook"]["response"]["body"] = "y" * 300_000
        made = event(form(debugger(payload)))
        assert len(made.message) <= 1000
        assert len(made.details) < 80
        assert max(map(len, made.details.values())) <= 2048

    @pytest.mark.parametrize(
        "written", ["", "soon", "2023-99-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "1e400", "Tue, 99 Aug"]
    )
    def test_a_time_that_cannot_be_is_when_it_came(self, written):
        assert told.told_time(written, RECEIVED) == RECEIVED

    def test_it_is_answered_at_once_whatever_the_endpoint_says(self):
        endpoint = Endpoint(name="debugger", app_url="", provider="twilio-debugger")
        assert PROVIDER.acknowledge(endpoint, Kind.OTHER).body == b"<Response/>"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                [
                    "resource_sid",
                    "service_sid",
                    "error_code",
                    "more_info",
                    "webhook",
                    "request",
                    "response",
                    "url",
                    "method",
                    "headers",
                    "parameters",
                    "status_code",
                    "body",
                    "Msg",
                    "httpResponse",
                    "Payload",
                    "data",
                    "alerts",
                    "sid",
                    "Level",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_no_payload_ever_raises(payload):
    for fields in (
        debugger(json.dumps(payload)),
        {**debugger(""), "Payload": payload},
        alarm(Description=payload, CurrentValue=payload),
    ):
        evidence = told.evidence_of(fields)
        webhook = kept(form(debugger({"error_code": "11200"})))
        assert told.event_of(webhook, fields, evidence).origin == "twilio"
        encoded = as_json(fields)
        if not isinstance(PROVIDER.verify(incoming(encoded)), Refused):
            assert event(encoded).id.startswith("NO")


@given(st.dictionaries(st.text(), JSON, max_size=5) | JSON, st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_body_ever_raises(value, body):
    head = b"POST /debugger?Sid=%ff HTTP/1.1\r\nContent-Type: application/json"
    for each in (json.dumps(value).encode(), body):
        read = read_told(head, each)
        told.event_of(kept(form(debugger({"error_code": "11200"}))), read, told.evidence_of(read))
        PROVIDER.verify(incoming((head, each)))


def test_an_event_that_was_kept_before_there_were_origins_is_offhooks_own():
    fields = msgspec.to_builtins(told.unread(kept(form(debugger({"error_code": "11200"})))))
    del fields["origin"]
    assert decode_event(msgspec.msgpack.encode(fields)).origin == "offhook"
