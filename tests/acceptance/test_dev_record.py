"""`offhook dev --record` and `--replay`: what is kept, what is not, and what a replay finds."""

import json
import subprocess
import sys

import pytest

from offhook.dev.tape import Tape, recorded_texts
from offhook.errors import OffhookError
from tests.helpers.carriers import simulated
from tests.helpers.faults import FaultServer, answer
from tests.helpers.processes import ACCOUNT, TOKEN, wait_until
from tests.helpers.simulated import App, Dev

HELLO = '<Response><Message statusCallback="/status">hello</Message></Response>'


def record(folder, app, *bodies):
    dev = Dev(folder, app.url + "/sms", "--record", str(folder / "tape"))
    for number, body in enumerate(bodies):
        dev.text(f"+1312555{number:04}", body)
        wait_until(lambda wanted=2 * number + 2: len(app.at("/status")) == wanted)
    assert dev.stop() == 0


def replay(folder, app):
    command = [sys.executable, "-m", "offhook", "dev", "--to", app.url + "/sms", "--replay", str(folder / "tape")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_recording_tells_each_call_and_a_replay_which_answers_differ(tmp_path):
    with App(HELLO) as app:
        record(tmp_path, app, "one", "two")
        same = replay(tmp_path, app)
    kinds = [path.name.split("-")[:2] for path in sorted((tmp_path / "tape").iterdir())]
    assert [kind for _, kind in kinds] == ["message", "status", "status"] * 2
    assert (same.returncode, same.stderr) == (0, "All 2 answers are as they were.\n")
    assert [form["Body"] for form in app.at("/sms")] == ["one", "two", "one", "two"]
    with App(HELLO) as elsewhere:
        assert replay(tmp_path, elsewhere).returncode == 0
    with App("<Response><Message>goodbye</Message></Response>") as app:
        changed = replay(tmp_path, app)
    assert changed.returncode == 1
    assert "the replies were 'hello' to +13125550000, and are 'goodbye' to +13125550000" in changed.stdout
    assert changed.stderr == "2 of 2 answers differ.\n"


def test_a_recording_holds_no_signature_and_no_token(tmp_path):
    with App(HELLO) as app:
        record(tmp_path, app, "one")
    first = min((tmp_path / "tape").iterdir())
    kept = json.loads(first.read_text())
    (exchange,) = kept["attempts"][0]["exchanges"]
    headers = {each["name"]: each["value"] for each in exchange["request_headers"]}
    assert headers["X-Twilio-Signature"] == "[hidden]"
    assert ["Body", "one"] in kept["parameters"]
    assert ["AccountSid", ACCOUNT] in kept["parameters"]
    assert exchange["timings"]["total"] > 0
    assert kept["answer"] == {"status": 200, "body": HELLO, "body_encoding": "utf-8"}
    assert all(TOKEN not in path.read_text() for path in (tmp_path / "tape").iterdir())


async def test_credentials_and_cookies_of_an_app_stay_out(tmp_path):
    def script(number, _):
        if number == 1:
            return answer(401, WWW_Authenticate='Basic realm="app"')
        return answer(Set_Cookie="session=0123secret; Path=/")

    async with FaultServer(script) as app:
        url = app.url.replace("http://", "http://user:passphrase@")
        async with simulated(url) as twilio:
            twilio.house.listen(Tape(tmp_path).heard)
            await twilio.text("one")
            await twilio.text("two")
    said = "".join(path.read_text() for path in tmp_path.iterdir())
    assert len(app.seen) == 3
    assert not any(secret in said for secret in ("passphrase", "0123secret", "dXNlcjpwYXNzcGhyYXNl"))


async def test_a_recording_is_gone_on_with_and_bounded(tmp_path):
    async with FaultServer(lambda *_: answer()) as app, simulated(app.url) as twilio:
        twilio.house.listen(Tape(tmp_path, most=3).heard)
        for body in ("one", "two", "three", "four"):
            await twilio.text(body)
        assert [dict(each["parameters"])["Body"] for _, each in recorded_texts(tmp_path)] == ["two", "three", "four"]
    async with FaultServer(lambda *_: answer()) as app, simulated(app.url) as twilio:
        twilio.house.listen(Tape(tmp_path, most=3).heard)
        await twilio.text("five")
    assert [name[:6] for name, _ in recorded_texts(tmp_path)] == ["000003", "000004", "000005"]


async def test_a_folder_that_is_gone_stops_no_message(tmp_path):
    async with FaultServer(lambda *_: answer(body=b"OK", content_type="text/plain")) as app, simulated(app.url) as twilio:
        twilio.house.listen(Tape(tmp_path / "tape").heard)
        (tmp_path / "tape").rmdir()
        (reply,) = await twilio.text()
    assert reply.status == "delivered"


def test_what_is_no_recording_is_said(tmp_path, run_offhook):
    with pytest.raises(OffhookError, match="There are no recorded texts"):
        list(recorded_texts(tmp_path))
    (tmp_path / "000001-message-SM1.json").write_text("{}")
    with pytest.raises(OffhookError, match="is no recording of a text"):
        list(recorded_texts(tmp_path))
    done = run_offhook("dev", "--to", "http://127.0.0.1:9/sms", "--replay", str(tmp_path / "nowhere"))
    assert done.returncode != 0
    assert "There are no recorded texts" in done.stderr
    assert "Traceback" not in done.stderr
