"""Which alarm is meant, and whether it may be changed here."""

from collections.abc import Iterator
from contextlib import contextmanager

from offhook.alarms.admission import NameTakenError
from offhook.alarms.checks import UnusableAlarmError
from offhook.alarms.model import FILE, Alarm
from offhook.api.house import House
from offhook.api.problems import Problem


async def alarm_or_problem(house: House, sid: str) -> Alarm:
    """The alarm of this id. Raises Problem 20404."""
    alarm = await house.alarms.book.alarm(sid)
    if alarm is None:
        raise no_alarm(sid)
    return alarm


def no_alarm(sid: str) -> Problem:
    """There is no such alarm."""
    return Problem(20404, f"There is no alarm {sid[:50]}.")


def refuse_file(alarm: Alarm) -> None:
    """Raises Problem 20409 for an alarm that the settings' file describes: it would be as before after the next start."""
    if alarm.origin == FILE:
        raise Problem(
            20409,
            f"Alarm {alarm.name} is in the settings' file, as [alarms.{alarm.name}]: change it there and start Offhook again. "
            "It can be snoozed and muted here.",
        )


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever the book refuses is a Problem 20001, or 20409 where an alarm could be made but for its name, which another one has."""
    try:
        yield
    except NameTakenError as refusal:
        raise Problem(20409, str(refusal)) from None
    except UnusableAlarmError as refusal:
        raise Problem(20001, "\n".join(refusal.problems)) from None
