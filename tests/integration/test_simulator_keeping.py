"""However many texts there are, the simulator's journal stays small, and what is kept is the newest."""

from msgspec.structs import replace

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import EventFilter, Settlement, State, WebhookFilter
from offhook.simulator.keeping import AT_A_TIME, Keeping
from offhook.stores.memory import MemoryJournal
from tests.helpers.carriers import simulated
from tests.helpers.faults import FaultServer, answer
from tests.helpers.messages import an_arrival


async def test_the_oldest_settled_webhooks_go_some_at_a_time():
    provider = Twilio(TwilioSettings())
    journal = MemoryJournal(derive=provider.derive)
    await journal.open()
    keeping = Keeping(journal, most=1000)
    webhooks = [provider.derive(an_arrival()) for _ in range(2200)]
    most = 0
    for webhook in webhooks:
        settled = Settlement(webhook=replace(webhook, state=State.FAILED))
        await journal.settle(settled)
        await keeping.settled(settled.webhook)
        most = max(most, sum((await journal.counts())["sms"].values()))
    assert most <= 1000 + AT_A_TIME
    kept = [each.id for each in await journal.webhooks(WebhookFilter(), 5000)]
    assert kept == sorted((each.id for each in webhooks), reverse=True)[: len(kept)]
    assert len(kept) >= 1000


async def test_the_events_and_replies_of_what_goes_go_too(monkeypatch):
    monkeypatch.setattr("offhook.simulator.keeping.AT_A_TIME", 5)
    body = b'{"no": "TwiML"}'
    async with FaultServer(lambda *_: answer(body=body, content_type="application/json")) as app, simulated(app.url) as twilio:
        journal = twilio.house.journal
        twilio.house.carrier._calls._keeping = Keeping(journal, most=10)
        for number in range(40):
            await twilio.text(f"text {number}")
        assert len(await journal.webhooks(WebhookFilter(), 100)) <= 15
        assert len(await journal.events(EventFilter(), 100)) <= 15
        assert len(twilio.messages()) == 40
