"""The doctor at the gallery of faults: for each path, the first fault that it names is the right one."""

import asyncio

import pytest
from examples.faults.gallery import faults
from examples.faults.serve import open_gallery

from offhook.doctor.admission import admit
from offhook.doctor.configured import doctor_tools
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Verdict
from offhook.doctor.question import Question
from offhook.settings import load

# Short deadlines, so that what hangs does not hold up the tests.
DEADLINES = "#ct=1000&rt=600&tt=1500"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """For each path of the gallery what the doctor reports, signing with a token; all examined in one go."""
    return asyncio.run(examine_all(tmp_path_factory.mktemp("gallery") / "ca.pem"))


async def examine_all(ca_file):
    async with open_gallery() as gallery:
        gallery.ca.cert_pem.write_to_path(ca_file)
        settings = load({"ca_file": str(ca_file)}, {"TWILIO_AUTH_TOKEN": "a-token-for-tests"}, None)
        tools = doctor_tools(settings)
        places = asyncio.Semaphore(8)

        async def examine(fault):
            question = Question(
                url=gallery.url(fault) + DEADLINES, signed=True, samples=2, over=0.1, tries=2, gap=0.05, resolvers=(), time=8.0
            )
            async with places:
                return fault.path, await Examination(admit(question, tools)).run()

        try:
            return dict(await asyncio.gather(*map(examine, faults())))
        finally:
            await tools.close()


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.path) for fault in faults()])
def test_the_first_fault_is_the_right_one(fault, reports):
    found = [row.finding for row in reports[fault.path].worst_first]
    assert (found[0].verdict, found[0].cause) == (Verdict.FAULT, fault.cause), found[:3]
    assert found[0].fix


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.path) for fault in faults()])
def test_an_app_gets_no_more_requests_than_were_announced(fault, reports):
    assert reports[fault.path].requests <= 30
