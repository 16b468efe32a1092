"""How a carrier reads what a sink's client says of a batch."""

from offhook.records import Marks, News, Notice, NoticeType, Source
from offhook.streams.carrier import Carrier, CarrierParts, Follower
from offhook.streams.model import Delivery, Sink, SinkStatus
from offhook.streams.places import Item, Place
from tests.helpers.clock import ManualClock
from tests.helpers.sinks import make_events

SINK = Sink(sid="DG1", type="webhook", description="", configuration={}, status=SinkStatus.ACTIVE, created_at=0.0, updated_at=0.0)


def place(number):
    return Place(marks=Marks(notices=number), sequence=number)


def row(number):
    notice = Notice(type=NoticeType.REPLY_SENT, at=0.0, subject="RP1", seq=number)
    return News(source=Source.NOTICES, seq=number, at=0.0, item=notice)


def items(count):
    events = enumerate(make_events(count))
    return [Item(event=event, row=row(number + 1), before=place(number), after=place(number + 1)) for number, event in events]


class Accounting:
    """A client that takes two events, and tells before it goes on."""

    def __init__(self):
        self.given = []

    async def deliver(self, events):
        self.given.append(len(events))
        return Delivery(taken=min(2, len(events)))

    async def close(self):
        pass


async def test_a_client_that_gives_an_account_before_it_goes_on_has_not_failed():
    told, taken, refused = [], [], []

    async def tell(sink, fault, trouble):
        told.append(fault)

    async def took(item, count):
        taken.append(count)

    async def refuse(item, fault):
        refused.append(item)

    async def tired(trouble):
        return True

    client, counted = Accounting(), []
    parts = CarrierParts(clock=ManualClock(), chance=lambda: 0.5, tell=tell, counted=lambda *what: counted.append(what[1:]))
    carrier = Carrier(SINK, client, parts)
    assert await carrier.carry(items(5), Follower(took, refuse, tired))
    assert (client.given, taken, refused, told) == ([5, 3, 1], [2, 2, 1], [], [])
    assert counted == [("delivered", 2), ("delivered", 2), ("delivered", 1)]
    assert carrier.last_fault is None
