"""The command line on a desk: real settings, provider, transport and API around a journal in memory, and a server that only says it is ready."""

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from offhook.api.alarm_desk import open_desk
from offhook.api.server import ConsoleServer
from offhook.cli.app import build
from offhook.cli.assembly import ServeInfo
from offhook.console.routes import create_console
from offhook.doctor.configured import doctor_tools
from offhook.metrics import Metrics
from offhook.net.transport import HttpTransport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import (
    Answer,
    Arrival,
    Attempt,
    DebugEvent,
    Exchange,
    Kind,
    Level,
    Outcome,
    Reply,
    ReplyState,
    Role,
    Settlement,
    State,
    Timings,
    Webhook,
)
from offhook.settings import lacking, load
from offhook.stores.memory import MemoryJournal
from offhook.streams.carrying import NobodyCarries
from offhook.streams.configured import Means, tools
from offhook.streams.configured import open_desk as open_streams
from offhook.streams.sinks.table import KINDS
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.stream_desks import make_desk

NOON = 1_763_899_200.0  # 2025-11-23T12:00:00Z
TOKEN = "a-token-for-tests"
ACCOUNT = "AC" + "1" * 32
BODY = b"MessageSid=SM1&Body=Hello+there&ToState=&From=%2B15551230001&To=%2B15551230002"


class Desk:
    """The Assembly of these tests."""

    def __init__(self):
        self.store = MemoryJournal()
        self.served = None

    async def serve(self, settings, announce):
        self.served = settings
        announce(ServeInfo(intake=(settings.host, 8080), console=("127.0.0.1", 8081)))

    def journal(self, _settings):
        return self.store

    def transport(self, settings):
        return HttpTransport(SystemClock(), ca_file=settings.ca_file)

    def doctor_tools(self, settings):
        return doctor_tools(settings)

    def stream_desk(self, settings, journal, _transport):
        having = tools(settings.database, KINDS, Means(None, SystemClock(), TimeSortedIds(), lambda _: None))
        return open_streams(settings, journal, having, NobodyCarries())

    def provider(self, settings):
        tokens = {account.sid: tuple(token.reveal() for token in account.auth_tokens) for account in settings.accounts}
        return Twilio(TwilioSettings(tokens=tokens))


class House:
    """What the API asks, over the same journal."""

    endpoints = ()
    allowed_hosts = ()
    clock = SystemClock()

    def __init__(self, journal):
        self.journal = journal
        self.metrics = Metrics()
        made = make_desk(journal, self.clock, account_sid=ACCOUNT)
        self.streams, self.carried = made.desk, made.carried
        desk = open_desk(journal, self.clock, TimeSortedIds(), endpoints=["sms"], account_sid=ACCOUNT)
        self.alarms = desk._replace(lacking=lacking(load({}, {}, None)))

    async def replay(self, ids, *, delivered=True):
        return await self.journal.requeue(ids, NOON, delivered=delivered)

    async def hasten(self, endpoint):
        return await self.journal.hasten(endpoint, self.clock.now())

    async def send_reply(self, _reply_id):
        return False

    def ready(self):
        return {"store": "", "deliver": ""}


