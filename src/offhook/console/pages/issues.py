"""The list of issues: what has to be mended, each once however often it happened."""

import asyncio
from typing import Any, Final

from msgspec import structs
from starlette.responses import Response

from offhook.api.fields import DEFAULT_LIMIT, ISSUE_FILTERS, ISSUE_PAGE, issue_filter
from offhook.api.shapes import issue_shape
from offhook.console.asked import FORMAT, MOST_EXPORTED, Asked, asked
from offhook.console.doorway import PageRoute
from offhook.console.exports import export
from offhook.console.issue_view import CHANGES, UNRESOLVED, change_to, rows, tab_states, tabs
from offhook.console.pages.errors import endpoint_names
from offhook.console.trouble import NOT_CHANGED, Trouble, of_filters
from offhook.console.visit import Visit
from offhook.ports import Journal
from offhook.records import Issue, IssueFilter

FIELDS: Final = (*ISSUE_FILTERS, *ISSUE_PAGE, FORMAT)
COLUMNS: Final = (
    *("id", "state", "level", "code", "title", "cause", "endpoint"),
    *("count", "first_seen", "last_seen", "hours", "last_event"),
)
MOST_COUNTED: Final = 300
"""Issues whose states are counted for the tabs: there are few, as each is an endpoint, a code and a cause."""
AT_ONCE: Final = 1000


async def show(visit: Visit) -> Response:
    """The list, or what it lists as a file."""
    wanted = asked(FIELDS, visit.request.query_params.multi_items())
    if wanted.trouble:
        return await _page(visit, wanted)
    if "format" in wanted.values:
        where = _where(wanted)
        found = await _all(visit.house.journal, where, visit.house.clock.now())
        shapes: list[Any] = [issue_shape(each) for each in found]
        return await asyncio.to_thread(export, wanted.values["format"], "issues", COLUMNS, shapes)
    return await _page(visit, wanted)


async def change(visit: Visit) -> Response:
    """Say what is being done about some issues."""
    wanted, chosen = change_to(visit.value("state")), list(dict.fromkeys(visit.values("id")))
    listed = asked(FIELDS, visit.request.query_params.multi_items())
    if wanted is None or not chosen:
        what = "Choose what they are to be." if chosen else "Choose some issues first: tick their boxes."
        return await _page(visit, listed, Trouble(NOT_CHANGED, what))
    now, journal = visit.house.clock.now(), visit.house.journal
    done = 0
    for identifier in chosen:
        done += await journal.set_issue_state(identifier, wanted.state, now=now) is not None
    visit.about = chosen[0] if len(chosen) == 1 else f"{done} issues"
    said = "1 issue is" if done == 1 else f"{done} issues are"
    return visit.back(visit.with_query(cursor=None), f"{said} {wanted.done}.")


def _where(wanted: Asked) -> IssueFilter:
    where = issue_filter(wanted.values)
    return where if where.states else structs.replace(where, states=UNRESOLVED)


async def _page(visit: Visit, wanted: Asked, trouble: Trouble | None = None) -> Response:
    where, limit = _where(wanted), wanted.values.get("limit", DEFAULT_LIMIT)
    journal, now, typed = visit.house.journal, visit.house.clock.now(), wanted.typed
    found, every = await asyncio.gather(
        journal.issues(where, limit + 1, wanted.values.get("cursor", ""), now=now),
        journal.issues(structs.replace(where, states=()), MOST_COUNTED + 1, now=now),
    )
    page = found[:limit]
    hrefs = {name: visit.with_query(state=states or None, cursor=None) for name, states in tab_states().items()}
    return visit.page(
        "issues.html",
        "Issues",
        live="cursor" not in typed,
        trouble=of_filters(wanted.trouble, "/issues") or trouble,
        typed=typed,
        filtered=any(name in typed for name in ("code", "endpoint", "cause")),
        endpoints=endpoint_names(visit, typed),
        tabs=tabs(every, MOST_COUNTED, where.states, hrefs),
        rows=rows(page),
        any_at_all=bool(every),
        choices=CHANGES,
        here_again=visit.with_query(),
        newest=visit.with_query(cursor=None) if "cursor" in typed else "",
        older=visit.with_query(cursor=page[-1].place) if len(found) > limit else "",
        exports=visit.with_query(cursor=None, limit=None),
    )


async def _all(journal: Journal, where: IssueFilter, now: float) -> list[Issue]:
    found: list[Issue] = []
    before = ""
    while len(found) < MOST_EXPORTED:
        more = await journal.issues(where, AT_ONCE, before, now=now)
        found += more
        if len(more) < AT_ONCE:
            break
        before = more[-1].place
    return found


ROUTES = (PageRoute("GET", "/issues", show), PageRoute("POST", "/issues", change, audit="issue {state}"))
