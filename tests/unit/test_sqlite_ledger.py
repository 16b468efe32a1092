"""What the journal keeps in memory."""

from offhook.stores.sqlite import ledger
from offhook.stores.sqlite.group import Changes
from offhook.stores.sqlite.ledger import Ledger


def test_in_a_rush_twice_as_many_keys_may_wait_for_their_table_and_no_more(monkeypatch):
    monkeypatch.setattr(ledger, "RECENT_KEYS", 2)
    kept = Ledger(Changes(1, (0.0, 0.0)))
    due = []
    for number in range(1, 7):
        kept.remember_key(bytes([number]) * 16, number, f"WH{number}")
        due.append((kept.has_keys_to_move(rush=False), kept.has_keys_to_move(rush=True)))
    assert due == [(False, False), (False, False), (True, False), (True, False), (True, True), (True, True)]
