"""The routes of the console's pages, and the whole console: pages and API on one listener."""

import asyncio
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from offhook.api.app import create_app
from offhook.api.house import House
from offhook.console.html import Look
from offhook.console.pages import Overview, front_page, missing_page, story_page
from offhook.errors import JournalError
from offhook.records import EventFilter, WebhookFilter

SHOWN_WEBHOOKS = 25
SHOWN_ERRORS = 10
_STATIC = Path(__file__).with_name("static")
_STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_console(house: House) -> Starlette:
    """The API and the pages of a house."""
    return create_app(house, page_routes(house))


def page_routes(house: House, look: Look | None = None, first_step: tuple[str, str] | None = None) -> list[Route]:
    """The pages, the changes that their buttons ask for, and their stylesheet. `first_step`: a link on top of the first page."""

    async def front(_: Request) -> Response:
        overview = await _overview(house)
        return html_answer(front_page(msgspec.structs.replace(overview, first_step=first_step), look))

    async def story(request: Request) -> Response:
        found = await house.journal.story(request.path_params["id"])
        if found is None:
            return html_answer(
                missing_page("There is no such webhook. It may have been deleted when its time was up.", look), 404
            )
        return html_answer(await asyncio.to_thread(story_page, found, house.clock.now(), look))

    async def replay(request: Request) -> Response:
        await house.replay([request.path_params["id"]])
        return RedirectResponse(f"/webhooks/{request.path_params['id']}", 303)

    async def dismiss(request: Request) -> Response:
        await house.journal.dismiss([request.path_params["id"]], house.clock.now())
        return RedirectResponse(f"/webhooks/{request.path_params['id']}", 303)

    return [
        Route("/", front),
        Route("/webhooks/{id}", story),
        Route("/webhooks/{id}/replay", replay, methods=["POST"]),
        Route("/webhooks/{id}/dismiss", dismiss, methods=["POST"]),
        static_route("offhook.css"),
        static_route("offhook.svg"),
    ]


async def _overview(house: House) -> Overview:
    """What the first page shows; with a journal that cannot be read, the page says that and shows the rest."""
    troubles = [trouble for trouble in house.ready().values() if trouble]
    try:
        return Overview(
            now=house.clock.now(),
            endpoints=house.endpoints,
            counts=await house.journal.counts(),
            webhooks=await house.journal.webhooks(WebhookFilter(), SHOWN_WEBHOOKS),
            events=await house.journal.events(EventFilter(), SHOWN_ERRORS),
            troubles=troubles,
        )
    except JournalError as failure:
        troubles.append(f"The journal cannot be read: {failure}")
        return Overview(now=house.clock.now(), endpoints=house.endpoints, counts={}, webhooks=(), events=(), troubles=troubles)


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
