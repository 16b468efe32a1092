"""The gallery of faults: each path is asked as Offhook asks an app, and the first cause that Offhook names is the right one."""

import asyncio

import pytest
from examples.faults.gallery import faults
from examples.faults.serve import open_gallery

from offhook.debugger import classify
from offhook.debugger.events import EventMaker
from offhook.delivery.round import RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.net.transport import HttpTransport
from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Endpoint
from offhook.replies.compose import Composer
from offhook.replies.documents import Documents
from offhook.system import SystemClock, TimeSortedIds
from tests.helpers.messages import an_arrival

CLOCK, IDS = SystemClock(), TimeSortedIds()
PROVIDER = Twilio(TwilioSettings(tokens={"": ("a-token-for-tests",)}))
# Shorter than usual, so that what hangs does not hold up the tests, and long enough for a machine that has much to do.
DEADLINES = "#ct=5000&rt=2000&tt=6000"


@pytest.fixture(scope="module")
def causes(tmp_path_factory):
    """For each path of the gallery, the names of the causes that Offhook gives, the likeliest first; all asked in one go."""
    return asyncio.run(ask_all(tmp_path_factory.mktemp("gallery") / "ca.pem"))


async def ask_all(ca_file):
    async with open_gallery() as gallery:
        gallery.ca.cert_pem.write_to_path(ca_file)
        transport = HttpTransport(CLOCK, ca_file=str(ca_file))
        places = asyncio.Semaphore(16)

        async def ask(fault):
            async with places:
                return fault.path, await causes_of(gallery.url(fault), transport)

        try:
            return dict(await asyncio.gather(*map(ask, faults())))
        finally:
            await transport.close()


async def causes_of(url, transport):
    """What the debugger says after one round to this URL: the causes of each event, in order."""
    endpoint = Endpoint(name="sms", app_url=url + DEADLINES)
    maker = EventMaker(IDS)
    parts = RoundParts(transport=transport, sign=PROVIDER.sign, judge=classify.judge, clock=CLOCK, ids=IDS)
    webhook = PROVIDER.derive(an_arrival())
    done = await RoundRunner(parts).run(webhook, endpoint)
    events = [maker.attempt(webhook, attempt, None) for attempt in done.attempts if attempt.outcome.code]
    if done.delivered:
        composer = Composer(Documents(parts), {"sms": endpoint}, may_send=lambda account: True, clock=CLOCK, ids=IDS)
        composed = await composer.compose_late(webhook, done.exchange)
        events += [maker.explained(event, webhook, done.exchange) for event in composed.events]
    return [[cause.name for cause in event.causes] for event in events]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.path) for fault in faults()])
def test_the_first_cause_is_the_right_one(fault, causes):
    found = causes[fault.path]
    assert any(names[:1] == [fault.cause] for names in found), found


def test_the_gallery_is_large_and_its_paths_differ():
    paths = [fault.path for fault in faults()]
    assert len(paths) == len(set(paths))
    assert len(paths) >= 60
