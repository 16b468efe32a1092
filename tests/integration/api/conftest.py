"""A house with a journal in memory, and its console on a real port: what the stories of this folder are told with."""

import asyncio
import http.client
import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from offhook.api.alarm_desk import AlarmDesk, open_desk
from offhook.api.server import ConsoleServer
from offhook.console.routes import create_console
from offhook.doctor.checks import url
from offhook.doctor.configured import doctor_tools
from offhook.doctor.practice import Practice
from offhook.errors import JournalError
from offhook.metrics import Metrics
from offhook.records import (
    Answer,
    Arrival,
    Attempt,
    DebugEvent,
    Endpoint,
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
from offhook.streams.desk import Desk as StreamDesk
from offhook.system import TimeSortedIds
from tests.helpers.stream_desks import Carried, make_desk

NOON = 1_763_899_200.0  # 2025-11-23T12:00:00Z
ACCOUNT = "AC" + "a" * 32
TOKEN = "a-token-for-tests"
SETTINGS = load({}, {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}, None)
ENDPOINTS = (
    Endpoint(name="sms", app_url="https://bob:hunter2@app.example/sms#rc=3", fallback_url="https://carol:s3cret@spare.example/"),
)


class StillClock:
    """A clock that a test sets."""

    def __init__(self):
        self.time = NOON

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds


class Journal(MemoryJournal):
    """The journal in memory, and a way to have its reads fail."""

    broken = ""

    async def webhooks(self, where, limit, before=""):
        self._fail_when_broken()
        return await super().webhooks(where, limit, before)

    async def counts(self):
        self._fail_when_broken()
        return await super().counts()

    async def story(self, webhook_id):
        self._fail_when_broken()
        return await super().story(webhook_id)

    def _fail_when_broken(self):
        if self.broken:
            raise JournalError(self.broken)


def practice(*, account_sid=ACCOUNT, checks=(url.CHECK,), endpoints=ENDPOINTS):
    """The doctor with a token, and with no check that asks the world."""
    return Practice(lambda: doctor_tools(SETTINGS), endpoints, account_sid, checks)


@dataclass
class House:
    """What the API asks of the house, over a journal in memory."""

    journal: Journal = field(default_factory=Journal)
    clock: StillClock = field(default_factory=StillClock)
    endpoints: tuple[Endpoint, ...] = ENDPOINTS
    metrics: Metrics = field(default_factory=Metrics)
    allowed_hosts: tuple[str, ...] = ("offhook.example",)
    troubles: dict[str, str] = field(default_factory=lambda: {"store": "", "deliver": ""})
    sent: list[str] = field(default_factory=list)
    doctor: Practice = field(default_factory=practice)
    alarms: AlarmDesk = field(init=False)
    streams: StreamDesk = field(init=False)
    carried: Carried = field(init=False)

    def __post_init__(self):
        made = make_desk(self.journal, self.clock, account_sid=ACCOUNT)
        self.streams, self.carried = made.desk, made.carried
        self.alarms = open_desk(
            self.journal, self.clock, TimeSortedIds(), endpoints=[each.name for each in self.endpoints], account_sid=ACCOUNT
        )._replace(lacking=lacking(SETTINGS))

    async def replay(self, ids, *, delivered=True):
        return await self.journal.requeue(ids, self.clock.now(), delivered=delivered)

    async def hasten(self, endpoint):
        return await self.journal.hasten(endpoint, self.clock.now())

    async def send_reply(self, reply_id):
        self.sent.append(reply_id)
        return True

    def ready(self):
        return self.troubles

    # For the pages that the guard is tried with.

    history = None

    def breakers(self):
        return {}

    def addresses(self):
        return {}


@dataclass
class Heard:
    """One answer of the console."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Console:
    """A console that listens, and short ways to fill its journal and to ask it."""

    def __init__(self, house, server):
        self.house = house
        self.journal = house.journal
        self.server = server
        self._made = 0

    def new_id(self, prefix):
        self._made += 1
        return f"{prefix}{int(NOON * 1000) + self._made * 1000:012x}{'7' * 20}"

    async def ask(self, method, path, *, headers=None, body=b""):
        return await asyncio.to_thread(self._ask, method, path, headers or {}, body)

    async def get(self, path, **headers):
        return await self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def post(self, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b""
        if body is not None:
            content = json.dumps(body).encode()
            named.setdefault("content-type", "application/json")
        return await self.ask("POST", path, headers=named, body=content)

    def _ask(self, method, path, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in ({"host": f"127.0.0.1:{self.server.port}", "content-length": str(len(body))} | headers).items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders()
            connection.send(body)
            answer = connection.getresponse()
            return Heard(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    async def form(self, path, *fields, **named):
        """POST a form: pairs, and further fields by their names."""
        content = urlencode([*fields, *named.items()]).encode()
        return await self.ask("POST", path, headers={"content-type": "application/x-www-form-urlencoded"}, body=content)

    async def webhook(self, body="Hello", *, state=State.FAILED, attempts=(), replies=(), events=(), **fields):
        """Keep a webhook; its id and time of receipt grow with each one. The attempts are counted in `attempts`."""
        webhook_id = fields.pop("id", None) or self.new_id("WH")
        values = {
            "id": webhook_id,
            "endpoint": "sms",
            "received_at": int(webhook_id[2:14], 16) / 1000,
            "peer": "203.0.113.9",
            "url": "https://offhook.example/sms",
            "kind": Kind.MESSAGE,
            "dedupe_key": webhook_id[-16:-8].encode() + webhook_id[6:14].encode(),
            "head": b"POST /sms HTTP/1.1\r\nHost: offhook.example\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic Ym9iOg==",
            "body": urlencode(
                {"MessageSid": "SM" + "1" * 32, "From": "+15551230001", "To": "+15551230002", "Body": body}
            ).encode(),
            "provider_id": "SM" + "1" * 32,
            "account_sid": ACCOUNT,
            "sender": "+15551230001",
            "recipient": "+15551230002",
            "failures": 2,
            "attempts": len(attempts),
            "answer": Answer(
                status=200, headers=(("content-type", "text/xml"),), body=b"<Response/>", source="stand-in", at=NOON
            ),
        } | fields
        arrived = {name: values[name] for name in Arrival.__struct_fields__}
        stored = asyncio.get_running_loop().create_future()
        self.journal.append(Arrival(**arrived), stored.set_result)
        await stored
        webhook = Webhook(state=state, **values)
        await self.journal.settle(
            Settlement(webhook=webhook, attempts=tuple(attempts), replies=tuple(replies), events=tuple(events))
        )
        return webhook

    def attempt(self, webhook_id, *exchanges, number=1, outcome=None):
        return Attempt(
            id=self.new_id("AT"),
            webhook_id=webhook_id,
            number=number,
            role=Role.PRIMARY,
            url="https://bob:hunter2@app.example/sms#rc=3",
            started_at=NOON,
            duration_ms=12.3456,
            outcome=outcome or Outcome(delivered=False, code=11217, twilio_code=11200, message="The app answered 502."),
            exchanges=exchanges,
        )

    def exchange(self, **fields):
        values = {
            "method": "POST",
            "url": "https://app.example/sms",
            "started_at": NOON,
            "timings": Timings(dns=1.5, total=12.25),
        }
        return Exchange(**(values | fields))

    def reply(self, webhook_id, *, state=ReplyState.KEPT, **fields):
        values = {
            "id": self.new_id("RP"),
            "webhook_id": webhook_id,
            "ordinal": 0,
            "created_at": NOON,
            "to": "+15551230001",
            "body": "Hi",
        }
        return Reply(state=state, **(values | fields))

    def event(self, **fields):
        event_id = self.new_id("NO")
        values = {
            "id": event_id,
            "at": int(event_id[2:14], 16) / 1000,
            "level": Level.ERROR,
            "code": 11217,
            "twilio_code": 11200,
            "message": "The app answered 502.",
            "endpoint": "sms",
            "request_url": "https://bob:hunter2@app.example/sms",
            "details": {"httpResponse": "502"},
        }
        return DebugEvent(**(values | fields))


def pytest_collection_modifyitems(items):
    """The tests of one file share an event loop, since they share a listener: starting one for each test takes longer than the test."""
    for item in items:
        if item.path.parent == Path(__file__).parent and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture
def practice_of():
    """Maker of a doctor for the house."""
    return practice


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listening():
    house = House()
    server = ConsoleServer(create_console(house), "127.0.0.1", 0)
    await server.start()
    yield house, server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def console(listening):
    house, server = listening
    vars(house).update(vars(House()))
    await house.journal.open()
    yield Console(house, server)
    await house.doctor.close()
    await house.journal.close()
