"""Diagnoses that look at more than one answer: how long the app rested, how it did before, what it said about itself."""

import ast
import re
from pathlib import Path

import pytest

from offhook.debugger import causes
from offhook.debugger.case import Case, History
from offhook.debugger.causes import CAUSES, MOST, diagnose
from offhook.debugger.causes.names import is_cause
from offhook.debugger.causes.names import names as known_names
from offhook.debugger.history import LATEST, Histories
from offhook.records import Attempt, Confidence, Exchange, Failure, FailureKind, Outcome, Role, Timings

LATE = Failure(kind=FailureKind.TOTAL_TIMEOUT, detail="The peer took the request and did not answer within the total of 15 s.")


def names(case):
    return [cause.name for cause in diagnose(case)]


def attempt(at, *, good=True, seconds=0.2):
    exchange = Exchange(method="POST", url="http://app.example/sms", started_at=at, timings=Timings(total=seconds * 1000))
    return Attempt(
        id="AT",
        webhook_id="WH",
        number=1,
        role=Role.PRIMARY,
        url="http://app.example/sms",
        started_at=at,
        duration_ms=seconds * 1000,
        outcome=Outcome(delivered=good),
        exchanges=(exchange,),
    )


def test_slow_after_a_rest_and_quick_otherwise_is_a_cold_start():
    past = History(good=20, bad=0, usual=0.3, idle=1200.0)
    case = Case(url="https://bot.onrender.com/sms", failure=LATE, history=past)
    first = diagnose(case)[0]
    assert first.name == "app.cold-start"
    assert any("1200 s" in words for words in first.evidence)


@pytest.mark.parametrize("past", [History(), History(good=20, usual=0.3, idle=2.0), History(good=20, usual=12.0, idle=1200.0)])
def test_slow_without_a_rest_or_always_slow_is_not_a_cold_start(past):
    assert names(Case(url="https://app.example/sms", failure=LATE, history=past))[0] == "app.too-slow"


@pytest.mark.parametrize(
    ("status", "server", "name"),
    [
        (502, "Werkzeug/3.1.3 Python/3.11.7", "app.gateway-status"),
        (503, "uvicorn", "app.gateway-status"),
        (502, "nginx/1.22.1", "gateway.bad"),
        (504, "", "gateway.timeout"),
    ],
)
def test_a_gateways_status_of_the_apps_own_server_is_laid_at_the_app(status, server, name):
    headers = (("Server", server),) if server else ()
    assert name in names(Case(url="https://app.example/sms", status=status, headers=headers, body=b"Bad Gateway"))


def test_a_time_out_before_the_request_was_sent_is_not_the_apps_slowness():
    assert names(Case(url="https://app.example/sms", failure=LATE, stage="connect"))[0] == "net.connect-timeout"
    assert names(Case(url="https://app.example/sms", failure=LATE, stage="tls"))[0] == "tls.handshake"
    assert names(Case(url="https://app.example/sms", failure=LATE, stage="dns"))[0] == "dns.unknown-host"


def test_some_pass_and_some_are_stopped_points_at_a_firewall():
    case = Case(url="https://app.example/sms", status=406, history=History(good=8, bad=1))
    assert "waf.some" in names(case)
    assert "waf.some" not in names(Case(url="https://app.example/sms", status=406, history=History(good=0, bad=9)))


def test_now_well_and_now_badly_is_intermittent_and_says_how_often():
    found = diagnose(Case(url="https://app.example/sms", status=500, history=History(good=12, bad=8)))
    assert "60 % of the last 20" in next(cause.title for cause in found if cause.name == "app.intermittent")


def test_since_a_moment_always_badly_says_since_when():
    past = History(good=12, bad=3, last_good=1_700_000_000.0, bad_since=1_700_000_060.0)
    found = diagnose(Case(url="https://app.example/sms", status=500, history=past))
    assert "2023-11-14 22:13:20 UTC" in next(cause.title for cause in found if cause.name == "app.began")


