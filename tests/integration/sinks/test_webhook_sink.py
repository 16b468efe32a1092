"""Events to an HTTP server that keeps what it gets: as Twilio sends them, as Standard Webhooks, and each way in which it can go wrong."""

import base64
import json
import ssl
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from twilio.request_validator import RequestValidator

from offhook.providers.signature import Key
from offhook.streams.sinks import config
from offhook.streams.sinks.webhook import KIND
from tests.helpers.certificates import Guarded
from tests.helpers.clock import ManualClock, Passing
from tests.helpers.listener import OK, Listener, answer
from tests.helpers.processes import free_port
from tests.helpers.sinks import hand_over, make_event, make_events, sink_parts

TOKEN = "an-auth-token-0123456789abcdef01"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def sign(url):
    return Key(TOKEN).sign(url.encode()).decode()


async def deliver(listener, events, *, parts=None, **configuration):
    """What comes of handing these to a sink with its address at the listener."""
    async with sink_parts(sign=sign, **(parts or {})) as made:
        client = KIND.make({"destination": f"{listener.url}/events", **configuration}, made)
        try:
            return await client.deliver(events)
        finally:
            await client.close()


async def outcome(say, **configuration):
    """The fault of a sink whose server answers like this."""
    async with Listener(say) as listener:
        delivery = await deliver(listener, make_events(1), **configuration)
    assert delivery.taken == 0
    return delivery


async def test_each_event_is_a_request_of_its_own_in_order_on_one_connection():
    events = make_events(25)
    async with Listener() as listener:
        delivery = await deliver(listener, events)
    assert (delivery.taken, delivery.refused, delivery.fault) == (25, 0, None)
    assert [request.json["id"] for request in listener.heard] == [event.id for event in events]
    assert [request.body for request in listener.heard] == [event.body for event in events]
    assert {request.headers["content-type"] for request in listener.heard} == {"application/json"}
    assert {request.method for request in listener.heard} == {"POST"}
    assert listener.connections == 1


async def test_twilios_own_validator_accepts_the_signature_of_an_event_and_of_a_batch():
    validator = RequestValidator(TOKEN)
    for several in (False, True):
        async with Listener() as listener:
            await deliver(listener, make_events(3), batch_events=several)
        for request in listener.heard:
            signature = request.headers["x-twilio-signature"]
            assert validator.validate(request.url, request.body.decode(), signature)
            assert not validator.validate(request.url, request.body.decode() + " ", signature)
            assert "bodySHA256=" in request.target


async def test_the_urls_own_query_is_kept_and_signed():
    async with Listener() as listener:
        await deliver(listener, make_events(1), destination=f"{listener.url}/events?room=7#rc=3")
    (request,) = listener.heard
    assert request.target.startswith("/events?room=7&bodySHA256=")
    assert RequestValidator(TOKEN).validate(request.url, request.body.decode(), request.headers["x-twilio-signature"])


async def test_an_address_without_a_path_is_signed_as_it_is_requested():
    async with Listener() as listener:
        await deliver(listener, make_events(1), destination=listener.url)
    (request,) = listener.heard
    assert request.target.startswith("/?bodySHA256=")
    assert RequestValidator(TOKEN).validate(request.url, request.body.decode(), request.headers["x-twilio-signature"])


async def test_a_batch_is_one_array_of_events():
    events = make_events(10)
    async with Listener() as listener:
        delivery = await deliver(listener, events, batch_events=True)
    assert delivery.taken == 10
    (request,) = listener.heard
    assert [each["id"] for each in request.json] == [event.id for event in events]
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("several", "content_type"), [(False, "application/cloudevents+json"), (True, "application/cloudevents-batch+json")]
)
async def test_cloudevents_own_content_types_are_sent_where_they_are_asked_for(several, content_type):
    async with Listener() as listener:
        await deliver(listener, make_events(2), batch_events=several, content_type="cloudevents")
    assert {request.headers["content-type"] for request in listener.heard} == {content_type}


async def test_events_that_are_too_many_bytes_for_one_request_go_in_several_in_order():
    events = [make_event(number, data={"text": "x" * 1_500_000}) for number in range(1, 6)]
    async with Listener() as listener:
        delivery = await deliver(listener, events, batch_events=True)
    assert delivery.taken == 5
    assert [[each["id"] for each in request.json] for request in listener.heard] == [
        [event.id for event in events[:2]],
        [event.id for event in events[2:4]],
        [event.id for event in events[4:]],
    ]


