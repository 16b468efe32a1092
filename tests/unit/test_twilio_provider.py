"""What Twilio's requests are about, when two are the same, which are refused, and what we tell Twilio first."""

from hashlib import blake2b
from ipaddress import ip_network
from urllib.parse import urlencode

import msgspec
import pytest

from offhook.errors import SettingsError
from offhook.providers import raw, shared_keys
from offhook.providers.base import Accepted, Incoming
from offhook.providers.forms import read_form
from offhook.providers.signature import Key
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import AnswerMode, Arrival, Endpoint, Kind

FORM = b"application/x-www-form-urlencoded"
AC = "AC" + "a" * 32
SM = "SM" + "1" * 32
INBOUND = {
    "MessageSid": SM,
    "SmsSid": SM,
    "SmsMessageSid": SM,
    "AccountSid": AC,
    "From": "+15550001111",
    "To": "+15550002222",
    "Body": "hi there",
    "SmsStatus": "received",
    "NumMedia": "0",
    "ToState": "",
}
STATUS = {
    "MessageSid": SM,
    "SmsSid": SM,
    "MessageStatus": "sent",
    "SmsStatus": "sent",
    "AccountSid": AC,
    "To": "+1",
    "From": "+2",
}
CALL = {"CallSid": "CA" + "2" * 32, "AccountSid": AC, "CallStatus": "ringing", "From": "+1", "To": "+2"}
FORWARDED = {b"x-forwarded-proto": b"https, http", b"x-forwarded-host": b"hooks.example", b"x-forwarded-port": b"8443"}
OPEN = Twilio(TwilioSettings(allow_unsigned=True))


def provider(**settings):
    return Twilio(TwilioSettings(**{"tokens": {"": ("token",)}, "public_url": "https://hooks.example", **settings}))


def incoming(parameters, target="/sms", **more):
    """A form post; parameters as a mapping or as the body's bytes."""
    body = parameters if isinstance(parameters, bytes) else urlencode(parameters).encode()
    headers = {b"host": b"internal", b"content-type": FORM, **more.pop("headers", {})}
    fields = {"method": "POST", "peer": "192.0.2.9", "secure": False, **more}
    return Incoming(target=target.encode(), headers=headers, head=b"", body=body, **fields)


def signed(url, parameters, token="token", **more):
    body = urlencode(parameters).encode()
    signature = Key(token, more.pop("algorithm", "hmac-sha1")).sign(url.encode() + read_form(body).signed)
    headers = {b"x-twilio-signature": signature, **more.pop("headers", {})}
    return incoming(body, headers=headers, **more)


class TestKinds:
    @pytest.mark.parametrize(
        ("parameters", "kind"),
        [
            (INBOUND, Kind.MESSAGE),
            ({"SmsSid": SM, "Body": "hi", "From": "+1", "To": "+2"}, Kind.MESSAGE),
            ({**INBOUND, "Body": "", "MessageStatus": "received"}, Kind.MESSAGE),
            (STATUS, Kind.STATUS),
            ({"SmsSid": SM, "SmsStatus": "delivered"}, Kind.STATUS),
            ({"MessageSid": SM, "MessageStatus": "partially_delivered"}, Kind.STATUS),
            (CALL, Kind.VOICE),
            ({**CALL, "CallbackSource": "call-progress-events"}, Kind.STATUS),
            ({**CALL, "StatusCallbackEvent": "conference-end"}, Kind.STATUS),
            ({"MessageSid": SM}, Kind.OTHER),
            ({"Sid": "NO1", "Level": "ERROR"}, Kind.OTHER),
        ],
    )
    def test_a_request_is_named_by_its_parameters(self, parameters, kind):
        assert OPEN.verify(incoming(parameters)).kind is kind

    def test_the_parameters_of_a_get_stand_in_its_query(self):
        accepted = OPEN.verify(incoming(b"", target=f"/sms?{urlencode(INBOUND)}", method="GET"))
        assert (accepted.kind, accepted.provider_id, accepted.sender) == (Kind.MESSAGE, SM, "+15550001111")


