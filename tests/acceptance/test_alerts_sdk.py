"""Twilio's official SDKs, Python and Node, read Offhook's errors as they read Twilio's alerts; nothing but their base URL is changed."""

import asyncio
import json
import subprocess
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from offhook.api.server import ConsoleServer
from offhook.console.routes import create_console
from offhook.records import Level
from offhook.stores.sqlite import SqliteJournal
from tests.helpers.node import needed
from tests.integration.api.conftest import ACCOUNT, NOON, Console, House, StillClock

ALERTS = 2500
START = datetime.fromtimestamp(NOON, UTC)
BASES = ["", "/monitor"]


class Offhook:
    """A console over a journal on disk, in a thread of its own; `events` are all that it has logged, newest first."""

    def __init__(self, path):
        self.house = House(journal=SqliteJournal(path, StillClock()))
        self.events = []
        self._loop = asyncio.new_event_loop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.console.server.port}"

    @property
    def sids(self):
        return [event.id for event in self.events]

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            self.run(self._start())
            yield self
        finally:
            self.run(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    async def _start(self):
        await self.house.journal.open()
        server = ConsoleServer(create_console(self.house), "127.0.0.1", 0)
        await server.start()
        self.console = Console(self.house, server)

    async def _stop(self):
        await self.console.server.stop()
        await self.house.journal.close()

    async def log(self, count):
        """So many errors and warnings, one a second, every tenth a warning."""
        levels = [Level.WARNING if number % 10 == 0 else Level.ERROR for number in range(count)]
        events = [self.console.event(level=level, resource_sid="SM" + "1" * 32) for level in levels]
        await self.house.journal.record(events)
        self.events[:0] = reversed(events)

    async def fail(self, text):
        """A webhook that the app has not taken."""
        webhook_id = self.console.new_id("WH")
        exchange = self.console.exchange(status=502, headers=(("Content-Type", "text/html"),), body=b"<h1>Bad Gateway</h1>")
        attempt = self.console.attempt(webhook_id, exchange)
        event = self.console.event(webhook_id=webhook_id, attempt_id=attempt.id, account_sid=ACCOUNT, request_method="POST")
        await self.console.webhook(text, id=webhook_id, attempts=[attempt], events=[event])
        self.events.insert(0, event)


@pytest.fixture(scope="module")
def offhook(tmp_path_factory):
    with Offhook(tmp_path_factory.mktemp("alerts") / "offhook.db").running() as offhook:
        offhook.run(offhook.log(ALERTS - 1))
        offhook.run(offhook.fail("Where is my parcel? žluťoučký kůň"))
        yield offhook


@pytest.fixture(params=BASES, ids=["console", "monitor"])
def alerts(request, offhook):
    """`client.monitor.v1.alerts` of the Python SDK."""
    http_client = TwilioHttpClient()
    client = Client(ACCOUNT, "a-token-that-nobody-looks-at", http_client=http_client)
    client.monitor.base_url = offhook.url + request.param
    with closing(http_client.session):
        yield client.monitor.v1.alerts


def window_of(offhook):
    """A level, a start and an end, and what they choose: both ends are included."""
    chosen = [event for event in offhook.events if event.level is Level.WARNING][10:30]
    start, end = (datetime.fromtimestamp(int(event.at), UTC) for event in (chosen[-1], chosen[0]))
    return start, end, [event.id for event in chosen]


def test_python_lists_with_filters(alerts, offhook):
    start, end, expected = window_of(offhook)
    assert [alert.sid for alert in alerts.list(log_level="warning", start_date=start, end_date=end)] == expected
    assert alerts.list(log_level="debug") == []
    assert alerts.list(start_date=START - timedelta(days=90), end_date=START - timedelta(days=31)) == []


@pytest.mark.parametrize("asked", [{}, {"page_size": 700}, {"limit": ALERTS}, {"limit": 1500}], ids=str)
def test_python_gets_each_alert_once_and_the_newest_first(alerts, offhook, asked):
    assert [alert.sid for alert in alerts.stream(**asked)] == offhook.sids[: asked.get("limit", ALERTS)]


def test_python_pages_on_and_back(alerts, offhook):
    first = alerts.page(page_size=1000)
    second = first.next_page()
    third = second.next_page()
    assert third.next_page() is None
    assert [[alert.sid for alert in page] for page in (first, second, third)] == [
        offhook.sids[:1000],
        offhook.sids[1000:2000],
        offhook.sids[2000:],
    ]
    assert [alert.sid for alert in third.previous_page()] == offhook.sids[1000:2000]
    assert [alert.sid for alert in alerts.get_page(second.previous_page_url)] == offhook.sids[:1000]


def test_python_reads_every_field_of_an_alert(alerts, offhook):
    [alert] = alerts.list(limit=1)
    event = offhook.events[0]
    assert (alert.sid, alert.error_code, alert.log_level, alert.request_method) == (event.id, "11200", "error", "POST")
    assert alert.date_created == alert.date_generated == alert.date_updated == datetime.fromtimestamp(int(event.at), UTC)
    assert parse_qs(alert.alert_text)["OffhookCode"] == ["11217"]
    assert alert.request_variables is None


def test_python_fetches_the_webhook_that_was_not_taken(alerts, offhook):
    alert = alerts.list(limit=1)[0].fetch()
    assert parse_qs(alert.request_variables)["Body"] == ["Where is my parcel? žluťoučký kůň"]
    assert (alert.response_headers, alert.response_body) == ("Content-Type=text%2Fhtml", "<h1>Bad Gateway</h1>")


def test_python_raises_twilios_exception(alerts, offhook):
    client = alerts._version.domain.twilio
    with pytest.raises(TwilioRestException) as unknown:
        client.monitor.v1.alerts("NO" + "0" * 32).fetch()
    assert (unknown.value.status, unknown.value.code) == (404, 20404)


# With the Node SDK


@pytest.mark.parametrize("base", BASES, ids=["console", "monitor"])
def test_node_lists_pages_and_fetches(node_folder, offhook, base):
    start, end, expected = window_of(offhook)
    script = [needed("node"), "alerts.mjs", offhook.url + base, start.isoformat(), end.isoformat()]
    ran = subprocess.run(script, cwd=node_folder, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["window"] == expected
    assert found["limited"] == offhook.sids[:1500]
    assert found["streamed"] == offhook.sids
    assert found["walked"] == [offhook.sids[:1000], offhook.sids[1000:2000], offhook.sids[2000:]]
    assert found["back"] == offhook.sids[1000:2000]
    assert (found["newest"]["sid"], found["newest"]["errorCode"], found["newest"]["isDate"]) == (offhook.sids[0], "11200", True)
    assert parse_qs(found["fetched"]["requestVariables"])["Body"] == ["Where is my parcel? žluťoučký kůň"]
    assert found["fetched"]["responseBody"] == "<h1>Bad Gateway</h1>"
    assert found["unknown"] == {"status": 404, "code": 20404}
    assert found["nonsense"] == {"status": 400, "code": 20001}


def test_alerts_that_arrive_meanwhile_do_not_move_the_pages(alerts, offhook):
    """The last test of this file, since it logs more."""
    expected = offhook.sids[:ALERTS]
    found = []
    for alert in alerts.stream(page_size=500, limit=ALERTS):
        found.append(alert.sid)
        if len(found) % 400 == 0:
            offhook.run(offhook.log(7))
    assert found == expected
