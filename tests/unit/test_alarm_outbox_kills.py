"""Whatever receivers do and whenever the process dies: everything is told, and what comes twice comes under the same id."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.alarms.notify.base import Later, Told
from tests.helpers.alarms import Office, notification

FATES = ["told", "refused", "lost", "killed before", "killed after"]
CHANNELS = (("email", "ada@example.com"), ("webhook", "https://x.org/hook"), ("apprise", "env:CHAT"))


class Fickle:
    """Does to each message what fate has for it; when the fates are used up, all goes well.

    `got` is what has arrived, by the message's id; `by` says under which id each piece of news has.
    """

    def __init__(self, fates):
        self.fates = list(fates)
        self.got = {}
        self.by = {}

    async def tell(self, batch):
        fate = self.fates.pop(0) if self.fates else "told"
        members = frozenset(each.id for each in batch.notifications)
        if fate in {"told", "lost", "killed after"}:
            assert self.got.setdefault(batch.id, members) == members
            assert {self.by.setdefault(each, batch.id) for each in members} == {batch.id}
        if fate.startswith("killed"):
            await asyncio.Event().wait()
        if fate == "lost":
            return Later(reason="no answer", perhaps=True)
        return Told() if fate == "told" else Later(reason="not now")


@settings(max_examples=150, deadline=None)
@given(
    fates=st.lists(st.sampled_from(FATES), max_size=12),
    comings=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(CHANNELS)), min_size=1, max_size=12),
)
def test_everything_is_told_and_only_ever_under_one_id(fates, comings):
    async def story():
        fickle = Fickle(fates)
        async with Office(email=fickle, webhook=fickle, apprise=fickle) as first:
            office = first
            told = set()
            for wait, (channel, address) in comings:
                one = notification(channel, address, due=office.clock.now())
                told.add(one.id)
                await office.put(one)
                office = await _live(office, wait)
            for _ in range(200):
                if not await office.waiting():
                    break
                office = await _live(office, 60)
            assert set().union(*fickle.got.values()) == told
            assert await office.waiting() == await office.untold() == []

    asyncio.run(story())


async def _live(office, seconds):
    """Let time go by; a process in which something hangs is killed, and the next one goes on."""
    await office.clock.advance(seconds)
    await office.outbox.begin(office.clock.now())
    await office.clock.settle()
    if not office.outbox._lanes:
        return office
    await office.outbox.stop(0.0)
    return office.again()
