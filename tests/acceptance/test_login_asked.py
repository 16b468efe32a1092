"""A real server where everybody has to log in: Twilio's SDK, the command line, a person with a link, and a restart."""

import http.client
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.helpers.processes import ACCOUNT, TOKEN, Offhook, fetch

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def alerts(offhook, token):
    http_client = TwilioHttpClient()
    client = Client(ACCOUNT, token, http_client=http_client)
    client.monitor.base_url = offhook.console
    with closing(http_client.session):
        return client.monitor.v1.alerts.list(limit=5)


def command(offhook, *words):
    flags = ("--database", str(offhook.folder / "offhook.db"), "--console-port", str(offhook.console_port))
    done = subprocess.run(
        [sys.executable, "-m", "offhook", *words, *flags], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def asked(url, method="GET", body=b"", **headers):
    """(status, headers) of one request; redirects are not followed."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)) as connection:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers


def log_in(link):
    """The cookie that a link is good for; None for one that is good for nothing."""
    parts = urlsplit(link)
    status, headers = asked(
        f"{parts.scheme}://{parts.netloc}/login", "POST", urlencode({"token": parts.query.partition("=")[2]}).encode(), **FORM
    )
    return headers["set-cookie"].partition(";")[0] if status == 303 else None


def test_everybody_has_to_say_who_they_are_and_each_has_a_way_to(tmp_path):
    offhook = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms", "--console-host", "0.0.0.0", "--console-login", "auto")
    key = tmp_path / "offhook.db.console-key"
    assert key.stat().st_mode & 0o777 == 0o600

    assert asked(f"{offhook.console}/api/webhooks")[0] == 401
    assert asked(f"{offhook.console}/")[0] == 303
    assert fetch(f"{offhook.console}/healthz")[0] == 200
    assert alerts(offhook, TOKEN) == []
    with pytest.raises(TwilioException, match="20401"):
        alerts(offhook, "another")

    assert command(offhook, "webhooks", "list", "--json").startswith("{")
    cookie = log_in(command(offhook, "console"))
    assert cookie is not None
    assert asked(f"{offhook.console}/audit", cookie=cookie)[0] == 200
    started_with = offhook.ready["login"]
    assert log_in(started_with) is not None
    assert log_in(started_with) is None

    written = key.read_text()
    assert offhook.stop() == 0, offhook.log.read_text()
    assert TOKEN not in offhook.log.read_text()
    assert written.strip() not in offhook.log.read_text()

    again = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms", "--console-login", "always")
    assert key.read_text() == written
    assert asked(f"{again.console}/audit", cookie=cookie)[0] == 303
    assert fetch(f"{again.console}/api/webhooks", headers={"Authorization": f"Bearer {written.strip()}"})[0] == 200
    assert again.stop() == 0, again.log.read_text()
