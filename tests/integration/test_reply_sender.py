"""Replies over real sockets, to a server that speaks Twilio's Messages resource."""

import asyncio
import base64
import itertools
import json
import random
import socket
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from twilio.rest import Client

from offhook.debugger.classify import judge
from offhook.metrics import Metrics
from offhook.net.transport import HttpTransport
from offhook.records import EventFilter, Kind, Reply, ReplyState, Settlement, Webhook
from offhook.replies.rest import Created, Credentials, TwilioRest
from offhook.replies.sender import Parts, ReplySender
from offhook.stores.memory import MemoryJournal
from offhook.system import SystemClock, TimeSortedIds

ACCOUNT, TOKEN = "AC" + "1" * 32, "the-auth-token"
USER, OURS = "+15551230001", "+15551230002"


class MessagesServer(ThreadingHTTPServer):
    """Creates and lists messages. `faults` says what happens to the next creations; all others are good.

    "reset": the message is created, the connection dropped. "lose": it is not created, the connection dropped. A number: that status.
    """

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), MessagesHandler)
        self.faults = []
        self.requests = []
        self.messages = []
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """The client's side of a dropped connection is what the tests look at."""

    def create(self, form):
        message = {
            "sid": f"SM{next(self.numbers):032x}",
            "status": "queued",
            "direction": "outbound-api",
            "to": form["To"][0],
            "from": form.get("From", [None])[0],
            "messaging_service_sid": form.get("MessagingServiceSid", [None])[0],
            "body": form.get("Body", [""])[0],
            "num_media": str(len(form.get("MediaUrl", []))),
            "date_created": formatdate(),
            "account_sid": ACCOUNT,
        }
        self.messages.insert(0, message)
        return message


class MessagesHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.requests.append((dict(self.headers), urlsplit(self.path).path, body))
            fault = self.server.faults.pop(0) if self.server.faults else None
            if not self._known():
                self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
            elif isinstance(fault, int):
                self._answer(fault, {"code": 20429 if fault == 429 else 21610, "message": "No", "status": fault})
            else:
                message = self.server.create(parse_qs(body.decode())) if fault != "lose" else None
                if fault is None:
                    self._answer(201, message)
                else:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True

    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query)
        with self.server.lock:
            found = [
                each
                for each in self.server.messages
                if each["to"] == asked["To"][0] and ("From" not in asked or each["from"] == asked["From"][0])
            ]
            self._answer(200, {"messages": found, "next_page_uri": None})

    def _known(self):
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        return self.headers["Authorization"] == wanted

    def _answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class HastyClock(SystemClock):
    """The real clock, with every wait a hundredth of its length."""

    async def sleep(self, seconds):
        await asyncio.sleep(seconds / 100)


@pytest.fixture
def server():
    with MessagesServer() as made:
        yield made


@pytest.fixture
async def transport():
    made = HttpTransport(SystemClock(), pool_size=0)
    yield made
    await made.close()


def rest_to(url, transport, token=TOKEN):
    credentials = Credentials(account_sid=ACCOUNT, username=ACCOUNT, password=token)
    return TwilioRest(transport, lambda _: credentials, judge=judge, clock=SystemClock(), base_url=url)


def reply(**fields):
    now = SystemClock().now()
    return Reply(
        **{
            "id": TimeSortedIds().new("RP"),
            "webhook_id": "WH1",
            "ordinal": 0,
            "state": ReplyState.WAITING,
            "created_at": now,
            "account_sid": ACCOUNT,
            "to": USER,
            "sender": OURS,
            "body": "Hi",
            "due": now,
            "expires_at": now + 3600,
            **fields,
        }
    )