class Loop:
    """An event loop in a thread of its own, for a server that answers while the command runs."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


def number(prefix, made):
    return f"{prefix}{int(NOON * 1000) + made * 1000:012x}{'7' * 20}"


def webhook_of(made, *, state=State.FAILED, text=BODY):
    return Webhook(
        id=number("WH", made),
        endpoint="sms",
        received_at=NOON + made,
        peer="203.0.113.9",
        url="https://sms.example.com/sms",
        kind=Kind.MESSAGE,
        dedupe_key=f"{made:016}".encode(),
        head=b"POST /sms HTTP/1.1\r\nHost: sms.example.com\r\nContent-Type: application/x-www-form-urlencoded",
        body=text,
        provider_id=f"SM{made:032}",
        account_sid=ACCOUNT,
        sender="+15551230001",
        recipient="+15551230002",
        state=state,
        attempts=1,
        failures=1,
        answer=Answer(status=200, body=b"<Response/>", source="stand-in", at=NOON + made),
    )


def settlement_of(made, **fields):
    webhook = webhook_of(made, **fields)
    exchange = Exchange(
        method="POST",
        url="https://app.example.com/sms",
        started_at=NOON,
        timings=Timings(dns=1.2, connect=3.4, first_byte=40.0, total=55.5),
        peer="198.51.100.7:443",
        status=502,
        body=b"Bad \x1b[31mGateway",
        body_size=16,
    )
    attempt = Attempt(
        id=number("AT", made),
        webhook_id=webhook.id,
        number=1,
        role=Role.PRIMARY,
        url="https://bob:hunter2@app.example.com/sms",
        started_at=NOON,
        duration_ms=55.5,
        outcome=Outcome(delivered=False, code=11217, twilio_code=11200, message="The app answered 502."),
        exchanges=(exchange,),
    )
    event = DebugEvent(
        id=number("NO", made),
        at=NOON + made,
        level=Level.ERROR,
        code=11217,
        twilio_code=11200,
        message="The app answered 502.",
        endpoint="sms",
        webhook_id=webhook.id,
        details={"httpResponse": "502"},
    )
    reply = Reply(
        id=number("RP", made),
        webhook_id=webhook.id,
        ordinal=1,
        state=ReplyState.KEPT,
        created_at=NOON,
        to="+15551230001",
        body="Hi you",
    )
    return Settlement(webhook=webhook, attempts=(attempt,), replies=(reply,), events=(event,))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A fresh directory, an environment without settings, and `run` for the command line."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "PORT",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_API_KEY",
        "TWILIO_API_SECRET",
        "OFFHOOK_CONSOLE_URL",
        "OFFHOOK_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    assembly = Desk()

    def run(*words, input=None, **environ):  # noqa: A002 - as the runner calls it
        result = CliRunner().invoke(build(assembly), list(words), input=input, env=environ, prog_name="offhook")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return SimpleNamespace(run=run, assembly=assembly, store=assembly.store, folder=tmp_path)


def keep(store, *settlements):
    async def work():
        await store.open()
        for settlement in settlements:
            arrived = {name: getattr(settlement.webhook, name) for name in Arrival.__struct_fields__}
            store.append(Arrival(**arrived), lambda _: None)
            await asyncio.sleep(0)
            await store.settle(settlement)

    return work()


@pytest.fixture
def stopped(desk):
    """No server runs; its database file lies there."""
    (desk.folder / "offhook.db").touch()

    def fill(*settlements):
        asyncio.run(keep(desk.store, *settlements))

    desk.fill = fill
    desk.flags = ("--console-port", "1")
    return desk


@pytest.fixture
def running(desk):
    """A server's console listens."""
    with Loop() as loop:
        house = House(desk.store)
        server = ConsoleServer(create_console(house), "127.0.0.1", 0)
        desk.house, desk.carried = house, house.carried
        loop.run(server.start())
        desk.fill = lambda *settlements: loop.run(keep(desk.store, *settlements))
        loop.run(desk.store.open())
        desk.flags = ("--console-port", str(server.port))
        desk.loop = loop
        yield desk
        loop.run(server.stop())


@pytest.fixture(params=["running", "stopped"])
def either(request):
    """The same story with a server and without one."""
    return request.getfixturevalue(request.param)


@contextmanager
def app(*answers):
    """An app that gives these answers (status, type, body, …headers) in turn, the last one for ever; yields its URL and what it got."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body.decode()))
            status, content_type, content, *headers = answers[min(len(seen), len(answers)) - 1]
            self.send_response(status)
            for name, value in [("Content-Type", content_type), ("Content-Length", str(len(content.encode()))), *headers]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content.encode())

        def __getattr__(self, name):
            if name in {"do_GET", "do_POST"}:
                return self.handle_one
            raise AttributeError(name)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/sms", seen=seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def app_answering():
    return app


@pytest.fixture
def settled():
    """Maker of what one round of delivery left behind."""
    return settlement_of


@pytest.fixture
def parsed():
    return lambda result: json.loads(result.stdout)
