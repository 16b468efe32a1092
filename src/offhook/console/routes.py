"""The whole console: pages and API on one listener."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhook.api.app import create_app
from offhook.console.audit import Audit
from offhook.console.callers import Callers
from offhook.console.doorway import Doorway, PageRoute
from offhook.console.gate import Gate
from offhook.console.house import PageHouse
from offhook.console.pages import (
    alarm,
    alarm_edit,
    alarms,
    audit,
    doctor,
    endpoints,
    error,
    errors,
    issue,
    issues,
    live,
    overview,
    settings,
    stream,
    stream_new,
    stream_subscription,
    streams,
    webhook,
    webhook_changes,
    webhook_once,
    webhooks,
)
from offhook.console.session import Sessions
from offhook.system import TimeSortedIds

# In the order in which they are tried: a path with a word in it before one with an id.
SUBJECTS = (
    overview,
    live,
    webhooks,
    webhook_changes,
    webhook_once,
    webhook,
    errors,
    error,
    issues,
    issue,
    alarms,
    alarm_edit,
    alarm,
    streams,
    stream_new,
    stream_subscription,
    stream,
    endpoints,
    settings,
    doctor,
    audit,
)
PAGES: Sequence[PageRoute] = tuple(route for subject in SUBJECTS for route in subject.ROUTES)
_STATIC = Path(__file__).with_name("static")
_STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Login(NamedTuple):
    """How one logs in: the sessions, whether everybody has to, and the programs that say who they are."""

    sessions: Sessions | None = None
    always: bool = False
    callers: Callers | None = None


def create_console(house: PageHouse, login: Login | Sessions | None = None) -> Starlette:
    """The API and the pages of a house. Sessions are opened by links that whoever has made them shows."""
    if not isinstance(login, Login):
        login = Login(login or Sessions(house.clock.now))
    gate = gate_of(house, login)
    doorway = Doorway(house, gate)
    return create_app(house, page_routes(doorway), reception=gate, told=doorway.told)


def gate_of(house: PageHouse, login: Login) -> Gate:
    """Who may what. Without sessions anybody may do everything, as with `offhook dev`."""
    audit = Audit(house.journal, house.clock, TimeSortedIds())
    return Gate(house.clock, audit, login.sessions, login.callers, always=login.always)


def page_routes(doorway: Doorway) -> list[Route]:
    """The pages and their files."""
    files = ("console.css", "console.js", "htmx.min.js", "offhook.css", "offhook.svg")
    return [*doorway.routes(PAGES), *map(static_route, files)]


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
