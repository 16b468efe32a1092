"""Proxies rewrite scheme, host and port; Twilio signs the URL that it was given."""

import pytest

from tests.helpers.messages import message, post
from tests.helpers.processes import App, Offhook


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = App("flask", tmp_path_factory.mktemp("app"))
    yield app
    app.stop()


@pytest.mark.parametrize(
    "public_url",
    ["https://sms.example.com", "https://sms.example.com:8443", "http://sms.example.com", "https://sms.example.com/"],
)
def test_with_a_public_url_the_signature_holds_whatever_the_proxy_made_of_the_request(app, tmp_path, public_url):
    offhook = Offhook(tmp_path, "--to", app.url, "--public-url", public_url)
    signed_for = public_url.rstrip("/") + "/sms?a=1&b="
    for headers in ({}, {"Host": "internal:1"}, {"X-Forwarded-Proto": "ftp", "X-Forwarded-Host": "evil.example"}):
        status, _, body = post(offhook.url + "/sms?a=1&b=", message("proxied"), signed_url=signed_for, headers=headers)
        assert (status, b"You said: proxied" in body) == (200, True)
    assert post(offhook.url + "/sms", message("other"), signed_url="https://evil.example/sms")[0] == 403
    assert offhook.stop() == 0


def test_a_listed_proxy_is_believed(app, tmp_path):
    offhook = Offhook(tmp_path, "--to", app.url, "--trusted-proxies", "127.0.0.0/8")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sms.example.com"}
    status, _, _ = post(offhook.url + "/sms", message("hi"), signed_url="https://sms.example.com/sms", headers=headers)
    assert status == 200
    assert offhook.stop() == 0


def test_an_unlisted_proxy_is_not(app, tmp_path):
    offhook = Offhook(tmp_path, "--to", app.url)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sms.example.com"}
    status, _, _ = post(offhook.url + "/sms", message("hi"), signed_url="https://sms.example.com/sms", headers=headers)
    assert status == 403
    assert offhook.stop() == 0
