"""Where the listings come from: the running server's API, or, when none runs, the journal itself. Both give the API's own shapes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

import click

from offhook.api import fields, shapes
from offhook.api.problems import Problem
from offhook.cli.assembly import Assembly
from offhook.cli.console_api import ConsoleApi, NobodyListensError
from offhook.cli.sending import is_usable
from offhook.cli.terminal import say
from offhook.console.key import read_key
from offhook.errors import OffhookError, UnusableJournalError
from offhook.ports import Journal
from offhook.records import Issue, IssueState
from offhook.settings import Settings, is_loopback, lacking

if TYPE_CHECKING:
    from offhook.doctor.admission import ClosableTransport

Query = Mapping[str, str]
Shape = dict[str, Any]

_F = TypeVar("_F", bound=Callable[..., Any])
_ID_LENGTH: Final = 34
_NAMED: Final = 5  # ids in a sentence, at most
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_THINGS: Final = {"WH": "webhook", "NO": "error", "IS": "issue"}


class Archive(Protocol):
    """What the listings ask. A query has the names and the notation of the API's parameters."""

    running: bool

    async def webhooks(self, query: Query) -> Shape:
        """A page of webhooks, newest first: `webhooks` and `next_cursor`."""

    async def webhook(self, webhook_id: str) -> Shape | None:
        """One webhook with all that happened to it."""

    async def errors(self, query: Query) -> Shape:
        """A page of debug events, newest first: `errors` and `next_cursor`."""

    async def error(self, error_id: str) -> Shape | None:
        """One debug event."""

    async def replay(self, ids: Sequence[str]) -> int:
        """Have these delivered again, those that can be; returns how many."""

    async def hasten(self, endpoint: str) -> int:
        """Have what waits for a later try tried now, of all endpoints with ""; returns how many were to wait longer."""

    async def forget(self, number: str) -> int:
        """Delete what came from or went to a number; returns how many webhooks."""

    async def issues(self, query: Query) -> Shape:
        """A page of issues, the last seen first: `issues` and `next_cursor`."""

    async def issue(self, issue_id: str) -> Shape | None:
        """One issue with its newest debug event."""

    async def set_issue_state(self, issue_id: str, state: str) -> Shape | None:
        """Say what is being done about an issue; gives it as it is then."""

    async def replay_issue(self, issue_id: str, *, dry_run: bool) -> int:
        """Have each webhook delivered again that was lost by this issue; returns how many, in a dry run how many it would be."""

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Whatever the API's paths of alarms answer; None where there is no such thing."""


