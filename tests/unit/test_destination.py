"""The provider's request made over for the app's URL."""

import pytest

from offhook.delivery import destination
from offhook.records import Kind, Webhook

HEAD = (
    b"POST /sms?tenant=7 HTTP/1.1\r\nHost: public.example\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nI-Twilio-Idempotency-Token: token-1\r\nX-Home-Region: us1\r\n"
    b"X-Twilio-Signature: old=\r\nX-Forwarded-For: 10.0.0.1\r\nAuthorization: Basic c2VjcmV0"
)
BODY = b"ToState=&Body=hi+there&From=%2B1555&ToState=again"


def webhook(head=HEAD, body=BODY):
    return Webhook(
        id="WH019a0000000070008000000000000001",
        endpoint="sms",
        received_at=0.0,
        peer="127.0.0.1",
        url="https://public.example/sms?tenant=7",
        kind=Kind.MESSAGE,
        dedupe_key=b"k" * 16,
        head=head,
        body=body,
    )


def test_body_and_order_stay_as_twilio_sent_them():
    made = destination.call(webhook(), "http://app.example/hook?x=1")
    assert (made.method, made.url, made.body) == ("POST", "http://app.example/hook?x=1&tenant=7", BODY)


def test_only_what_belongs_to_the_request_goes_on():
    names = [name for name, _ in destination.call(webhook(), "http://app.example/").headers]
    assert names == ["User-Agent", "Accept", "Content-Type", "X-Home-Region", "Accept-Encoding", "I-Twilio-Idempotency-Token"]


def test_a_compressed_answer_is_not_asked_for_though_a_tunnel_would_take_one():
    made = destination.call(webhook(HEAD + b"\r\nAccept-Encoding: gzip"), "http://app.example/")
    assert [value for name, value in made.headers if name.lower() == "accept-encoding"] == ["identity"]


def test_the_token_is_twilios_own_or_one_that_stays_the_same():
    assert ("I-Twilio-Idempotency-Token", "token-1") in destination.call(webhook(), "http://a.example/").headers
    bare = webhook(HEAD.replace(b"I-Twilio-Idempotency-Token: token-1\r\n", b""))
    assert ("I-Twilio-Idempotency-Token", "019a0000-0000-7000-8000-000000000001") in destination.call(
        bare, "http://a.example/"
    ).headers


def test_the_fallbacks_parameters_come_last_in_the_form():
    made = destination.call(webhook(), "http://a.example/", (("ErrorCode", "11200"), ("ErrorUrl", "http://x.example/?a=b")))
    assert made.body == BODY + b"&ErrorCode=11200&ErrorUrl=http%3A%2F%2Fx.example%2F%3Fa%3Db"


def test_the_fallbacks_parameters_join_the_query_of_a_get():
    head = b"GET /sms?Body=hi HTTP/1.1\r\nHost: public.example"
    made = destination.call(webhook(head, b""), "http://a.example/f", (("ErrorCode", "11200"),))
    assert (made.method, made.url, made.body) == ("GET", "http://a.example/f?Body=hi&ErrorCode=11200", b"")


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (b"/sms?bodySHA256=ab12", "http://a.example/"),
        (b"/sms?bodySHA256=ab12&x=1", "http://a.example/?x=1"),
        (b"/sms?x=1&bodySHA256=ab12&y=%20", "http://a.example/?x=1&y=%20"),
    ],
)
def test_the_old_body_hash_is_dropped(target, url):
    head = b"POST " + target + b" HTTP/1.1\r\nContent-Type: application/json"
    assert destination.call(webhook(head, b"{}"), "http://a.example/").url == url


def test_a_found_redirect_becomes_a_get_with_the_parameters_in_its_query():
    made = destination.call(webhook(), "http://a.example/one")
    follow = destination.redirected(made, "/two?q=1", 302, carry=True, preserve=True)
    assert (follow.method, follow.url, follow.body) == ("GET", "http://a.example/two?q=1&" + BODY.decode(), b"")
    assert not any(name == "Content-Type" for name, _ in follow.headers)


def test_a_found_redirect_without_parameters_where_so_set():
    made = destination.call(webhook(), "http://a.example/one")
    assert destination.redirected(made, "/two", 301, carry=False, preserve=True).url == "http://a.example/two"


def test_a_307_is_the_same_request_again():
    made = destination.call(webhook(), "http://a.example/one")
    follow = destination.redirected(made, "https://b.example/", 307, carry=True, preserve=True)
    assert (follow.method, follow.url, follow.body) == ("POST", "https://b.example/", BODY)


def test_credentials_and_overrides_are_taken_out_of_the_url():
    target = destination.parse("https://us%40er:p%3Aw@app.example:8443/a?b=c#rc=2&rp=5xx")
    assert (target.url, target.username, target.password) == ("https://app.example:8443/a?b=c", "us@er", "p:w")
    assert (target.overrides.retries, target.origin) == (2, "https://app.example:8443")


def test_two_urls_have_one_origin_when_only_the_default_port_differs():
    assert destination.origin("http://A.example/x") == destination.origin("http://a.example:80/y")
    assert destination.origin("http://a.example/") != destination.origin("https://a.example/")
