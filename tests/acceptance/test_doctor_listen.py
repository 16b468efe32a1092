"""`offhook doctor --listen` as a process of its own: lines while it listens, a summary at the end, and an exit code."""

import json
import re
import signal
import ssl
import sys
import urllib.request

import pytest

from offhook.providers.twilio import Twilio, TwilioSettings
from tests.helpers.certificates import House
from tests.helpers.processes import TOKEN, Child, fetch, free_port, listens, wait_until

FORM = "application/x-www-form-urlencoded"
BODY = b"From=%2B15551230001&Body=Hi"


class Listener(Child):
    """The listening doctor. `end` is Ctrl-C, and gives the exit code and what it said on stdout."""

    def __init__(self, folder, *flags, host="127.0.0.1", token=TOKEN):
        self.port = free_port()
        command = [sys.executable, "-m", "offhook", "doctor", "--listen", f"{host}:{self.port}", *flags]
        super().__init__(command, folder / "listen.log", {"TWILIO_AUTH_TOKEN": token} if token else {})
        wait_until(lambda: "Listening at" in self.log.read_text() or self.process.poll() is not None)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        output = self.process.stdout.read().decode()
        return self.stop(), output


def send(url, *, signed_for=None):
    signatures = dict(Twilio(TwilioSettings(tokens={"": (TOKEN,)})).sign(signed_for or url, BODY, FORM, "")[1])
    return fetch(url, BODY, {"Content-Type": FORM, "User-Agent": "TwilioProxy/1.1", **signatures})


def test_a_signed_request_is_a_line_and_a_good_end(tmp_path):
    listener = Listener(tmp_path)
    status, headers, body = send(f"http://127.0.0.1:{listener.port}/sms")
    assert (status, headers["Content-Type"], body) == (200, "text/xml", b"<Response/>")
    code, output = listener.end()
    first, *summary = output.splitlines()
    assert re.match(r"\d\d:\d\d:\d\d 127\.0\.0\.1 http POST /sms · TwilioProxy/1\.1 · signed, rightly for http://127", first)
    assert "1 connection came, with 1 request: the way to this host is open." in summary
    assert code == 0


def test_nothing_came(tmp_path):
    code, output = Listener(tmp_path, host="").end()
    assert "0 connections came: it does not even arrive." in output
    assert "firewall" in output
    assert "this machine alone" not in output
    assert code == 1


def test_a_wrong_signature_is_no_good_request_and_says_for_which_url_it_is_right(tmp_path):
    listener = Listener(tmp_path, "--json")
    right = f"https://127.0.0.1:{listener.port}/sms"
    send(f"http://127.0.0.1:{listener.port}/sms", signed_for=right)
    code, output = listener.end()
    summary = json.loads(output)
    assert code == 1
    assert (summary["requests"], summary["good"], summary["signatures"]["wrong"]) == (1, 0, 1)
    assert summary["latest"][0]["url"] == right
    assert summary["listened"] == [f"127.0.0.1:{listener.port}"]
    assert "127.0.0.1 http POST /sms" in listener.log.read_text()
    assert TOKEN not in output


def test_the_public_url_is_what_signatures_are_checked_against(tmp_path):
    listener = Listener(tmp_path, "--json", "--public-url", "https://sms.example.com")
    send(f"http://127.0.0.1:{listener.port}/sms", signed_for="https://sms.example.com/sms")
    code, output = listener.end()
    assert (code, json.loads(output)["signatures"]["right"]) == (0, 1)


def test_requests_over_tls_with_a_certificate_of_its_own(tmp_path):
    house = House()
    chain, key = house.good().files(tmp_path, "own")
    listener = Listener(tmp_path, "--json", "--tls-cert", str(chain), "--tls-key", str(key), token="")
    trust = ssl.create_default_context(cadata=house.root.cert_pem.bytes().decode())
    with urllib.request.urlopen(f"https://localhost:{listener.port}/sms", BODY, timeout=10, context=trust) as answer:
        assert answer.read() == b"<Response/>"
    code, output = listener.end()
    tls = json.loads(output)["tls"]
    assert (tls["hellos"], tls["handshakes"], tls["server_names"]) == (1, 1, {"localhost": 1})
    assert code == 0


def test_it_ends_by_itself_after_its_time(run_offhook):
    done = run_offhook("doctor", "--listen", f"127.0.0.1:{free_port()}", "--for", "300ms", "--json")
    assert (done.returncode, json.loads(done.stdout)["connections"]) == (1, 0)


def test_a_port_that_is_taken_is_a_sentence_with_the_way_out(run_offhook, tmp_path):
    listener = Listener(tmp_path)
    assert listens(listener.port)
    done = run_offhook("doctor", "--listen", f"127.0.0.1:{listener.port}")
    assert done.returncode == 1
    assert f"Cannot listen at 127.0.0.1:{listener.port}: another program uses this port: stop it" in done.stderr
    assert "Traceback" not in done.stderr
    listener.end()


@pytest.mark.parametrize(
    "words",
    [
        ("--listen", "nowhere"),
        ("--listen", ":99999"),
        ("--listen", "::1:80"),
        ("--listen", ":0", "--for", "soon"),
        ("--listen", ":0", "http://127.0.0.1/"),
        (),
        ("--listen", "127.0.0.1:0", "--tls-cert", "nowhere.pem"),
    ],
)
def test_what_makes_no_sense_is_bad_usage(run_offhook, words):
    done = run_offhook("doctor", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_ipv6_address_stands_in_brackets(run_offhook):
    done = run_offhook("doctor", "--listen", f"[::1]:{free_port()}", "--for", "10ms")
    assert done.returncode == 1
    assert "[::1]" in done.stderr
