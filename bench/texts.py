"""The simulated carrier under a constant rate of texts, in a process of its own: `python -m bench.texts PORT RATE SECONDS`.

The app at PORT answers each text with a message. When the last reply has arrived it prints `{"replied", "missing", "failed", "rate",
"late_ms", "reply_ms", "cpu_us", "resident_mb", "kept"}`: how late the texts were sent, how long each took until its reply was on the phone,
the CPU time of this process for each text, its memory at its highest, and how many webhooks are still in it. Texts are spread over people, so that the loop guard has nothing to say.
"""

import asyncio
import json
import os
import sys
import time

from bench.load import summary
from bench.machine import memory_mb
from bench.messages import TOKEN
from offhook.dev.house import DevHouse
from offhook.simulator.life import Pace
from offhook.simulator.records import Account, Direction, Message, Status
from offhook.system import collect_seldom
from offhook.testing.carrier import quick_house

WARMUP = 200
WAIT_SECONDS = 20
PEOPLE = 10_000


class Phones:
    """When each person's text was sent, and how long its reply took."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.took: list[float] = []
        self.failed = 0
        self.people = 0

    def see(self, message: Message) -> None:
        if message.direction is Direction.INBOUND:
            return
        if message.status is Status.DELIVERED and (at := self.sent.pop(message.to, None)) is not None:
            self.took.append(time.perf_counter() - at)
        self.failed += message.status in {Status.FAILED, Status.UNDELIVERED}


async def main(port: int, rate: float, seconds: float) -> None:
    house = quick_house(Account(sid="AC" + "0" * 32, auth_token=TOKEN), Pace())
    house.connect(f"http://127.0.0.1:{port}/sms")
    await house.start()
    collect_seldom()
    phones = Phones()
    house.book.watch(phones.see)
    await text(house, phones, WARMUP, rate / 2)
    await arrive(house)
    phones.took.clear()
    cpu, started = time.process_time(), time.perf_counter()
    count = int(rate * seconds)
    late = await text(house, phones, count, rate)
    took = time.perf_counter() - started
    await arrive(house)
    spent = time.process_time() - cpu
    found = {
        "replied": len(phones.took),
        "missing": count - len(phones.took),
        "failed": phones.failed,
        "rate": count / took,
        "late_ms": summary(late),
        "reply_ms": summary(phones.took),
        "cpu_us": spent / count * 1e6,
        "resident_mb": memory_mb(os.getpid())[1],
        "kept": sum(sum(states.values()) for states in (await house.journal.counts()).values()),
    }
    print(json.dumps(found), flush=True)
    await house.stop()


async def text(house: DevHouse, phones: Phones, count: int, rate: float) -> list[float]:
    """Send that many texts at that rate; by how much each was late. One that is late does not delay the next."""
    number = next(iter(house.book.numbers.values())).number
    late = []
    started = time.perf_counter()
    for each in range(count):
        due = started + each / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late.append(max(0.0, time.perf_counter() - due))
        phones.people += 1
        sender = f"+1312{phones.people % PEOPLE:07}"
        phones.sent[sender] = time.perf_counter()
        house.carrier.text(sender, number, f"text {each}")
        if not each % 10:
            await asyncio.sleep(0)
    return late


async def arrive(house: DevHouse) -> None:
    """Until nothing is under way any more."""
    async with asyncio.timeout(WAIT_SECONDS):
        while house.carrier.under_way:  # noqa: ASYNC110 - it has nothing to wait on
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
