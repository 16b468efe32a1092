"""What the desk of event streams works with."""

import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from offhook.ports import Clock, Ids, Journal
from offhook.streams.carrying import Carrying
from offhook.streams.catalogue import Catalogue
from offhook.streams.model import SinkKind, SinkParts
from offhook.streams.vault import Vault


def new_test_id() -> str:
    """An id that cannot be guessed: who knows it has seen the test event."""
    return str(uuid.uuid4())


class DeskParts(NamedTuple):
    """What the desk works with. `sinks` is what clients of sinks are made with; `check_filter` raises ValueError for what is no filter."""

    journal: Journal
    kinds: Sequence[SinkKind]
    catalogue: Catalogue
    carrying: Carrying
    vault: Vault
    sinks: SinkParts
    check_filter: Callable[[str], object]
    account_sid: str = ""
    test_id: Callable[[], str] = new_test_id

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.sinks.clock

    @property
    def ids(self) -> Ids:
        """The maker of ids."""
        return self.sinks.ids
