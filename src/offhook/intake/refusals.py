"""Tells the operator about refused requests: a log line and a debug event each, worked out after the sender has its answer."""

import asyncio

from offhook import logs
from offhook.errors import JournalError
from offhook.intake.limits import Throttle
from offhook.ports import Clock, Ids, Journal
from offhook.providers import raw
from offhook.providers.base import Incoming, Provider, Refused
from offhook.records import DebugEvent, Level

log = logs.get("intake")

# Twilio logs a webhook that is answered 4xx under this code, so its Debugger and ours tell of the same request.
_CODE = 11200
_MOST, _PERIOD = 10, 60.0
_URL_LIMIT = 2048


class Refusals:
    """At most ten a minute for each endpoint; the next one that is told says how many were not."""

    def __init__(self, journal: Journal, clock: Clock, ids: Ids) -> None:
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._throttles: dict[str, Throttle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, endpoint: str, provider: Provider, request: Incoming, refused: Refused) -> None:
        """Take note; the work is done later on the loop."""
        throttle = self._throttles.setdefault(endpoint, Throttle(_MOST, _PERIOD))
        held = throttle.take(self._clock.monotonic())
        if held is None:
            return
        task = asyncio.get_running_loop().create_task(self._record(endpoint, provider, request, (refused, held)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Finish what was noted."""
        await asyncio.gather(*self._tasks)

    async def _record(self, endpoint: str, provider: Provider, request: Incoming, noted: tuple[Refused, int]) -> None:
        refused, held = noted
        near = provider.near_miss(request) if refused.signature else ""
        event = DebugEvent(
            id=self._ids.new("NO"),
            at=self._clock.now(),
            level=Level.WARNING,
            code=_CODE,
            twilio_code=_CODE,
            message=_message(refused, near),
            endpoint=endpoint,
            account_sid=refused.account_sid[:64],
            request_method=request.method,
            request_url=refused.url[:_URL_LIMIT],
            details=_details(request, refused, near, held),
        )
        log.warning(
            "webhook.refused",
            event_id=event.id,
            endpoint=endpoint,
            status=refused.status,
            reason=refused.reason,
            peer=request.peer,
            url=refused.url[:_URL_LIMIT],
            near_miss_url=near[:_URL_LIMIT],
            not_told=held,
        )
        try:
            await self._journal.record([event])
        except JournalError as error:
            log.error("webhook.refusal_not_recorded", event_id=event.id, error=str(error))  # noqa: TRY400 - what it says is all there is to know


_WAY_OUT = (
    "Is the auth token that of the account, and is this the URL that is configured at Twilio? "
    "Behind a proxy, set public_url or trusted_proxies."
)


def _message(refused: Refused, near: str) -> str:
    if not refused.signature:
        return f"Request refused: {refused.reason}"
    if not near:
        return f"Signature refused: {refused.reason} for {refused.url[:_URL_LIMIT]}. {_WAY_OUT}"
    if near == refused.url:
        return f"Signature refused: {refused.reason}; it is right for another of the configured keys"
    return f"Signature refused: {refused.reason}; it would be right for {near[:_URL_LIMIT]}"


def _details(request: Incoming, refused: Refused, near: str, held: int) -> dict[str, str]:
    details = {
        "Msg": refused.reason,
        "status": str(refused.status),
        "peer": request.peer,
        "target": raw.text(request.target)[:_URL_LIMIT],
        "assumed_url": refused.url[:_URL_LIMIT],
        "near_miss_url": near[:_URL_LIMIT],
        "not_told_before": str(held) if held else "",
    }
    return {name: value for name, value in details.items() if value}
