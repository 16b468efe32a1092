"""Whatever a person can write, the validators of Twilio's own SDKs take the carrier's request for Twilio's: 500 texts to each."""

import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from offhook.simulator.keywords import asked
from offhook.simulator.records import Account
from offhook.testing.carrier import SimulatedCarrier
from tests.helpers.node import needed
from tests.helpers.processes import ACCOUNT, TOKEN, App

# All of Unicode that XML may hold, since the apps put it into their TwiML; blanks and signs of URLs and forms more often than not.
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
SIGNS = st.sampled_from(" \t\n+&=%#?;/@'\"<>\u00a0\u2028\ufeff\u200b\u0301é€😀")
PEOPLE = itertools.count(13_125_550_000)  # each a person of their own: the sixteenth reply to one within 30 s is not sent
BODIES = st.text(st.one_of(LETTERS, SIGNS), min_size=1, max_size=300)


@pytest.fixture(scope="module", params=["flask", "express"])
def carrier(request, tmp_path_factory):
    """A carrier whose app checks each signature as Twilio's documentation has it."""
    folder = tmp_path_factory.mktemp("app")
    command = ()
    if request.param == "express":
        command = (needed("node"), str(request.getfixturevalue("node_folder") / "express_app.mjs"))
    app = App(request.param, folder, command=command)
    try:
        with SimulatedCarrier(Account(sid=ACCOUNT, auth_token=TOKEN)) as carrier:
            yield carrier.connect(app.url)
    finally:
        app.kill()


@settings(max_examples=500, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
@example(body=" ")
@example(body="a=b&c=d%20e+f#g?h;i")
@example(body="x" * 1600)
@example(body="QUIT")
def test_a_signed_body_is_accepted(carrier, body):
    phone = carrier.phone(f"+{next(PEOPLE)}")
    sent = phone.text(body)
    carrier.settle()
    story = carrier.run(carrier.house.journal.story(carrier.call(lambda: carrier.house.book.message(sent.sid).reference)))
    assert story.webhook.answer.status == 200, story.events
    if len(body) < 1500 and asked(body) is None:  # STOP and its like are answered by the carrier, and not by the app
        (reply,) = phone.replies()
        assert reply.body.split() == f"You said: {body}".split()
