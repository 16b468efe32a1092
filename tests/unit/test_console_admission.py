"""The parts of the way in: names that the console answers to, patience with those who guess, credentials of programs."""

import asyncio
import base64

import pytest

from offhook.api.guard import ANY_ADDRESS, Guard
from offhook.api.problems import Problem
from offhook.console.callers import Callers
from offhook.console.names import allowed_hosts
from offhook.console.patience import FORGOTTEN_AFTER, FREE, LONGEST, MOST_ADDRESSES, MOST_WAITING, Patience
from offhook.settings import load

ACCOUNT = "AC" + "a" * 32
OTHER = "AC" + "b" * 32
KEY = "SK" + "c" * 32


class Clock:
    """Sleeps end when a test says so, or at once."""

    def __init__(self, *, holds=False):
        self.time, self.slept, self.gate = 0.0, [], asyncio.Event()
        if not holds:
            self.gate.set()

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await self.gate.wait()


class NoKey:
    def fits(self, _given):
        return False


# -- names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ()),
        ({"console_url": "https://Console.Example.com:8443/offhook"}, ("console.example.com",)),
        ({"console_host": "0.0.0.0"}, ("box", ANY_ADDRESS)),
        ({"console_host": "::"}, ("box", ANY_ADDRESS)),
        ({"console_host": "10.0.0.5", "console_url": "http://sms.lan"}, ("sms.lan", "box", ANY_ADDRESS)),
        ({"console_host": "Box.lan"}, ("box", "box.lan")),
        ({"console_host": "::1"}, ()),
    ],
)
def test_the_console_answers_to_the_names_that_lead_to_it(given, names):
    assert allowed_hosts(load(given, {}, None), "Box") == names


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("10.0.0.5:8081", True),
        ("[2001:db8::1]:8081", True),
        ("127.0.0.1", True),
        ("10.0.0.5.evil.example", False),
        ("0x7f.1", False),
        ("2130706433", False),
        (ANY_ADDRESS, False),
        ("any", False),
        ("", False),
    ],
)
def test_any_address_means_figures_and_no_name(host, is_ours):
    assert Guard(None, [ANY_ADDRESS])._is_ours(host) is is_ours


# -- patience


async def waits(patience, clock, address, times):
    for _ in range(times):
        await patience.wrong(address)
    return clock.slept


async def test_each_wrong_try_after_the_first_few_costs_twice_as_much_up_to_a_limit():
    clock = Clock()
    slept = await waits(Patience(clock), clock, "192.0.2.1", FREE + 9)
    assert slept == [0.25, 0.5, 1, 2, 4, 8, LONGEST, LONGEST, LONGEST]


async def test_addresses_are_counted_apart_and_ipv6_by_its_network():
    clock = Clock()
    patience = Patience(clock)
    for number in range(FREE):
        await patience.wrong(f"2001:db8::{number:x}")
        await patience.wrong(f"192.0.2.{number}")
    assert clock.slept == []
    assert await patience.wrong("2001:db8::ffff:1%eth0") == FREE + 1
    assert await patience.wrong("2001:db8:0:1::1") == 1
    assert await patience.wrong("192.0.2.9") == 1


async def test_wrong_tries_are_forgotten_after_a_while_and_when_one_was_right():
    clock = Clock()
    patience = Patience(clock)
    await waits(patience, clock, "192.0.2.1", FREE)
    patience.right("192.0.2.1")
    assert await patience.wrong("192.0.2.1") == 1
    clock.time += FORGOTTEN_AFTER + 1
    assert await patience.wrong("192.0.2.1") == 1


async def test_only_so_many_wait_at_a_time():
    clock = Clock(holds=True)
    patience = Patience(clock)
    for number in range(MOST_WAITING + 1):
        for _ in range(FREE):
            await patience.wrong(f"192.0.2.{number}")
    waiting = [asyncio.create_task(patience.wrong(f"192.0.2.{number}")) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await patience.wrong(f"192.0.2.{MOST_WAITING}")
    assert refused.value.code == 20429
    clock.gate.set()
    assert await asyncio.gather(*waiting) == [FREE + 1] * MOST_WAITING
    await patience.wrong(f"192.0.2.{MOST_WAITING}")


async def test_it_remembers_only_so_many_addresses():
    patience = Patience(Clock())
    await patience.wrong("first")
    for number in range(MOST_ADDRESSES):
        await patience.wrong(str(number))
    assert await patience.wrong("first") == 1


# -- credentials


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def callers(tmp_path, *, sid=ACCOUNT):
    file = tmp_path / "offhook.toml"
    file.write_text(f'auth_tokens = ["env:OLD"]\n[accounts.{OTHER}]\nauth_token = "env:THEIRS"\n')
    environ = {
        "TWILIO_AUTH_TOKEN": "new",
        "OLD": "old:er",
        "THEIRS": "theirs",
        "TWILIO_API_KEY": KEY,
        "TWILIO_API_SECRET": "sécret",
    }
    return Callers(load({}, environ | ({"TWILIO_ACCOUNT_SID": sid} if sid else {}), file), NoKey())


def test_every_account_each_of_its_tokens_and_the_api_key_are_known(tmp_path):
    known = callers(tmp_path).known
    assert known(basic(ACCOUNT, "new")) == known(basic(ACCOUNT, "old:er")) == f"account {ACCOUNT}"
    assert known(basic(OTHER, "theirs")) == f"account {OTHER}"
    assert known(basic(KEY, "sécret")) == f"API key {KEY}"
    assert known(basic(ACCOUNT, "new").replace("Basic", "bAsIc")) == f"account {ACCOUNT}"


def test_one_accounts_token_is_not_good_for_another(tmp_path):
    known = callers(tmp_path).known
    for wrong in (basic(ACCOUNT, "theirs"), basic(OTHER, "new"), basic(KEY, "new"), basic(ACCOUNT, "sécret"), basic("", "new")):
        assert known(wrong) == ""


def test_a_token_without_an_account_is_good_for_whichever_the_program_names(tmp_path):
    known = callers(tmp_path, sid="").known
    assert known(basic("AC" + "d" * 32, "new")) == f"account AC{'d' * 32}"
    assert known(basic("admin", "new")) == ""
