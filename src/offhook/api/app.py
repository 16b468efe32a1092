"""The API as an ASGI application: the route table behind the guard."""

import functools
from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from offhook import logs
from offhook.api.guard import Guard
from offhook.api.house import House
from offhook.api.operation import route
from offhook.api.problems import Problem, from_status, problem_answer, suggest
from offhook.api.reception import Reception
from offhook.api.routes import OPERATIONS
from offhook.api.streams_routes import is_of_streams
from offhook.errors import JournalError
from offhook.streams.refused import RefusedError

Told = Callable[[Request, Problem], Response]
_NO_PAGE = "There is no such page. It may have had another address, or what it was about is no longer kept."
_ONLY_POSTED = "There is nothing to see at this address: it is where a page sends what is filled in or pressed there."
_log = logs.get("api")


def create_app(
    house: House,
    pages: Sequence[BaseRoute] = (),
    bodies: Mapping[str, int] | None = None,
    reception: Reception | None = None,
    told: Told | None = None,
) -> Starlette:
    """The API of a house, and the pages that share its listener.

    `bodies`: which paths take bigger requests than others. `reception` says who may ask; without one everybody may.
    `told` makes the page for a person at a browser to whom no page of ours can say what is wrong, as there is none.
    """
    app = Starlette(
        # The pages first: the console makes links to its login itself.
        routes=[*pages, *(route(operation, house, reception) for operation in OPERATIONS)],
        middleware=[Middleware(Guard, allowed_hosts=house.allowed_hosts, bodies=bodies)],
        exception_handlers={
            HTTPException: functools.partial(_library_refused, told),
            Problem: functools.partial(_refused, told),
            RefusedError: _streams_refused,
            JournalError: _journal_failed,
        },
    )
    app.router.redirect_slashes = False
    return app


async def _refused(told: Told | None, request: Request, problem: Exception) -> Response:
    """What no route has answered itself: operations say their own problems, so it was a page's."""
    assert isinstance(problem, Problem)
    return told(request, problem) if told is not None and _is_for_a_person(request) else problem_answer(problem)


def _is_for_a_person(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


async def _streams_refused(_: Request, refused: Exception) -> Response:
    """What the rules of event streams refuse, with their code."""
    assert isinstance(refused, RefusedError)
    return problem_answer(Problem(refused.code, str(refused)))


async def _library_refused(told: Told | None, request: Request, refusal: Exception) -> Response:
    """What the router refuses: an unknown path, or a method that the path does not have."""
    assert isinstance(refusal, HTTPException)
    path = request.url.path
    by_person = told if _is_for_a_person(request) else None
    if refusal.status_code == 404:
        if by_person is not None:
            return by_person(request, Problem(20404, _NO_PAGE))
        known = [operation.path for operation in OPERATIONS]
        return problem_answer(
            Problem(20404, f"There is nothing at {path[:100]}.{suggest(path, known)} All paths are in /openapi.json.")
        )
    if refusal.status_code == 405:
        allowed = ", ".join(_methods(request))
        if by_person is not None:
            return by_person(request, Problem(20004, _ONLY_POSTED, headers={"Allow": allowed}))
        code = 91203 if is_of_streams(path) else 20004
        return problem_answer(
            Problem(code, f"{path[:100]} takes {allowed}, not {request.method[:20]}.", headers={"Allow": allowed})
        )
    return problem_answer(from_status(refusal.status_code, str(refusal.detail), headers=refusal.headers))


def _methods(request: Request) -> list[str]:
    """All methods that a path has: each of them is a route of its own, and the router tells of the first."""
    routes = [each for each in request.app.routes if isinstance(each, Route) and each.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for each in routes for method in each.methods or ()})


async def _journal_failed(request: Request, failure: Exception) -> Response:
    _log.error("api.journal_failed", method=request.method, path=request.url.path, trouble=str(failure))
    return problem_answer(Problem(20503, f"The journal cannot do this just now: {failure}"))
