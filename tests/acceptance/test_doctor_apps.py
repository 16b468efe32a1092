"""`offhook doctor` at real Flask, Django, FastAPI and Express apps with the SDK's own validator, alone and behind a real nginx with TLS."""

import json

import pytest
import trustme

from tests.helpers.nginx import Nginx
from tests.helpers.node import needed
from tests.helpers.processes import App

FRAMEWORKS = ["flask", "django", "fastapi", "express"]
QUICK = ("--samples", "3")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority, and the file that says to trust it."""
    ca = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(file)
    return ca, str(file)


@pytest.fixture(params=FRAMEWORKS)
def start(request, tmp_path):
    """Starts the framework's app; stops it with the test."""
    apps = []

    def start_app(**env):
        command = ()
        if request.param == "express":
            command = (needed("node"), str(request.getfixturevalue("node_folder") / "express_app.mjs"))
        apps.append(App(request.param, tmp_path, command=command, **env))
        return apps[-1]

    yield start_app
    for app in apps:
        app.stop()


def examined(finished):
    """The report, the names of its faults, and the findings by check."""
    report = json.loads(finished.stdout)
    faults = [each["cause"] for each in report["findings"] if each["verdict"] == "fault"]
    return report, faults, {each["check"]: each for each in report["findings"]}


def test_a_healthy_app_has_no_fault(start, run_offhook):
    finished = run_offhook("doctor", start().url, "--json", *QUICK)
    report, faults, by_check = examined(finished)
    assert (faults, finished.returncode) == ([], 0), report
    for check in ("delivery", "reply", "signature", "forgery", "intermittent"):
        assert by_check[check]["verdict"] == "good", by_check[check]
    assert report["messages"] == [{"body": "You said: Hello from Offhook's doctor", "media": []}]
    assert report["requests"] <= 30


@pytest.mark.parametrize("query", ["?a=1&b=", "?name=J%20X&q=a%2Bb"])
def test_a_healthy_app_has_no_fault_with_a_query_either(start, run_offhook, query):
    finished = run_offhook("doctor", start().url + query, "--json", *QUICK)
    report, faults, _ = examined(finished)
    assert (faults, finished.returncode) == ([], 0), report


def test_a_healthy_app_behind_nginx_with_tls_has_no_fault(start, run_offhook, authority, tmp_path):
    ca, ca_file = authority
    app = start(APP_TRUSTS_PROXY="1")
    nginx = Nginx(tmp_path / "nginx", app.port, ca.issue_cert("localhost"))
    finished = run_offhook("doctor", f"https://localhost:{nginx.port}/sms", "--json", "--ca-file", ca_file, *QUICK)
    report, faults, by_check = examined(finished)
    assert (faults, finished.returncode) == ([], 0), report
    assert by_check["signature"]["verdict"] == by_check["forgery"]["verdict"] == "good"
    nginx.stop()


def test_an_app_that_does_not_believe_its_proxy_is_shown_the_url_that_it_checks(start, run_offhook, authority, tmp_path):
    ca, ca_file = authority
    app = start()
    nginx = Nginx(tmp_path / "nginx", app.port, ca.issue_cert("localhost"))
    finished = run_offhook("doctor", f"https://localhost:{nginx.port}/sms", "--json", "--ca-file", ca_file, *QUICK)
    report, faults, _ = examined(finished)
    assert finished.returncode == 1
    assert faults[0] in {"app.signature-check", "twilio-middleware.bad-signature"}, report
    first = report["findings"][0]
    assert "http in place of https" in first["title"]
    assert any(f"http://localhost:{nginx.port}/sms: taken" in each for each in first["evidence"])
    nginx.stop()


def test_without_a_token_an_app_that_checks_is_no_fault_and_no_pass(start, run_offhook):
    finished = run_offhook("doctor", start().url, "--json", *QUICK, env={"TWILIO_AUTH_TOKEN": ""})
    report, faults, by_check = examined(finished)
    assert (faults, finished.returncode) == ([], 0), report
    assert by_check["delivery"]["verdict"] == "could-not-tell"
    assert "TWILIO_AUTH_TOKEN" in by_check["delivery"]["fix"][0]


def test_another_token_than_the_apps_is_told(start, run_offhook):
    finished = run_offhook("doctor", start().url, "--json", *QUICK, env={"TWILIO_AUTH_TOKEN": "quite-another-token"})
    report, faults, by_check = examined(finished)
    assert faults, report
    assert finished.returncode == 1
    assert "auth token" in by_check["signature"]["fix"][0]