class TestDedupe:
    def key(self, parameters, target="/sms", **headers):
        return OPEN.verify(incoming(parameters, target, headers={k.encode(): v for k, v in headers.items()})).dedupe_key

    def test_a_message_is_its_sid_whatever_else_changes(self):
        assert self.key(INBOUND) == self.key({**INBOUND, "Body": "other", "NumSegments": "2"}, "/sms?again=1")
        assert len(self.key(INBOUND)) == 16

    def test_a_message_is_its_sid_however_that_is_escaped(self):
        escaped = urlencode(INBOUND).replace("SM1", "%53M1").encode()
        assert self.key(INBOUND) == self.key(escaped)

    def test_the_same_message_at_two_endpoints_is_two_webhooks(self):
        assert self.key(INBOUND) != self.key(INBOUND, "/other")
        assert self.key(INBOUND) == self.key(INBOUND, "/sms/")

    def test_each_status_of_a_message_is_its_own(self):
        assert self.key(STATUS) == self.key({**STATUS, "RawDlrDoneDate": "2408230501"})
        assert len({self.key(STATUS), self.key({**STATUS, "MessageStatus": "delivered"}), self.key(INBOUND)}) == 3

    def test_a_call_goes_by_the_idempotency_token_and_without_one_by_all_that_was_sent(self):
        token = {"i-twilio-idempotency-token": b"t-1"}
        assert self.key(CALL, **token) == self.key({**CALL, "Digits": "1"}, **token)
        assert self.key(CALL) != self.key(CALL, **token)
        assert self.key(CALL) == self.key(dict(CALL)) != self.key({**CALL, "Digits": "1"})


