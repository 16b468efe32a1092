"""What an alarm, or a maintenance window, must be among the others and in this house: pure, and every problem at once."""

import difflib
from collections.abc import Collection, Iterable, Iterator

from offhook.alarms.checks import UnusableAlarmError, problems_of, settled
from offhook.alarms.model import FILE, Alarm, Maintenance
from offhook.debugger.causes import names as causes


class NameTakenError(UnusableAlarmError):
    """Another alarm has this name. Nothing else is wrong."""


def admitted(
    alarm: Alarm,
    others: Iterable[Alarm],
    endpoints: Collection[str] | None,
    before: Alarm | None = None,
    seen: Collection[str] = (),
) -> Alarm:
    """The alarm as it will be kept, next to the others (of which it may be one). `endpoints`: those that there are, None where nobody knows.

    `seen` are causes that errors here have had, whatever they are called today. What it has kept from `before`, its name or an endpoint that
    has gone meanwhile, is no fault of a change. Raises UnusableAlarmError with all that is wrong with it; NameTakenError where that is its
    name alone.
    """
    alarm = settled(alarm)
    known, caused = ((), ()) if before is None else (before.endpoints, before.causes)
    wrong = [
        *problems_of(alarm),
        *_unknown("endpoint", (each for each in alarm.endpoints if each not in known), endpoints),
        *(unknown_cause(each) for each in alarm.causes if not (causes.is_cause(each) or each in caused or each in seen)),
    ]
    taken = list(_taken(alarm, others, before))
    if taken and not wrong:
        raise NameTakenError(*taken)
    if wrong:
        raise UnusableAlarmError(*wrong, *taken)
    return alarm


def namesakes(alarm: Alarm, others: Iterable[Alarm]) -> list[Alarm]:
    """The others that go by its name, whatever the case of the letters: so are alarms looked for."""
    return [other for other in others if other.sid != alarm.sid and _folded(other) == _folded(alarm)]


def strangers(window: Maintenance, alarms: Collection[str], endpoints: Collection[str] | None) -> Iterator[str]:
    """A sentence for each alarm (of which the sids are given) and each endpoint of a maintenance window that there is not."""
    for sid in window.alarms:
        if sid not in alarms:
            yield f"alarms: there is no alarm {sid}."
    yield from _unknown("endpoints", window.endpoints, endpoints)


def unknown_cause(name: str) -> str:
    """A sentence for a cause that no error can have."""
    near = causes.near(name)
    meant = f"Did you mean {near}?" if near else "An error's page, and `offhook errors show`, say what its cause is called."
    return f"cause: there is no cause {name}. {meant}"


def _taken(alarm: Alarm, others: Iterable[Alarm], before: Alarm | None) -> Iterator[str]:
    if before is not None and _folded(before) == _folded(alarm):
        return
    for other in namesakes(alarm, others):
        where = " (it is in the settings' file)" if other.origin == FILE else ""
        yield f"name: there is an alarm {other.name} already, {other.sid}{where}. Give this one another name, or change that one."
        return


def _unknown(field: str, names: Iterable[str], there: Collection[str] | None) -> Iterator[str]:
    if there is None:
        return
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name.casefold(), there, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"There {_listed(there)}."
            yield f"{field}: there is no endpoint {name}. {meant}"


def _listed(names: Collection[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else "is none"


def _folded(alarm: Alarm) -> str:
    return alarm.name.strip().casefold()
