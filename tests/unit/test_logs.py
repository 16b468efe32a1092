"""What a line of the log looks like, what it costs when nobody wants it, and that writing it never stops anything."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import time

import pytest
from structlog.testing import capture_logs

from offhook import logs


@pytest.fixture(autouse=True)
def put_back():
    yield
    logs.hold(None)
    logs.configure("warning")


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_for_a_program_is_one_json_object_with_time_level_event_and_logger_first():
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logs.get("intake").info("webhook.received", webhook="WH1", ms=1.5)

    (line,) = lines(stream)
    assert list(line) == ["timestamp", "level", "event", "logger", "webhook", "ms"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert (line["level"], line["event"], line["logger"], line["ms"]) == ("info", "webhook.received", "intake", 1.5)


def test_a_terminal_gets_columns_and_json_only_when_asked():
    stream = Terminal()
    logs.configure("info", stream=stream)
    logs.get("intake").info("webhook.received", webhook="WH1")
    assert "webhook.received" in stream.getvalue()
    assert not stream.getvalue().startswith("{")

    stream = Terminal()
    logs.configure("info", json=True, stream=stream)
    logs.get("intake").info("webhook.received", webhook="WH1")
    assert lines(stream)[0]["webhook"] == "WH1"


def test_for_people_what_has_no_value_is_left_out_and_for_programs_it_stays():
    said = {"webhook": "WH1", "duplicate_of": None, "why": "", "tries": 0}
    stream = Terminal()
    logs.configure("info", stream=stream)
    logs.get("intake").info("webhook.received", **said)
    assert "tries" in stream.getvalue()
    assert not any(name in stream.getvalue() for name in ("duplicate_of", "why"))

    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logs.get("intake").info("webhook.received", **said)
    assert said.items() <= lines(stream)[0].items()


def test_a_logger_made_before_the_configuration_follows_it_and_every_later_one():
    logger = logs.get("early")
    first, second = io.StringIO(), io.StringIO()
    logs.configure("info", stream=first)
    logger.info("first.word")
    logs.configure("error", stream=second)
    logger.warning("not.wanted")
    logger.error("second.word")
    assert [line["event"] for line in lines(first)] == ["first.word"]
    assert [line["event"] for line in lines(second)] == ["second.word"]


def test_bound_fields_are_on_every_line_of_the_logger_and_on_no_other():
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logger = logs.get("delivery")
    logger.bind(webhook="WH1").info("attempt.ended")
    logger.info("courier.started")
    assert [line.get("webhook") for line in lines(stream)] == ["WH1", None]


def test_an_exception_brings_its_traceback_and_not_the_values_of_its_frames():
    for stream in (io.StringIO(), Terminal()):
        logs.configure("info", stream=stream)
        hidden = "tok" + "en-in-a-frame"
        try:
            {}[len(hidden)]
        except KeyError:
            logs.get("delivery").exception("attempt.broke", webhook="WH1")
        assert "KeyError" in stream.getvalue()
        assert hidden not in stream.getvalue()


def test_a_value_that_json_cannot_hold_is_shown_and_the_line_is_kept():
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logs.get("intake").info("webhook.received", body="\ud800 lone", peer=ValueError("x"))
    (line,) = lines(stream)
    assert line["event"] == "webhook.received"
    assert line["body"] == "\\ud800 lone"
    assert line["peer"] == "x"


def test_a_library_that_uses_standard_logging_speaks_through_the_same_lines():
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logs.configure("info", stream=stream)
    logging.getLogger("some.library").warning("it is %s", "late")
    (line,) = lines(stream)
    assert (line["level"], line["event"], line["logger"]) == ("warning", "it is late", "some.library")


def test_structlogs_own_capture_works_for_tests():
    logs.configure("info", stream=io.StringIO())
    with capture_logs() as captured:
        logs.get("intake").info("webhook.received", webhook="WH1")
    assert captured[0]["webhook"] == "WH1"


def test_a_closed_stream_loses_the_line_and_nothing_else():
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    stream.close()
    logs.get("intake").info("webhook.received")


def test_a_broken_pipe_does_not_stop_the_process():
    read_end, write_end = os.pipe()
    os.close(read_end)
    script = "from offhook import logs\nlogs.configure('info')\nfor _ in range(3): logs.get('x').info('a.b')\nprint('still here')"
    try:
        child = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=write_end, timeout=30, check=False)
    finally:
        os.close(write_end)
    assert child.returncode == 0
    assert child.stdout == b"still here\n"


def test_words_go_to_stderr_and_never_to_stdout():
    script = "from offhook import logs\nlogs.configure('debug')\nlogs.get('x').debug('a.b')"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30, check=True)
    assert child.stdout == b""
    assert json.loads(child.stderr)["event"] == "a.b"


def test_a_call_below_the_level_costs_next_to_nothing(tmp_path):
    with (tmp_path / "log").open("w") as stream:
        logs.configure("info", stream=stream)
        logger = logs.get("intake")
        written, filtered = 2_000, 20_000
        start = time.process_time()
        for _ in range(written):
            logger.info("webhook.received", webhook="WH1", endpoint="sms", status=200)
        each_written = (time.process_time() - start) / written
        start = time.process_time()
        for _ in range(filtered):
            logger.debug("webhook.received", webhook="WH1", endpoint="sms", status=200)
        each_filtered = (time.process_time() - start) / filtered
    assert each_filtered < each_written
    assert each_filtered < 10e-6


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+15551234567", "+1555•••4567"),
        ("whatsapp:+15551234567", "whatsapp:+1555•••4567"),
        ("rcs:+4915112345678", "rcs:+4915•••5678"),
        ("12345", "1•••45"),
        ("+4912345", "+49•••45"),
        ("911", "•••"),
        ("", ""),
    ],
)
def test_a_masked_number_can_be_told_from_others_but_not_called(number, masked):
    assert logs.mask(number) == masked


class Wide(logs.Line, kw_only=True):
    """A line with a value that may be anything."""

    value: object


def test_gathered_lines_of_all_kinds_are_written_in_their_order():
    stream = io.StringIO()
    logs.configure("info", json=True, stream=stream)
    log = logs.get("test")
    waiting = []
    logs.hold(waiting.append)
    log.info("first", n=1)
    for value in (2, "\ud800", 4):
        log.wide([Wide(*log.begin("wide"), value=value)])
    log.info("last", n=5)
    assert stream.getvalue() == ""
    waiting[0]()
    assert [(line["event"], line.get("n", line.get("value"))) for line in lines(stream)] == [
        ("first", 1),
        ("wide", 2),
        ("wide", "\\ud800"),
        ("wide", 4),
        ("last", 5),
    ]


def test_no_more_lines_wait_than_may():
    stream = io.StringIO()
    logs.configure("info", json=True, stream=stream)
    log = logs.get("test")
    logs.hold(lambda write: None)
    for value in range(logs.MOST_HELD + 1):
        log.wide([Wide(*log.begin("wide"), value=value)])
    assert len(lines(stream)) == logs.MOST_HELD
    logs.hold(None)
    assert [line["value"] for line in lines(stream)] == list(range(logs.MOST_HELD + 1))