class OfflineArchive:
    """The journal, read by us while no server has it open. `endpoints` are those that the settings name, none where they name none.

    `lacking`: the ways by which no alarm can tell anybody, as these settings are.
    """

    running = False

    def __init__(self, journal: Journal, endpoints: Sequence[str] = (), lacking: Mapping[str, str] = _NOTHING) -> None:
        self._journal = journal
        self._lacking = lacking
        # A server may be given them by flags, of which nobody knows here.
        self._endpoints = endpoints or None

    async def webhooks(self, query: Query) -> Shape:
        """A page of webhooks."""
        values = _values((*fields.WEBHOOK_FILTERS, *fields.WEBHOOK_PAGE), query)
        limit = values.get("limit", fields.DEFAULT_LIMIT)
        found = await self._journal.webhooks(fields.webhook_filter(values), limit + 1, values.get("cursor", ""))
        if not found:
            await self._look_whose(values)
        rows = [shapes.webhook_row(webhook) for webhook in found[:limit]]
        return {"webhooks": rows, "next_cursor": rows[-1]["id"] if len(found) > limit else None}

    async def webhook(self, webhook_id: str) -> Shape | None:
        """One webhook."""
        story = await self._journal.story(webhook_id)
        return None if story is None else {**shapes.webhook_detail(story)}

    async def errors(self, query: Query) -> Shape:
        """A page of debug events."""
        values = _values((*fields.ERROR_FILTERS, *fields.ERROR_PAGE), query)
        limit = values.get("limit", fields.DEFAULT_LIMIT)
        found = await self._journal.events(fields.event_filter(values), limit + 1, values.get("cursor", ""))
        if not found:
            await self._look_whose(values)
        rows = [shapes.error_shape(event) for event in found[:limit]]
        return {"errors": rows, "next_cursor": rows[-1]["sid"] if len(found) > limit else None}

    async def error(self, error_id: str) -> Shape | None:
        """One debug event."""
        event = await self._journal.event(error_id)
        if event is None:
            return None
        story = await self._journal.story(event.webhook_id) if event.webhook_id else None
        return {**shapes.error_detail(event, story)}

    async def replay(self, ids: Sequence[str]) -> int:
        """Set them waiting."""
        return await self._journal.requeue(ids, time.time())

    async def hasten(self, endpoint: str) -> int:
        """Have them due when a server starts."""
        names = [endpoint] if endpoint else list(await self._journal.counts())
        hastened = sum([await self._journal.hasten(name, time.time()) for name in names])
        if not hastened:
            await self._look_whose({"endpoint": endpoint})
        return hastened

    async def forget(self, number: str) -> int:
        """Delete them from the file."""
        return await self._journal.forget(number)

    async def issues(self, query: Query) -> Shape:
        """A page of issues."""
        values = _values((*fields.ISSUE_FILTERS, *fields.ISSUE_PAGE), query)
        limit = values.get("limit", fields.DEFAULT_LIMIT)
        where, before = fields.issue_filter(values), values.get("cursor", "")
        found = await self._journal.issues(where, limit + 1, before, now=time.time())
        if not found:
            await self._look_whose(values)
        return {**shapes.issue_page(found, limit)}

    async def issue(self, issue_id: str) -> Shape | None:
        """One issue."""
        return await self._detail(await self._journal.issue(issue_id, now=time.time()))

    async def set_issue_state(self, issue_id: str, state: str) -> Shape | None:
        """Say what is being done about it."""
        return await self._detail(await self._journal.set_issue_state(issue_id, IssueState(state), now=time.time()))

    async def replay_issue(self, issue_id: str, *, dry_run: bool) -> int:
        """Set what was lost by it waiting."""
        from offhook.api.issues import count_lost, replay_lost  # with the whole API behind it: needed where no server runs alone

        if dry_run:
            return await count_lost(self._journal, issue_id)
        return await replay_lost(self._journal, issue_id, lambda ids: self._journal.requeue(ids, time.time(), delivered=False))

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the API would answer."""
        from offhook.cli import alarms_offline

        known = alarms_offline.Known(self._journal, self._endpoints, self._lacking)
        return await alarms_offline.ask(known, method, path, body)

    async def _look_whose(self, values: Mapping[str, Any]) -> None:
        """Nothing was found: refuse an endpoint or a cause that there is not, as a server would. Where nobody knows the endpoints, say what is kept."""
        from offhook.api.whose import no_cause, stranger  # with the whole API behind it

        now = time.time()
        said = await stranger(self._journal, self._endpoints, values, now)
        if said and not self._endpoints:
            say(said)
            said = ""
        said = said or await no_cause(self._journal, values, now)
        if said:
            raise click.UsageError(said)

    async def _detail(self, issue: Issue | None) -> Shape | None:
        return None if issue is None else {**shapes.issue_detail(issue, await self._journal.event(issue.last_event))}


def _values(known: Sequence[fields.Field], query: Query) -> dict[str, Any]:
    try:
        return fields.read_fields(known, query.items())
    except Problem as problem:
        raise click.UsageError(str(problem)) from None


def _address(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    if given and not is_usable(given):
        raise click.BadParameter(f"{given!r} is not an absolute http(s) URL: write something like http://127.0.0.1:8081")
    return given


def console_option(function: _F) -> _F:
    """`--console-url`: which server to ask."""
    return click.option(
        "--console-url",
        metavar="URL",
        callback=_address,
        envvar="OFFHOOK_CONSOLE_URL",
        help="The running server's console; from console_host and console_port where it is not given. Also the variable OFFHOOK_CONSOLE_URL.",
    )(function)


class Reached(NamedTuple):
    """Where answers come from: the running server's API, or the journal, opened. And the door to the network, which is closed afterwards."""

    transport: ClosableTransport
    api: ConsoleApi | None = None
    journal: Journal | None = None


@asynccontextmanager
async def reached(assembly: Assembly, settings: Settings, console_url: str | None) -> AsyncIterator[Reached]:
    """The server, or the journal itself when no server runs and none was named."""
    transport = assembly.transport(settings)
    try:
        api = ConsoleApi(transport, console_url or console_of(settings), key_for(settings, console_url))
        try:
            await api.check()
        except NobodyListensError as nobody:
            if console_url:
                raise
            async with _journal(assembly, settings, nobody) as journal:
                yield Reached(transport, journal=journal)
        else:
            yield Reached(transport, api)
    finally:
        await transport.close()


@asynccontextmanager
async def opened(assembly: Assembly, settings: Settings, console_url: str | None) -> AsyncIterator[Archive]:
    """The server's archive, or the journal's own when no server runs and none was named."""
    async with reached(assembly, settings, console_url) as found:
        if found.journal is not None:
            yield OfflineArchive(found.journal, [endpoint.name for endpoint in settings.endpoints], lacking(settings))
        else:
            assert found.api is not None
            yield found.api


