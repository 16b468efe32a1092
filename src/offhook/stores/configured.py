"""The journal, as the settings say."""

from offhook.ports import Clock, Journal
from offhook.settings import Settings
from offhook.stores.memory import MemoryJournal
from offhook.stores.rules import Derive
from offhook.stores.sqlite import SqliteJournal


def open_journal(settings: Settings, derive: Derive, clock: Clock) -> Journal:
    """The journal that the settings name, not yet opened. `derive` reads an arrival that has not been settled."""
    if settings.database == "memory:":
        return MemoryJournal(derive=derive)
    return SqliteJournal(settings.database, clock, derive=derive)