@pytest.mark.parametrize(
    ("url", "text", "sees"),
    [
        ("https://app.example/sms", "Invalid signature for http://app.example/sms", "sees http where https was signed"),
        (
            "https://app.example/sms",
            "bad signature: https://10.0.0.3:5000/sms",
            "sees the host 10.0.0.3:5000 where app.example was signed",
        ),
        ("https://app.example/sms", "bad signature: https://app.example/v2/sms", "sees the path /v2/sms where /sms was signed"),
    ],
)
def test_a_refused_signature_says_which_url_the_app_must_use(url, text, sees):
    first = diagnose(Case(url=url, status=403, headers=(("Content-Type", "text/plain"),), body=text.encode()))[0]
    assert first.name == "app.signature-check"
    assert sees in first.title
    assert url in first.steps[0]


def test_the_sender_would_get_the_word_ok_as_a_text():
    case = Case(url="https://app.example/sms", status=200, headers=(("Content-Type", "text/plain"),), body=b"OK")
    first = diagnose(case)[0]
    assert first.name == "answer.small-talk"
    assert "'OK'" in first.title


def test_an_exception_is_named_with_the_apps_own_line():
    page = (
        "Traceback (most recent call last):\n"
        '  File "/srv/venv/lib/python3.11/site-packages/flask/app.py", line 880, in full_dispatch\n    x()\n'
        '  File "/srv/app/bot.py", line 7, in reply\n    return MENU[word]\n'
        '  File "/usr/lib/python3.11/collections/__init__.py", line 1005, in __getitem__\n    raise KeyError(key)\n'
        "KeyError: 'menu'\n"
    )
    first = diagnose(Case(status=500, body=page.encode()))[0]
    assert first.title == "The app failed: KeyError: 'menu' (/srv/app/bot.py, line 7)."
    assert first.confidence is Confidence.CERTAIN


def test_nothing_is_said_of_an_answer_that_is_well():
    assert diagnose(Case(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>")) == ()


def test_at_most_four_causes_the_surest_first():
    past = History(good=12, bad=8, last_good=1.0, bad_since=2.0)
    found = diagnose(Case(url="https://x.onrender.com/sms", status=403, body=b"Forbidden", history=past))
    assert len(found) <= MOST
    order = [list(Confidence).index(cause.confidence) for cause in found]
    assert order == sorted(order)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"<" * 50_000, b"at " * 20_000, b"&" * 60_000, "é".encode() * 20_000])
@pytest.mark.parametrize("status", [0, 200, 302, 403, 500, 999])
def test_no_body_is_too_odd_for_any_rule(body, status):
    case = Case(url="not a url [", status=status, headers=(("content-type", "text/html"),), body=body, code=12100, said="x" * 500)
    for each in CAUSES:
        each(case)


