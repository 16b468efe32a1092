"""The journals that keep the contract."""

import pytest

from offhook.stores.memory import MemoryJournal
from offhook.stores.sqlite import SqliteJournal
from tests.helpers.journals import Desk, StillClock, derive


@pytest.fixture(params=["memory", "sqlite"])
async def desk(request, tmp_path):
    in_memory = MemoryJournal(derive=derive)
    makers = {"memory": lambda: in_memory, "sqlite": lambda: SqliteJournal(tmp_path / "journal.db", StillClock(), derive=derive)}
    desk = Desk(makers[request.param])
    await desk.journal.open()
    yield desk
    await desk.journal.close()
