"""A page for what could not be done as it was asked: what is wrong with it, in the console's own look."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Final

from starlette.responses import Response

from offhook.api.fields import Field, read_fields
from offhook.api.problems import CODES, Problem
from offhook.console.visit import Visit
from offhook.streams.refused import RefusedError

Handle = Callable[[Visit], Awaitable[Response]]
OWN: Final = frozenset({"said", "format"})
"""Parameters of every page's address that filter nothing."""


def kindly(home: str, name: str) -> Callable[[Handle], Handle]:
    """Have a page say on a page of its own what a Problem, or a refusal of event streams, says. `home` is where to go on from there, `name` what that is called."""

    def made(handle: Handle) -> Handle:
        @wraps(handle)
        async def page(visit: Visit) -> Response:
            try:
                return await handle(visit)
            except Problem as problem:
                return unhappy(visit, problem, home, name)
            except RefusedError as refusal:
                return unhappy(visit, Problem(refusal.code, str(refusal)), home, name)

        return page

    return made


def unhappy(visit: Visit, problem: Problem, home: str, name: str) -> Response:
    """The page of a problem."""
    status = CODES[problem.code].status
    title = "Not here" if status == 404 else "Not done" if visit.request.method == "POST" else "Not understood"
    return visit.page("unhappy.html", title, status=status, why=str(problem), home=home, home_name=name)


def asked(visit: Visit, fields: Sequence[Field], besides: Sequence[str] = ()) -> dict[str, Any]:
    """The values of the address's parameters. Raises Problem 20001 for those that are unknown or cannot be read."""
    given = visit.request.query_params.multi_items()
    return read_fields(fields, [(name, value) for name, value in given if name not in OWN and name not in besides])