@pytest.mark.parametrize("several", [False, True])
async def test_the_standard_webhooks_library_verifies_each_request(several):
    secrets = {"env:SECRET": SECRET}
    async with Listener() as listener:
        await deliver(
            listener, make_events(3), signature="standard", secret="env:SECRET", batch_events=several, parts={"secrets": secrets}
        )
    for request in listener.heard:
        assert Webhook(SECRET).verify(request.body, request.headers) == request.json
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(request.body + b" ", request.headers)
        assert "x-twilio-signature" not in request.headers
    if not several:
        assert [request.headers["webhook-id"] for request in listener.heard] == [request.json["id"] for request in listener.heard]


async def test_a_repeated_batch_has_the_same_id_and_another_batch_has_another():
    async with Listener() as listener:
        for events in (make_events(3), make_events(3), make_events(3, first=2)):
            await deliver(
                listener,
                events,
                signature="standard",
                secret="env:SECRET",
                batch_events=True,
                parts={"secrets": {"env:SECRET": SECRET}},
            )
    first, again, other = (request.headers["webhook-id"] for request in listener.heard)
    assert first == again != other


async def test_while_a_secret_is_changed_both_keys_verify():
    new = "whsec_" + base64.b64encode(b"n" * 24).decode()
    async with Listener() as listener:
        secrets = {"env:SECRET": f"{new} {SECRET}"}
        await deliver(listener, make_events(1), signature="standard", secret="env:SECRET", parts={"secrets": secrets})
    (request,) = listener.heard
    for secret in (new, SECRET):
        Webhook(secret).verify(request.body, request.headers)


async def test_get_puts_the_event_into_the_query_and_signs_the_url():
    for several, name in ((False, "event"), (True, "events")):
        async with Listener() as listener:
            await deliver(listener, make_events(2), method="GET", batch_events=several)
        for request in listener.heard:
            assert (request.method, request.body) == ("GET", b"")
            assert "content-type" not in request.headers
            (shown,) = parse_qs(urlsplit(request.target).query)[name]
            assert json.loads(shown)
            assert RequestValidator(TOKEN).validate(request.url, {}, request.headers["x-twilio-signature"])


@pytest.mark.parametrize(
    "configuration",
    [
        {"username": "me", "password": "env:PASSWORD"},
        {"username": "env:USER", "password": "env:PASSWORD"},
        {"userinfo": "me:p%40ss@"},
    ],
)
async def test_a_login_is_sent_with_the_first_request_and_never_in_the_url(configuration):
    async with Listener() as listener:
        userinfo = configuration.pop("userinfo", "")
        destination = listener.url.replace("://", f"://{userinfo}") + "/events"
        parts = {"secrets": {"env:PASSWORD": "p@ss", "env:USER": "me"}}
        await deliver(listener, make_events(1), destination=destination, parts=parts, **configuration)
    (request,) = listener.heard
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert RequestValidator(TOKEN).validate(request.url, request.body.decode(), request.headers["x-twilio-signature"])


async def test_further_header_fields_come_from_the_table_and_from_where_secrets_are_kept():
    headers = {"X-Room": "7", "X-Api-Key": "env:KEY"}
    async with Listener() as listener:
        await deliver(listener, make_events(1), headers=headers, parts={"secrets": {"env:KEY": "k-123"}})
    (request,) = listener.heard
    assert (request.headers["x-room"], request.headers["x-api-key"]) == ("7", "k-123")


async def test_without_an_auth_token_and_without_a_word_about_it_requests_are_unsigned():
    async with Listener() as listener, sink_parts() as parts:
        client = KIND.make({"destination": listener.url}, parts)
        assert (await client.deliver(make_events(1))).taken == 1
    (request,) = listener.heard
    assert request.target == "/"
    assert "x-twilio-signature" not in request.headers


async def test_a_throttled_sink_says_when_to_come_again():
    delivery = await outcome(lambda _: answer(429, Retry_After=7))
    assert (delivery.fault.code, delivery.fault.retry, delivery.fault.retry_after) == (91302, True, 7.0)
    assert (await outcome(lambda _: answer(503, Retry_After=9))).fault.retry_after == 9.0


@pytest.mark.parametrize(("status", "code", "retry"), [(400, 91305, False), (404, 91305, False), (410, 91305, False)])
async def test_a_refusal_is_final_and_says_which_event(status, code, retry):
    delivery = await outcome(lambda _: answer(status))
    assert (delivery.refused, delivery.fault.code, delivery.fault.retry) == (1, code, retry)
    assert str(status) in delivery.fault.message


