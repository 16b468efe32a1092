"""How endpoints and sinks are, as the overview lists them."""

from offhook.console.overview_view import Known, endpoint_rows, failing_sinks, sink_rows, standing, total
from offhook.console.pages.overview import read_asked
from offhook.console.sentence import Backlog
from offhook.records import Endpoint, State
from offhook.streams.carrier import SinkState
from offhook.streams.model import Fault, Sink, SinkStatus

NOW = 1_763_899_200.0
SMS = Endpoint(name="sms", app_url="https://bob:secret@app.example/sms#rc=3")


def known(counts, backlogs=None, delivered=None):
    return Known(counts, backlogs or {}, (delivered or {}).get, NOW)


def a_sink(name, **state):
    sid = f"DG{name}"
    sink = Sink(
        sid=sid, type="file", description=name, configuration={}, status=SinkStatus.ACTIVE, created_at=NOW, updated_at=NOW
    )
    return sink, SinkState(**state)


def test_an_endpoint_is_as_bad_as_the_worst_of_it():
    assert standing(None, 0, NOW)[0] == "well"
    assert standing(Backlog("sms", 3, NOW - 30), 0, NOW)[0] == "well"
    assert standing(None, 2, NOW)[0] == "lost some"
    assert standing(Backlog("sms", 3, NOW - 300), 2, NOW)[0] == "behind"
    assert standing(Backlog("sms", 0, None, resting=True), 0, NOW)[0] == "resting"


def test_an_endpoints_row_has_its_counts_and_times_and_no_credentials():
    counts = {"sms": {State.WAITING: 2, State.DELIVERING: 1, State.FAILED: 4, State.DELIVERED: 9}}
    (row,) = endpoint_rows([SMS], known(counts, {"sms": Backlog("sms", 3, NOW - 300)}, {"sms": NOW - 7}))
    assert (row.waiting, row.failed, row.oldest, row.last_delivered) == (3, 4, NOW - 300, NOW - 7)
    assert row.app == "https://app.example/sms"


def test_former_endpoints_are_listed_while_something_is_to_be_done():
    counts = {"old": {State.FAILED: 1}, "older": {State.DELIVERED: 5, State.DISMISSED: 1}}
    assert [row.name for row in endpoint_rows([SMS], known(counts))] == ["sms", "old"]


def test_counts_are_those_of_all_endpoints():
    counts = {"a": {State.WAITING: 1, State.FAILED: 2}, "b": {State.WAITING: 3}}
    assert total(counts, State.WAITING) == 4
    assert total(counts, *State) == 6


def test_sinks_in_trouble_come_first_then_those_that_are_behind():
    fault = Fault(code=91302, message="Nobody is there.", retry=True)
    pairs = [
        a_sink("well", last_fault=fault),
        a_sink("behind", lag=9),
        a_sink("away", failing_since=NOW - 60, last_fault=fault),
    ]
    sinks, states = [sink for sink, _ in pairs], {sink.sid: state for sink, state in pairs}
    rows = sink_rows(sinks, states)
    assert [(row.name, row.status, row.fault) for row in rows] == [
        ("away", "failing", "Nobody is there."),
        ("behind", "active", ""),
        ("well", "active", ""),
    ]
    assert [(each.name, each.href) for each in failing_sinks(sinks, states)] == [("away", "/streams/DGaway")]


def test_what_is_asked_for_is_read_with_what_to_write_instead():
    assert read_asked({}, [SMS]).span.name == "1h"
    assert read_asked({"span": "7d", "endpoint": "sms"}, [SMS])[:2] == (read_asked({"span": "7d"}, [SMS]).span, "sms")
    assert read_asked({"span": "x"}, [SMS]).trouble == "There is no such span: choose one of 1h, 24h, 7d."
    assert read_asked({"endpoint": "x"}, [SMS]).trouble == "There is no such endpoint: choose one of sms."