class TestRefusals:
    @pytest.mark.parametrize("name", ["MessageSid", "From", "To", "AccountSid", "SmsSid", "Body", "MessageStatus"])
    def test_a_structural_parameter_that_comes_twice_is_400_also_when_one_is_escaped(self, name):
        body = urlencode(INBOUND | STATUS)
        for other in (f"{name}=x", f"%{ord(name[0]):x}{name[1:]}=x"):
            assert OPEN.verify(incoming(f"{body}&{other}".encode())).status == 400

    def test_any_other_parameter_may_come_twice(self):
        assert isinstance(OPEN.verify(incoming(urlencode(INBOUND).encode() + b"&Tag=1&Tag=2")), Accepted)

    def test_a_thousand_parameters_pass_and_one_more_is_413(self):
        fields = [f"f{number}=" for number in range(1000)]
        assert isinstance(OPEN.verify(incoming("&".join(fields).encode())), Accepted)
        assert OPEN.verify(incoming("&".join([*fields, "more="]).encode())).status == 413
        assert OPEN.verify(incoming(b"", "/sms?" + "&".join([*fields, "more="]), method="GET")).status == 413

    def test_a_flood_of_escapes_is_413(self):
        assert OPEN.verify(incoming(b"Body=" + b"%41" * 70_000)).status == 413

    def test_a_message_cut_at_other_places_does_not_pass_as_a_new_one(self):
        # The signature has no delimiters: these two sign alike, and the second would have another MessageSid.
        honest = {"From": "+1555", "MessageSid": SM, "NumMedia": "0", "To": "+1556", "Body": "hi"}
        url = "https://hooks.example/sms"
        forged = {"From": "+1555", "MessageSid": SM + "NumMedia0", "To": "+1556", "Body": "hi"}
        assert read_form(urlencode(honest).encode()).signed == read_form(urlencode(forged).encode()).signed
        assert isinstance(provider().verify(signed(url, honest)), Accepted)
        assert provider().verify(signed(url, forged)).status == 400

    def test_a_message_whose_sid_lost_its_end_is_refused(self):
        sid = "SM" + "1" * 10 + "a" * 22
        honest = {"From": "+1555", "MessageSid": sid, "To": "+1556", "Body": "hi"}
        forged = {"From": "+1555", "MessageSid": sid[:20], sid[20:] + "To+1556": "", "Body": "hi"}
        assert read_form(urlencode(honest).encode()).signed == read_form(urlencode(forged).encode()).signed
        assert provider().verify(signed("https://hooks.example/sms", forged)).status == 400

    def test_a_message_hidden_in_a_parameter_of_its_own_making_is_refused(self):
        signed_text = read_form(urlencode(INBOUND).encode()).signed.decode()
        forged = {signed_text[:1]: signed_text[1:]}
        assert read_form(urlencode(forged).encode()).signed.decode() == signed_text
        assert provider().verify(signed("https://hooks.example/sms", forged)).status == 400

    def test_a_message_that_hides_what_makes_it_one_is_refused(self):
        honest = {"ApiVersion": "1", "Body": "hi", "MessageSid": SM, "SmsSid": SM, "SmsStatus": "received", "To": "+1"}
        forged = {"ApiVersion": "1Bodyhi", "MessageSid": SM, "SmsSid": f"{SM}SmsStatusreceived", "To": "+1"}
        assert read_form(urlencode(honest).encode()).signed == read_form(urlencode(forged).encode()).signed
        assert provider().verify(signed("https://hooks.example/sms", forged)).status == 400

    def test_a_message_hidden_in_the_query_of_its_url_is_refused(self):
        hidden = "/sms?foo=1" + read_form(urlencode(INBOUND).encode()).signed.decode().replace(" ", "_")
        signature = Key("token").sign(f"https://hooks.example{hidden}".encode())
        request = incoming(b"", hidden, method="GET", headers={b"x-twilio-signature": signature})
        assert provider().verify(request).status == 400

    def test_a_status_that_swallowed_what_follows_it_is_refused(self):
        forged = {"MessageSid": SM, "MessageStatus": "sentSmsSid" + SM, "To": "+1"}
        assert provider().verify(signed("https://hooks.example/sms", forged)).status == 400

    @pytest.mark.parametrize(
        "parameters", [{**INBOUND, "AccountSid": "AC" + "b" * 32}, {k: v for k, v in INBOUND.items() if k != "AccountSid"}]
    )
    def test_an_account_that_is_not_configured_is_403_though_rightly_signed(self, parameters):
        ours = provider(account_sids=frozenset({AC}))
        refused = ours.verify(signed("https://hooks.example/sms", parameters))
        assert (refused.status, refused.signature) == (403, False)
        assert isinstance(ours.verify(signed("https://hooks.example/sms", INBOUND)), Accepted)

    @pytest.mark.parametrize("name", [b"host", b"content-type", b"x-twilio-signature"])
    def test_a_header_that_must_be_single_and_is_not_is_400(self, name):
        request = incoming(INBOUND, headers={b"x-twilio-signature": b"x"})
        twice = Incoming(
            method="POST",
            target=request.target,
            headers={**request.headers, name: b"other"},
            repeated=frozenset({name}),
            head=b"",
            body=request.body,
            peer="",
            secure=False,
        )
        assert OPEN.verify(twice).status == 400

    @pytest.mark.parametrize(
        "body", [b"[" * 100_000, b"1" * 1_000_000, b"{", b"\xff"], ids=["deep", "long number", "cut", "no UTF-8"]
    )
    def test_a_json_body_that_no_parser_should_see_is_400_once_its_signature_is_right(self, body):
        url, headers = provider().sign("https://hooks.example/sms", body, "application/json", "")
        target = url.removeprefix("https://hooks.example")
        right = {b"content-type": b"application/json", b"x-twilio-signature": headers[0][1].encode()}
        assert provider().verify(incoming(body, target, headers=right)).status == 400
        assert provider().verify(incoming(body, target, headers={**right, b"x-twilio-signature": b"x"})).status == 403


