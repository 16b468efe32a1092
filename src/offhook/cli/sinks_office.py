"""Where sinks are seen to: the running server's API, or, when none runs, the journal itself. Both give the shapes of our own API."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode

import click
import msgspec

from offhook.api.problems import CODES
from offhook.api.streams_shapes import kind_shape, sink_shape, type_shape
from offhook.api.streams_sinks import sink_details
from offhook.cli.archive import Shape, reached
from offhook.cli.assembly import Assembly
from offhook.cli.console_api import STATES, ConsoleApi
from offhook.errors import OffhookError
from offhook.settings import Settings
from offhook.streams.desk import Desk
from offhook.streams.refused import RefusedError

_API = "/events/v1"
_STOPPED = "Events go to sinks only while `offhook serve` runs: start it first."


class Wanted(NamedTuple):
    """What is to go to a sink: types in their versions, and a filter ("" for all of them)."""

    types: Sequence[tuple[str, int]]
    filter: str = ""


class Office(Protocol):
    """What the commands ask."""

    running: bool

    async def sinks(self) -> list[Shape]:
        """All sinks, the newest first."""

    async def kinds(self) -> list[Shape]:
        """The types of sinks."""

    async def types(self) -> list[Shape]:
        """The event types that there are, by name, each with the `versions` of its schema."""

    async def create(self, kind: str, description: str, configuration: Mapping[str, Any]) -> Shape:
        """Make a sink; gives its `sid` and its `status`."""

    async def subscribe(self, sid: str, description: str, wanted: Wanted) -> None:
        """Have events go to a sink."""

    async def test(self, sid: str, *, activate: bool = False) -> Shape:
        """Send it a test event; gives the `result` and the `fault`. With `activate`, it is active where it takes that."""

    async def validate(self, sid: str, test_id: str) -> None:
        """Make it active."""

    async def replay(self, sid: str, query: Mapping[str, Any]) -> Shape:
        """Have events go to it again; gives the replay's `id` and `state`."""

    async def replays(self, sid: str) -> list[Shape]:
        """How the replays to it are doing."""

    async def unsubscribe(self, subscription: str) -> None:
        """Let nothing more go to its sink."""

    async def delete(self, sid: str) -> None:
        """Delete a sink."""


class RemoteOffice:
    """The running server's."""

    running = True

    def __init__(self, api: ConsoleApi) -> None:
        self._api = api

    async def sinks(self) -> list[Shape]:
        """All sinks."""
        return list((await self._api.ask("GET", "/api/sinks"))["sinks"])

    async def kinds(self) -> list[Shape]:
        """The types of sinks."""
        return list((await self._api.ask("GET", "/api/sink-kinds"))["kinds"])

    async def types(self) -> list[Shape]:
        """The event types."""
        found = (await self._api.ask("GET", f"{_API}/Types?PageSize=1000"))["types"]
        latest: dict[str, int] = {}
        for schema in sorted({each["schema_id"] for each in found}):
            latest[schema] = (await self._api.ask("GET", f"{_API}/Schemas/{quote(schema)}"))["latest_version"]
        return [_listed(each, latest[each["schema_id"]]) for each in found]

    async def create(self, kind: str, description: str, configuration: Mapping[str, Any]) -> Shape:
        """Make one."""
        encoded = msgspec.json.encode(configuration).decode()
        form = [("SinkType", kind), ("Description", description), ("SinkConfiguration", encoded)]
        return dict(await self._api.ask("POST", f"{_API}/Sinks", form=form))

    async def subscribe(self, sid: str, description: str, wanted: Wanted) -> None:
        """Have events go there."""
        types = [
            ("Types", msgspec.json.encode({"type": name, "schema_version": version}).decode()) for name, version in wanted.types
        ]
        form = [("Description", description), ("SinkSid", sid), *types, *([("Filter", wanted.filter)] if wanted.filter else [])]
        await self._api.ask("POST", f"{_API}/Subscriptions", form=form)

    async def test(self, sid: str, *, activate: bool = False) -> Shape:
        """Send it a test event."""
        return _there(sid, await self._api.ask("POST", f"/api/sinks/{sid}/test", {"activate": activate}))

    async def validate(self, sid: str, test_id: str) -> None:
        """Make it active."""
        _there(sid, await self._api.ask("POST", f"{_API}/Sinks/{sid}/Validate", form=[("TestId", test_id)]))

    async def replay(self, sid: str, query: Mapping[str, Any]) -> Shape:
        """Begin a replay."""
        return _there(sid, await self._api.ask("POST", f"/api/sinks/{sid}/replay?{urlencode(query)}"))

    async def replays(self, sid: str) -> list[Shape]:
        """Look at the replays."""
        return list(_there(sid, await self._api.ask("GET", f"/api/sinks/{sid}/replays"))["replays"])

    async def unsubscribe(self, subscription: str) -> None:
        """End a subscription."""
        await self._api.ask("DELETE", f"{_API}/Subscriptions/{subscription}")

    async def delete(self, sid: str) -> None:
        """Delete one."""
        await self._api.ask("DELETE", f"{_API}/Sinks/{sid}")


