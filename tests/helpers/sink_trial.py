"""The trial of a sink: many events, while somebody keeps killing the server. What was given is compared with what arrived."""

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.helpers.sinks import make_event

MOST_SECONDS_WITHOUT_PROGRESS = 60


@dataclass
class Trial:
    """What came of it: ids in the order in which they were given, those refused, the faults by code, and how long it took (s)."""

    given: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    faults: Counter = field(default_factory=Counter)
    taken: int = 0
    kills: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What arrived, against what was given."""

    missing: list
    duplicates: int
    in_order: bool
    strange: list


async def drive(client, count, *, batch=100, first=1, disturb=None, disturbances=3, within=300.0, pause=0.05):
    """Hand `count` events to a sink's client as the streams do, again after each fault, until all are taken or refused.

    `disturb` is a coroutine function that kills the server, leaves it dead for a while and starts it again: it is called `disturbances`
    times, evenly over the events, each time while a batch is under way. Every disturbance has ended before this returns.
    """
    trial = Trial()
    begun = time.monotonic()
    trouble = asyncio.create_task(_disturb(trial, count, disturb, disturbances if disturb else 0))
    try:
        async with asyncio.timeout(within):
            await _hand_over(client, trial, range(first, first + count), batch, pause)
            await trouble
    finally:
        trouble.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await trouble
    trial.seconds = time.monotonic() - begun
    return trial


def judge(trial, received):
    """How the ids that arrived, in their order there, compare with those that were given. Order is that of first arrivals."""
    firsts = list(dict.fromkeys(received))
    given, refused, there = set(trial.given), set(trial.refused), set(firsts)
    wanted = [identifier for identifier in trial.given if identifier not in refused]
    return Verdict(
        missing=[identifier for identifier in wanted if identifier not in there],
        duplicates=len(received) - len(firsts),
        in_order=firsts == [identifier for identifier in wanted if identifier in there],
        strange=[identifier for identifier in firsts if identifier not in given],
    )


def passes(trial, received, *, unavoidable=0):
    """Nothing missing, in order, fewer than one in a hundred twice, besides those that are not the sink's doing; says what was counted."""
    verdict = judge(trial, received)
    told = f"{len(trial.given)} events, {trial.kills} kills, faults {dict(trial.faults)}, {verdict.duplicates} duplicates, {trial.seconds:.1f} s"
    print(told)
    assert not verdict.missing, (told, verdict.missing[:5])
    assert not verdict.strange, (told, verdict.strange[:5])
    assert verdict.in_order, told
    assert verdict.duplicates - unavoidable < 0.01 * len(trial.given), told
    return verdict


async def _hand_over(client, trial, numbers, batch, pause):
    waiting = []
    numbers = iter(numbers)
    size, in_a_row = batch, 0
    while True:
        while len(waiting) < batch and (number := next(numbers, None)) is not None:
            waiting.append(make_event(number))
            trial.given.append(waiting[-1].id)
        if not waiting:
            return
        portion = waiting[:size]
        delivery = await client.deliver(portion)
        assert delivery.taken + delivery.refused <= len(portion)
        assert (delivery.fault is None) == (delivery.taken == len(portion))
        del waiting[: delivery.taken]
        trial.taken += delivery.taken
        size = batch
        if delivery.fault is None:
            in_a_row = 0
            continue
        trial.faults[delivery.fault.code] += 1
        in_a_row = in_a_row + 1 if not delivery.taken else 1
        assert in_a_row * pause < MOST_SECONDS_WITHOUT_PROGRESS, delivery.fault
        if delivery.fault.retry:
            await asyncio.sleep(pause)
        elif delivery.refused > 1:
            size = 1
        else:
            assert delivery.refused == 1
            trial.refused.append(waiting.pop(0).id)


async def _disturb(trial, count, disturb, times):
    for turn in range(1, times + 1):
        while trial.taken < turn * count // (times + 1):  # noqa: ASYNC110 - nobody else tells
            await asyncio.sleep(0.001)
        trial.kills += 1
        await disturb()