@pytest.mark.parametrize(("status", "code"), [(500, 91306), (502, 91306), (503, 91306), (302, 91304), (304, 91304)])
async def test_a_servers_own_trouble_is_tried_again(status, code):
    delivery = await outcome(lambda _: answer(status, Location="/elsewhere"))
    assert (delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, code, True)


async def test_a_refused_batch_is_refused_as_a_whole_and_then_only_the_bad_event_stays_behind():
    events = make_events(10)
    bad = events[6].id

    def say(request):
        return answer(400) if any(each["id"] == bad for each in request.json) else OK

    async with Listener(say) as listener, sink_parts(sign=sign) as parts:
        client = KIND.make({"destination": listener.url, "batch_events": True}, parts)
        assert (await client.deliver(events)).refused == 10
        came = await hand_over(client, events)
    assert [event.id for event in came.refused] == [bad]
    assert [event.id for event in came.taken] == [event.id for event in events if event.id != bad]


async def test_the_events_before_a_fault_are_taken_and_those_after_it_are_not_sent():
    async with Listener(lambda request: answer(500) if request.json["data"]["number"] == 4 else OK) as listener:
        delivery = await deliver(listener, make_events(9))
    assert (delivery.taken, delivery.refused, delivery.fault.code) == (3, 0, 91306)
    assert len(listener.heard) == 4


async def test_nobody_there_no_name_and_a_broken_handshake_are_no_connection():
    async with sink_parts(sign=sign) as parts:
        for destination in (f"http://127.0.0.1:{free_port()}/", "http://no-such-host.invalid/"):
            client = KIND.make({"destination": destination}, parts)
            delivery = await client.deliver(make_events(2))
            assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91307, True)
    async with Listener() as plain, sink_parts(sign=sign) as parts:
        client = KIND.make({"destination": plain.url.replace("http:", "https:")}, parts)
        delivery = await client.deliver(make_events(1))
        assert (delivery.fault.code, delivery.fault.retry) == (91307, True)


async def test_a_clouds_metadata_service_is_never_called():
    async with sink_parts(sign=sign) as parts:
        for host in ("[fd00:ec2::254]", "metadata.google.internal"):
            with pytest.raises(ValueError, match="destination: it cannot be called: a cloud's metadata service"):
                KIND.make({"destination": f"http://{host}/latest"}, parts)


async def test_a_connection_that_breaks_without_an_answer_is_no_connection():
    assert (await outcome(lambda _: None)).fault.code == 91307


async def test_an_answer_that_is_no_http_is_something_else():
    assert (await outcome(lambda _: b"hello\r\n\r\n")).fault.code == 91304


async def test_a_server_that_does_not_answer_in_time_is_too_slow():
    async def never(_):
        await ManualClock().sleep(1)

    begun = time.monotonic()
    delivery = await outcome(never, timeout="200ms")
    assert (delivery.fault.code, delivery.fault.retry) == (91308, True)
    assert time.monotonic() - begun < 3


async def test_a_faults_message_holds_neither_login_nor_query():
    async with Listener(lambda _: answer(500)) as listener:
        destination = listener.url.replace("://", "://me:hush@") + "/events?key=hush"
        delivery = await deliver(listener, make_events(1), destination=destination)
    assert "hush" not in delivery.fault.message
    assert "/events" in delivery.fault.message


async def test_a_server_killed_in_the_middle_gets_every_event_in_order_and_only_what_was_under_way_twice():
    """Killed three times: each time it takes a request, and breaks instead of answering."""
    events = make_events(300)
    killed = []

    def say(request):
        number = request.json["data"]["number"]
        if number % 90 == 0 and number not in killed:
            killed.append(number)
            return None
        return OK

    async with Listener(say) as listener, sink_parts(sign=sign) as parts:

        async def restart(_):
            await listener.kill()
            await listener.start()

        client = KIND.make({"destination": listener.url}, parts)
        came = await hand_over(client, events, on_fault=restart)
    assert came.taken == events
    assert killed == [90, 180, 270]
    numbers = [request.json["data"]["number"] for request in listener.heard]
    assert list(dict.fromkeys(numbers)) == list(range(1, 301))
    assert {number for number in numbers if numbers.count(number) > 1} == set(killed)
    assert all(numbers.count(number) <= 3 for number in killed)


