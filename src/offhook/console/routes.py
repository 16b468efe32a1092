"""The whole console: pages and API on one listener."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhook.api.app import create_app
from offhook.console.audit import Audit
from offhook.console.doorway import Doorway, PageRoute
from offhook.console.house import PageHouse
from offhook.console.pages import live, overview, webhook, webhook_changes, webhook_once, webhooks
from offhook.console.session import Sessions
from offhook.console.visit import NAV, Links
from offhook.system import TimeSortedIds

PAGES: Sequence[PageRoute] = (
    *overview.ROUTES,
    *live.ROUTES,
    *webhooks.ROUTES,
    *webhook_changes.ROUTES,
    *webhook_once.ROUTES,
    *webhook.ROUTES,
)
_STATIC = Path(__file__).with_name("static")
_STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_console(house: PageHouse, sessions: Sessions | None = None, *, login_to_read: bool = False) -> Starlette:
    """The API and the pages of a house. Sessions are opened by links that whoever has made them shows."""
    sessions = sessions or Sessions(house.clock.now)
    return create_app(house, page_routes(house, sessions, login_to_read=login_to_read))


def page_routes(house: PageHouse, sessions: Sessions | None, *, login_to_read: bool = False, nav: Links = NAV) -> list[Route]:
    """The pages and their files. Without sessions anybody may do everything, as with `offhook dev`."""
    audit = Audit(house.journal, house.clock, TimeSortedIds())
    door = Doorway(house, sessions, audit, login_to_read=login_to_read, nav=nav)
    files = ("console.css", "console.js", "htmx.min.js", "offhook.css", "offhook.svg")
    return [*door.routes(PAGES), *map(static_route, files)]


def static_route(name: str) -> Route:
    """The route of one of our own files in `static`."""
    path = _STATIC / name
    content, media_type = path.read_bytes(), _STATIC_TYPES[path.suffix]

    async def static(_: Request) -> Response:
        return Response(content, media_type=media_type, headers={"cache-control": "max-age=300"})

    return Route(f"/static/{name}", static, name=name)


def html_answer(page: bytes, status: int = 200) -> Response:
    """A page as an answer."""
    return Response(page, status, media_type="text/html")
