"""The logs of a journal as one: rows and marks as they are put together, without a journal."""

from offhook.records import Marks, Source
from offhook.stores.newsreel import page, row_of, webhook_of
from tests.helpers.journals import NOON, NOTHING, a_notice, a_reply, an_event

ENDS = Marks(arrivals=9, attempts=9, events=9, notices=9)


def events(*at):
    return [row_of(Source.EVENTS, seq, an_event(at=NOON + when)) for seq, when in enumerate(at, start=1)]


def notices(*at, rests=NOTHING):
    return [row_of(Source.NOTICES, seq, a_notice(at=NOON + when), rests) for seq, when in enumerate(at, start=1)]


def told(rows, cut=(), limit=100):
    found = page(Marks(), ENDS, rows, cut, limit)
    return [(row.source.value, row.seq) for row in found.news], found.marks


def test_nothing_is_told_that_may_come_after_a_row_that_was_not_read():
    rows, marks = told({Source.EVENTS: events(1, 2), Source.NOTICES: notices(1.5, 3)}, {Source.EVENTS})
    assert rows == [("events", 1), ("notices", 1), ("events", 2)]
    assert (marks.events, marks.notices) == (2, 1)


def test_a_log_that_was_read_to_its_end_holds_nothing_up_and_its_mark_is_the_end():
    rows, marks = told({Source.EVENTS: events(1, 2), Source.NOTICES: notices(3, 4)})
    assert rows[2:] == [("notices", 1), ("notices", 2)]
    assert marks == ENDS


def test_a_page_that_is_full_ends_and_its_marks_are_what_was_told():
    rows, marks = told({Source.EVENTS: events(1, 2), Source.NOTICES: notices(3, 4)}, limit=3)
    assert rows == [("events", 1), ("events", 2), ("notices", 1)]
    assert (marks.events, marks.notices) == (9, 1)


def test_a_row_waits_for_what_it_rests_on_and_for_no_more():
    rows, _ = told({Source.EVENTS: events(50, 1, 60), Source.NOTICES: notices(2, rests=Marks(events=2))})
    assert rows == [("events", 1), ("events", 2), ("notices", 1), ("events", 3)]


def test_a_row_that_rests_on_what_was_deleted_or_is_not_asked_for_waits_for_nothing():
    rests = Marks(arrivals=5, events=1)
    left = [row_of(Source.EVENTS, 2, an_event(at=NOON + 50))]
    rows, _ = told({Source.EVENTS: left, Source.NOTICES: notices(2, rests=rests)})
    assert rows == [("notices", 1), ("events", 2)]


def test_a_notice_hangs_on_the_webhook_that_it_is_about_or_whose_reply_it_is_about():
    reply = a_reply("WH1")
    assert webhook_of(a_notice(subject="WH7")) == "WH7"
    assert webhook_of(a_notice(subject=reply.id, data={"webhook": "WH1"})) == "WH1"
    assert webhook_of(a_notice()) == ""
