"""What can be asked of issues: list, look at, say what is being done about one, deliver again what was lost by it."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, SETTABLE, issue_filter
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import issue_detail, issue_page
from offhook.api.whose import refuse_stranger
from offhook.ports import Journal
from offhook.records import IssueState

REPLAY_BATCH = 500


async def list_issues(house: House, call: Call) -> Response:
    """A page of issues, the last seen first."""
    limit = call.values.get("limit", DEFAULT_LIMIT)
    where, before = issue_filter(call.values), call.values.get("cursor", "")
    found = await house.journal.issues(where, limit + 1, before, now=house.clock.now())
    if not found:
        await refuse_stranger(house, call)
    return json_answer(issue_page(found, limit))


async def get_issue(house: House, call: Call) -> Response:
    """One issue."""
    issue = await house.journal.issue(call.identifier, now=house.clock.now())
    if issue is None:
        raise _no_issue(call.identifier)
    return json_answer(issue_detail(issue, await house.journal.event(issue.last_event)))


async def set_issue_state(house: House, call: Call) -> Response:
    """Say what is being done about an issue."""
    if "state" not in call.values:
        raise Problem(20001, f"Give the parameter 'state': one of {', '.join(SETTABLE)}.")
    issue = await house.journal.set_issue_state(call.identifier, IssueState(call.values["state"]), now=house.clock.now())
    if issue is None:
        raise _no_issue(call.identifier)
    return json_answer(issue_detail(issue, await house.journal.event(issue.last_event)))


async def replay_issue(house: House, call: Call) -> Response:
    """Deliver again what failed or was dismissed."""
    if await house.journal.issue(call.identifier, now=house.clock.now()) is None:
        raise _no_issue(call.identifier)
    dry_run = call.values.get("dry_run", False)
    replay = _count if dry_run else lambda ids: house.replay(ids, delivered=False)
    return json_answer({"replayed": await replay_lost(house.journal, call.identifier, replay), "dry_run": dry_run}, 202)


async def replay_lost(journal: Journal, issue_id: str, replay: Callable[[Sequence[str]], Awaitable[int]]) -> int:
    """Have each failed or dismissed webhook of an issue replayed, the oldest first; returns how many were.

    One that fails anew meanwhile is not looked at again, and one that has been delivered meanwhile is for `replay` to leave alone.
    """
    replayed, after = 0, ""
    while batch := await journal.issue_webhooks(issue_id, REPLAY_BATCH, after):
        replayed += await replay(batch)
        after = batch[-1]
    return replayed


async def count_lost(journal: Journal, issue_id: str) -> int:
    """How many webhooks that would be."""
    return await replay_lost(journal, issue_id, _count)


async def _count(ids: Sequence[str]) -> int:
    return len(ids)


def _no_issue(identifier: str) -> Problem:
    return Problem(20404, f"There is no issue {identifier[:50]}.")
