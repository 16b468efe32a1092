"""Offhook's intake on its own: listener, desk, Twilio's signature check and the SQLite journal, put together as `offhook serve` does it,
with its log lines, but with nobody to deliver.

`python -m bench.servers.offhook_intake DATABASE` prints `{"port": …}` and serves `/sms` until SIGTERM.
"""

import asyncio
import json
import os
import signal
import sys

import uvloop

from bench.messages import TOKEN
from offhook import logs
from offhook.intake.aftermath import Relay
from offhook.intake.desk import Desk, DeskParts
from offhook.intake.limits import IntakeLimits
from offhook.intake.listener import Listener
from offhook.metrics import Metrics
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Answer, AnswerMode, Arrival, Endpoint
from offhook.stores.sqlite import SqliteJournal
from offhook.system import SystemClock, TimeSortedIds, collect_seldom, keep_memory

STOP_SECONDS = 5.0


class NobodyDelivers:
    """Takes on whatever is kept, and lets it lie."""

    def accept(self, arrival: Arrival, answered: Answer | None, relay: Relay | None) -> None:
        """Nothing: it is in the journal."""

    def repeat(self, webhook_id: str, relay: Relay) -> None:
        """Nothing: in ack mode a duplicate is answered by the desk."""


async def main(database: str) -> None:
    clock = SystemClock()
    provider = Twilio(TwilioSettings(tokens={"": (TOKEN,)}))
    journal = SqliteJournal(database, clock, derive=provider.derive)
    endpoint = Endpoint(name="sms", app_url="http://127.0.0.1:9/", answer=AnswerMode.ACK)
    desk = Desk(
        {endpoint.name: endpoint},
        DeskParts(
            providers={provider.name: provider},
            journal=journal,
            deliveries=NobodyDelivers(),
            clock=clock,
            ids=TimeSortedIds(),
            metrics=Metrics(),
        ),
    )
    listener = Listener(desk, host="127.0.0.1", port=0, limits=IntakeLimits(connections_per_address=1000))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    logs.hold(lambda write: loop.call_later(logs.DELAY, write))
    await journal.open()
    await listener.start()
    collect_seldom()
    print(json.dumps({"port": listener.port, "pid": os.getpid()}), flush=True)
    await stop.wait()
    await listener.stop(STOP_SECONDS)
    await desk.close()
    await journal.close()
    logs.hold(None)


if __name__ == "__main__":
    keep_memory()
    logs.configure("info")
    uvloop.run(main(sys.argv[1]))
