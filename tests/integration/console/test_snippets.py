"""What a person copies from the inspector does what it says: it is run as it stands on the page."""

import asyncio
import os
import re
import shutil
import sys
from html import unescape

import pytest

from offhook.providers.twilio import Twilio, TwilioSettings
from offhook.records import Endpoint
from tests.helpers.pages import ACCOUNT, TOKEN
from tests.helpers.receivers import Receiver

TEXT = 'Fish & chips, it\'s 100% "fresh" — 😀\nsecond line'
APP = """
def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    assert b"Fish" in body
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [b"<Response><Message>Coming</Message></Response>"]
"""


async def run(*command, folder):
    environment = {"PATH": os.environ["PATH"], "TWILIO_AUTH_TOKEN": TOKEN, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    child = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await child.communicate()
    assert child.returncode == 0, said.decode()
    return said.decode()


async def snippet(console, title):
    webhook, _ = await console.lost(TEXT)
    page = await console.read(f"/webhooks/{webhook.id}")
    code = unescape(re.search(rf"As {re.escape(title)}</summary>.*?<pre[^>]*>(.*?)</pre>", page.text, re.DOTALL)[1])
    assert f'data-copy="{code[:9]}' in page.text
    return code


def is_signed(app, post):
    _, [(_, signature)] = Twilio(TwilioSettings(tokens={ACCOUNT: (TOKEN,)})).sign(
        app.url, post.body, "application/x-www-form-urlencoded", ACCOUNT
    )
    return post.headers["x-twilio-signature"] == signature


def required(name):
    if shutil.which(name) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")


async def test_the_curl_command_texts_the_app_with_a_right_signature(console, tmp_path):
    required("curl")
    required("openssl")
    async with Receiver(200) as app:
        console.house.endpoints = (Endpoint(name="sms", app_url=app.url),)
        said = await run("sh", "-c", await snippet(console, "curl"), folder=tmp_path)
        assert "200 OK" in said
        assert app.posts[0].form["Body"] == TEXT
        assert is_signed(app, app.posts[0])


async def test_the_python_script_texts_the_app_with_a_right_signature(console, tmp_path):
    async with Receiver(200) as app:
        console.house.endpoints = (Endpoint(name="sms", app_url=app.url),)
        (tmp_path / "once.py").write_text(await snippet(console, "Python (requests)"))
        said = await run(sys.executable, "once.py", folder=tmp_path)
        assert said.startswith("200")
        assert app.posts[0].form["Body"] == TEXT
        assert is_signed(app, app.posts[0])


async def test_the_test_passes_with_an_app_that_answers(console, tmp_path):
    (tmp_path / "my_app.py").write_text(APP)
    (tmp_path / "test_it.py").write_text(await snippet(console, "a test (pytest)"))
    said = await run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_it.py", folder=tmp_path)
    assert "1 passed" in said
