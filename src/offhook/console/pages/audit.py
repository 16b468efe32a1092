"""The audit log: who has changed what, when and from where. It is only ever added to."""

import re
from typing import Final

from starlette.responses import Response

from offhook.api.problems import Problem
from offhook.console.audit import Audit
from offhook.console.audit_view import COLUMNS, data, noted
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, export
from offhook.console.visit import Visit
from offhook.system import TimeSortedIds

SHOWN: Final = 100
MOST_EXPORTED: Final = 10_000
_ID: Final = re.compile("AU[0-9a-f]{32}")


async def show(visit: Visit) -> Response:
    """Its newest entries, or those before one of them."""
    query, house = visit.query, visit.house
    before, words = query.get("cursor", ""), query.get("q", "")[:200]
    if before and not _ID.fullmatch(before):
        raise Problem(20001, "The cursor is not one of this log's: begin with its newest entries.")
    audit = Audit(house.journal, house.clock, TimeSortedIds())
    if (wanted := query.get("format", "")) in FORMATS:
        everything = await audit.page(MOST_EXPORTED, before, words, most_read=5 * MOST_EXPORTED)
        return export(wanted, "offhook-audit", COLUMNS, map(data, everything.entries))
    page = await audit.page(SHOWN, before, words)
    endpoints = frozenset(each.name for each in house.endpoints)
    return visit.page(
        "audit.html",
        "Audit log",
        entries=[noted(each, endpoints) for each in page.entries],
        words=words,
        first=visit.with_query(cursor=None) if before else "",
        next=visit.with_query(cursor=page.next) if page.next else "",
    )


ROUTES = (PageRoute("GET", "/audit", show),)