class TestKeys:
    def test_each_account_has_its_own_tokens_and_the_others_share_one(self):
        ours = provider(tokens={AC: ("new", "old"), "": ("main",)})
        url = "https://hooks.example/sms"
        verdicts = {token: type(ours.verify(signed(url, INBOUND, token))) for token in ("new", "old")}
        assert set(verdicts.values()) == {Accepted}
        assert ours.verify(signed(url, INBOUND, "main")).status == 403
        other = {**INBOUND, "AccountSid": "AC" + "c" * 32}
        assert isinstance(ours.verify(signed(url, other, "main")), Accepted)
        assert ours.verify(signed(url, other, "new")).status == 403

    def test_a_request_that_names_no_account_may_be_signed_with_any_token(self):
        ours = provider(tokens={AC: ("one",), "AC2": ("two",)})
        for token in ("one", "two"):
            assert isinstance(ours.verify(signed("https://hooks.example/sms", {"a": "b"}, token)), Accepted)

    def test_without_any_token_everything_is_refused(self):
        assert provider(tokens={}).verify(signed("https://hooks.example/sms", INBOUND, "")).status == 403

    @pytest.mark.parametrize(
        "written",
        [b"key=KEY1,algorithm=HMAC_SHA256", b"algorithm = hmac_sha256 , key = KEY1", b"key=KEY1,algorithm=HMAC_SHA256,new=1"],
    )
    def test_a_shared_key_is_taken_by_its_name_with_its_algorithm(self, written):
        ours = provider(shared_keys={"KEY1": ("hmac-sha256", "shared")})
        named = {"headers": {shared_keys.HEADER: written}}
        url = "https://hooks.example/sms"
        assert isinstance(ours.verify(signed(url, INBOUND, "shared", algorithm="hmac-sha256", **named)), Accepted)
        assert ours.verify(signed(url, INBOUND, "token", headers={shared_keys.HEADER: written})).status == 403

    @pytest.mark.parametrize(
        "written",
        [
            b"key=KEY2,algorithm=HMAC_SHA256",
            b"algorithm=HMAC_SHA256",
            b"key=KEY1,algorithm=HMAC_SHA1",
            b"key=KEY1,algorithm=HMAC_MD5",
            b"key=KEY1,algorithm=none",
            b"key=KEY2,algorithm=HMAC_SHA256,key=KEY1",
        ],
    )
    def test_an_unknown_key_or_algorithm_is_refused_whatever_it_is_signed_with(self, written):
        ours = provider(shared_keys={"KEY1": ("hmac-sha256", "shared")})
        for token, algorithm in (("shared", "hmac-sha256"), ("token", "hmac-sha1"), ("shared", "hmac-sha1")):
            request = signed(
                "https://hooks.example/sms", INBOUND, token, algorithm=algorithm, headers={shared_keys.HEADER: written}
            )
            assert ours.verify(request).status == 403

    @pytest.mark.parametrize("written", [b"", b"key=KEY1", b"algorithm="])
    def test_a_header_that_names_no_algorithm_leaves_the_auth_token_in_force(self, written):
        ours = provider(shared_keys={"KEY1": ("hmac-sha1", "shared")})
        named = {"headers": {shared_keys.HEADER: written}}
        assert isinstance(ours.verify(signed("https://hooks.example/sms", INBOUND, "token", **named)), Accepted)
        assert ours.verify(signed("https://hooks.example/sms", INBOUND, "shared", **named)).status == 403

    def test_a_shared_key_with_an_algorithm_that_is_none_is_refused_at_the_start(self):
        with pytest.raises(SettingsError, match="md5"):
            provider(shared_keys={"K": ("md5", "s")})


