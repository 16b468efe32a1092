"""The app behind the receivers: answers `<Response/>` to every POST, and counts the distinct messages that came.

`python -m bench.app` prints `{"port": …}` and serves until SIGTERM; with `reply`, it answers each POST with a message. For the bench itself: `GET /counts` gives
`{"distinct", "requests", "timeline": [[monotonic seconds, distinct], …]}`, `GET /sids` the MessageSids, 34 bytes each.
"""

import asyncio
import json
import sys
import time

import httptools
import uvloop

from bench.noop import ANSWER, Noop, serve

TIMELINE_SECONDS = 0.05
SID_BYTES = 34
MESSAGE = b"<Response><Message>Thank you for your text.</Message></Response>"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(MESSAGE), MESSAGE)
MARK = b"&MessageSid="


class Tally:
    """What has come in so far."""

    def __init__(self) -> None:
        self.sids: set[bytes] = set()
        self.requests = 0
        self.timeline: list[tuple[float, int]] = []

    def count(self, body: bytes) -> None:
        self.requests += 1
        at = body.find(MARK) + len(MARK)
        self.sids.add(body[at : at + SID_BYTES])

    async def tell(self) -> None:
        """A point of the timeline, for ever; only where something has changed."""
        while True:
            if not self.timeline or self.timeline[-1][1] != len(self.sids):
                self.timeline.append((time.monotonic(), len(self.sids)))
            await asyncio.sleep(TIMELINE_SECONDS)

    def asked(self, path: bytes) -> bytes:
        """The answer to one of the bench's own questions."""
        if path == b"/sids":
            return b"".join(self.sids)
        counts = {
            "distinct": len(self.sids),
            "requests": self.requests,
            "timeline": [*self.timeline, (time.monotonic(), len(self.sids))],
        }
        return json.dumps(counts).encode()


class App(Noop):
    """One connection to the app."""

    def __init__(self, tally: Tally, answer: bytes = ANSWER) -> None:
        super().__init__()
        self.tally = tally
        self.answer = answer
        self.url = b""
        self.body = b""

    def on_message_begin(self) -> None:
        self.url = b""
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self.parser.get_method() == b"POST":
            self.tally.count(self.body)
            self.transport.write(self.answer)
            return
        body = self.tally.asked(httptools.parse_url(self.url).path)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


async def main() -> None:
    tally = Tally()
    telling = asyncio.create_task(tally.tell())
    answer = REPLY if "reply" in sys.argv[1:] else ANSWER
    await serve(lambda: App(tally, answer))
    telling.cancel()


if __name__ == "__main__":
    uvloop.run(main())
