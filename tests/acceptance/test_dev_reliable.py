"""`offhook dev --reliable`: a text to an app that is down is not lost, and what the app says to it comes when it is back."""

import pytest

from tests.helpers.processes import App, free_port, get_json, wait_until
from tests.helpers.simulated import App as SmallApp
from tests.helpers.simulated import Dev

ADA = "+12025550101"
SOON = {"OFFHOOK_SCHEDULE": "300ms"}


def replies(dev):
    return [each["body"] for each in dev.messages(ADA) if each["direction"] != "inbound"]


def test_a_text_to_an_app_that_was_killed_arrives_when_it_is_back(tmp_path):
    port = free_port()
    app = App("flask", tmp_path, port)
    dev = Dev(tmp_path, app.url, "--reliable", env=SOON)
    dev.text(ADA, "first")
    wait_until(lambda: replies(dev) == ["You said: first"])
    app.kill()
    sent = dev.text(ADA, "while you were out")
    wait_until(lambda: get_json(f"{dev.ready['front']}/api/webhooks?state=waiting&limit=10")["webhooks"])
    assert replies(dev) == ["You said: first"]
    app = App("flask", tmp_path, port)
    (seen,) = wait_until(app.seen)
    assert (seen["body"], seen["sid"]) == ("while you were out", sent["sid"])
    wait_until(lambda: replies(dev) == ["You said: first", "You said: while you were out"])
    assert dev.stop() == 0
    app.stop()


def test_without_it_the_same_text_is_lost(tmp_path):
    port = free_port()
    dev = Dev(tmp_path, f"http://127.0.0.1:{port}/sms")
    sent = dev.text(ADA, "hello?")
    wait_until(lambda: any(each["webhook_id"] for each in dev.messages(ADA) if each["sid"] == sent["sid"]))
    (error,) = get_json(f"{dev.url}/api/errors?limit=10")["errors"]
    assert error["twilio_code"] == 11200
    assert error["causes"]
    app = App("flask", tmp_path, port)
    with pytest.raises(AssertionError, match="not within"):
        wait_until(app.seen, seconds=1.5)
    assert dev.stop() == 0
    app.stop()


def test_a_named_journal_keeps_the_text_over_a_restart_of_the_simulator(tmp_path):
    port = free_port()
    flags = ("--reliable", "--journal", str(tmp_path / "front.db"))
    dev = Dev(tmp_path, f"http://127.0.0.1:{port}/sms", *flags, env=SOON)
    dev.text(ADA, "keep this")
    wait_until(lambda: get_json(f"{dev.ready['front']}/api/webhooks?state=waiting&limit=10")["webhooks"])
    assert dev.stop() == 0
    app = App("flask", tmp_path, port)
    dev = Dev(tmp_path, app.url, *flags, env=SOON)
    (seen,) = wait_until(app.seen)
    assert seen["body"] == "keep this"
    assert dev.stop() == 0
    app.stop()


def test_chaos_waits_behind_the_front_door_which_makes_up_for_it(tmp_path):
    with SmallApp("<Response><Message>hello</Message></Response>") as app:
        dev = Dev(
            tmp_path,
            app.url + "/sms",
            "--reliable",
            "--chaos",
            "refused=40%,5xx=30%,duplicate=30%",
            "--chaos-seed",
            "7",
            env=SOON,
        )
        for number in range(20):
            dev.text(f"+1312555{number:04}", f"text {number}")
        # So many first failures in a row open the front door's breaker: then what waits goes out one by one.
        wait_until(lambda: len({form["Body"] for form in app.at("/sms")}) == 20, seconds=120)
        errors = get_json(f"{dev.ready['front']}/api/errors?limit=100")["errors"]
        assert dev.stop() == 0
        assert sorted(form["Body"] for form in app.at("/sms")) == sorted(f"text {number}" for number in range(20))
    assert {error["code"] for error in errors} >= {11202, 11217}
    assert {error["more_info"].get("chaos") for error in errors if error["attempt_id"]} == {"refused", "5xx"}


def test_a_journal_without_a_front_door_is_a_mistake(run_offhook):
    done = run_offhook("dev", "--to", "http://127.0.0.1:9/sms", "--journal", "x.db")
    assert done.returncode == 2
    assert "add --reliable" in done.stderr
