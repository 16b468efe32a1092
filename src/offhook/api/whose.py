"""Whether anything goes by the name of an endpoint or a cause for which nothing was found: a name mistyped is not a quiet day."""

from collections.abc import Collection, Mapping
from typing import Any

from offhook.api.house import House
from offhook.api.operation import Call
from offhook.api.problems import Problem, suggest
from offhook.debugger.causes import names as causes
from offhook.ports import Journal
from offhook.records import IssueFilter


async def refuse_stranger(house: House, call: Call) -> None:
    """Where a listing is empty: refuse the endpoint or cause that it was asked for, if there is none of that name. Raises Problem 20001, JournalError."""
    names = [endpoint.name for endpoint in house.endpoints]
    now = house.clock.now()
    said = await stranger(house.journal, names, call.values, now) or await no_cause(house.journal, call.values, now)
    if said:
        raise Problem(20001, said)


async def stranger(journal: Journal, endpoints: Collection[str] | None, values: Mapping[str, Any], now: float) -> str:
    """What to say of the endpoint that a listing's filters name, where it found nothing; "" where there is such an endpoint, or none is named.

    `endpoints` are those that are configured, None where nobody knows. One that has been taken out of the settings is known for as long as
    anything is kept of it. Raises JournalError.
    """
    name = values.get("endpoint", "")
    if not name or name in (endpoints or ()):
        return ""
    counts = await journal.counts()
    if name in counts or await journal.issues(IssueFilter(endpoint=name), 1, now=now):
        return ""
    known = sorted({*(endpoints or ()), *counts})
    meant = suggest(name.casefold(), known) or f" There {'is' if len(known) == 1 else 'are'} {', '.join(known) or 'none'}."
    if endpoints is None:
        return f"Nothing is kept of an endpoint {name[:64]}.{meant if known else ''}"
    return f"There is no endpoint {name[:64]}, and nothing is kept of one.{meant}"


async def no_cause(journal: Journal, values: Mapping[str, Any], now: float) -> str:
    """The same of the likeliest cause that they name. One that errors here have had is known, whatever it is called today. Raises JournalError."""
    name = values.get("cause", "")
    if not name or causes.is_cause(name) or await journal.issues(IssueFilter(cause=name), 1, now=now):
        return ""
    near = causes.near(name)
    meant = f"Did you mean {near}?" if near else "`offhook errors show` says what an error's cause is called."
    return f"There is no cause {name[:64]}, and no error has had one. {meant}"