class Office:
    """A sender at work, on a journal in memory."""

    def __init__(self, rest):
        self.journal = MemoryJournal()
        parts = Parts(
            journal=self.journal,
            rest=rest,
            clock=HastyClock(),
            ids=TimeSortedIds(),
            chance=lambda: random.random() / 100,
            metrics=Metrics(),
        )
        self.sender = ReplySender(parts)

    async def __aenter__(self):
        await self.journal.open()
        self.running = asyncio.create_task(self.sender.run())
        return self

    async def __aexit__(self, *_):
        await self.sender.stop(5.0)
        await self.running

    async def sends(self, *replies):
        webhook = Webhook(
            id="WH1", endpoint="sms", received_at=0.0, peer="", url="", kind=Kind.MESSAGE, dedupe_key=b"", head=b"", body=b""
        )
        await self.journal.settle(Settlement(webhook=webhook, replies=replies))
        self.sender.wake()

    async def comes_to(self, reply_id, state, within=20.0):
        async with asyncio.timeout(within):
            while (found := await self.journal.reply(reply_id)).state is not state:  # noqa: ASYNC110 - the worker runs by itself
                await asyncio.sleep(0.01)
        return found

    async def codes(self):
        return [event.code for event in await self.journal.events(EventFilter(), 10)]


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "Hi & bye? 100% ü\n+ more"},
        {"body": "Look", "media": ("https://a.example/1.png?x=1&y=2", "https://a.example/2.png")},
        {"body": "", "media": ("https://a.example/1.png",)},
        {"body": "Hi", "status_callback": "https://a.example/status?x=1#rc=2&rp=all"},
        {"body": "Hi", "messaging_service_sid": "MG1"},
        {"body": "Hi", "to": "whatsapp:+15550001", "sender": "whatsapp:+15550002"},
    ],
)
async def test_the_form_is_byte_for_byte_the_one_of_twilios_own_sdk(server, transport, fields):
    message = reply(**fields)
    assert isinstance(await rest_to(server.url, transport).create_message(message), Created)

    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = server.url
    optional = {
        "body": message.body,
        "media_url": list(message.media),
        "status_callback": message.status_callback,
        "messaging_service_sid": message.messaging_service_sid,
    }
    arguments = {"to": message.to, "from_": message.sender, **{name: value for name, value in optional.items() if value}}
    await asyncio.to_thread(client.messages.create, **arguments)
    client.http_client.session.close()

    (our_headers, our_path, our_body), (sdk_headers, sdk_path, sdk_body) = server.requests
    assert (our_path, our_body) == (sdk_path, sdk_body)
    for name in ("Authorization", "Content-Type", "Accept"):
        assert our_headers[name] == sdk_headers[name]


async def test_replies_arrive_once_and_in_their_order(server, transport):
    async with Office(rest_to(server.url, transport)) as office:
        replies = [reply(ordinal=n, body=str(n)) for n in range(5)]
        await office.sends(*replies)
        await office.comes_to(replies[4].id, ReplyState.SENT)
    assert [message["body"] for message in reversed(server.messages)] == ["0", "1", "2", "3", "4"]


async def test_429_and_then_201_is_one_message(server, transport):
    server.faults = [429, 429]
    async with Office(rest_to(server.url, transport)) as office:
        message = reply()
        await office.sends(message)
        sent = await office.comes_to(message.id, ReplyState.SENT)
    assert (sent.attempts, len(server.messages), sent.message_sid) == (3, 1, server.messages[0]["sid"])


async def test_a_reset_after_the_request_was_read_is_settled_by_the_list(server, transport):
    server.faults = ["reset"]
    async with Office(rest_to(server.url, transport)) as office:
        message = reply()
        await office.sends(message)
        sent = await office.comes_to(message.id, ReplyState.SENT)
    assert (sent.message_sid, len(server.messages), len(server.requests)) == (server.messages[0]["sid"], 1, 1)


async def test_a_lost_request_that_the_list_does_not_settle_is_ambiguous_and_not_sent_again(server, transport):
    server.faults = ["lose"]
    async with Office(rest_to(server.url, transport)) as office:
        message = reply()
        await office.sends(message)
        await office.comes_to(message.id, ReplyState.AMBIGUOUS)
        assert await office.codes() == [11205]
    assert (server.messages, len(server.requests)) == ([], 1)


async def test_a_connection_that_the_api_has_closed_never_has_a_message_sent_twice(server, transport):
    async with Office(rest_to(server.url, transport)) as office:
        first, second = reply(body="First"), reply(body="Second", ordinal=1)
        await office.sends(first)
        await office.comes_to(first.id, ReplyState.SENT)
        server.faults = ["reset"]
        await office.sends(second)
        await office.comes_to(second.id, ReplyState.SENT)
    assert [message["body"] for message in server.messages] == ["Second", "First"]


async def test_wrong_credentials_keep_the_reply_and_write_no_secret_down(server, transport):
    async with Office(rest_to(server.url, transport, token="a-wrong-token")) as office:
        message = reply()
        await office.sends(message)
        kept = await office.comes_to(message.id, ReplyState.KEPT)
        (event,) = await office.journal.events(EventFilter(), 10)
    assert (kept.code, event.code) == (20003, 20003)
    assert "a-wrong-token" not in repr((kept, event))


async def test_a_refused_message_fails_alone(server, transport):
    server.faults = [400]
    async with Office(rest_to(server.url, transport)) as office:
        first, second = reply(), reply(ordinal=1)
        await office.sends(first, second)
        await office.comes_to(second.id, ReplyState.SENT)
        failed = await office.comes_to(first.id, ReplyState.FAILED)
    assert failed.code == 21610


async def test_a_dead_api_gets_the_reply_once_it_is_alive(transport):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with Office(rest_to(f"http://127.0.0.1:{port}", transport)) as office:
        message = reply()
        await office.sends(message)
        async with asyncio.timeout(10):
            while (await office.journal.reply(message.id)).code != 11202:  # noqa: ASYNC110 - the worker runs by itself
                await asyncio.sleep(0.01)
        with MessagesServer(port) as server:
            sent = await office.comes_to(message.id, ReplyState.SENT)
            assert (len(server.messages), sent.attempts >= 2) == (1, True)
