"""A house and its console with everything that a page may ask for, and a person who is logged in."""

import asyncio
import re
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from offhook.alarms.model import Alarm, Firing
from offhook.alarms.shelves import keep_firing
from offhook.api.server import ConsoleServer
from offhook.console.audit import Audit
from offhook.console.history import History
from offhook.console.house import Address
from offhook.console.live import Live
from offhook.console.oneoff import OneOff
from offhook.console.routes import create_console
from offhook.console.session import COOKIE, Sessions
from offhook.debugger import classify
from offhook.delivery.round import RoundParts
from offhook.errors import OffhookError
from offhook.net.transport import HttpTransport
from offhook.providers.configured import derive, providers
from offhook.records import Cause, Confidence, Exchange, Outcome, State, Timings
from offhook.settings import Settings, load
from offhook.streams.carrier import SinkState
from offhook.streams.carrying import NobodyCarries
from offhook.streams.configured import Means, open_desk, tools
from offhook.streams.model import SINKS, Delivery, Sink, SinkStatus
from offhook.streams.shelves import put
from offhook.streams.sinks.table import KINDS
from offhook.system import SystemClock, TimeSortedIds
from tests.integration.api.conftest import ACCOUNT, ENDPOINTS, NOON, TOKEN, Console, Heard, Journal, StillClock
from tests.integration.api.conftest import House as ApiHouse

SETTINGS = load({}, {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "OFFHOOK_DATABASE": "memory:"}, None)
TAKEN = Exchange(method="POST", url="http://127.0.0.1:8080/sms", started_at=NOON, timings=Timings(), status=200)
BAD_GATEWAY = Cause(
    name="app.bad-gateway",
    title="Your app's proxy found nobody behind it.",
    confidence=Confidence.CERTAIN,
    evidence=("The answer was 502 Bad Gateway.", "Server: nginx/1.22.1"),
    steps=("Start the app.", "See that it listens where the proxy looks."),
)


class Carrying(NobodyCarries):
    """Streams of which a test says how they are: `states` by the sinks' sids."""

    def __init__(self):
        self.states = {}

    async def test(self, _sink, _event):
        return Delivery(taken=1)

    def status(self, sink_sid):
        return self.states.get(sink_sid, SinkState())


def memory_journal():
    """A journal in memory that reads what is not settled yet as the house does."""
    return Journal(derive=derive(SETTINGS, providers(SETTINGS)))


@dataclass
class House(ApiHouse):
    """All that pages ask of the house. Test messages end up in `tests_sent`, and get `test_answer`; `resting` are the breakers."""

    journal: object = field(default_factory=memory_journal)
    carrying: Carrying = field(default_factory=Carrying)
    resting: dict = field(default_factory=dict)
    settings: Settings = SETTINGS
    tests_sent: list = field(default_factory=list)
    test_answer: Exchange = TAKEN
    sessions: Sessions = field(init=False)
    streams: object = field(init=False)
    history: History = field(init=False)
    live: Live = field(init=False)
    transport: HttpTransport = field(init=False)
    once: OneOff = field(init=False)

    def __post_init__(self):
        super().__post_init__()
        self.sessions = Sessions(self.clock.now)
        having = tools("memory:", KINDS, Means(None, self.clock, TimeSortedIds(), lambda _: None))
        self.streams = open_desk(SETTINGS, self.journal, having, self.carrying)
        self.history = History(self.metrics, self.journal, self.clock)
        self.live = Live(self.journal, every=0.02)
        present = SystemClock()
        self.transport = HttpTransport(present, pool_size=0)
        self.once = OneOff(
            RoundParts(
                transport=self.transport,
                sign=providers(SETTINGS)["twilio"].sign,
                judge=classify.judge,
                clock=present,
                ids=TimeSortedIds(),
            )
        )

    def breakers(self):
        return self.resting

    def addresses(self):
        return {each.name: Address(f"https://offhook.example/{each.name}", True) for each in self.endpoints}

    async def send_test(self, endpoint, draft):
        if endpoint not in self.addresses():
            raise OffhookError(f"There is no endpoint {endpoint!r}.")
        self.tests_sent.append((endpoint, draft))
        return self.test_answer


INLINE = {"a", "b", "code", "em", "i", "kbd", "small", "span", "strong", "time"}


class _Words(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, _attributes):
        self.found.append("" if tag in INLINE else " ")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        self.handle_starttag(tag, ())

    def handle_data(self, data):
        self.found.append(data)


def words_of(html):
    """What a page says: its text, blanks made one."""
    reader = _Words()
    reader.feed(html)
    return re.sub(r"\s+", " ", "".join(reader.found)).strip()


class Page(Heard):
    """One answer, as a person reads it."""

    @property
    def words(self):
        """The text of the part that is this page's own."""
        main = re.search(r"<main.*?</main>", self.text, re.DOTALL)
        return words_of(main[0] if main else self.text)

    @property
    def where(self):
        """Where it sends the browser on to."""
        return self.headers.get("location", "")


