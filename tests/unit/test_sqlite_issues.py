"""What issues cost the writer: nothing where nothing went wrong, and a row for each issue where much did."""

import re

import apsw
import pytest

from offhook.records import Settlement
from offhook.stores.rules import underived
from offhook.stores.sqlite.database import migrations
from offhook.stores.sqlite.group import Changes, Group, Settling
from offhook.stores.sqlite.transaction import write
from tests.helpers.journals import an_arrival, an_attempt, an_event


@pytest.fixture
def written():
    """Write settlements in one transaction; gives the tables that its statements were about, in order."""
    db = apsw.Connection("")
    for script in migrations():
        db.execute(script).fetchall()

    def settle(count, make_events):
        items, said = [], []
        for seq in range(1, count + 1):
            arrival = an_arrival(body=b"")
            webhook = underived(arrival)
            settlement = Settlement(webhook=webhook, attempts=(an_attempt(webhook.id),), events=make_events(webhook.id))
            items.append(Settling(settlement, seq, None))
        db.set_exec_trace(lambda _cursor, sql, _values: said.append(sql) or True)
        write(db, Group(settlements=items), Changes(count + 1, (-1e9, 1e9)))
        db.set_exec_trace(None)
        return [found[1] for sql in said for found in [re.search(r"(?:INTO|UPDATE|FROM) (\w+)", sql)] if found]

    yield settle
    db.close()


def test_a_delivery_that_succeeds_says_nothing_of_events_and_issues(written):
    assert written(3, lambda _: ()) == ["webhooks", "attempts", "tally"]


def test_a_storm_of_one_issue_is_one_row_in_a_transaction(written):
    tables = written(200, lambda webhook_id: (an_event(endpoint="sms", webhook_id=webhook_id),))
    assert tables.count("issues") == 2, "one look at what there was, and one row"
    assert tables.count("notices") == 1
    assert tables.count("issue_hours") == 1
