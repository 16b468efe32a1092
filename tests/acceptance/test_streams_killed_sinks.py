"""100,000 events to a sink whose server is killed and started again three times: none missing, few twice, all in order."""

import asyncio
import json

import pytest

from tests.helpers.listener import OK, Listener
from tests.helpers.stream_trial import Trial, judge, write_errors

EVENTS = 100_000
KILLS = 3
MOST_TWICE = 0.01


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A journal with 100,000 errors, and their ids."""
    path = tmp_path_factory.mktemp("stored") / "journal.db"
    return path, asyncio.run(write_errors(path, EVENTS))


async def carried(stored, tmp_path, kind, configuration, *, disturb, secret=str):
    """What the trial counted, once all have gone through."""
    path, written = stored
    mine = tmp_path / "journal.db"
    mine.write_bytes(path.read_bytes())
    async with Trial(mine, kind, configuration, secret) as trial:
        for turn in range(1, KILLS + 1):
            await trial.until(turn * len(written) // (KILLS + 1))
            await disturb()
        await trial.until(len(written))
    return trial


def passes(stored, trial, received):
    missing, twice, in_order = judge(stored[1], received)
    print(f"{len(stored[1])} events, outcomes {trial.outcomes}, {twice} twice")
    assert missing == []
    assert in_order
    assert twice < MOST_TWICE * len(stored[1])
    assert "parked" not in trial.outcomes


async def test_an_http_sink_gets_each_event(stored, tmp_path):
    async with Listener(lambda _: OK) as listener:

        async def disturb():
            await listener.kill()
            await asyncio.sleep(0.3)
            await listener.start()

        configuration = {"destination": f"{listener.url}/events", "batch_events": True}
        trial = await carried(stored, tmp_path, "webhook", configuration, disturb=disturb)
        received = [event["id"] for request in listener.heard for event in json.loads(request.body)]
    passes(stored, trial, received)
