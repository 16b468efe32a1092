"""The settings: what holds, where it comes from, what it means. To be read only: they are changed where they were given."""

from starlette.responses import Response

from offhook.console import settings_view as view
from offhook.console.doorway import PageRoute
from offhook.console.exports import FORMATS, export
from offhook.console.visit import Visit


async def show(visit: Visit) -> Response:
    """All of them, or those that were asked for."""
    settings, query = visit.house.settings, visit.query
    found = view.chosen(view.rows(settings), query.get("q", ""), given=query.get("show") == "given")
    if (wanted := query.get("format", "")) in FORMATS:
        return export(wanted, "offhook-settings", view.COLUMNS, (row._asdict() for row in found))
    return visit.page(
        "settings.html",
        "Settings",
        sections=view.sections(found),
        words=query.get("q", ""),
        given=query.get("show") == "given",
        accounts=view.accounts(settings),
        shared_keys=view.shared_keys(settings),
        alarms=len(settings.alarms),
        endpoints=[each.name for each in settings.endpoints],
        files=view.files(settings),
        warnings=settings.warnings,
    )


ROUTES = (PageRoute("GET", "/settings", show),)
