"""The account's API with nothing around it: a book, a carrier that calls nobody, a clock that the test moves."""

import base64
import json
from types import SimpleNamespace
from urllib.parse import urlencode

from offhook.api.account.asked import Desk
from offhook.api.account.door import Door
from offhook.api.account.routes import RESOURCES
from offhook.simulator.book import Book
from offhook.simulator.carrier import Carrier
from offhook.simulator.records import Account, Direction, Message, Number, Status
from tests.helpers.clock import ManualClock

ACCOUNT, TOKEN = "AC" + "a" * 32, "a-token"
ADA, OWN, OTHER = "+12025550101", "+12025550199", "+12025550198"


class Calls:
    """What the carrier would have told the app: inbound messages and status callbacks. `answer` are the replies to each message."""

    def __init__(self):
        self.heard, self.told, self.answer = [], [], lambda message: ()

    async def inbound(self, message, place):
        self.heard.append((place.url, message))
        return "", self.answer(message)

    async def status(self, message):
        self.told.append((message.sid, message.status.value))

    async def lost(self, message):
        pass


class Api:
    """Requests to the API by hand. A path is below the account's own."""

    def __init__(self, most_messages=1000):
        self.clock, self.calls = ManualClock(), Calls()
        self.book = Book(Account(sid=ACCOUNT, auth_token=TOKEN), most_messages)
        self.carrier = Carrier(self.book, self.calls, self.clock)
        self.door = Door(Desk(self.book, self.carrier, self.clock), RESOURCES)
        self.own, self.other = (self.number(f"PN{n}", number) for n, number in enumerate((OWN, OTHER)))
        self._count = 0

    def number(self, sid, number, url="http://app/sms"):
        self.book.numbers[sid] = made = Number(sid=sid, number=number, friendly_name=number, sms_url=url)
        return made

    def message(self, **given):
        """A message in the book; by default one that was delivered to Ada."""
        self._count += 1
        now = self.clock.now()
        fields = {
            "sid": f"SM{self._count:032x}",
            "account_sid": ACCOUNT,
            "direction": Direction.API,
            "sender": OWN,
            "to": ADA,
            "body": "Hi",
            "status": Status.DELIVERED,
            "created_at": now,
            "updated_at": now,
            "sent_at": now,
        }
        return self.book.keep(Message(**{**fields, **given}))

    async def ask(self, method, path, given=(), *, user=(ACCOUNT, TOKEN), content_type="application/x-www-form-urlencoded"):
        """(status, headers, JSON or bytes) of one request."""
        whole = path if path.startswith("/") else f"/2010-04-01/Accounts/{ACCOUNT}/{path}"
        bare, _, query = whole.partition("?")
        form = urlencode(list(given.items()) if isinstance(given, dict) else given).encode()
        if method == "GET" and form:
            query, form = form.decode(), b""
        headers = [(b"host", b"localhost"), (b"content-type", content_type.encode())]
        if user:
            headers.append((b"authorization", basic(*user).encode("latin-1")))
        sent = []

        async def receive():
            return {"type": "http.request", "body": form, "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": bare, "query_string": query.encode(), "headers": headers}
        await self.door({**scope, "scheme": "http", "server": ("localhost", 80)}, receive, send)
        start, body = sent[0], b"".join(each.get("body", b"") for each in sent[1:])
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        is_json = headers.get("content-type") == "application/json"
        return SimpleNamespace(status=start["status"], headers=headers, body=json.loads(body) if is_json else body)


def basic(name, password):
    """The header with which a user calls."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
