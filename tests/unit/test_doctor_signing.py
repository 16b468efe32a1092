"""Which URLs an app may have taken the right one for, and who gets a signature at all."""

from urllib.parse import urlsplit

import pytest

from offhook.doctor import signing
from offhook.doctor.admission import admit
from offhook.doctor.configured import doctor_tools
from offhook.doctor.examination import Examination
from offhook.doctor.question import Question
from offhook.settings import load

TOKEN = "a-token-for-tests"


@pytest.mark.parametrize(
    ("url", "other", "what"),
    [
        ("https://a.example/sms", "http://a.example/sms", "http in place of https"),
        ("https://a.example:8443/sms", "https://a.example/sms", "without the port"),
        ("https://a.example/sms", "https://a.example:443/sms", "with the port 443"),
        ("https://a.example/sms", "https://a.example/sms/", "with a slash at the end of the path"),
        ("https://a.example/sms/", "https://a.example/sms", "without a slash at the end of the path"),
        ("https://a.example/sms?q=a%20b", "https://a.example/sms?q=a+b", "with the query encoded anew"),
        ("https://a.example/sms?q=%27", "https://a.example/sms?q='", "with the query decoded"),
        ("https://a.example/api/sms", "https://a.example/sms", "without the first part of the path"),
        ("https://a.example/sms", "http://127.0.0.1:8000/sms", "http://127.0.0.1:8000 in place of the public host"),
    ],
)
def test_what_proxies_make_of_a_url_is_among_what_is_tried(url, other, what):
    found = signing.rebuilt(url)
    assert found[other] == what
    assert url not in found
    assert len(found) <= signing.MOST_REBUILT


def test_what_the_answer_names_comes_first():
    assert next(iter(signing.rebuilt("https://a.example/sms", ["http://sms.internal/sms"]))) == "http://sms.internal/sms"


async def signed_for(origins, url):
    tools = doctor_tools(load({}, {"TWILIO_AUTH_TOKEN": TOKEN}, None))
    question = Question(url="https://own.example/sms", signed=True, signs_for=origins, resolvers=())
    headers = admit(question, tools).visitor.sign(url, b"a=b", "application/x-www-form-urlencoded", "")[1]
    await tools.close()
    return bool(headers)


async def test_a_hop_to_a_stranger_is_not_signed_where_only_own_apps_are():
    own = frozenset({"https://own.example:443"})
    assert await signed_for(own, "https://own.example/elsewhere")
    assert not await signed_for(own, "https://stranger.example/sms")
    assert await signed_for(None, "https://stranger.example/sms")


async def test_the_reports_url_shows_no_secret_of_its_query():
    tools = doctor_tools(load({}, {}, None))
    report = Examination(admit(Question(url="https://bob:pw@a.example/sms?api_key=hunter2hunter2&tenant=7"), tools)).report()
    await tools.close()
    assert "hunter2" not in report.url
    assert urlsplit(report.url).netloc == "a.example"
    assert "tenant=7" in report.url
