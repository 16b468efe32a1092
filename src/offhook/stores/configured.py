"""The journal, as the settings say."""

from collections.abc import Callable

from offhook.ports import Clock, Journal
from offhook.settings import Settings
from offhook.stores.memory import MemoryJournal
from offhook.stores.rules import Derive
from offhook.stores.sqlite import SqliteJournal


def open_journal(settings: Settings, derive: Derive, clock: Clock, committed: Callable[[float], None] | None = None) -> Journal:
    """The journal that the settings name, not yet opened. `derive` reads an arrival that has not been settled.

    `committed`, of a journal in a file, is told how many seconds each transaction took.
    """
    if settings.database == "memory:":
        return MemoryJournal(derive=derive)
    journal = SqliteJournal(settings.database, clock, derive=derive)
    if committed is not None:
        journal.time_commits(committed)
    return journal
