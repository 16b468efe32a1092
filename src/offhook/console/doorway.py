"""The way to a page: the session behind a cookie, the login, and for changes the proof that the form is ours.

Host and origin are checked before, for the API as well (`api.guard`).
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from offhook import logs
from offhook.api.operation import json_answer
from offhook.api.problems import Problem, problem_answer
from offhook.console.gate import Gate
from offhook.console.house import PageHouse
from offhook.console.on_top import on_top
from offhook.console.session import AT_HOME, COOKIE, LINK_WITHIN, SECURE_COOKIE, SESSION_WITHIN, cookie_of, fits
from offhook.console.trouble import NOT_CHANGED, Trouble, trouble_of
from offhook.console.visit import MOST_FIELDS, NAV, Links, Visit

FORM: Final = "application/x-www-form-urlencoded"
Handle = Callable[[Visit], Awaitable[Response]]
_NOT_LOGGED_IN: Final = Trouble("Log in first", "Nothing was changed: log in, then try again.", 401, [("Log in", "/login")])
_OF_ANOTHER: Final = Trouble(
    NOT_CHANGED, "The form is of another session, perhaps of one that has ended. Load its page again and try once more.", 403
)
_USED: Final = Trouble("Not logged in", "This link has been used, or is too old.", 401)
_log = logs.get("api")


class PageRoute(NamedTuple):
    """One page, or one change that a button asks for (POST).

    `audit` names the change in the audit log, "" for what only looks; a posted field in braces is filled in.
    """

    method: str
    path: str
    handle: Handle
    audit: str = ""


class Doorway:
    """Makes routes of pages. The gate knows who may read them; to change anything one logs in, and posts a form of one's own session."""

    def __init__(self, house: PageHouse, gate: Gate, nav: Links = NAV) -> None:
        self._house = house
        self._gate = gate
        self._nav = nav

    def routes(self, pages: Sequence[PageRoute]) -> list[Route]:
        """The routes of these pages, and those of the login."""
        made = [Route(each.path, self._endpoint(each), methods=[each.method]) for each in pages]
        if not self._gate.has_login:
            return made
        return [
            *made,
            Route("/login", self._ask, methods=["GET"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/logout", self._log_out, methods=["POST"]),
            Route("/api/login-links", self._make_link, methods=["POST"]),
        ]

    def _endpoint(self, wanted: PageRoute) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            session = self._gate.session(request)
            visit = Visit(self._house, request, session, self._nav)
            if wanted.method == "GET":
                if session is None and not self._gate.may_read(request):
                    return _to_login(request)
                return await _handled(wanted, visit)
            visit.form = await read_form(request)
            refused = _refused(visit)
            if refused is not None:
                return refused
            answer = await _handled(wanted, visit)
            if wanted.audit and answer.status_code < 400:
                done = wanted.audit.format_map(defaultdict(str, visit.form))
                await self._gate.note(done, visit.about or visit.identifier, visit.request)
            return answer

        return endpoint

    def told(self, request: Request, problem: Problem) -> Response:
        """The page for a person to whom none of the pages' routes could give one."""
        return Visit(self._house, request, self._gate.session(request), self._nav).tell(trouble_of(problem))

    async def _ask(self, request: Request) -> Response:
        """The page of the login. A link's token is shown in a form, so that a program that looks links up in advance does not use it up."""
        visit = Visit(self._house, request, self._gate.session(request), self._nav)
        return visit.page("login.html", "Log in", token=request.query_params.get("token", ""), next=_own(request))

    async def _log_in(self, request: Request) -> Response:
        form = dict(await read_form(request))
        session = await self._gate.open(form.get("token", ""), request)
        if session is None:
            visit = Visit(self._house, request, None, self._nav)
            return visit.page("login.html", "Log in", trouble=_USED, token="", next="/")
        answer = RedirectResponse(_path(form.get("next", "/")), 303)
        secure = _is_https(request)
        answer.set_cookie(
            SECURE_COOKIE if secure else cookie_of(request.url.port),
            session.token,
            max_age=int(SESSION_WITHIN),
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return answer

    async def _log_out(self, request: Request) -> Response:
        session = self._gate.session(request)
        visit = Visit(self._house, request, session, self._nav, await read_form(request))
        refused = _refused(visit)
        if refused is not None:
            return refused
        assert session is not None
        await self._gate.note("logout", "", request)
        self._gate.close(session)
        answer = visit.back("/login")
        answer.delete_cookie(COOKIE)
        answer.delete_cookie(cookie_of(request.url.port))
        answer.delete_cookie(SECURE_COOKIE, secure=True)
        return answer

    async def _make_link(self, request: Request) -> Response:
        """A one-time link, for a program that says who it is: that it is on this machine is not enough, as a link is as good as a login."""
        if not self._gate.caller(request):
            if "authorization" in request.headers:
                await self._gate.refused("credentials refused", request)
            return problem_answer(Problem(20401, headers={"www-authenticate": "Bearer"}))
        token = self._gate.link()
        await self._gate.note("login link", "", request)
        return json_answer({"path": f"/login?token={token}", "expires_in": int(LINK_WITHIN)}, 201)


def _refused(visit: Visit) -> Response | None:
    """Why a form changes nothing; None where it may."""
    session = visit.session
    if session is None:
        return visit.tell(_NOT_LOGGED_IN)
    if session is not AT_HOME and not fits(session, visit.value("csrf") or visit.request.headers.get("x-csrf", "")):
        return visit.tell(_OF_ANOTHER)
    return None


async def _handled(wanted: PageRoute, visit: Visit) -> Response:
    """The page; where it cannot be had, one that says why and what to do instead."""
    try:
        visit.on_top = await on_top(visit.house)
        return await wanted.handle(visit)
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked for a page gets one
        trouble = trouble_of(error)
        if trouble.status == 500:
            _log.exception("api.failed", method=visit.request.method, path=visit.request.url.path)
        return visit.tell(trouble)


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
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # A link on somebody else's page, such as a chat's: the browser has kept the cookie back. From a page of ours it sends it.
        return PlainTextResponse("One moment…", headers={"refresh": "0"})
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(where)}", 303)


def _is_https(request: Request) -> bool:
    """Whether the browser speaks HTTPS, with us or with a proxy before us: the origin of its form says so, and it is ours (`api.guard`)."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")


def _own(request: Request) -> str:
    return _path(request.query_params.get("next", "/"))


def _path(text: str) -> str:
    """A path of ours; whatever else it is leads to the front page."""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() else "/"
