"""The reply desk: what the courier knows of the replies."""

import pytest

from offhook.metrics import Metrics
from offhook.records import Exchange, Kind, Reply, ReplyState, Timings, Webhook
from offhook.replies.compose import Composed
from offhook.replies.desk import ReplyDesk

WEBHOOK = Webhook(
    id="WH1", endpoint="sms", received_at=0.0, peer="", url="", kind=Kind.MESSAGE, dedupe_key=b"", head=b"", body=b""
)
EXCHANGE = Exchange(method="POST", url="http://app/", started_at=0.0, timings=Timings())


class Composing:
    def __init__(self, result):
        self.result = result

    def compose_inline(self, webhook, exchange):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    async def compose_late(self, webhook, exchange):
        return self.compose_inline(webhook, exchange)


async def test_a_fault_of_ours_costs_the_reply_and_not_the_delivery(monkeypatch):
    said = []
    monkeypatch.setattr("offhook.replies.desk.log.exception", lambda event, **fields: said.append((event, fields["webhook"])))
    desk = ReplyDesk(Composing(ZeroDivisionError()), wake=lambda: None, metrics=Metrics())
    assert desk.compose_inline(WEBHOOK, EXCHANGE) == ((), ())
    assert await desk.compose_late(WEBHOOK, EXCHANGE) == ((), ())
    assert said == [("reply.not_composed", "WH1")] * 2


@pytest.mark.parametrize(("state", "counted"), [(ReplyState.INLINE, True), (ReplyState.KEPT, True), (ReplyState.WAITING, False)])
async def test_what_has_come_to_something_is_counted_and_what_waits_is_left_to_the_sender(state, counted):
    metrics = Metrics()
    reply = Reply(id="RP1", webhook_id="WH1", ordinal=0, state=state, created_at=0.0)
    desk = ReplyDesk(Composing(Composed((reply,), ())), wake=lambda: None, metrics=metrics)
    assert (await desk.compose_late(WEBHOOK, EXCHANGE)).replies == (reply,)
    assert (f'offhook_replies_total{{state="{state.value}"}} 1.0' in metrics.render().decode()) is counted


def test_wake_reaches_the_sender():
    woken = []
    ReplyDesk(Composing(Composed()), wake=lambda: woken.append(1), metrics=Metrics()).wake()
    assert woken == [1]
