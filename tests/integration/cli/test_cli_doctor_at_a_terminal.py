"""The doctor where a person sits at a terminal: a real one, with the questions, the line that moves, the colours, and Ctrl-C."""

import os
import pty
import select
import subprocess
import sys
import textwrap
import time

import pytest

# The real program with two checks of our own.
PROGRAM = """
import asyncio, fcntl, sys, termios
from offhook.cli import doctor_run
from offhook.doctor import examination
from offhook.doctor.findings import good
from offhook.doctor.patient import Check
from offhook.main import main

async def looks(patient):
    await asyncio.sleep({seconds})
    return [good("It looked.")]

checks = (Check("first", "What is first?", looks), Check("second", "What is second?", looks))
examination.Examination.__init__.__defaults__ = (lambda _: None, checks)
doctor_run.CHECKS = checks
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal that Ctrl-C comes from
sys.argv = ["offhook", "doctor", "http://127.0.0.1:9/sms", *sys.argv[1:]]
main()
"""


def at_terminal(*words, typed=(), seconds=0.2):
    """(exit code, all that the terminal shows). `typed`: pairs of what is waited for, and what is typed then."""
    main, end = pty.openpty()
    program = textwrap.dedent(PROGRAM).format(seconds=seconds)
    environ = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdin=end, stdout=end, stderr=end, env=environ, start_new_session=True
    )
    os.close(end)
    shown, waiting, until = b"", list(typed), time.monotonic() + 15
    try:
        while time.monotonic() < until:
            if not select.select([main], [], [], 0.1)[0]:
                continue
            try:
                came = os.read(main, 4096)
            except OSError:  # the other end is closed
                break
            if not came:
                break
            shown += came
            if waiting and waiting[0][0].encode() in shown:
                os.write(main, waiting.pop(0)[1].encode())
        return process.wait(5), shown.decode()
    finally:
        process.kill()
        process.wait()
        os.close(main)


def test_a_line_says_what_is_looked_at_and_is_gone_when_the_report_comes():
    code, shown = at_terminal()
    assert code == 0
    before, _, after = shown.partition("No fault")
    assert "At most 30 requests go to 127.0.0.1:9." in before
    assert "1 of 2  first: What is first?" in before
    assert "2 of 2  second: What is second?" in before
    assert "What is" not in after
    assert before.rindex("\x1b[?25h") > before.rindex("\x1b[?25l"), "the cursor is shown again"
    assert "\x1b[32m" in shown


@pytest.mark.parametrize(
    ("answer", "code", "said"), [("y\n", 0, "No fault"), ("\n", 2, "Nothing was sent."), ("\x04", 2, "Nothing was sent.")]
)
def test_many_requests_are_asked_about(answer, code, said):
    question = "This sends up to 60 requests to 127.0.0.1:9. Go on? [y/N]"
    assert (result := at_terminal("--samples", "40", typed=[(question, answer)]))[0] == code, result
    assert said in result[1]


def test_with_yes_nobody_is_asked():
    code, shown = at_terminal("--samples", "40", "--yes")
    assert code == 0
    assert "Go on?" not in shown


def test_ctrl_c_leaves_a_tidy_terminal_and_what_is_known():
    start = time.monotonic()
    code, shown = at_terminal(typed=[("second: What is second?", "\x03")], seconds=1.0)
    assert code == 130, shown
    assert "Interrupted: no fault so far" in shown
    assert "It looked." in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "Traceback" not in shown
    assert time.monotonic() - start < 5