def test_a_history_counts_the_latest_attempts_before_this_one():
    histories = Histories()
    for n in range(LATEST + 50):
        histories.note("sms", attempt(1000.0 + n, good=n % 2 == 0, seconds=0.4))
    past = histories.of("sms", before=2000.0)
    assert (past.good, past.bad) == (LATEST // 2, LATEST // 2)
    assert past.usual == pytest.approx(0.4)
    assert past.idle == pytest.approx(2000.0 - (1000.0 + LATEST + 49 + 0.4))
    assert histories.of("sms", before=1000.0) == History()
    assert histories.of("other", before=2000.0) == History()


def test_a_history_knows_when_it_was_last_well_and_since_when_it_is_not():
    histories = Histories()
    for at, good in ((10.0, True), (20.0, False), (30.0, True), (40.0, False), (50.0, False)):
        histories.note("sms", attempt(at, good=good))
    past = histories.of("sms", before=60.0)
    assert (past.last_good, past.bad_since) == (pytest.approx(30.2), 40.0)


@pytest.mark.parametrize(
    "case",
    [
        Case(status=500, body=b"Traceback (most recent call last):\nValueError: Authorization: Bearer hunter2secret\n"),
        Case(
            status=500,
            body=b"Traceback (most recent call last):\nrequests.HTTPError: 401 for https://u:hunter2secret@api.example/\n",
        ),
        Case(status=403, body=b"invalid signature, password=hunter2secret-and-more-of-it-than-is-quoted invalid"),
        Case(status=302, headers=(("Location", "https://x.example/a?token=hunter2secret"),)),
        Case(status=302, headers=(("Location", "https://x.example/login?token=hunter2secret"),)),
        Case(status=401, headers=(("WWW-Authenticate", "Custom secret=hunter2secret"),)),
        Case(status=200, headers=(("Content-Type", "text/html"),), body=b'{"token":"hunter2secret"}'),
        Case(status=200, code=12100, headers=(("Content-Type", "text/xml"),), body=b"<Response>token=hunter2secret & more"),
    ],
)
def test_no_diagnosis_repeats_a_secret(case):
    for found in diagnose(case):
        assert "hunter2secret" not in repr(found)


def redirected(location, *, url="https://app.example/sms", status=301, **known):
    return Case(url=url, status=status, headers=(("Location", location),), **known)


@pytest.mark.parametrize(
    ("case", "name", "final"),
    [
        (redirected("/sms/"), "redirect.slash", "https://app.example/sms/"),
        (redirected("sms/", status=307), "redirect.slash", "https://app.example/sms/"),
        (redirected("https://app.example/sms", url="http://app.example/sms"), "redirect.to-https", "https://app.example/sms"),
        (redirected("https://www.app.example/sms", status=302), "redirect.www", "https://www.app.example/sms"),
        (redirected("/home", status=303), "redirect.elsewhere", "https://app.example/home"),
        (redirected("/home", url=""), "redirect.elsewhere", "/home"),
    ],
)
def test_where_the_case_ends_at_a_redirect_the_message_is_lost_and_the_final_url_is_named(case, name, final):
    first = diagnose(case)[0]
    assert first.name == name
    assert ("is not certain" if case.status == 307 else "turns the POST into a GET") in first.title
    assert first.steps[0].endswith(f": {final}")


@pytest.mark.parametrize("status", [301, 308])
def test_of_a_final_url_with_a_secret_is_said_what_to_write_in_place_of_it(status):
    first = diagnose(redirected("https://joe:pa55@app.example/in?token=hunter2secret", status=status))[0]
    url = "https://[redacted]@app.example/in?token=[redacted]"
    missing = "the user and password and the value of token"
    assert first.steps[0].endswith(f": {url} (in place of [redacted] write {missing}; secrets are not repeated here)")


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (redirected("https://app.example/v2", status=308), "redirect.unusable"),
        (redirected("https://app.example/v2", status=304), "redirect.unusable"),
        (redirected("ftp://app.example/sms"), "redirect.unusable"),
        (redirected(""), "redirect.unusable"),
        (redirected("/sms/", code=11216), "redirect.unusable"),
        (redirected("https://app.example/sms#top"), "redirect.loop"),
        (redirected("/sms/", code=11215), "redirect.loop"),
        (redirected("/sms/", hops=(("https://app.example/sms/", 301), ("https://app.example/sms", 301))), "redirect.loop"),
        (Case(url="https://app.example/sms", code=11215), "redirect.loop"),
    ],
)
def test_a_redirect_that_twilio_does_not_follow_or_follows_for_ever(case, name):
    assert names(case)[0] == name


@pytest.mark.parametrize(
    "location",
    [
        "/login?next=/sms",
        "/users/sign_in",
        "https://accounts.google.com/v3/signin/identifier?continue=x",
        "https://github.com/login?return_to=x",
        "https://github.com/codespaces/auth/fuzzy-happy?port=5000",
        "https://team.cloudflareaccess.com/cdn-cgi/access/login/app.example",
    ],
)
@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_to_a_login_is_told_as_that(location, status):
    first = diagnose(redirected(location, status=status))[0]
    assert "log in" in first.title or "login" in first.title
    assert not any(name.startswith("redirect.") for name in names(redirected(location, status=status)))


