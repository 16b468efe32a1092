"""The app is down, dies in the middle, or answers 502: the sender never sees it, and the message arrives once the app is back."""

import os
import signal
import time

from tests.helpers.messages import message, post, sid
from tests.helpers.processes import App, Offhook, free_port, wait_until
from tests.helpers.twilio_api import TwilioApi

QUICK = ("--schedule", "1s,1s,2s,5s")


def someone():
    return "+1555" + sid()[-7:]


def test_messages_sent_while_the_app_is_down_arrive_once_each_when_it_is_back_and_replies_go_by_rest(tmp_path):
    port = free_port()
    with TwilioApi() as twilio:
        offhook = Offhook(tmp_path, "--to", f"http://127.0.0.1:{port}/sms", *QUICK, env={"OFFHOOK_TWILIO_API_URL": twilio.url})
        sent = [message(f"text {n}", From=someone()) for n in range(12)]
        answers = [post(offhook.url + "/sms", pairs) for pairs in sent]
        assert {(status, body) for status, _, body in answers} == {(200, b"<Response/>")}
        assert {webhook["state"] for webhook in offhook.webhooks()} <= {"waiting", "delivering"}
        assert {event["code"] for event in offhook.errors()} == {11202}

        app = App("flask", tmp_path, port=port)
        wait_until(lambda: {webhook["state"] for webhook in offhook.webhooks()} == {"delivered"}, seconds=60)
        assert sorted(each["body"] for each in app.seen()) == sorted(f"text {n}" for n in range(12))
        wait_until(lambda: len(twilio.messages) == 12)
        time.sleep(1)
        assert sorted(twilio.bodies()) == sorted(f"You said: text {n}" for n in range(12))
        assert offhook.stop() == 0
        app.stop()


def test_an_app_killed_in_the_middle_of_a_request_gets_the_message_again(tmp_path):
    port = free_port()
    with TwilioApi() as twilio:
        app = App("flask", tmp_path, port=port, APP_DELAY="30")
        offhook = Offhook(tmp_path, "--to", app.url, "--hold", "1s", *QUICK, env={"OFFHOOK_TWILIO_API_URL": twilio.url})
        status, _, body = post(offhook.url + "/sms", message("interrupted"))
        assert (status, body) == (200, b"<Response/>")
        wait_until(lambda: len(app.seen()) == 1)
        app.kill()
        app = App("flask", tmp_path, port=port)
        wait_until(lambda: [webhook["state"] for webhook in offhook.webhooks()] == ["delivered"], seconds=40)
        assert [each["body"] for each in app.seen()] == ["interrupted"]
        wait_until(lambda: twilio.bodies() == ["You said: interrupted"])
        story = offhook.story(offhook.webhooks()[0]["id"])
        assert [attempt["outcome"]["delivered"] for attempt in story["attempts"]][-1] is True
        assert len(story["attempts"]) >= 2
        assert offhook.stop() == 0
        app.stop()


def test_a_stop_in_the_middle_of_a_delivery_loses_nothing_and_ends_in_time(tmp_path):
    app = App("flask", tmp_path, APP_DELAY="60")
    offhook = Offhook(tmp_path, "--to", app.url, "--hold", "500ms", "--answer", "ack")
    assert post(offhook.url + "/sms", message("unfinished"))[0] == 200
    wait_until(lambda: len(app.seen()) == 1)
    started = time.monotonic()
    assert offhook.stop(seconds=25) == 0
    assert time.monotonic() - started < 20
    app.kill()
    app = App("flask", tmp_path, port=app.port)
    offhook = Offhook(tmp_path, "--to", app.url)
    wait_until(lambda: [webhook["state"] for webhook in offhook.webhooks()] == ["delivered"])
    assert [each["body"] for each in app.seen()] == ["unfinished"]
    offhook.stop()
    app.stop()


def test_ctrl_c_ends_it_cleanly(tmp_path):
    offhook = Offhook(tmp_path, "--to", "http://127.0.0.1:9/sms")
    os.kill(offhook.process.pid, signal.SIGINT)
    assert offhook.process.wait(20) == 0
    offhook.stop()
    assert "Traceback" not in offhook.log.read_text()


def test_a_failed_webhook_can_be_replayed_from_the_command_line_while_serving(tmp_path, run_offhook):
    port = free_port()
    offhook = Offhook(tmp_path, "--to", f"http://127.0.0.1:{port}/sms", "--schedule", "1s", "--give-up-after", "1s")
    post(offhook.url + "/sms", message("late"))
    wait_until(lambda: [webhook["state"] for webhook in offhook.webhooks()] == ["failed"], seconds=30)
    app = App("flask", tmp_path, port=port)
    done = run_offhook("webhooks", "replay", "--all-failed", "--yes", "--console-url", offhook.console)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: [webhook["state"] for webhook in offhook.webhooks()] == ["delivered"], seconds=30)
    assert [each["body"] for each in app.seen()] == ["late"]
    offhook.stop()
    app.stop()
