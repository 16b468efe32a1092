"""The journal in one SQLite file: the embedded default."""

from offhook.stores.sqlite.journal import SqliteJournal

__all__ = ["SqliteJournal"]