async def test_a_server_that_asks_for_a_certificate_gets_the_sinks_own(tmp_path):
    guarded = Guarded(tmp_path)
    certificate = guarded.certificate("offhook")
    async with Listener(tls=guarded.context) as listener, sink_parts(sign=sign, ca_file=guarded.ca_file) as parts:
        own = {"client_cert": certificate.chain, "client_key": certificate.key}
        assert (await KIND.make({"destination": listener.url, **own}, parts).deliver(make_events(2))).taken == 2
        assert {request.caller for request in listener.heard} == {"offhook"}
        without = await KIND.make({"destination": listener.url}, parts).deliver(make_events(1))
        assert (without.fault.code, without.fault.retry) == (91307, True)


async def test_a_certificate_that_nobody_vouches_for_is_only_taken_where_that_is_switched_off(tmp_path):
    guarded = Guarded(tmp_path)
    guarded.context.verify_mode = ssl.CERT_NONE
    async with Listener(tls=guarded.context) as listener, sink_parts(sign=sign) as parts:
        assert (await KIND.make({"destination": listener.url}, parts).deliver(make_events(1))).fault.code == 91307
        assert (await KIND.make({"destination": listener.url, "verify_tls": False}, parts).deliver(make_events(1))).taken == 1


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, "destination is missing"),
        ({"destination": "ftp://app.example/"}, "destination: .*write something like http"),
        ({"destination": "app.example"}, "destination: "),
        ({"destination": "http://app.example:99999/"}, "destination: "),
        ({"method": "PUT"}, "method: 'put' is not one of them"),
        ({"batch_events": "perhaps"}, "batch_events: "),
        ({"timeout": "2h"}, "timeout: "),
        ({"signature": "standard"}, "secret is missing"),
        ({"signature": "standard", "secret": "env:SHORT"}, "secret: it is not whsec_"),
        ({"signature": "standard", "secret": "env:NOWHERE"}, "secret: env:NOWHERE is not set"),
        ({"signature": "standard", "secret": "env:SECRET", "method": "get"}, "a GET has none"),
        ({"secret": "env:SECRET"}, "only Standard Webhooks"),
        ({"signature": "twilio"}, "set TWILIO_AUTH_TOKEN"),
        ({"password": "env:NOWHERE"}, "env:NOWHERE is not set"),
        ({"destination": "https://a:b@app.example/", "username": "me"}, "there twice"),
        ({"username": "me", "headers": {"Authorization": "Bearer x"}}, "there twice"),
        ({"headers": {"Host": "x"}}, "Host is set by Offhook itself"),
        ({"headers": {"X Y": "x"}}, "cannot be the name"),
        ({"headers": {"X-Y": "a\r\nb"}}, "not a line of ASCII text"),
        ({"headers": {"X-Y": "env:BROKEN"}}, "must be one line of ASCII text"),
        ({"headers": "X-Y: z"}, "not a table"),
        ({"client_key": "/no/such.key"}, "client_cert is missing"),
        ({"client_cert": "/no/such.pem"}, "cannot be used"),
        ({"client_cert": "/no/such.pem", "destination": "http://app.example/"}, "only shown over TLS"),
        ({"colour": "red"}, "colour is no key of this sink"),
    ],
)
async def test_a_configuration_that_cannot_work_says_what_to_write_instead_and_quotes_no_secret(configuration, words):
    known = {"env:SECRET": SECRET, "env:SHORT": "whsec_c2hvcnQ=", "env:BROKEN": "a\nb"}
    configuration = {"destination": "https://app.example/", **configuration} if configuration else {}
    async with sink_parts(secrets=known) as parts:
        with pytest.raises(ValueError, match=words) as caught:
            KIND.make(configuration, parts)
    assert not any(secret in str(caught.value) for secret in known.values())


def test_reading_a_configuration_twice_changes_nothing():
    given = {
        "destination": "https://app.example/e",
        "method": "POST",
        "timeout": "3s",
        "headers": {"X-A": "1"},
        "batch_events": "yes",
    }
    once = config.read_all(KIND.fields, given)
    assert config.read_all(KIND.fields, once) == once
    assert once["timeout"] == 3.0


async def test_a_slow_server_is_told_of_before_all_is_handed_over_and_nothing_comes_twice():
    """Each answer takes two seconds of a clock that the test moves."""
    clock = Passing()

    def say(_):
        clock.gone += 2
        return OK

    async with Listener(say) as listener, sink_parts(sign=sign) as parts:
        client = KIND.make({"destination": listener.url}, parts._replace(clock=clock))
        first = await client.deliver(make_events(10))
        assert (first.taken, first.fault) == (3, None)
        came = await hand_over(client, make_events(10)[3:])
    assert len(came.taken) == 7
    assert came.faults == []
    assert len(listener.heard) == 10
