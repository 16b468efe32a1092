"""Twilio's Error Webhook and alarms come to a running Offhook: what Twilio saw stands beside what we saw."""

import json
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.helpers.messages import message, post, sid
from tests.helpers.processes import TOKEN, Offhook, fetch, free_port, get_json, wait_until
from tests.helpers.told import alarm, captured, debugger


def config(folder):
    file = folder / "offhook.toml"
    file.write_text(
        'schedule = "1h"\n'
        f'[endpoints.sms]\nto = "http://127.0.0.1:{free_port()}/sms"\nanswer = "ack"\n'
        '[endpoints.debugger]\nprovider = "twilio-debugger"\n'
    )
    return ("--config", str(file))


def told(offhook):
    return [error for error in offhook.errors() if error["origin"] == "twilio"]


def test_what_twilio_tells_is_listed_with_a_cause_and_the_webhook_that_it_is_about(tmp_path, run_offhook):
    offhook = Offhook(tmp_path, *config(tmp_path))
    assert set(offhook.ready["endpoints"]) == {"sms", "debugger"}
    resource = sid()
    assert post(f"{offhook.url}/sms", message(MessageSid=resource))[0] == 200
    (received,) = offhook.webhooks()

    fields = debugger(captured(resource, f"{offhook.url}/sms"))
    for _ in range(2):
        status, headers, body = post(f"{offhook.url}/debugger", [*fields.items()])
        assert (status, headers["Content-Type"], body) == (200, "text/xml", b"<Response/>")
    (error,) = wait_until(lambda: told(offhook))
    assert (error["code"], error["twilio_code"], error["level"]) == (11203, 11200, "ERROR")
    assert (error["webhook_id"], error["endpoint"], error["resource_sid"]) == (received["id"], "sms", resource)
    assert (error["at"], error["more_info"]["TwilioSid"]) == ("2023-06-12T18:44:24.368Z", fields["Sid"])
    assert error["causes"][0]["name"] == "app.too-slow"
    assert "not from the app" in error["message"]
    assert error["sid"] in {each["sid"] for each in offhook.story(received["id"])["errors"]}

    (webhook,) = offhook.webhooks("&endpoint=debugger")
    assert (webhook["state"], webhook["attempts"], webhook["provider_id"]) == ("delivered", 0, fields["Sid"])
    _, card = get_json(f"{offhook.console}/api/endpoints")["endpoints"]
    assert (card["name"], card["provider"], card["app_url"], card["counts"]["delivered"]) == (
        "debugger",
        "twilio-debugger",
        "",
        1,
    )
    assert b"debugger" in fetch(f"{offhook.console}/endpoints")[2]
    shown = run_offhook("errors", "show", error["sid"], "--console-url", offhook.console)
    assert "origin" in shown.stdout
    assert offhook.stop() == 0
    assert "Traceback" not in offhook.log.read_text()


def test_alarms_come_as_form_query_or_json_and_a_wrong_signature_is_403(tmp_path):
    offhook = Offhook(tmp_path, *config(tmp_path))
    validator = RequestValidator(TOKEN)
    assert post(f"{offhook.url}/debugger", [*alarm().items()])[0] == 200

    url = f"{offhook.url}/debugger?{urlencode(alarm(IdempotencyToken='second', ErrorCode='11200'))}"
    assert fetch(url, headers={"X-Twilio-Signature": validator.compute_signature(url, {})})[0] == 200

    body = json.dumps(alarm(IdempotencyToken="third", ErrorCode="12100"))
    url = f"{offhook.url}/debugger?bodySHA256={validator.compute_hash(body)}"
    signature = validator.compute_signature(url, {})
    assert fetch(url, body.encode(), {"Content-Type": "application/json", "X-Twilio-Signature": signature})[0] == 200

    assert post(f"{offhook.url}/debugger", [*alarm().items()], token="another")[0] == 403
    assert post(f"{offhook.url}/debugger", [*debugger("null").items()])[0] == 400
    errors = wait_until(lambda: (found := told(offhook)) and len(found) == 3 and found)
    assert {(error["code"], error["level"]) for error in errors} == {(10004, "WARNING"), (11200, "WARNING"), (12100, "WARNING")}
    assert all("55 within 5 minutes, threshold 1" in error["message"] for error in errors)
    assert len(offhook.webhooks("&endpoint=debugger")) == 3
    assert offhook.stop() == 0


def test_what_was_told_just_before_the_power_went_is_listed_after_the_start(tmp_path):
    flags = config(tmp_path)
    offhook = Offhook(tmp_path, *flags)
    sent = [debugger(captured(sid())) for _ in range(40)]
    assert {post(f"{offhook.url}/debugger", [*fields.items()])[0] for fields in sent} == {200}
    offhook.kill()
    offhook = Offhook(tmp_path, *flags)
    errors = wait_until(lambda: (found := told(offhook)) and len(found) == len(sent) and found)
    assert {error["more_info"]["TwilioSid"] for error in errors} == {fields["Sid"] for fields in sent}
    webhooks = {webhook["id"]: webhook["state"] for webhook in offhook.webhooks()}
    assert webhooks == {error["webhook_id"]: "delivered" for error in errors}
    assert offhook.stop() == 0
