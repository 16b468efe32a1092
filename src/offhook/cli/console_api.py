"""The running server's own API, spoken over the one door out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec

from offhook.errors import OffhookError
from offhook.ports import Transport
from offhook.records import Exchange, FailureKind, Headers, HttpRequest, Limits

_MOST: Final = 64 * 1024 * 1024
_LIMITS: Final = Limits(connect=2.0, read=30.0, total=60.0, read_cap=_MOST, keep_cap=_MOST)
# Refusals that are about what there is rather than about what was asked: sinks that are used, not active, or as many as may be.
STATES: Final = frozenset({91003, 91004, 91005, 91007, 91100})
_NOBODY: Final = frozenset({FailureKind.REFUSED, FailureKind.CONNECT, FailureKind.CONNECT_TIMEOUT})


_KEY: Final = (
    "The key lies beside the server's journal: name that with --database, or give the key in the variable OFFHOOK_CONSOLE_KEY."
)


class NobodyListensError(OffhookError):
    """No server listens where the console should be."""


class ConsoleApi:
    """The API of one running server. Raises OffhookError with the server's own sentence, or with what the network did."""

    running = True

    def __init__(self, transport: Transport, base: str, key: str = "") -> None:
        """`key` is the console key, "" where none is to be had: most consoles of one's own machine do without."""
        self._transport = transport
        self._base = base.rstrip("/")
        self._who: Headers = (("Authorization", f"Bearer {key}"),) if key else ()

    async def check(self) -> None:
        """Make sure that an Offhook listens there."""
        health = await self._ask("GET", "/healthz")
        if not isinstance(health, dict) or not health.get("alive"):
            raise OffhookError(f"What listens at {self._base} is not Offhook's console.")

    async def webhooks(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of webhooks."""
        return dict(await self._ask("GET", f"/api/webhooks?{urlencode(query)}"))

    async def webhook(self, webhook_id: str) -> dict[str, Any] | None:
        """One webhook."""
        found: dict[str, Any] | None = await self._ask("GET", f"/api/webhooks/{webhook_id}")
        return found

    async def errors(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of debug events."""
        return dict(await self._ask("GET", f"/api/errors?{urlencode(query)}"))

    async def error(self, error_id: str) -> dict[str, Any] | None:
        """One debug event."""
        found: dict[str, Any] | None = await self._ask("GET", f"/api/errors/{error_id}")
        return found

    async def replay(self, ids: Sequence[str]) -> int:
        """Have these delivered again."""
        answer = await self._ask("POST", "/api/replays", {"ids": list(ids)})
        return int(answer["replayed"])

    async def hasten(self, endpoint: str) -> int:
        """Have what waits for a later try tried now."""
        answer = await self._ask("POST", "/api/hastenings", {"endpoint": endpoint})
        return int(answer["hastened"])

    async def forget(self, number: str) -> int:
        """Delete what came from or went to a number."""
        answer = await self._ask("POST", "/api/deletions", {"number": number})
        return int(answer["deleted"])

    async def issues(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of issues."""
        return dict(await self._ask("GET", f"/api/issues?{urlencode(query)}"))

    async def issue(self, issue_id: str) -> dict[str, Any] | None:
        """One issue."""
        found: dict[str, Any] | None = await self._ask("GET", f"/api/issues/{issue_id}")
        return found

    async def set_issue_state(self, issue_id: str, state: str) -> dict[str, Any] | None:
        """Say what is being done about an issue."""
        found: dict[str, Any] | None = await self._ask("POST", f"/api/issues/{issue_id}", {"state": state})
        return found

    async def replay_issue(self, issue_id: str, *, dry_run: bool) -> int:
        """Have what was lost by an issue delivered again."""
        answer = await self._ask("POST", f"/api/issues/{issue_id}/replay", {"dry_run": dry_run})
        return 0 if answer is None else int(answer["replayed"])

    async def ask(self, method: str, path: str, body: object = None, *, form: Sequence[tuple[str, str]] = ()) -> Any:
        """The answer's JSON; None where there is no such thing, or none in it. `body` goes as JSON, or else `form` as a form."""
        return await self._ask(method, path, body, form)

    async def _ask(self, method: str, path: str, body: object = None, form: Sequence[tuple[str, str]] = ()) -> Any:
        """The answer's JSON; None where there is no such thing."""
        headers: Headers = (("Accept", "application/json"), *self._who)
        sent = urlencode(form).encode() if body is None else msgspec.json.encode(body)
        if sent:
            headers = (
                *headers,
                ("Content-Type", "application/json" if body is not None else "application/x-www-form-urlencoded"),
            )
        request = HttpRequest(method=method, url=self._base + path, headers=headers, body=sent)
        return self._read(await self._transport.exchange(request, _LIMITS, trusted=True))

    def _read(self, exchange: Exchange) -> Any:
        failure = exchange.failure
        if failure is not None:
            if failure.kind is FailureKind.DNS:
                raise NobodyListensError(f"There is no way to {self._base}: {failure.detail.rstrip('.')}")
            if failure.kind in _NOBODY:
                raise NobodyListensError(f"Nothing listens at {self._base}")
            raise OffhookError(
                f"The console at {self._base} gave no usable answer: {(failure.detail or failure.kind).rstrip('.')}."
            )
        if exchange.status == 204:
            return None
        try:
            answer = msgspec.json.decode(exchange.body)
        except msgspec.DecodeError:
            raise OffhookError(
                f"What listens at {self._base} is not Offhook's console: it answered {exchange.status} without JSON."
            ) from None
        if exchange.status == 404:
            return None
        if exchange.status == 401:
            raise OffhookError(
                f"The console at {self._base} {'does not take this console key' if self._who else 'asks who is there'}. {_KEY}"
            )
        if exchange.status >= 400:
            message = str(answer.get("message", "")) if isinstance(answer, dict) else ""
            if exchange.status == 400 and answer.get("code") not in STATES:
                raise click.UsageError(message)
            raise OffhookError(message or f"The console at {self._base} answered {exchange.status}.")
        return answer
