"""The pytest plugin as its users have it: a folder with a small Flask app and its tests, run by a pytest of their own."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from offhook.records import DebugEvent
from offhook.simulator.records import Message
from offhook.testing.carrier import SimulatedCarrier
from offhook.testing.phone import Phone

APP = """
import os
from flask import Flask, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)

@app.post("/sms")
def sms():
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    if not validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    reply = MessagingResponse()
    reply.message(f"You said: {request.form['Body']}")
    if request.form["Body"] == "two":
        reply.message("And again.")
    return str(reply) if request.form["Body"] != "quiet" else "<Response/>"

@app.post("/broken")
def broken():
    raise RuntimeError("no database")
"""


def run(folder, tests, *flags):
    """The outcome of a child pytest over these tests: its exit code and what it wrote."""
    (folder / "sms_app.py").write_text(APP)
    (folder / "test_sms.py").write_text(tests, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\npythonpath = .\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *flags]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_three_lines_test_a_flask_app(tmp_path):
    code, said = run(
        tmp_path,
        """
from sms_app import app

def test_it_answers(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    phone.text("hi")
    assert phone.reply().body == "You said: hi"

def test_two_messages_come_in_order_and_an_older_reply_is_not_taken_for_a_new_one(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone("Grace")
    for _ in range(2):
        phone.text("two")
        assert [each.body for each in phone.replies()] == ["You said: two", "And again."]
    assert not offhook_carrier.errors
    assert [each.direction for each in offhook_carrier.messages][:3] == ["inbound", "outbound-reply", "outbound-reply"]
""",
    )
    assert code == 0, said
    assert "2 passed" in said


def test_a_failing_app_is_named_with_its_code_its_cause_and_the_first_step(tmp_path):
    code, said = run(
        tmp_path,
        """
from sms_app import app

def test_it_answers(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/broken")).phone()
    phone.text("hi")
    phone.reply()

def test_nobody_there(offhook_carrier):
    phone = offhook_carrier.connect("http://127.0.0.1:9/sms").phone()
    phone.text("hi")
    phone.reply()
""",
    )
    assert code == 1, said
    assert said.count("error 11200") >= 2, said
    assert "status 500" in said
    assert said.count("cause: ") >= 2, said
    assert said.count("first step: ") >= 2, said


def test_silence_says_what_the_app_has_answered(tmp_path):
    code, said = run(
        tmp_path,
        """
import pytest
from sms_app import app

def test_quiet(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    phone.text("quiet")
    with pytest.raises(AssertionError, match="Nothing came back within 0.2 s"):
        phone.replies(within=0.2)
    phone.replies(within=0.2)

def test_no_app(offhook_carrier):
    phone = offhook_carrier.phone()
    phone.text("hi")
    phone.reply()
""",
    )
    assert code == 1, said
    assert "status 200" in said
    assert "<Response/>" in said
    assert "The carrier has no app to call" in said


def test_a_reply_that_does_not_arrive_is_named_with_its_code(tmp_path):
    code, said = run(
        tmp_path,
        """
from sms_app import app

def test_landline(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone("+15005550009")
    phone.text("hi")
    phone.reply()

def test_loop(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    for _ in range(16):
        phone.text("hi")
        offhook_carrier.settle()
    phone.reply()
""",
    )
    assert code == 1, said
    assert "The reply 'You said: hi' did not arrive: it is undelivered, error 30006" in said
    assert "did not arrive: it is failed, error 14107" in said


def test_a_status_callback_that_hangs_does_not_hold_up_the_reply(tmp_path):
    code, said = run(
        tmp_path,
        """
import time
from flask import Flask

app = Flask(__name__)

@app.post("/sms")
def sms():
    return '<Response><Message statusCallback="/status">hello</Message></Response>'

@app.post("/status")
def status():
    time.sleep(10)
    return ""

def test_it_answers(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    phone.text("hi")
    began = time.monotonic()
    assert phone.reply().body == "hello"
    assert time.monotonic() - began < 2
""",
    )
    assert code == 0, said


def test_a_marker_names_the_app_and_the_fallback(tmp_path):
    code, said = run(
        tmp_path,
        """
import pytest

APP = '''
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"from the fallback"})
'''

@pytest.mark.offhook_carrier(to="http://127.0.0.1:9/sms")
def test_the_marker(offhook_carrier, offhook_app):
    space = {}
    exec(APP, space)
    phone = offhook_carrier.connect("http://127.0.0.1:9/sms", fallback=offhook_app(space["app"], "/sms")).phone()
    phone.text("hi")
    assert phone.reply().body == "from the fallback"
    assert [each.twilio_code for each in offhook_carrier.errors] == [11200]
""",
    )
    assert code == 0, said


FASTAPI = """
import os
from fastapi import FastAPI, HTTPException, Request, Response
from twilio.request_validator import RequestValidator

app = FastAPI()

@app.post("/sms")
async def sms(request: Request):
    form = await request.form()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(os.environ["TWILIO_AUTH_TOKEN"]).validate(str(request.url), form, signature):
        raise HTTPException(status_code=403)
    return Response(f"<Response><Message>You said: {form['Body']}</Message></Response>", media_type="text/xml")
"""
DJANGO = """
import os
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseForbidden
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="only for tests", USE_TZ=True)

@csrf_exempt
def sms(request):
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(os.environ["TWILIO_AUTH_TOKEN"]).validate(request.build_absolute_uri(), request.POST, signature):
        return HttpResponseForbidden()
    return HttpResponse(f"<Response><Message>You said: {request.POST['Body']}</Message></Response>", content_type="text/xml")

urlpatterns = [path("sms", sms)]
app = get_wsgi_application()
"""


@pytest.mark.parametrize("app", [FASTAPI, DJANGO], ids=["fastapi", "django"])
def test_asgi_and_other_wsgi_apps_are_served_too_and_accept_the_signature(tmp_path, app):
    (tmp_path / "other_app.py").write_text(app)
    code, said = run(
        tmp_path,
        """
import asyncio
from other_app import app

def test_it_answers(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    phone.text("hello žluťoučký 🐎")
    assert phone.reply().body == "You said: hello žluťoučký 🐎"

def test_from_a_loop(offhook_carrier, offhook_app):
    async def ask():
        phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
        phone.text("hi")
        return (await asyncio.to_thread(phone.reply)).body
    assert asyncio.run(ask()) == "You said: hi"
""",
    )
    assert code == 0, said


@pytest.mark.parametrize("module", ["offhook.simulator", "uvicorn", "starlette", "structlog"])
def test_the_plugin_costs_nothing_until_a_test_asks_for_it(module):
    script = f"import offhook.testing.plugin, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


DOCUMENT = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")


def test_the_first_example_of_the_documentation_runs(tmp_path):
    example = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[1]
    (tmp_path / "my_app.py").write_text(APP.replace("You said: {request.form['Body']}", "Hello!"))
    code, said = run(tmp_path, example)
    assert code == 0, said
    assert "1 passed" in said


@pytest.mark.parametrize(
    ("heading", "described"), [("### The carrier", SimulatedCarrier), ("### The phone", Phone)], ids=["carrier", "phone"]
)
def test_the_documentation_names_what_there_is(heading, described):
    section = DOCUMENT.partition(heading)[2].partition("\n#")[0]
    named = set(re.findall(r"`\.([a-z_]+)", section))
    assert len(named) >= 3
    fields = {*DebugEvent.__struct_fields__, *Message.__struct_fields__}
    assert {name for name in named if not hasattr(described, name)} <= fields
    for signature in re.findall(r"`\.([a-z_]+)\(([^`]*)\)`", section):
        taken = inspect.signature(getattr(described, signature[0])).parameters
        assert set(re.findall(r"(?<!\")\b(\w+)=", signature[1])) <= set(taken)


def test_chaos_in_a_test_is_named_where_it_made_the_app_fail(tmp_path):
    code, said = run(
        tmp_path,
        """
import pytest
from sms_app import app

@pytest.mark.offhook_carrier(chaos="lost-answer", seed=7)
def test_it_answers(offhook_carrier, offhook_app):
    phone = offhook_carrier.connect(offhook_app(app, "/sms")).phone()
    phone.text("hi")
    phone.reply()
""",
    )
    assert code == 1, said
    assert "cause: Chaos made this: lost-answer" in said


def test_an_app_that_sends_by_rest_is_tested_with_the_sdk_at_the_carriers_url(tmp_path):
    code, said = run(
        tmp_path,
        """
from twilio.rest import Client

def test_a_reminder(offhook_carrier):
    client = Client(*offhook_carrier.environment.values())
    client.api.base_url = offhook_carrier.url
    phone = offhook_carrier.phone("Grace")
    client.messages.create(to=phone.number, from_=offhook_carrier.number, body="Your parcel is here.")
    assert phone.reply().body == "Your parcel is here."
""",
        "-W",
        "ignore::ResourceWarning",
        "-W",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    )
    assert code == 0, said


def test_chaos_throttles_the_rest_api_as_the_sdk_has_it(tmp_path):
    code, said = run(
        tmp_path,
        """
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

@pytest.mark.offhook_carrier(chaos="throttle=100%")
def test_throttled(offhook_carrier):
    client = Client(*offhook_carrier.environment.values())
    client.api.base_url = offhook_carrier.url
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to="+12025550101", from_=offhook_carrier.number, body="hi")
    assert (caught.value.status, caught.value.code) == (429, 20429)
    assert not offhook_carrier.messages
""",
        "-W",
        "ignore::ResourceWarning",
        "-W",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    )
    assert code == 0, said
