"""A desk of event streams over a journal, with the real kinds of sinks and types, and nobody who carries events further than a list."""

from types import SimpleNamespace

from offhook.settings import load
from offhook.streams.carrier import SinkState
from offhook.streams.configured import Means, open_desk, tools
from offhook.streams.model import Delivery
from offhook.streams.places import Place
from offhook.streams.shelves import REPLAYS, Replay, put
from offhook.streams.sinks.table import KINDS
from offhook.system import TimeSortedIds


class Carried:
    """Stands where `worker.Streams` is: what it was asked, and answers that a test sets."""

    def __init__(self, journal):
        self.tested = []
        self.reloads = 0
        self.replayed = []
        self.states = {}
        self.outcome = Delivery(taken=1)
        self._journal = journal

    async def test(self, sink, event):
        self.tested.append((sink, event))
        return self.outcome

    async def reload(self):
        self.reloads += 1

    async def replay(self, sink_sid, since, until, *, parked=False):
        if sink_sid not in self.states:
            raise LookupError(sink_sid)
        self.replayed.append((sink_sid, since, until, parked))
        ends = await self._journal.marks()
        replay = Replay(
            id=f"RR{len(self.replayed):032}",
            sink=sink_sid,
            subscription="DF" + "0" * 32,
            created_at=1_763_899_200.0,
            place=Place(),
            until=ends,
            state="completed",
            done=3,
        )
        await self._journal.keep([put(REPLAYS, replay.id, replay)])
        return replay

    def status(self, sink_sid):
        return self.states.get(sink_sid, SinkState())


def make_desk(journal, clock, *, account_sid="AC" + "a" * 32, database="memory:", kinds=KINDS):
    """The desk, what carries for it, and its vault."""
    settings = load({}, {"TWILIO_ACCOUNT_SID": account_sid, "TWILIO_AUTH_TOKEN": "a-token-for-tests"}, None)
    having = tools(database, kinds, Means(None, clock, TimeSortedIds(), lambda _: "signature"))
    carried = Carried(journal)
    return SimpleNamespace(desk=open_desk(settings, journal, having, carried), carried=carried, vault=having.vault)
