"""Chaos as a plan: what is written, what is drawn, and that a seed gives the same run twice."""

import pytest

from offhook.errors import SettingsError
from offhook.simulator.chaos import KINDS, WELL, Chaos, ChaosKind, Rule, called, parse, spelt
from offhook.simulator.records import Direction, Message, Status

ADA, GRACE, OURS = "+12025550101", "+12025550102", "+12025550199"


def text(number, sender=ADA, **fields):
    made = {
        "sid": f"SM{number:032x}",
        "account_sid": "AC",
        "direction": Direction.INBOUND,
        "sender": sender,
        "to": OURS,
        "body": "hi",
        "status": Status.RECEIVED,
        "created_at": 0.0,
        "updated_at": 0.0,
    }
    return Message(**{**made, **fields})


def run(rules, seed, count=400, offset=0):
    chaos = Chaos(parse(rules), seed)
    return [chaos.text(text(offset + number)) for number in range(count)]


def test_every_kind_says_what_it_does():
    assert set(KINDS) == set(ChaosKind)


def test_rules_are_read_as_they_are_spelt():
    rules = parse("refused=10%, 5xx=0.25,delay:500ms=100%,duplicate", [ADA])
    assert rules == (
        Rule(kind=ChaosKind.REFUSED, rate=0.1, numbers=(ADA,)),
        Rule(kind=ChaosKind.SERVER_ERROR, rate=0.25, numbers=(ADA,)),
        Rule(kind=ChaosKind.DELAY, rate=1.0, numbers=(ADA,), seconds=0.5),
        Rule(kind=ChaosKind.DUPLICATE, rate=1.0, numbers=(ADA,)),
    )
    assert parse(spelt(rules), [ADA]) == rules
    assert parse("") == ()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("refuse=10%", "Did you mean refused?"),
        ("refuse=10%", "There are connect-timeout, refused, reset,"),
        ("refused=110%", "from 0% to 100%"),
        ("refused=lots", "from 0% to 100%"),
        ("refused:3s=10%", "only delay does"),
        ("delay:3h=10%", "500ms or 8s"),
        ("delay:90s=10%", "60 s at most"),
        ("=10%", "is not KIND=RATE"),
    ],
)
def test_what_is_wrong_is_said(written, says):
    with pytest.raises(SettingsError, match="chaos: ") as caught:
        parse(written)
    assert says in str(caught.value)


def test_a_number_is_one_in_e164():
    assert parse("refused", [f"whatsapp:{ADA}"])[0].numbers == (ADA,)
    with pytest.raises(SettingsError, match="'2025550101' is no number"):
        parse("refused", ["2025550101"])


def test_the_same_seed_and_sequence_meet_the_same_fates_whatever_their_sids():
    rules = "refused=10%,5xx=10%,duplicate=5%,delay=3%"
    assert run(rules, 7) == run(rules, 7, offset=5000)
    assert run(rules, 7) != run(rules, 8)


def test_setting_the_rules_again_begins_the_run_again():
    chaos = Chaos(parse("refused=30%"), 7)
    first = [chaos.text(text(number)) for number in range(50)]
    chaos.set(chaos.rules, 7)
    assert [chaos.text(text(number)) for number in range(50)] == first


def test_a_rate_is_met_and_a_rule_does_not_change_what_others_draw():
    alone = [fate.fault for fate in run("refused=10%", 1, 2000)]
    among = run("refused=10%,duplicate=50%", 1, 2000)
    assert 150 < alone.count(ChaosKind.REFUSED) < 250
    assert [fate.fault for fate in among] == alone
    assert 900 < sum(fate.duplicate for fate in among) < 1100


def test_of_several_faults_the_first_that_hits_is_taken():
    assert {fate.fault for fate in run("reset,refused", 1, 20)} == {ChaosKind.RESET}


def test_a_rule_for_a_number_leaves_the_others_alone():
    chaos = Chaos(parse("refused", [GRACE]), 7)
    assert chaos.text(text(1)) == WELL
    assert chaos.text(text(2, sender=GRACE)).fault is ChaosKind.REFUSED
    assert chaos.text(text(3, sender=f"whatsapp:{GRACE}")).fault is ChaosKind.REFUSED


def test_the_fate_of_a_replys_callbacks_hangs_on_the_text_and_not_on_when_it_is_sent():
    def callbacks(order):
        chaos = Chaos(parse("5xx=50%"), 3)
        for number in range(20):
            chaos.text(text(number))
        found = {}
        for number in order:
            reply = text(100 + number, sid=f"SM-{order[0]}-{number}", status=Status.SENT)
            chaos.name_reply(reply, text(number).sid, 0)
            found[number] = chaos.callback(reply)
        return found

    assert callbacks(list(range(20))) == callbacks(list(reversed(range(20))))


def test_a_callbacks_fate_is_decided_once():
    chaos = Chaos(parse("5xx=50%"), 3)
    message = text(1, status=Status.SENT)
    assert {id(chaos.callback(message)) for _ in range(5)} == {id(chaos.callback(message))}
    assert sum(chaos.struck.values()) <= 1


def test_the_api_is_throttled_at_its_rate_and_repeatably():
    def throttled(seed):
        chaos = Chaos(parse("throttle=20%"), seed)
        return [chaos.throttles() for _ in range(500)]

    assert throttled(1) == throttled(1)
    assert 60 < sum(throttled(1)) < 140
    assert not Chaos(parse("refused")).throttles()


def test_a_call_is_known_by_its_parameters():
    assert called("SmsMessageSid=SM0&MessageSid=SM1&AccountSid=AC") == "SM1"
    assert called("MessageStatus=sent&To=x&MessageSid=SM1") == "SM1 sent"
