"""Alarms from outside: Twilio's `/v2/Alarms` by plain HTTP, the file, and the command line, with a server that is killed in between."""

import json
import subprocess
import sys

import pytest

from tests.helpers.messages import message, post
from tests.helpers.processes import Offhook, fetch, free_port, get_json, wait_until

NOBODY = f"http://127.0.0.1:{free_port()}/sms"  # an app that does not listen
WANTED = {
    "friendlyName": "App down",
    "description": "The app is not there",
    "queryType": "ERROR_CODE",
    "query": "11200",
    "triggerValue": 2,
    "timeWindow": "FIVE_MINS",
    "email": ["dev@app.example"],
    "webhook": "https://hooks.example/alarm",
    "consoleIndicator": False,
    "enabled": True,
}


def serve(folder, config=""):
    (folder / "offhook.toml").write_text(config)
    return Offhook(folder, "--to", NOBODY, "--config", str(folder / "offhook.toml"))


@pytest.fixture
def running(tmp_path):
    """Starts a server on the same journal, after the one before has gone."""
    started = []

    def start(config=""):
        started.append(serve(tmp_path, config))
        return started[-1]

    yield start
    for each in started:
        if each in Offhook.alive:
            each.stop()


def ask(offhook, method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    status, _, content = fetch(offhook.console + path, data, named, method)
    return status, json.loads(content) if content else None


def command(offhook, *words, good=0):
    done = subprocess.run(
        [sys.executable, "-m", "offhook", "alarms", *words, "--console-url", offhook.console],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=offhook.folder,
        check=False,
    )
    assert done.returncode == good, done.stderr
    return done


def test_an_alarm_lives_through_twilios_api_and_a_kill(running):
    offhook = running()
    status, made = ask(offhook, "POST", "/v2/Alarms", WANTED, Idempotency_Token="deploy-1")
    assert (status, list(made)) == (201, ["sid"])
    path = f"/monitor/v2/Alarms/{made['sid']}"
    assert ask(offhook, "GET", path)[1].items() >= WANTED.items()
    offhook.kill()

    again = running()
    assert ask(again, "POST", "/v2/Alarms", WANTED, Idempotency_Token="deploy-1") == (201, made)
    assert ask(again, "POST", "/v2/Alarms", WANTED | {"triggerValue": 3}, Idempotency_Token="deploy-1")[0] == 409
    assert ask(again, "PUT", f"{path}/status", {"enabled": False}) == (204, None)
    assert ask(again, "PUT", path, WANTED | {"triggerValue": 7}) == (200, made)
    (listed,) = ask(again, "GET", "/v2/Alarms?PageSize=1000")[1]["alarms"]
    assert (listed["alertConfigSid"], listed["triggerValue"], listed["enabled"]) == (made["sid"], 7, True)
    assert ask(again, "DELETE", path) == (204, None)
    assert ask(again, "GET", path)[0] == 404


def test_what_was_made_by_twilios_api_fires_at_its_threshold_and_is_listed(running):
    offhook = running()
    sid = ask(offhook, "POST", "/v2/Alarms", WANTED, Idempotency_Token="a")[1]["sid"]
    post(f"{offhook.url}/sms", message("one"))
    wait_until(offhook.errors)
    post(f"{offhook.url}/sms", message("two", From="+15550001111"))
    (firing,) = wait_until(lambda: get_json(f"{offhook.console}/api/alarms/{sid}/firings")["firings"])
    assert (firing["state"], firing["threshold"], firing["value"] >= 2) == ("active", 2.0, True)
    assert firing["cause_title"]
    assert "App down" in command(offhook, "firings").stdout
    offhook.kill()

    again = running()
    assert [each["id"] for each in get_json(f"{again.console}/api/alarm-firings")["firings"]] == [firing["id"]]


def test_the_files_alarms_are_there_at_each_start_and_gone_when_they_are_taken_out(running):
    first = running('[alarms.app-down]\ncode = 11200\nat_least = 5\n[alarms.quiet]\nsilence = "2h"\n')
    assert [each["name"] for each in get_json(f"{first.console}/api/alarms")["alarms"]] == ["app-down", "quiet"]
    command(first, "snooze", "app-down", "2h")
    assert first.stop() == 0

    second = running("[alarms.app-down]\ncode = 11200\nat_least = 9\n")
    (alarm,) = get_json(f"{second.console}/api/alarms")["alarms"]
    assert (alarm["settings"]["at_least"], alarm["origin"]) == (9, "file")
    assert alarm["snoozed_until"] is not None
    assert "[alarms.app-down]" in command(second, "delete", "app-down", "--yes", good=1).stderr


def test_the_same_words_work_with_a_server_and_without_one(running):
    offhook = running()
    made = command(offhook, "create", "slow", "--delivery-p95", "2s", "--email", "dev@app.example")
    assert "no mail is sent until smtp_host" in made.stderr
    assert "slow" in command(offhook, "list").stdout
    assert offhook.stop() == 0
    alone = [sys.executable, "-m", "offhook", "alarms", "list", "--json", "--database", "offhook.db"]
    done = subprocess.run(
        [*alone, "--console-port", str(free_port())], capture_output=True, text=True, timeout=30, cwd=offhook.folder, check=True
    )
    (alarm,) = json.loads(done.stdout)["alarms"]
    assert (alarm["name"], alarm["settings"]) == ("slow", {"delivery_p95": "2s", "email": ["dev@app.example"]})


def test_what_a_command_changes_of_an_alarm_outlives_a_kill_and_a_wrong_endpoint_is_refused(running):
    offhook = running()
    command(offhook, "create", "slow", "--delivery-p95", "2s", "--endpoint", "sms", "--email", "dev@app.example")
    command(offhook, "edit", "slow", "--email", "", "--webhook", "https://hooks.example/alarm")
    assert "Did you mean sms?" in command(offhook, "edit", "slow", "--endpoint", "smss", good=2).stderr
    assert "is not called" in command(offhook, "edit", "slow", "--webhook", "http://169.254.169.254/", good=2).stderr
    assert "there is an alarm slow already" in command(offhook, "create", "Slow", good=1).stderr
    offhook.kill()

    again = running()
    (alarm,) = get_json(f"{again.console}/api/alarms")["alarms"]
    assert alarm["settings"] == {"delivery_p95": "2s", "endpoint": ["sms"], "webhook": "https://hooks.example/alarm"}