class TestUrls:
    def test_a_path_prefix_of_the_public_url_is_part_of_what_is_signed(self):
        ours = provider(public_url="https://hooks.example:8443/tw/")
        assert isinstance(ours.verify(signed("https://hooks.example:8443/tw/sms", INBOUND)), Accepted)

    def test_user_password_and_fragment_of_the_public_url_are_not_signed(self):
        ours = provider(public_url="https://me:secret@hooks.example#rc=2")
        assert isinstance(ours.verify(signed("https://hooks.example/sms", INBOUND)), Accepted)

    @pytest.mark.parametrize("url", ["hooks.example", "ftp://hooks.example", "https://", "https://hooks.example?x=1"])
    def test_a_public_url_that_is_none_is_refused_at_the_start(self, url):
        with pytest.raises(SettingsError, match="public_url"):
            provider(public_url=url)

    @pytest.mark.parametrize(("secure", "scheme"), [(True, "https"), (False, "http")])
    def test_without_a_public_url_our_own_scheme_and_the_host_field_count(self, secure, scheme):
        request = signed(f"{scheme}://internal/sms", INBOUND, secure=secure)
        assert isinstance(provider(public_url=None).verify(request), Accepted)

    @pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3"])
    def test_a_listed_proxy_is_believed(self, peer):
        ours = provider(public_url=None, trusted_proxies=(ip_network("10.0.0.0/8"),))
        request = signed("https://hooks.example:8443/sms", INBOUND, headers=FORWARDED, peer=peer)
        assert isinstance(ours.verify(request), Accepted)

    @pytest.mark.parametrize("peer", ["192.0.2.9", "::1", "", "not-an-address"])
    def test_any_other_peer_is_not_believed_but_the_near_miss_says_what_would_have_matched(self, peer):
        ours = provider(public_url=None, trusted_proxies=(ip_network("10.0.0.0/8"),))
        request = signed("https://hooks.example:8443/sms", INBOUND, headers=FORWARDED, peer=peer)
        assert ours.verify(request).url == "http://internal/sms"
        assert ours.near_miss(request) == "https://hooks.example:8443/sms"

    @pytest.mark.parametrize(
        ("signed_url", "target"),
        [
            ("http://hooks.example/sms", "/sms"),
            ("http://hooks.example:80/sms", "/sms"),
            ("https://internal/sms", "/sms"),
            ("https://hooks.example/sms/", "/sms"),
            ("https://hooks.example/sms", "/sms/"),
            ("https://hooks.example/sms", "/sms?added=1"),
            ("https://hooks.example/sms?a=1&b=2", "/sms?b=2&a=1"),
            ("https://hooks.example/hooks/sms", "/sms"),
        ],
    )
    def test_a_near_miss_is_found(self, signed_url, target):
        rewritten = {b"x-original-uri": b"/hooks/sms"}
        request = signed(signed_url, INBOUND, target=target, headers=rewritten)
        assert provider().verify(request).status == 403
        assert provider().near_miss(request) == signed_url

    def test_the_assumed_url_is_the_near_miss_when_another_accounts_token_signed_it(self):
        ours = provider(tokens={AC: ("a",), "AC2": ("b",)})
        request = signed("https://hooks.example/sms", INBOUND, "b")
        assert ours.near_miss(request) == ours.verify(request).url == "https://hooks.example/sms"

    def test_there_is_no_near_miss_for_a_key_that_is_not_ours_or_without_a_signature(self):
        assert provider().near_miss(signed("https://hooks.example/sms", INBOUND, "foreign")) == ""
        assert provider().near_miss(incoming(INBOUND)) == ""


