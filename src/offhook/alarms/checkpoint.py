"""How far the watcher has come, as the journal keeps it: what was read, and what came of it, all from one moment."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import msgspec

from offhook.alarms.leads import KeptTrail, Leads
from offhook.alarms.model import WATCH
from offhook.alarms.panel import Panel, Window
from offhook.alarms.silence import Habit, Habits
from offhook.ports import Journal
from offhook.records import Kept, Marks, Record

_CHECKPOINT: Final = "checkpoint"
_HOURS: Final = "hours"
_LEADS: Final = "leads"
_WINDOW: Final = "window/"
_HABIT: Final = "habit/"
_PAGE: Final = 500

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_window: Final = msgspec.msgpack.Decoder(Window).decode
_decode_habit: Final = msgspec.msgpack.Decoder(Habit).decode
_decode_hours: Final = msgspec.msgpack.Decoder(list[int]).decode
_decode_leads: Final = msgspec.msgpack.Decoder(list[KeptTrail]).decode


class Checkpoint(Record):
    """Up to where the logs of events and notices have been read, when that was, and when what was counted is to be judged (endless: it has been)."""

    at: float
    due: float
    events: int
    notices: int

    def marks(self) -> Marks:
        """The places to go on from."""
        return Marks(events=self.events, notices=self.notices)


class Loaded(NamedTuple):
    """All that was kept. `checkpoint` is None where nobody has watched yet."""

    checkpoint: Checkpoint | None
    windows: Mapping[str, Window]
    habits: Habits
    leads: Leads


async def load(journal: Journal) -> Loaded:
    """Read it. Raises JournalError."""
    found: dict[str, bytes] = {}
    after = ""
    while page := await journal.kept(WATCH, _PAGE, after):
        found |= {each.id: each.data for each in page if each.data is not None}
        after = page[-1].id
    windows = [_decode_window(data) for key, data in found.items() if key.startswith(_WINDOW)]
    habits = [_decode_habit(data) for key, data in found.items() if key.startswith(_HABIT)]
    checkpoint = found.get(_CHECKPOINT)
    return Loaded(
        checkpoint=None if checkpoint is None else msgspec.msgpack.decode(checkpoint, type=Checkpoint),
        windows={window.sid: window for window in windows},
        habits=Habits(habits, _decode_hours(found[_HOURS]) if _HOURS in found else ()),
        leads=Leads(_decode_leads(found[_LEADS]) if _LEADS in found else ()),
    )


def save(panel: Panel, marks: Marks, now: float, *, gone: Collection[str] = ()) -> list[Kept]:
    """Write it, as far as it has changed. `gone` are the sids of alarms that are no longer watched."""
    checkpoint = Checkpoint(at=now, due=panel.due, events=marks.events, notices=marks.notices)
    changes = [_keep(_CHECKPOINT, checkpoint)]
    changes += [Kept(shelf=WATCH, id=f"{_WINDOW}{sid}") for sid in sorted(gone)]
    watched = sorted(panel.changed & panel.alarms.keys())
    changes += [_keep(f"{_WINDOW}{sid}", panel.window(sid)) for sid in watched]
    if watched:
        changes.append(_keep(_LEADS, panel.leads.kept(now)))
    if panel.habits.new_hours:
        changes.append(_keep(_HOURS, panel.habits.known()))
    changes += [_keep(f"{_HABIT}{name}", panel.habits.kept(name)) for name in sorted(panel.habits.changed)]
    return changes


def saved(panel: Panel) -> None:
    """What `save` gave has been written."""
    panel.changed.clear()
    panel.habits.changed.clear()
    panel.habits.new_hours = False


def _keep(identifier: str, record: object) -> Kept:
    return Kept(shelf=WATCH, id=identifier, data=_encode(record))
