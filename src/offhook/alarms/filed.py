"""The alarms of the settings' file, as a start takes them over. Pure."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from msgspec.structs import replace

from offhook.alarms.checks import usable
from offhook.alarms.model import FILE, Alarm


def file_sid(name: str) -> str:
    """The sid of the alarm of this name in the settings file: the same at every start."""
    return f"AK{blake2b(f'file {name}'.encode(), digest_size=16).hexdigest()}"


def taken_over(alarms: Iterable[Alarm], known: Mapping[str, Alarm], now: float) -> dict[str, Alarm]:
    """The file's alarms as they will be kept, by their sids; `known` are those of the start before. Raises UnusableAlarmError."""
    adopted = {}
    for alarm in map(usable, alarms):
        sid = alarm.sid or file_sid(alarm.name)
        adopted[sid] = _adopted(replace(alarm, sid=sid, origin=FILE), known.get(sid), now)
    return adopted


def _adopted(new: Alarm, old: Alarm | None, now: float) -> Alarm:
    if old is None:
        return replace(new, created_at=now, updated_at=now)
    kept = replace(new, created_at=old.created_at, updated_at=old.updated_at, snoozed_until=old.snoozed_until)
    return kept if kept == old else replace(kept, updated_at=now)
