"""The console's doctor in the running program: it has tools of its own, keeps the address rules, and does not hold up the stop."""

import json
import socket

from tests.helpers.processes import Offhook, fetch

JSON = {"Content-Type": "application/json"}


def test_it_answers_within_its_rules_and_is_closed_with_the_rest(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        own = f"http://127.0.0.1:{listener.getsockname()[1]}/sms"
        offhook = Offhook(tmp_path, "--to", own)
        doctor = f"{offhook.console}/api/doctor"
        status, _, body = fetch(doctor, json.dumps({"url": own}).encode(), JSON)
        assert (status, json.loads(body)["code"]) == (400, 20001)
        status, _, body = fetch(doctor, json.dumps({"url": "https://my..app.example/sms"}).encode(), JSON)
        assert (status, json.loads(body)["verdict"]) == (200, "fault")
        assert offhook.stop() == 0, offhook.log.read_text()
        try:
            listener.accept()
        except BlockingIOError:
            return
        raise AssertionError("a private address was called")