class OfflineOffice:
    """The journal's own, while no server has it open."""

    running = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def sinks(self) -> list[Shape]:
        """All sinks."""
        return [{**each} for each in await sink_details(self._desk)]

    async def kinds(self) -> list[Shape]:
        """The types of sinks."""
        return [{**kind_shape(kind)} for kind in self._desk.kinds]

    async def types(self) -> list[Shape]:
        """The event types."""
        return [_listed({**type_shape(each, _API)}, each.latest) for each in self._desk.catalogue.types]

    async def create(self, kind: str, description: str, configuration: Mapping[str, Any]) -> Shape:
        """Make one."""
        sink = await self._desk.sinks.create(description, kind, configuration)
        return {**sink_shape(sink, self._desk.sinks.shown(sink), _API)}

    async def subscribe(self, sid: str, description: str, wanted: Wanted) -> None:
        """Have events go there, as soon as there is a server."""
        types = [{"type": name, "schema_version": version} for name, version in wanted.types]
        await self._desk.subscriptions.create(description, await self._desk.sinks.get(sid), types, wanted.filter)

    async def test(self, _sid: str, *, activate: bool = False) -> Shape:
        """Needs a server."""
        del activate
        raise OffhookError(_STOPPED)

    async def validate(self, sid: str, test_id: str) -> None:
        """Make it active."""
        await self._desk.sinks.validate(sid, test_id)

    async def replay(self, _sid: str, _query: Mapping[str, Any]) -> Shape:
        """Needs a server."""
        raise OffhookError(_STOPPED)

    async def replays(self, _sid: str) -> list[Shape]:
        """Needs a server."""
        raise OffhookError(_STOPPED)

    async def unsubscribe(self, subscription: str) -> None:
        """End a subscription."""
        await self._desk.subscriptions.delete(subscription)

    async def delete(self, sid: str) -> None:
        """Delete one."""
        await self._desk.sinks.delete(sid)


@asynccontextmanager
async def office(assembly: Assembly, settings: Settings, console_url: str | None) -> AsyncIterator[Office]:
    """The server's office, or the journal's own when no server runs and none was named."""
    async with reached(assembly, settings, console_url) as found:
        if found.journal is not None:
            desk = assembly.stream_desk(settings, found.journal, found.transport)
            await desk.tidy()
            with _as_the_server_says():
                yield OfflineOffice(desk)
        else:
            assert found.api is not None
            yield RemoteOffice(found.api)


@contextmanager
def _as_the_server_says() -> Iterator[None]:
    """Refusals of what was asked are bad usage, as they are when a server refuses."""
    try:
        yield
    except RefusedError as refused:
        if CODES[refused.code].status == 400 and refused.code not in STATES:
            raise click.UsageError(str(refused)) from None
        raise


async def find_sink(at: Office, words: str) -> Shape:
    """The one sink that is meant: by its id, the beginning of that, or its description. Raises OffhookError."""
    sinks = await at.sinks()
    start = words if words.startswith("DG") else f"DG{words}"
    fitting = [each for each in sinks if each["description"] == words] or [
        each for each in sinks if each["sid"].startswith(start)
    ]
    if len(fitting) > 1:
        raise OffhookError(f"{words} may mean several: {', '.join(each['sid'] for each in fitting)}. Write the whole id of one.")
    if not fitting:
        raise OffhookError(f"There is no sink {words}.")
    return fitting[0]


def _there(sid: str, answer: Any) -> Shape:
    if answer is None:
        raise OffhookError(f"There is no sink {sid} any more.")
    return dict(answer)


def _listed(shape: Shape, latest: int) -> Shape:
    return {
        "type": shape["type"],
        "schema_id": shape["schema_id"],
        "versions": list(range(1, latest + 1)),
        "status": shape["status"],
        "description": shape["description"],
    }