@asynccontextmanager
async def _journal(assembly: Assembly, settings: Settings, nobody: NobodyListensError) -> AsyncIterator[Journal]:
    why = _unreadable(settings)
    if why:
        raise OffhookError(
            f"{nobody}{why}. Is `offhook serve` running? --console-url names another one, --database another file."
        ) from None
    journal = assembly.journal(settings)
    try:
        await journal.open()
    except UnusableJournalError as error:
        raise OffhookError(f"{nobody} (--console-url names another console). {error}") from None
    try:
        yield journal
    finally:
        await journal.close()


def _unreadable(settings: Settings) -> str:
    if settings.database == "memory:":
        return ", and a journal in memory is its server's alone"
    return "" if Path(settings.database).is_file() else f", and there is no file {settings.database} to read"


def key_for(settings: Settings, console_url: str | None) -> str:
    """What the server there is told that we may: the key beside its journal, which no other machine is told, or the one of OFFHOOK_CONSOLE_KEY."""
    given = os.environ.get("OFFHOOK_CONSOLE_KEY", "").strip()
    if given or (console_url and not is_loopback(urlsplit(console_url).hostname or "")):
        return given
    return read_key(settings.database)


def console_of(settings: Settings) -> str:
    """Where the settings' own console listens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.console_host, settings.console_host)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{settings.console_port}" if ":" in host else f"http://{host}:{settings.console_port}"


async def find_webhook(archive: Archive, words: str) -> Shape:
    """The one webhook that is meant: by its id, the beginning of that, or Twilio's SID of the message. Raises OffhookError."""
    if re.fullmatch("(SM|MM|CA)[0-9a-fA-F]{32}", words):
        whole = _only(words, [row["id"] for row in (await archive.webhooks({"q": words, "limit": "3"}))["webhooks"]])
    else:
        whole = await _complete(words, "WH", lambda query: _ids(archive.webhooks(query), "webhooks", "id"))
    found = await archive.webhook(whole) if whole else None
    if found is None:
        raise OffhookError(_nothing("webhook", words))
    return found


async def find_error(archive: Archive, words: str) -> Shape:
    """The one debug event that is meant: by its id, or the beginning of that. Raises OffhookError."""
    whole = await _complete(words, "NO", lambda query: _ids(archive.errors(query), "errors", "sid"))
    found = await archive.error(whole) if whole else None
    if found is None:
        raise OffhookError(_nothing("error", words))
    return found


async def find_issue(archive: Archive, words: str) -> Shape:
    """The one issue that is meant: by its id, or the beginning of that. Raises OffhookError."""
    start = words if words.startswith("IS") else f"IS{words}"
    whole = (
        start
        if len(start) == _ID_LENGTH
        else _only(words, [each async for each in _issue_ids(archive) if each.startswith(start)])
    )
    found = await archive.issue(whole) if re.fullmatch("IS[0-9a-f]{32}", whole) else None
    if found is None:
        raise OffhookError(_nothing("issue", words))
    return found


def _nothing(thing: str, words: str) -> str:
    """What to say where nothing is found; an id of something else may be meant."""
    other = _THINGS.get(words[:2], thing)
    hint = "" if other == thing else f" Ids of {other}s begin with {words[:2]}: offhook {other}s show {words}"
    return f"There is no {thing} {words}.{hint}"


async def _issue_ids(archive: Archive) -> AsyncIterator[str]:
    """Of all of them: their ids say nothing of their order, and there are as many as there are things to mend."""
    cursor: str | None = ""
    while cursor is not None:
        page = await archive.issues({"limit": str(fields.MAX_LIMIT), "cursor": cursor})
        for row in page["issues"]:
            yield str(row["id"])
        cursor = page["next_cursor"]


async def _ids(page: Awaitable[Shape], rows: str, name: str) -> list[str]:
    return [str(row[name]) for row in (await page)[rows]]


async def _complete(words: str, letters: str, ids: Callable[[Query], Awaitable[list[str]]]) -> str:
    """The whole id of the one that begins so; "" when none does. Ids are listed from the highest that could begin so downwards."""
    start = words if words.startswith(letters) else letters + words
    if not re.fullmatch("[A-Z]{2}[0-9a-f]{0,32}", start):
        return ""
    if len(start) == _ID_LENGTH:
        return start
    listed = await ids({"cursor": start.ljust(_ID_LENGTH, "f"), "limit": "3"})
    return _only(words, [each for each in listed if each.startswith(start)])


def _only(words: str, fitting: Sequence[str]) -> str:
    if len(fitting) > 1:
        more = f" and {len(fitting) - _NAMED} more" if len(fitting) > _NAMED else ""
        raise OffhookError(f"{words} may mean several: {', '.join(fitting[:_NAMED])}{more}. Write the whole id of one.")
    return fitting[0] if fitting else ""
