"""Each debug event about a webhook names the number of ours that it is about."""

import pytest
from msgspec.structs import replace

from offhook.debugger.events import EventMaker
from offhook.records import Kind, Level
from offhook.replies.notices import Stamp, about_answer, about_reply
from offhook.stores.rules import underived
from offhook.system import TimeSortedIds
from offhook.twiml import Fault
from tests.helpers.journals import ALICE, NOON, SHOP, a_reply, an_arrival, an_attempt


def a_webhook(kind):
    ours_sends = kind is Kind.STATUS
    sender, recipient = (SHOP, ALICE) if ours_sends else (ALICE, SHOP)
    return replace(underived(an_arrival()), kind=kind, sender=sender, recipient=recipient)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_failed_attempt_and_a_faulty_answer_name_our_number(kind):
    webhook = a_webhook(kind)
    attempt = an_attempt(webhook.id, delivered=False)
    assert EventMaker(TimeSortedIds()).attempt(webhook, attempt, None).number == SHOP
    fault = Fault(code=12100, twilio_code=12100, level=Level.ERROR, message="It is no XML.")
    assert about_answer(fault, webhook, attempt.exchanges[0], Stamp(id="NO1", at=NOON)).number == SHOP


def test_a_reply_names_the_number_that_it_is_from_else_the_one_that_was_written_to():
    webhook, stamp = a_webhook(Kind.MESSAGE), Stamp(id="NO1", at=NOON)
    other = a_reply(webhook.id, sender="+15557777777")
    assert about_reply(other, "Refused.", stamp, level=Level.ERROR, webhook=webhook).number == "+15557777777"
    assert about_reply(a_reply(webhook.id), "Refused.", stamp, level=Level.ERROR, webhook=webhook).number == SHOP
    assert about_reply(a_reply("WH1"), "Refused.", stamp, level=Level.ERROR, webhook=None).number == ""