class TestSigning:
    def test_fragment_and_credentials_are_neither_called_nor_signed(self):
        url, headers = provider().sign("http://me:pw@app.example:5000/sms?x=1#rc=2", b"A=1", FORM.decode(), AC)
        assert url == "http://app.example:5000/sms?x=1"
        assert headers == (("X-Twilio-Signature", Key("token").sign(b"http://app.example:5000/sms?x=1A1").decode()),)

    @pytest.mark.parametrize(("written", "called"), [("http://a", "http://a/"), ("http://a?x=1", "http://a/?x=1")])
    def test_an_empty_path_is_signed_as_it_is_requested(self, written, called):
        url, headers = provider().sign(written, b"", "", "")
        assert (url, headers[0][1]) == (called, Key("token").sign(called.encode()).decode())

    def test_the_token_is_that_of_the_account_and_the_first_of_several(self):
        ours = provider(tokens={AC: ("new", "old"), "": ("main",)})
        assert ours.sign("http://a/", b"", "", AC)[1][0][1] == Key("new").sign(b"http://a/").decode()
        assert ours.sign("http://a/", b"", "", "AC2")[1][0][1] == Key("main").sign(b"http://a/").decode()

    def test_without_a_token_there_is_no_signature(self):
        assert provider(tokens={}).sign("http://a/x", b"A=1", FORM.decode(), AC) == ("http://a/x", ())


class TestDerive:
    def arrival(self, body, kind, head=b"POST /sms HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8"):
        return Arrival(
            id="WH1",
            endpoint="sms",
            received_at=5.0,
            peer="",
            url="https://x/sms",
            kind=kind,
            dedupe_key=b"k",
            head=head,
            body=body,
        )

    def test_a_message_has_its_numbers_and_its_conversation(self):
        webhook = OPEN.derive(self.arrival(urlencode(INBOUND).encode(), Kind.MESSAGE))
        assert (webhook.provider_id, webhook.account_sid) == (SM, AC)
        assert (webhook.sender, webhook.recipient) == ("+15550001111", "+15550002222")
        assert (webhook.conversation, webhook.due) == ("sms|+15550001111|+15550002222", 5.0)

    def test_what_waits_at_one_endpoint_is_not_in_the_way_at_another(self):
        here = self.arrival(urlencode(INBOUND).encode(), Kind.MESSAGE)
        there = msgspec.structs.replace(here, endpoint="other")
        assert OPEN.derive(here).conversation != OPEN.derive(there).conversation

    def test_the_statuses_of_one_message_are_one_conversation(self):
        assert OPEN.derive(self.arrival(urlencode(STATUS).encode(), Kind.STATUS)).conversation == f"sms|status|{SM}"

    def test_a_call_and_anything_else_has_none(self):
        assert OPEN.derive(self.arrival(urlencode(CALL).encode(), Kind.VOICE)).conversation == ""
        assert (
            OPEN.derive(self.arrival(b'{"a": 1}', Kind.OTHER, b"POST /sms HTTP/1.1\r\nContent-Type: application/json")).sender
            == ""
        )

    def test_a_get_is_read_from_its_query(self):
        head = f"GET /sms?{urlencode(INBOUND)} HTTP/1.1\r\nHost: x".encode()
        assert OPEN.derive(self.arrival(b"", Kind.MESSAGE, head)).sender == "+15550001111"


class TestAcknowledging:
    def test_status_callbacks_at_once_calls_never_messages_as_the_endpoint_says(self):
        relay = Endpoint(name="sms", app_url="http://a")
        ack = Endpoint(name="sms", app_url="http://a", answer=AnswerMode.ACK)
        assert [OPEN.acknowledge(relay, kind) is None for kind in (Kind.STATUS, Kind.VOICE, Kind.MESSAGE, Kind.OTHER)] == [
            False,
            True,
            True,
            True,
        ]
        assert [OPEN.acknowledge(ack, kind) is None for kind in (Kind.STATUS, Kind.VOICE, Kind.MESSAGE, Kind.OTHER)] == [
            False,
            True,
            False,
            False,
        ]

    def test_an_acknowledgement_is_empty_twiml_or_an_empty_202(self):
        twiml = OPEN.acknowledge(Endpoint(name="sms", app_url="http://a", answer=AnswerMode.ACK), Kind.MESSAGE)
        assert (twiml.status, twiml.headers, twiml.body) == (200, (("Content-Type", "text/xml"),), b"<Response/>")
        empty = Endpoint(name="sms", app_url="http://a", answer=AnswerMode.ACK, acknowledge_with="202")
        assert (OPEN.acknowledge(empty, Kind.MESSAGE).status, OPEN.acknowledge(empty, Kind.MESSAGE).body) == (202, b"")


