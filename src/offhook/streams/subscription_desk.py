"""What may be done with subscriptions, and Twilio's codes for what may not (spec: twilio-debugger §5.1, §5.6)."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from offhook.streams.catalogue import Catalogue
from offhook.streams.model import Sink, SinkStatus, Subscribed, Subscription
from offhook.streams.parts import DeskParts
from offhook.streams.refused import RefusedError
from offhook.streams.sink_desk import LONGEST_DESCRIPTION
from offhook.streams.store import Store

Change = Callable[[Subscription], dict[str, Any]]
"""What of a subscription changes, from what it was."""


def read_types(given: Iterable[object], catalogue: Catalogue) -> tuple[Subscribed, ...]:
    """The types that objects `{"type", "schema_version"}` name; without a version, the latest. Raises RefusedError 91103, 91101 or 91104."""
    types = tuple(_read_type(each, catalogue) for each in given)
    if not types:
        raise RefusedError(91103, 'Name at least one event type: {"type": "com.twilio.error-logs.error.logged"}.')
    twice = [name for name, times in Counter(each.type for each in types).items() if times > 1]
    if twice:
        raise RefusedError(91101, f"The event type {twice[0]} is named twice.")
    return types


def read_type(name: str, version: object, catalogue: Catalogue) -> Subscribed:
    """One type in one version. Raises RefusedError 91104."""
    known = catalogue.find(name)
    if known is None:
        raise RefusedError(91104, f"There is no event type {name[:100]!r}.{catalogue.near(name)} All are at /events/v1/Types.")
    wanted = known.latest if version is None or version == "" else version
    if isinstance(wanted, str) and wanted.isdecimal() and len(wanted) < 5:
        wanted = int(wanted)
    if isinstance(wanted, bool) or wanted not in known.versions:
        raise RefusedError(
            91104, f"{name} has no schema version {str(wanted)[:20]}: it has {', '.join(map(str, known.versions))}."
        )
    return Subscribed(type=name, schema_version=wanted)


def _read_type(given: object, catalogue: Catalogue) -> Subscribed:
    if not isinstance(given, Mapping) or not isinstance(given.get("type"), str):
        raise RefusedError(
            91201, 'An event type is a JSON object such as {"type": "com.twilio.error-logs.error.logged", "schema_version": 2}.'
        )
    unknown = set(given) - {"type", "schema_version"}
    if unknown:
        raise RefusedError(91201, f"An event type has `type` and `schema_version`, no {min(map(str, unknown))[:50]!r}.")
    return read_type(given["type"], given.get("schema_version"), catalogue)


class SubscriptionDesk:
    """Subscriptions and the types in them. One change at a time, also of the sinks."""

    def __init__(self, parts: DeskParts, store: Store, turn: asyncio.Lock) -> None:
        self._parts = parts
        self._store = store
        self._turn = turn

    async def all(self) -> Sequence[Subscription]:
        """Every subscription, the newest first."""
        return list(reversed(await self._store.subscriptions()))

    async def get(self, sid: str) -> Subscription:
        """One subscription. Raises RefusedError 91102."""
        found = await self._store.subscription(sid) if re.fullmatch("DF[0-9a-fA-F]{32}", sid) else None
        if found is None:
            raise RefusedError(91102, f"There is no subscription {sid[:50]}.")
        return found

    async def create(self, description: str, sink: Sink, types: Iterable[object], filter_: str = "") -> Subscription:
        """Have events of these types go to a sink. Raises RefusedError 91100 to 91104, or 91201 for a filter that is none."""
        if not description.strip() or len(description) > LONGEST_DESCRIPTION:
            raise RefusedError(91101, f"A subscription needs a description of up to {LONGEST_DESCRIPTION} characters.")
        subscribed = read_types(types, self._parts.catalogue)
        self._check_filter(filter_)
        async with self._turn:
            current = await self._store.sink(sink.sid)
            if current is None or current.status is not SinkStatus.ACTIVE:
                raise RefusedError(91100, _inactive(sink.sid, current))
            if any(each.sink_sid == sink.sid for each in await self._store.subscriptions()):
                raise RefusedError(91100, f"Sink with SID {sink.sid} is in use: a sink serves one subscription.")
            now = self._parts.clock.now()
            subscription = Subscription(
                sid=self._parts.ids.new("DF"),
                sink_sid=sink.sid,
                description=description,
                types=subscribed,
                created_at=now,
                updated_at=now,
                account_sid=self._parts.account_sid,
                filter=filter_,
            )
            await self._store.put(subscription)
        await self._parts.carrying.reload()
        return subscription

    async def describe(self, sid: str, description: str) -> Subscription:
        """Change a subscription's description. Raises RefusedError 91201."""
        if not description.strip() or len(description) > LONGEST_DESCRIPTION:
            raise RefusedError(91201, f"Give a description of up to {LONGEST_DESCRIPTION} characters.")
        return await self._change(sid, lambda _: {"description": description}, reload=False)

    async def choose(self, sid: str, types: Iterable[object], filter_: str) -> Subscription:
        """Have a subscription be of these types, whatever it was of, and of what the filter lets through. Raises RefusedError 91101 to 91104 or 91201."""
        chosen = read_types(types, self._parts.catalogue)
        self._check_filter(filter_)
        return await self._change(sid, lambda _: {"types": chosen, "filter": filter_})

    async def delete(self, sid: str) -> None:
        """Let no more events go by this subscription; its sink stays."""
        async with self._turn:
            await self.get(sid)
            await self._store.drop_subscription(sid)
        await self._parts.carrying.reload()

    async def subscribed(self, sid: str, name: str) -> Subscribed:
        """One type of a subscription. Raises RefusedError 91202."""
        return _of(await self.get(sid), name)

    async def add(self, sid: str, name: str, version: object) -> Subscribed:
        """Have events of one more type go to the sink. Raises RefusedError 91101 or 91104."""
        added = read_type(name, version, self._parts.catalogue)

        def change(subscription: Subscription) -> dict[str, Any]:
            if any(each.type == name for each in subscription.types):
                raise RefusedError(91101, f"The subscription {sid} has the event type {name} already.")
            return {"types": (*subscription.types, added)}

        await self._change(sid, change)
        return added

    async def set_version(self, sid: str, name: str, version: object) -> Subscribed:
        """Have events of a type come in another version of their schema. Raises RefusedError 91202 or 91104."""

        def change(subscription: Subscription) -> dict[str, Any]:
            before = _of(subscription, name)
            wanted = read_type(name, version, self._parts.catalogue)
            return {"types": tuple(wanted if each == before else each for each in subscription.types)}

        return _of(await self._change(sid, change), name)

    async def remove(self, sid: str, name: str) -> None:
        """Let events of a type go there no more. Raises RefusedError 91202, or 91103 for the last one."""

        def change(subscription: Subscription) -> dict[str, Any]:
            gone = _of(subscription, name)
            left = tuple(each for each in subscription.types if each != gone)
            if not left:
                raise RefusedError(91103, f"{name} is the last event type of {sid}: delete the subscription instead.")
            return {"types": left}

        await self._change(sid, change)

    async def _change(self, sid: str, change: Change, *, reload: bool = True) -> Subscription:
        async with self._turn:
            before = await self.get(sid)
            after = replace(before, updated_at=self._parts.clock.now(), **change(before))
            await self._store.put(after)
        if reload:
            await self._parts.carrying.reload()
        return after

    def _check_filter(self, filter_: str) -> None:
        try:
            if filter_:
                self._parts.check_filter(filter_)
        except ValueError as refusal:
            raise RefusedError(91201, str(refusal)) from None


def _of(subscription: Subscription, name: str) -> Subscribed:
    found = next((each for each in subscription.types if each.type == name), None)
    if found is None:
        raise RefusedError(91202, f"The subscription {subscription.sid} has no event type {name[:100]!r}.")
    return found


def _inactive(sid: str, sink: Sink | None) -> str:
    if sink is None:
        return f"There is no sink {sid} any more."
    return f"The sink {sid} is {sink.status}, not active: send it a test event, and validate it with the test_id that comes."
