"""The SQL itself: no question that the journal asks may read a whole table of webhooks."""

import re

import apsw
import pytest

from offhook.stores.sqlite.database import migrations
from offhook.stores.sqlite.group import Batch, Changes, Group, Pending
from offhook.stores.sqlite.statements import MOST_ROWS, SQL, execute_rows
from offhook.stores.sqlite.transaction import write
from tests.helpers.journals import NOON, an_arrival

NOBODY = Batch(print, [], 0)
BIG = ("arrivals", "webhooks", "dedupe", "attempts", "replies", "debug_events", "notices", "kept")


@pytest.fixture
def db():
    connection = apsw.Connection("")
    for script in migrations():
        connection.execute(script).fetchall()
    yield connection
    connection.close()


@pytest.mark.parametrize("name", sorted(set(SQL) - {"begin", "commit", "rollback"}))
def test_a_statement_finds_its_rows_by_an_index(db, name):
    sql = SQL[name].replace(":rows", "(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)")
    if ":rows" in SQL[name] and "INSERT" in sql:
        width = len(re.search(r"\(([^)]*)\)\s*SELECT", sql).group(1).split(","))
        sql = re.sub(r"\(1, 2.*15\)", "(" + ", ".join("1" * width) + ")", sql)
    values = dict.fromkeys(re.findall(r":(\w+)", sql))
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    # An index over some rows holds but the undelivered ones: that may be read from end to end.
    whole = [step for step in plan if re.match(rf"SCAN ({'|'.join(BIG)}|earlier|first)\b", step) and "webhooks_" not in step]
    assert whole == []


def test_any_number_of_rows_goes_in_and_the_padding_does_not(db):
    for count in (0, 1, 2, 3, 63, 64, 65, MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS + 7):
        db.execute("DELETE FROM attempts").fetchall()
        execute_rows(db, "insert_attempts", [(number + 1, number, b"evidence") for number in range(count)], 3)
        assert db.execute("SELECT count(*), count(DISTINCT webhook) FROM attempts").get == (count, count)


def test_arrivals_alone_are_one_statement(db):
    said = []
    appends = [Pending(an_arrival(), NOBODY, may_be_known=False) for _ in range(50)]
    changes = Changes(1, (0.0, 0.0))
    db.set_exec_trace(lambda _cursor, sql, _values: said.append(sql) or True)
    write(db, Group(appends=appends), changes)
    write(db, Group(appends=[Pending(an_arrival(at=NOON - 86_400), NOBODY, may_be_known=False)]), changes.following())
    db.set_exec_trace(None)
    assert said == [SQL["insert_arrivals"]] * 2


def test_the_end_of_a_long_conversation_is_not_read_when_its_first_is_done(db):
    values = {"conversations": None}
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {SQL['let_pass']}", values)]
    assert any("SEARCH webhooks USING INDEX webhooks_conversation (conversation=? AND id<?)" in step for step in plan)


@pytest.mark.parametrize(
    ("name", "index"), [("count_events", "debug_events_at"), ("count_events_of_issue", "debug_events_issue")]
)
def test_events_are_counted_without_a_look_at_their_records(db, name, index):
    values = dict.fromkeys(re.findall(r":(\w+)", SQL[name]))
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", values)]
    assert any(f"SEARCH debug_events USING COVERING INDEX {index}" in step for step in plan), plan


def test_a_page_of_issues_is_read_in_the_order_of_its_index(db):
    values = dict.fromkeys(re.findall(r":(\w+)", SQL["issues_by_place"]))
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {SQL['issues_by_place']}", values)]
    assert not any("TEMP B-TREE" in step for step in plan), plan
