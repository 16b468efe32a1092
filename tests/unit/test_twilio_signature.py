"""Twilio's signature: the published vectors, and agreement with the official SDK in both directions (spec: twilio-delivery §5)."""

import base64
import hmac
from hashlib import sha256
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from offhook.providers.base import Accepted, Incoming, Refused
from offhook.providers.forms import read_form
from offhook.providers.signature import ALGORITHMS, Key
from offhook.providers.twilio import Twilio, TwilioSettings

TOKEN = "12345"
FORM = "application/x-www-form-urlencoded"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
P = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
DOCS = [(name, "+14158675310" if name in {"Caller", "From"} else value) for name, value in P]
JSON = b'{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
EMPTY_HASH = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def twilio(base, **settings):
    return Twilio(TwilioSettings(**{"tokens": {"": (TOKEN,)}, "public_url": base, **settings}))


def request(url, signature, *, body=b"", content_type=FORM, method="POST", headers=()):
    """What arrives for a URL: its path and query as the target, over a plain connection from a proxy."""
    parts = urlsplit(url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    fields = [(b"host", b"internal:8080"), *headers]
    if content_type:
        fields.append((b"content-type", content_type.encode()))
    if signature is not None:
        fields.append((b"x-twilio-signature", signature.encode()))
    return Incoming(
        method=method, target=target.encode(), headers=dict(fields), head=b"", body=body, peer="127.0.0.1", secure=False
    )


def verify(url, signature, pairs=(), **more):
    """Verify at a host whose public URL is the beginning of this one."""
    parts = urlsplit(url)
    body = more.pop("body", urlencode(pairs).encode())
    return twilio(f"{parts.scheme}://{parts.netloc}").verify(request(url, signature, body=body, **more))


@pytest.mark.parametrize(
    ("url", "pairs", "signature"),
    [
        pytest.param(URL, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", id="1: a form"),
        pytest.param(
            URL.replace(".com", ".com:1234"), P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", id="2: https, the port dropped by the signer"
        ),
        pytest.param(
            URL.replace("https", "http").replace(".com", ".com:1234"),
            P,
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            id="3: http with its port",
        ),
        pytest.param(URL, P, "kvajT1Ptam85bY51eRf/AJRuM3w=", id="4: https, the signer added 443"),
        pytest.param(URL.replace("https", "http"), P, "0ZXoZLH/DfblKGATFgpif+LLRf4=", id="5: http, the signer added 80"),
        pytest.param(
            URL,
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            id="6: a repeated name counts once for each value",
        ),
        pytest.param(
            URL,
            [("MessagingBinding.Address", "+1325xxxxxxx"), ("MessagingBinding.Address", "+1415xxxxxxx")],
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            id="7: values in one order",
        ),
        pytest.param(
            URL,
            [("MessagingBinding.Address", "+1415xxxxxxx"), ("MessagingBinding.Address", "+1325xxxxxxx")],
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            id="7: values in the other order",
        ),
        pytest.param(
            "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
            P,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            id="11: Twilio leaves user and password out",
        ),
        pytest.param(
            "https://example.com/myapp.php?foo=1&bar=2", DOCS, "L/OH5YylLD5NRKLltdqwSvS0BnU=", id="14: the documentation's"
        ),
    ],
)
def test_a_published_form_vector_is_accepted(url, pairs, signature):
    assert isinstance(verify(url, signature, pairs), Accepted)


@pytest.mark.parametrize(
    ("url", "body", "signature"),
    [
        pytest.param(f"{URL}&bodySHA256={JSON_HASH}", JSON, "a9nBmqA0ju/hNViExpshrM61xv4=", id="8"),
        pytest.param(
            f"https://mycompany.com/myapp.php?bodySHA256={JSON_HASH}", JSON, "y77kIzt2vzLz71DgmJGsen2scGs=", id="9: nothing else"
        ),
        pytest.param(f"{URL}&bodySHA256={EMPTY_HASH}", b"{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc=", id="10: signed with 443"),
        pytest.param(f"{URL}&bodySHA256={EMPTY_HASH}", b"{}", "rw/jVviOgicj2+kHZULvebnA4ag=", id="10: signed without"),
    ],
)
def test_a_published_json_vector_is_accepted(url, body, signature):
    assert isinstance(verify(url, signature, body=body, content_type="application/json"), Accepted)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        pytest.param(URL, "WRONG_SIGNATURE", id="16: a wrong signature"),
        pytest.param(URL, None, id="16: no signature"),
        pytest.param(URL, "", id="an empty signature"),
        pytest.param(URL + "&extra=1", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", id="16: a parameter more in the query"),
        pytest.param(URL.replace(".com", ".com:444"), "kvajT1Ptam85bY51eRf/AJRuM3w=", id="another port than the signed one"),
    ],
)
def test_16_a_wrong_or_missing_signature_is_403_and_says_which_url_was_assumed(url, signature):
    refused = verify(url, signature, P)
    assert (refused.status, refused.signature, refused.url) == (403, True, url)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"{URL}&bodySHA256={EMPTY_HASH}", id="16: the hash of another body"),
        pytest.param(f"{URL}&bodySHA256=", id="an empty hash"),
        pytest.param(URL, id="16: no hash"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_body_that_the_signature_does_not_cover_is_refused_even_if_the_url_is_rightly_signed(url, content_type):
    signature = Key(TOKEN).sign(url.encode()).decode()
    refused = verify(url, signature, body=JSON, content_type=content_type)
    assert isinstance(refused, Refused)
    assert refused.status == 403


def test_a_get_is_signed_over_its_url_alone():
    url = "https://mycompany.com/sms?foo=1&Body=hi+there&From=%2B1555&MessageSid=SM1&To=%2B1556"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    assert isinstance(verify(url, signature, method="GET", content_type=""), Accepted)


names = st.text(min_size=1, max_size=12)
values = st.text(max_size=30)
forms = st.lists(st.tuples(names, values), max_size=12).map(
    lambda pairs: [*pairs, *pairs[:1]]  # a repeated pair now and then
)


class Multi(dict):
    """Repeated names as frameworks hand them to the SDK."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name):
        return [value for each, value in self._pairs if each == name]


@given(forms)
def test_what_the_sdk_signs_is_accepted(pairs):
    url = "https://hooks.example/other?x=%27a%2Fb"
    verified = verify(url, RequestValidator(TOKEN).compute_signature(url, Multi(pairs)), pairs)
    assert isinstance(verified, Accepted) or verified.status == 400, verified


@given(forms)
def test_what_we_sign_is_accepted_by_the_sdk(pairs):
    url = "https://hooks.example:8443/sms?x=1"
    called, headers = twilio(None).sign(url, urlencode(pairs).encode(), FORM, "")
    assert called == url
    assert RequestValidator(TOKEN).validate(url, Multi(pairs), dict(headers)["X-Twilio-Signature"])


@given(forms)
def test_what_the_sdk_signs_with_a_shared_key_is_accepted(pairs):
    url = "https://hooks.example/other"
    signature = RequestValidator("shared").compute_signature(url, Multi(pairs), "HMAC_SHA256")
    named = (b"x-twilio-webhooks-signature-settings", b"key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
    ours = twilio("https://hooks.example", shared_keys={"webhooks_sharedkey_1": ("hmac-sha256", "shared")})
    verified = ours.verify(request(url, signature, body=urlencode(pairs).encode(), headers=[named]))
    assert isinstance(verified, Accepted) or verified.status == 400, verified


@given(st.text().map(str.encode))
def test_a_json_body_that_we_sign_is_accepted_by_the_sdk(body):
    called, headers = twilio(None).sign("https://hooks.example/sms?bodySHA256=old&x=1", body, "application/json", "")
    text = body.decode()
    assert not body or called == f"https://hooks.example/sms?x=1&bodySHA256={sha256(body).hexdigest()}"
    assert not body or RequestValidator(TOKEN).validate(called, text, dict(headers)["X-Twilio-Signature"])


@given(st.lists(st.tuples(names, values), min_size=1, max_size=8, unique_by=lambda pair: pair[0]))
def test_escaped_or_plain_a_form_reads_the_same(pairs):
    plain = read_form(urlencode(pairs).encode())
    shouted = read_form(
        "&".join("".join(f"%{byte:02x}" for byte in name.encode()) + "=" + quote_plus(value) for name, value in pairs).encode()
    )
    assert plain.signed == shouted.signed
    assert [plain.get(name.encode()) for name, _ in pairs] == [shouted.get(name.encode()) for name, _ in pairs]
    assert [plain.get(name.encode()).decode() for name, _ in pairs] == [value for _, value in pairs]


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b"a=1&&b=2&", b"a1b2"),
        (b"b&a", b"ab"),
        (b"a=b=c&d", b"ab=cd"),
        (b"a=%4&b=1", b"a%4b1"),
        (b"a=%&41=x", b"41xa%"),
        (b"a=%26%00b&b=", b"a&\0bb"),
        (b"a\0b=1&a=2", b"a2a\0b1"),
        (b"a=%FF+%ff", b"a\xff \xff"),
        (b"a1=x&a=y", b"aya1x"),
        (b"a=%2525", b"a%25"),
        (b"a=%252B", b"a%2B"),
        (b"a=%%2B41", b"a%+41"),
        (b"a=%4%2B1&b=%2%2b", b"a%4+1b%2+"),
        (b"%2Ba=1&a=2", b"+a1a2"),
    ],
)
def test_odd_forms_are_signed_over_what_a_form_parser_would_read(body, signed):
    assert read_form(body).signed == signed


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("secret", ["k", "k" * 300, "schlüssel"])
def test_a_key_is_hmac_by_its_algorithm(algorithm, secret):
    expected = base64.b64encode(hmac.digest(secret.encode(), b"what is signed", ALGORITHMS[algorithm]))
    assert Key(secret, algorithm).sign(b"what is signed") == expected
    assert not Key(secret, algorithm).matches(b"something else", expected)