def test_a_path_with_auth_in_it_that_is_redirected_to_its_slash_is_no_login():
    assert names(redirected("/auth/sms/", url="https://app.example/auth/sms")) == ["redirect.slash"]


@pytest.mark.parametrize("code", [12100, 12101, 12102, 12200, 11750, 14103, 14109])
def test_of_a_bare_code_nothing_is_said_that_the_catalogue_does_not_say(code):
    assert diagnose(Case(url="https://app.example/sms", code=code)) == ()


def test_a_version_that_does_not_exist_is_not_called_broken_xml():
    case = Case(status=200, headers=(("Content-Type", "text/xml"),), code=12101, body=b'<Response version="3">a & b</Response>')
    first = diagnose(case)[0]
    assert first.name == "xml.version"
    assert "version attribute" in first.title


@pytest.mark.parametrize("status", range(521, 531))
def test_cloudflares_own_statuses_are_cloudflares_even_without_headers(status):
    (found,) = diagnose(Case(url="https://app.example/sms", status=status))
    assert found.name == "cloudflare.status"
    assert found.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("status", "said", "host"),
    [
        (403, "<h1>Blocked hosts: bot.ngrok.app</h1>", "the host bot.ngrok.app"),
        (403, "<h1>Blocked host: bot.ngrok.app:3000</h1>", "the host bot.ngrok.app:3000"),
        (400, "Invalid HTTP_HOST header: &#x27;bot.ngrok.app&#x27;. You may need to add", "the host bot.ngrok.app"),
        (403, "Host not permitted", "this host"),
        (421, "", "this host"),
    ],
)
def test_the_host_that_is_refused_is_the_one_that_the_page_names(status, said, host):
    found = diagnose(Case(status=status, body=said.encode()))
    assert next(cause.title for cause in found if cause.name == "app.host-refused") == f"The app refuses requests for {host}."


def test_where_the_url_is_not_known_the_path_is_not_called_the_root():
    assert Case().path == ""
    assert Case(url="https://app.example").path == "/"
    assert diagnose(Case(status=404))[0].title == "The server answers, and has nothing at the path of the URL."
    assert diagnose(Case(status=405))[0].title == "The app knows the path, and does not take POST there."


def test_a_bare_403_without_headers_or_body_is_not_said_to_be_a_bare_refusal():
    bare = next(cause for cause in diagnose(Case(status=403)) if cause.name == "app.signature-check")
    assert bare.evidence == ("status 403",)
    seen = next(cause for cause in diagnose(Case(status=403, body=b"Forbidden")) if cause.name == "app.signature-check")
    assert "bare refusal" in seen.evidence[1]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:5000/sms",
        "http://127.0.0.1/sms",
        "http://10.0.0.3/sms",
        "http://192.168.1.4:8080/sms",
        "http://169.254.1.1/sms",
        "http://[::1]/sms",
        "http://[fe80::1]/sms",
        "http://bot.local/sms",
        "http://host.docker.internal/sms",
        "http://nas.lan/sms",
    ],
)
def test_a_local_url_of_which_somebody_else_tells_is_a_private_address(url):
    first = diagnose(Case(url=url, code=11200, status=502, told=True))[0]
    assert (first.name, first.confidence) == ("net.private-address", Confidence.CERTAIN)
    unknown = Failure(kind=FailureKind.DNS, detail="The name does not resolve.")
    assert names(Case(url=url, failure=unknown, told=True))[0] == "net.private-address"


def test_an_operators_own_local_app_and_a_public_host_are_no_private_address():
    refused = Failure(kind=FailureKind.REFUSED, detail="refused")
    assert "net.private-address" not in names(Case(url="http://localhost:5000/sms", failure=refused, code=11202))
    assert "net.private-address" not in names(Case(url="http://localhost:5000/sms", status=404, body=b"x", code=11200, told=True))
    assert "net.private-address" not in names(Case(url="https://app.example/sms", code=11200, told=True))
    assert "net.private-address" not in names(Case(url="https://8.8.8.8/sms", code=11200, told=True))


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ({"said": "Attempted to parse Content-Type: application/json"}, "answer.wrong-content-type"),
        ({"headers": (("Content-Type", "application/json"),)}, "answer.wrong-content-type"),
        ({"headers": (("Date", "x"),)}, "answer.no-content-type"),
        ({"said": "Content-Type is missing"}, "answer.no-content-type"),
    ],
)
def test_a_type_that_twilio_cannot_read_is_told_without_a_status_too(known, name):
    assert names(Case(code=12300, told=True, **known))[0] == name


