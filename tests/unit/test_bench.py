"""The parts of the benches that could be wrong without anybody noticing: the arithmetic and the signed requests."""

from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from bench import alarms
from bench.arrivals import Arrivals, backlog
from bench.figures import Result, Row, Spread, at_least, at_most, number, percentile
from bench.load import Report, summary
from bench.messages import FORM_BYTES, TOKEN, build
from bench.report import markdown
from offhook.debugger.causes.names import is_cause

URL = "http://127.0.0.1:8080/sms"


def form_of(request: bytes) -> list[tuple[str, str]]:
    return parse_qsl(request.partition(b"\r\n\r\n")[2].decode(), keep_blank_values=True)


def signature_of(request: bytes) -> str:
    return request.partition(b"\r\n\r\n")[0].decode().partition("X-Twilio-Signature: ")[2]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_a_percentile_is_the_smallest_reading_that_so_many_do_not_exceed(share, expected):
    assert percentile(range(1, 101), share) == expected


def test_the_percentile_of_one_reading_is_that_reading():
    assert percentile([7.0], 0.99) == 7.0


@pytest.mark.parametrize(("readings", "share"), [([], 0.5), ([1.0], 1.5), ([1.0], -0.1)])
def test_a_percentile_of_nothing_or_beyond_the_whole_is_refused(readings, share):
    with pytest.raises(ValueError, match=r"readings|share"):
        percentile(readings, share)


def test_a_summary_is_in_milliseconds_and_does_not_need_sorted_readings():
    assert summary([0.003, 0.001, 0.002]) == pytest.approx({"p50": 2, "p90": 3, "p99": 3, "p99.9": 3, "max": 3})


def test_a_spread_shows_the_median_and_the_range_and_agreeing_runs_show_one_figure():
    assert str(Spread.of([31_234.0, 29_950.0, 30_449.0])) == "30,400 (30,000-31,200)"
    assert str(Spread.of([7.125, 7.125])) == "7.12"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (0.2514, "0.25"), (12.34, "12.3"), (123.4, "123"), (123_456.0, "123,000")]
)
def test_a_figure_is_shown_with_three_digits(value, shown):
    assert number(value) == shown


def test_the_sdks_validator_accepts_every_request():
    validator = RequestValidator(TOKEN)
    for request in build(URL, 50).requests:
        assert validator.validate(URL, dict(form_of(request)), signature_of(request))


def test_a_request_signed_with_another_token_is_refused():
    request = build(URL, 1, token="another").requests[0]
    assert not RequestValidator(TOKEN).validate(URL, dict(form_of(request)), signature_of(request))


def test_a_url_with_an_encoded_query_is_signed_as_it_is_sent():
    url = URL + "?name=a%20b"
    request = build(url, 1).requests[0]
    assert request.startswith(b"POST /sms?name=a%20b HTTP/1.1\r\n")
    assert RequestValidator(TOKEN).validate(url, dict(form_of(request)), signature_of(request))


def test_a_request_has_twenty_fields_in_six_hundred_bytes_and_says_so():
    head, _, form = build(URL, 1).requests[0].partition(b"\r\n\r\n")
    assert len(form) == FORM_BYTES == 600
    assert b"Content-Length: 600" in head.split(b"\r\n")
    assert len(form_of(b"\r\n\r\n" + form)) == 20


def test_every_request_is_a_message_of_its_own():
    batch = build(URL, 1000)
    assert len(set(batch.sids)) == 1000
    assert [dict(form_of(request))["MessageSid"].encode() for request in batch.requests] == batch.sids


def test_the_backlog_is_the_most_that_was_acked_and_not_yet_at_the_app():
    report = Report(2.0, {"200": 90}, 0, 0, {}, 0.1, [(10.0, 0), (11.0, 50), (12.0, 90)])
    arrivals = Arrivals(95, 95, [(9.0, 5), (11.5, 25), (12.5, 95)])
    assert backlog(report, arrivals, before=5) == 70
    assert arrivals.reached(25) == 11.5
    assert arrivals.reached(96) is None


def test_a_goal_is_met_missed_or_not_measured():
    assert at_most("p99", 9.0, 10).met is True
    assert at_most("p99", 11.0, 10).met is False
    assert at_least("share", 0.2, 0.25).met is False
    assert at_least("share", None, 0.25).met is None
    assert at_least("share", None, 0.25).measured == "not measured"


def test_a_row_without_a_figure_leaves_its_cell_empty_and_keeps_its_note():
    measured, absent = Row({"server": "a"}), Row({"server": "nginx"}, note="not measured: install it")
    measured.add({"acks/s": 1000.0, "CPU µs": None})
    text = markdown(Result("intake", "Intake", [measured, absent], at="2030-01-02T03:04:05"))
    assert "| server | acks/s | note |" in text
    assert "| a | 1,000 |  |" in text
    assert "| nginx |  | not measured: install it |" in text


def test_the_causes_of_the_alarms_bench_are_such_as_errors_can_have():
    assert [cause for cause in alarms.CAUSES if cause and not is_cause(cause)] == []
