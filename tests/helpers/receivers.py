"""A real HTTP receiver of webhooks on a free loopback port, with the answers that a test asks for."""

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from tests.helpers.scripted_peer import Peer

REASONS = {200: "OK", 204: "No Content"}


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


class Receiver(Peer):
    """Keeps what it gets in `posts`. `answers` are for the next requests, one each: a status, (status, header line), "hang" or "drop"; then 200."""

    def __init__(self, *answers, port=0):
        super().__init__(self._talk)
        self.posts = []
        self.answers = list(answers)
        self._port = port

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/alarms"

    async def _talk(self, line):
        while True:
            raw = await line.request()
            head, _, body = raw.partition(b"\r\n\r\n")
            first, *fields = head.decode().split("\r\n")
            method, target, _ = first.split(" ")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
            self.posts.append(Post(method, target, headers, body))
            answer = self.answers.pop(0) if self.answers else 200
            if answer == "hang":
                await line.until_closed()
                return
            if answer == "drop":
                line.reset()
                return
            status, extra = answer if isinstance(answer, tuple) else (answer, "")
            extra = f"{extra}\r\n" if extra else ""
            await line.say(f"HTTP/1.1 {status} {REASONS.get(status, 'No')}\r\n{extra}Content-Length: 0\r\n\r\n".encode())