def test_a_bare_12300_does_not_say_which_type_it_was():
    assert names(Case(code=12300, told=True)) == []
    assert names(Case(code=12300, told=True, status=200)) == []


@pytest.mark.parametrize("status", [0, 502])
def test_an_exchange_of_fifteen_seconds_that_somebody_else_saw_was_too_slow(status):
    case = Case(url="https://app.example/sms", status=status, code=11200, seconds=15.02, told=True)
    first = diagnose(case)[0]
    assert first.name == "app.too-slow"
    assert first.evidence[0] == "it took 15.0 s"


@pytest.mark.parametrize("known", [{"seconds": 9.0}, {"told": False}, {"status": 504}, {"code": 11220}, {"seconds": None}])
def test_other_durations_codes_and_statuses_do_not_speak_of_slowness(known):
    case = Case(**({"url": "https://app.example/sms", "status": 502, "code": 11200, "seconds": 15.0, "told": True} | known))
    assert "app.too-slow" not in names(case)


DJANGO_LIBRARY = (
    "<title>MultiValueDictKeyError\n at /sms/</title>DEBUG = True"
    '<th>Exception Location:</th><td><span class="fname">/srv/venv/lib/python3.11/site-packages/django/utils/datastructures.py, line 86</td>'
)


def test_nobody_is_told_to_mend_a_library():
    case = Case(url="http://app.example/sms", status=500, headers=(("Content-Type", "text/html"),), body=DJANGO_LIBRARY.encode())
    cause = next(each for each in diagnose(case) if each.name == "app.exception")
    assert "site-packages" not in cause.steps[0]
    assert "your own" in cause.steps[0]


def test_what_a_redirect_made_of_the_method_is_the_redirects_trouble():
    hops = (("http://app.example/sms", 301), ("http://app.example/sms/", 405))
    case = Case(url="http://app.example/sms/", method="GET", status=405, headers=(("Allow", "POST"),), hops=hops)
    assert names(case)[0] == "redirect.slash"
    assert "app.wrong-method" not in names(case)


def test_a_redirect_to_another_port_of_the_apps_own_machine_is_no_private_address():
    blocked = Failure(kind=FailureKind.BLOCKED, detail="127.0.0.1 is not called: loopback (127.0.0.0/8).")
    hops = (("http://127.0.0.1:8000/sms", 302), ("https://127.0.0.1:8443/sms", 0))
    case = Case(url="https://127.0.0.1:8443/sms", method="GET", failure=blocked, hops=hops)
    assert names(case)[0] == "redirect.to-https"
    assert "net.private-address" not in names(case)


def test_a_frame_without_a_name_is_the_apps_own_line_too():
    page = (
        "<pre>Error: boom<br> &nbsp; &nbsp;at /srv/app/app.js:6:217<br> &nbsp; &nbsp;at Layer.handleRequest "
        "(/srv/app/node_modules/router/lib/layer.js:152:17)<br></pre>"
    )
    assert diagnose(Case(status=500, body=page.encode()))[0].title == "The app failed: Error: boom (/srv/app/app.js, line 6)."


# What looks like the name of a cause in the rules, and is that of a host or of a file.
OTHER_NAMES = {"captcha-delivery.com", "config.hosts", "localhost.run", "twilio.com", "w3.org"}
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")


def test_each_name_that_a_rule_gives_is_one_that_alarms_know():
    written = {
        node.value
        for file in Path(causes.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }
    assert written - OTHER_NAMES == known_names() - {"chaos"}
    assert all(map(is_cause, ("chaos", "twiml.12100", "twilio.11205")))
