"""Answers of platforms, proxies and frameworks, as they were captured or are documented, and who is recognised in them."""

import pytest
from examples.faults.platforms import CAPTURED, EDGE, EMPTY, HTML, JSON, answer, page

from offhook.debugger import causes as rules
from offhook.debugger.case import Case
from offhook.debugger.causes import (
    cloudflare,
    clouds,
    crashes,
    domains,
    firewalls,
    frameworks_node,
    frameworks_other,
    frameworks_python,
    hosts,
    proxies,
    tunnels,
)
from offhook.records import Confidence

FAMILIES = (
    tunnels,
    hosts,
    clouds,
    cloudflare,
    firewalls,
    domains,
    frameworks_python,
    frameworks_node,
    frameworks_other,
    crashes,
    proxies,
)
MARKS = [mark for family in FAMILIES for mark in family.MARKS]


def case(captured):
    return Case(url="https://app.example/sms", status=captured.status, headers=captured.headers, body=captured.body)


def diagnose(captured):
    asked = captured if isinstance(captured, Case) else case(captured)
    return next((found for family in FAMILIES if (found := family.cause(asked))), None)


@pytest.mark.parametrize("name", CAPTURED)
def test_whoever_answered_is_recognised_before_all_others(name):
    found = diagnose(CAPTURED[name])
    assert found is not None
    assert found.name == name


def test_every_mark_has_a_captured_answer():
    assert {mark.name for mark in MARKS} == set(CAPTURED)


def test_no_two_marks_share_a_name():
    names = [mark.name for mark in MARKS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.name)
def test_a_mark_tells_who_what_and_what_to_do(mark):
    family, _, situation = mark.name.partition(".")
    assert family
    assert situation
    assert mark.name == mark.name.lower()
    assert mark.who
    assert mark.title.endswith(".")
    assert 1 <= len(mark.steps) <= 4
    assert all(step.endswith(".") for step in mark.steps)


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.name)
def test_a_header_is_named_in_lower_case_or_it_would_never_fit(mark):
    assert all(name == name.lower() for name, _ in mark.headers)


@pytest.mark.parametrize(
    "captured",
    [
        answer(
            200, (("Content-Type", "text/xml"),), '<?xml version="1.0"?><Response><Message>Account Suspended</Message></Response>'
        ),
        answer(200, (("Content-Type", "text/xml"), *EDGE), "<Response/>"),
        answer(200, (EMPTY, ("Server", "Caddy"))),
        answer(500, (JSON,), '{"error":"database is locked","request":"a1"}'),
        answer(404, (HTML,), page("Nothing here", "<h1>404</h1><p>There is nothing at this address.</p>")),
        answer(403, (JSON,), '{"message":"Forbidden"}'),
        answer(502, (HTML,), page("Oops", "<p>We are upgrading, come back soon.</p>")),
        Case(url="https://app.example/sms"),
    ],
    ids=["twiml", "twiml by way of cloudflare", "empty 200", "json 500", "html 404", "json 403", "html 502", "no answer"],
)
def test_an_apps_own_answer_is_laid_at_nobodys_door(captured):
    assert diagnose(captured) is None


def test_nuxts_page_is_not_called_herokus_although_they_share_a_sentence():
    found = diagnose(CAPTURED["nuxt.exception"])
    assert found is not None
    assert "Heroku" not in found.title
    assert found.confidence is Confidence.LIKELY


def test_an_empty_404_of_vites_stays_vites_behind_a_cloudflare_tunnel():
    found = diagnose(answer(404, (*EDGE, ("Vary", "Origin"), EMPTY)))
    assert found is not None
    assert found.name == "vite.no-route"


def test_the_headers_of_an_answer_beat_the_words_of_its_page():
    quoting = answer(404, (("X-Render-Routing", "no-server"), HTML), page("Docs", "What ERR_NGROK_ codes mean"))
    found = hosts.cause(case(quoting))
    assert found is not None
    assert found.name == "render.no-server"
    assert found.confidence is Confidence.CERTAIN
    assert "header x-render-routing: no-server" in found.evidence


@pytest.mark.parametrize("name", ["koa.no-route", "traefik.upstream-down", "go.no-route", "cloudflare.status", "plain.exception"])
def test_words_that_several_say_alike_are_not_certain(name):
    found = diagnose(CAPTURED[name])
    assert found is not None
    assert found.confidence is Confidence.LIKELY


def test_an_answer_whose_status_is_not_known_is_told_by_its_words_and_is_not_certain():
    words = diagnose(Case(body=CAPTURED["ngrok.offline-page"].body))
    assert words is not None
    assert (words.name, words.confidence) == ("ngrok.offline-page", Confidence.LIKELY)
    header = diagnose(Case(headers=(("ngrok-error-code", "ERR_NGROK_3200"),)))
    assert header is not None
    assert (header.name, header.confidence) == ("ngrok.offline", Confidence.LIKELY)
    assert not any("status" in words for words in header.evidence)


def test_a_servers_name_alone_tells_nothing_where_the_status_is_not_known():
    assert diagnose(Case(headers=EDGE)) is None
    assert diagnose(Case(headers=(("Server", "nginx"), EMPTY))) is None


@pytest.mark.parametrize("header", [("Server", "nginx"), ("Via", "1.1 vegur")])
def test_an_empty_502_of_a_server_that_names_itself_is_not_tailscales(header):
    found = diagnose(answer(502, (header, EMPTY)))
    assert found is None or found.name != "tailscale.app-down"


def test_flys_proxy_is_known_by_its_server_header_alone():
    found = diagnose(answer(502, (("Server", "Fly/9f2c1a0b (2024-10-01)"), EMPTY)))
    assert found is not None
    assert found.name == "fly.proxy-error"


@pytest.mark.parametrize(
    ("status", "server", "body"),
    [
        (502, "BaseHTTP/0.6 Python/3.11.7", "Bad Gateway"),
        (500, "gunicorn", "No such app herokucdn.com/error-pages/no-such-app.html"),
        (502, "cloudflare", "upstream said: error code: 502"),
    ],
)
def test_words_of_a_platform_in_the_answer_of_another_server_are_not_that_platforms(status, server, body):
    causes = rules.diagnose(Case(url="https://app.example/sms", status=status, headers=(("server", server),), body=body.encode()))
    assert causes
    assert not {each.name for each in causes} & {"traefik.upstream-down", "heroku.no-such-app", "cloudflare.bad-gateway"}
