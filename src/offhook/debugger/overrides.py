"""What is wrong with the connection overrides of the endpoints' URLs, as debug events."""

from collections.abc import Iterable, Iterator

import msgspec

from offhook import logs
from offhook.delivery import destination
from offhook.delivery.overrides import OverrideProblem
from offhook.ports import Clock, Ids
from offhook.records import DebugEvent, Endpoint, Level

log = logs.get("endpoints")


def report(endpoints: Iterable[Endpoint], clock: Clock, ids: Ids) -> Iterator[DebugEvent]:
    """Log each problem, and give a debug event for those that have one of Twilio's codes."""
    for endpoint in endpoints:
        for url in filter(None, (endpoint.app_url, endpoint.fallback_url)):
            for problem in destination.parse(url).overrides.problems:
                log.warning("endpoint.override", endpoint=endpoint.name, **msgspec.structs.asdict(problem))
                if problem.code:
                    yield _event(endpoint, url, problem, clock.now(), ids.new("NO"))


def _event(endpoint: Endpoint, url: str, problem: OverrideProblem, at: float, event_id: str) -> DebugEvent:
    return DebugEvent(
        id=event_id,
        at=at,
        level=Level.ERROR,
        code=problem.code,
        twilio_code=problem.code,
        message=f"{problem.key}={problem.value}: {problem.message}; {problem.used} is used instead",
        endpoint=endpoint.name,
        request_url=destination.shown(url),
        details={"key": problem.key, "value": problem.value, "used": problem.used},
    )