class TestRawRequests:
    HEAD = b"POST /sms?a=1%2B&b=+x HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\nX-A:  one \r\nx-a: two\r\nCOOKIE: s=1"

    def test_a_head_is_read_in_its_own_order_and_spelling(self):
        assert raw.method(self.HEAD) == "POST"
        assert raw.target(self.HEAD) == b"/sms?a=1%2B&b=+x"
        assert raw.headers(self.HEAD)[2:4] == (("X-A", "one"), ("x-a", "two"))
        assert raw.header(self.HEAD, "X-a") == "one"
        assert raw.header(self.HEAD, "Nothing") == ""
        assert raw.parameters(self.HEAD, b"") == (("a", "1+"), ("b", " x"))

    def test_credentials_are_blanked_and_the_rest_is_untouched(self):
        blanked = raw.without_credentials(self.HEAD)
        assert b"c2VjcmV0" not in blanked
        assert b"s=1" not in blanked
        assert raw.headers(blanked)[0] == ("Host", "h")
        assert [name for name, _ in raw.headers(blanked)] == [name for name, _ in raw.headers(self.HEAD)]

    def test_what_is_no_utf_8_is_shown_as_such(self):
        assert raw.parameters(b"GET /?a=%ff HTTP/1.1", b"") == (("a", "�"),)


def test_requests_that_are_verified_together_are_judged_each_by_itself():
    url = "https://hooks.example/sms"
    requests = [
        signed(url, INBOUND),
        signed(url, INBOUND, token="another"),
        incoming(INBOUND),
        signed(url, STATUS),
        signed(url, CALL),
        signed(url, {**INBOUND, "MessageSid": SM + "1"}),
        signed(url, {**INBOUND, "AccountSid": ""}),
    ]
    verdicts = provider().verify_all(requests)
    assert verdicts == [provider().verify(request) for request in requests]
    assert [isinstance(verdict, Accepted) for verdict in verdicts] == [True, False, False, True, True, False, True]


def test_each_of_an_accounts_tokens_is_right_and_no_other_accounts():
    url = "https://hooks.example/sms"
    ours = provider(tokens={AC: ("new", "old"), "": ("default",)})
    assert [isinstance(ours.verify(signed(url, INBOUND, token=token)), Accepted) for token in ("new", "old", "default")] == [
        True,
        True,
        False,
    ]
    other = {**INBOUND, "AccountSid": "AC" + "b" * 32}
    assert [isinstance(ours.verify(signed(url, other, token=token)), Accepted) for token in ("new", "default")] == [False, True]


@pytest.mark.parametrize("target", ["/sms", "/sms/", "/sms?a=b"])
def test_the_key_of_a_message_is_the_one_that_older_journals_hold(target):
    accepted = OPEN.verify(incoming(INBOUND, target))
    assert accepted.dedupe_key == blake2b(b"sms\0message\0" + SM.encode(), digest_size=16).digest()


def test_only_what_is_rightly_signed_teaches_a_shape():
    parameters = {"Teaches": "1", **INBOUND}
    body = urlencode(parameters).encode()
    for _ in range(3):
        provider().verify(signed("https://hooks.example/sms", parameters, token="another"))
    assert not read_form(body).familiar
    for _ in range(2):
        provider().verify(signed("https://hooks.example/sms", parameters))
    assert read_form(body[:1] + body[1:]).familiar
