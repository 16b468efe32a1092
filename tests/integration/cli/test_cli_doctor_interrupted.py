"""Ctrl-C while the doctor is at it: a real process, a real signal, and what is known by then."""

import json
import signal
import subprocess
import sys
import textwrap
import time

import jsonschema
import pytest

from offhook.api.doctor_shapes import report_schema

# The real program with checks of our own: one that finds something, and one that does not end until it is made to.
PROGRAM = """
import asyncio, sys, time
from offhook.doctor import checks, examination
from offhook.doctor.findings import Finding, Verdict, good
from offhook.doctor.patient import Check
from offhook.cli import doctor_run
from offhook.main import main

async def first(patient):
    return [Finding(verdict=Verdict.{verdict}, title="Found so far.")]

async def waits(patient):
    print("waiting", file=sys.stderr, flush=True)
    await {wait}

async def never(patient):
    return [good("This is never reached.")]

found = (Check("first", "What is first?", first), Check("second", "What is second?", waits), Check("third", "What is third?", never))
examination.Examination.__init__.__defaults__ = (lambda _: None, found)
sys.argv = ["offhook", "doctor", "http://127.0.0.1:9/sms", *sys.argv[1:]]
main()
"""
ASLEEP = "asyncio.sleep(60)"
IN_A_THREAD = "asyncio.get_running_loop().run_in_executor(None, time.sleep, 20)"


def interrupted(*words, verdict="GOOD", wait=ASLEEP):
    """(exit code, stdout, stderr, seconds from the signal to the end)."""
    program = textwrap.dedent(PROGRAM).format(verdict=verdict, wait=wait)
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if line == "waiting\n":
                break
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            stdout, rest = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, stdout, "".join([*said, rest]), time.monotonic() - pressed


@pytest.mark.parametrize("wait", [ASLEEP, IN_A_THREAD])
def test_what_is_known_is_told_at_once_and_marked_as_interrupted(wait):
    code, stdout, stderr, seconds = interrupted(wait=wait)
    assert code == 130, stderr
    assert stdout.startswith("? Interrupted: no fault so far")
    assert "Found so far." in stdout
    assert "never reached" not in stdout
    assert "Traceback" not in stderr
    assert seconds < 1.0


def test_a_fault_that_is_known_by_then_is_a_fault():
    code, stdout, _, _ = interrupted(verdict="FAULT")
    assert code == 1
    assert "Interrupted: 1 fault" in stdout


def test_json_is_one_document_then_too():
    code, stdout, _, _ = interrupted("--json")
    report = json.loads(stdout)
    jsonschema.validate(report, report_schema(), cls=jsonschema.Draft202012Validator)
    assert code == 130
    assert report["interrupted"] is True
    assert [each["title"] for each in report["findings"]] == ["Found so far."]


@pytest.mark.parametrize(("way", "begins"), [("--markdown", "## "), ("--html", "<!doctype html>")])
def test_so_is_each_other_form(way, begins):
    code, stdout, _, _ = interrupted(way)
    assert code == 130
    assert stdout.startswith(begins)
    assert "Interrupted" in stdout
    assert "Found so far." in stdout
