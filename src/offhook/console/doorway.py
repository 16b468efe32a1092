"""The way to a page: the session behind a cookie, the login, and for changes the proof that the form is ours.

Host and origin are checked before, for the API as well (`api.guard`).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from offhook.api.guard import host_name
from offhook.console.audit import Audit
from offhook.console.house import PageHouse
from offhook.console.session import AT_HOME, COOKIE, SESSION_WITHIN, Session, Sessions, fits
from offhook.console.visit import MOST_FIELDS, NAV, Links, Visit
from offhook.settings import is_loopback

FORM: Final = "application/x-www-form-urlencoded"
Handle = Callable[[Visit], Awaitable[Response]]


class PageRoute(NamedTuple):
    """One page, or one change that a button asks for (POST). `audit` names the change in the audit log, "" for what only looks."""

    method: str
    path: str
    handle: Handle
    audit: str = ""


class Doorway:
    """Makes routes of pages. Without `login_to_read`, pages can be read on loopback without a login; nothing can be changed.

    Without sessions everybody is at home, as with `offhook dev`: then only host and origin are checked.
    """

    def __init__(
        self, house: PageHouse, sessions: Sessions | None, audit: Audit, *, login_to_read: bool = False, nav: Links = NAV
    ) -> None:
        self._house = house
        self._sessions = sessions
        self._audit = audit
        self._login_to_read = login_to_read
        self._nav = nav

    def routes(self, pages: Sequence[PageRoute]) -> list[Route]:
        """The routes of these pages, and those of the login."""
        made = [Route(each.path, self._endpoint(each), methods=[each.method]) for each in pages]
        if self._sessions is None:
            return made
        return [
            *made,
            Route("/login", self._ask, methods=["GET"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/logout", self._log_out, methods=["POST"]),
        ]

    def session(self, request: Request) -> Session | None:
        """Whose request this is; None for nobody's."""
        if self._sessions is None:
            return AT_HOME
        token = request.cookies.get(COOKIE, "")
        return self._sessions.find(token) if token else None

    def _endpoint(self, wanted: PageRoute) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            session = self.session(request)
            visit = Visit(self._house, request, session, self._nav)
            if wanted.method == "GET":
                if session is None and not self._readable(request):
                    return _to_login(request)
                return await wanted.handle(visit)
            if session is None:
                return visit.page("refused.html", "Log in first", status=401, why="login")
            visit.form = await read_form(request)
            if session is not AT_HOME and not fits(session, visit.value("csrf") or request.headers.get("x-csrf", "")):
                return visit.page("refused.html", "Not done", status=403, why="form")
            answer = await wanted.handle(visit)
            if wanted.audit and answer.status_code < 400:
                await self._audit.note(wanted.audit, visit.identifier, visit.request)
            return answer

        return endpoint

    def _readable(self, request: Request) -> bool:
        return not self._login_to_read and is_loopback(host_name(request.headers.get("host", "")))

    async def _ask(self, request: Request) -> Response:
        """The page of the login. A link's token is shown in a form, so that a program that looks links up in advance does not use it up."""
        visit = Visit(self._house, request, self.session(request), self._nav)
        return visit.page("login.html", "Log in", token=request.query_params.get("token", ""), wrong=False, next=_own(request))

    async def _log_in(self, request: Request) -> Response:
        form = dict(await read_form(request))
        session = self._sessions.open(form.get("token", "")) if self._sessions is not None else None
        if session is None:
            visit = Visit(self._house, request, None, self._nav)
            return visit.page("login.html", "Log in", status=401, token="", wrong=True, next="/")
        await self._audit.note("login", "", request)
        answer = RedirectResponse(_path(form.get("next", "/")), 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, session.token, max_age=int(SESSION_WITHIN), httponly=True, samesite="strict", secure=secure)
        return answer

    async def _log_out(self, request: Request) -> Response:
        session = self.session(request)
        form = dict(await read_form(request))
        if session is not None and self._sessions is not None and fits(session, form.get("csrf", "")):
            self._sessions.close(session.token)
            await self._audit.note("logout", "", request)
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE)
        return answer


async def read_form(request: Request) -> list[tuple[str, str]]:
    """The fields that a form of ours has posted; none for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != FORM:
        return []
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def _to_login(request: Request) -> Response:
    return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)


def _own(request: Request) -> str:
    return _path(request.query_params.get("next", "/"))


def _path(text: str) -> str:
    """A path of ours; whatever else it is leads to the front page."""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() else "/"