class Pages(Console):
    """A console with a person in front of it. `read` and `change` are theirs; `get` and `post` are of somebody without a login, or a program's."""

    def __init__(self, house, server):
        super().__init__(house, server)
        self.session = house.sessions.open(house.sessions.link())

    def new_id(self, prefix):
        """Ids of the last hour, each a second after the one before."""
        self._made += 1
        return f"{prefix}{int((self.house.clock.now() - 3600 + self._made) * 1000):012x}{'7' * 20}"

    @property
    def audit(self):
        """The audit log."""
        return Audit(self.house.journal, self.house.clock, TimeSortedIds())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def cookie(self):
        return f"{COOKIE}={self.session.token}"

    async def read(self, path, **headers):
        """A page."""
        heard = await self.get(path, cookie=self.cookie, **headers)
        return Page(heard.status, heard.headers, heard.body)

    async def change(self, path, fields=(), *, csrf=None, **headers):
        """Post a form of the page's own: `fields` as pairs, or as a mapping whose values may be lists."""
        pairs = list(fields.items()) if hasattr(fields, "items") else list(fields)
        content = urlencode([("csrf", self.session.csrf if csrf is None else csrf), *pairs], doseq=True).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content-type": "application/x-www-form-urlencoded", "origin": self.url, "cookie": self.cookie} | sent
        heard = await self.ask("POST", path, headers=sent, body=content)
        return Page(heard.status, heard.headers, heard.body)

    async def follow(self, page):
        """The page that an answer sends the browser on to."""
        assert page.status == 303, page.text
        return await self.read(page.where.partition("#")[0])

    # -- what there is to see

    async def lost(self, body="Hello", **fields):
        """A webhook that the app refused with a 502: its attempt, its error with a cause, and so its issue. Gives webhook and event."""
        webhook_id = self.new_id("WH")
        attempt = self.attempt(webhook_id, self.exchange(status=502, body=b"Bad Gateway", body_size=11))
        event = self.event(webhook_id=webhook_id, attempt_id=attempt.id, causes=(BAD_GATEWAY,), number="+15551230002")
        webhook = await self.webhook(body, id=webhook_id, attempts=(attempt,), events=(event,), **fields)
        return webhook, event

    async def delivered(self, body="Hello", **fields):
        """A webhook that the app has taken."""
        webhook_id = self.new_id("WH")
        attempt = self.attempt(
            webhook_id, self.exchange(status=200, body=b"<Response/>", body_size=11), outcome=Outcome(delivered=True)
        )
        return await self.webhook(body, id=webhook_id, state=State.DELIVERED, attempts=(attempt,), failures=0, **fields)

    async def alarm(self, name="Too many errors", **fields):
        """An alarm in the book."""
        return await self.house.alarms.book.create(Alarm(**{"sid": "", "name": name, "threshold": 10.0} | fields))

    async def firing(self, alarm, **fields):
        """An active firing of it."""
        values = {
            "id": self.new_id("AF"),
            "alarm_sid": alarm.sid,
            "alarm_name": alarm.name,
            "fired_at": self.house.clock.now() - 60,
            "value": 12.0,
            "threshold": alarm.threshold,
            "peak": 15.0,
        }
        firing = Firing(**(values | fields))
        await self.journal.keep(keep_firing(firing))
        return firing

    async def sink(self, description="archive", state=None, **fields):
        """A sink that writes files. `state` is how it is doing."""
        now = self.house.clock.now()
        values = {
            "sid": self.new_id("DG"),
            "type": "file",
            "description": description,
            "configuration": {"path": "events.jsonl"},
            "status": SinkStatus.ACTIVE,
            "created_at": now,
            "updated_at": now,
        }
        sink = Sink(**(values | fields))
        await self.journal.keep([put(SINKS, sink.sid, sink)])
        if state is not None:
            self.house.carrying.states[sink.sid] = state
        return sink


async def open_pages(house=None, login=None):
    """A house whose console listens, `login` is how one logs in. Whoever asked for it calls `close_pages`."""
    house = house or House()
    await house.journal.open()
    server = ConsoleServer(create_console(house, login or house.sessions), "127.0.0.1", 0)
    await server.start()
    return Pages(house, server)


async def close_pages(pages):
    """Stop it all."""
    pages.house.live.close()
    await pages.server.stop()
    await pages.house.streams.close()
    await pages.house.doctor.close()
    await pages.house.transport.close()
    await pages.house.journal.close()


class Beside:
    """A console in an event loop of its own, in a thread, for a browser that is driven from this one. `run` has work done there."""

    def __init__(self, make_house=House):
        self._make = make_house

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.pages = self.run(self._open())
        self.house, self.url = self.pages.house, self.pages.url
        return self

    async def _open(self):
        return await open_pages(self._make())

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def log_in(self, page):
        """Have the browser's page log in by a link, as a person does."""
        page.goto(f"{self.url}/login?token={self.house.sessions.link()}")
        page.get_by_role("main").get_by_role("button", name="Log in").click()

    def __exit__(self, *_):
        self.run(close_pages(self.pages))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


__all__ = ["ACCOUNT", "BAD_GATEWAY", "ENDPOINTS", "NOON", "TOKEN", "Beside", "House", "Page", "Pages", "StillClock", "words_of"]
