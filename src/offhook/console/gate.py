"""Who is it, and may they: one answer for the pages and for the API.

`auto`: on this machine everything can be read, and its programs may use the API; whatever pages change needs a login. `always`: everything
needs a login, or a program's credentials. What has come through a proxy is not from this machine, wherever the proxy runs.
"""

from typing import Final

from starlette.requests import Request

from offhook.api.guard import SAFE_METHODS, host_name
from offhook.api.problems import Problem
from offhook.console.audit import Audit
from offhook.console.callers import Callers
from offhook.console.patience import Patience
from offhook.console.session import AT_HOME, COOKIE, SECURE_COOKIE, Session, Sessions, cookie_of, fits
from offhook.ports import Clock
from offhook.settings import is_loopback

HERE: Final = "this machine"
NOBODY: Final = "nobody"
_PROXIED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
_MOST_NOTED: Final = 60
"""Failed logins an hour that the audit log takes: it is for ever, and whoever fails may not fill the disk with it."""


class Gate:
    """Knows sessions and callers (`api.reception.Reception`). Without sessions everybody is at home, as with `offhook dev`."""

    def __init__(
        self, clock: Clock, audit: Audit, sessions: Sessions | None, callers: Callers | None = None, *, always: bool = False
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._sessions = sessions
        self._callers = callers
        self._always = always
        self._patience = Patience(clock)
        self._noted: tuple[int, int] = (0, 0)

    @property
    def has_login(self) -> bool:
        """Whether anybody has to log in for anything."""
        return self._sessions is not None

    def session(self, request: Request) -> Session | None:
        """Whose request this is; None for nobody's."""
        if self._sessions is None:
            return AT_HOME
        names = (SECURE_COOKIE, cookie_of(request.url.port), COOKIE)
        token = next(filter(None, map(request.cookies.get, names)), "")
        return self._sessions.find(token, by_person=_is_by_person(request)) if token else None

    def may_read(self, request: Request) -> bool:
        """Whether pages are shown to somebody who has not logged in."""
        return self._is_home(request) or bool(self.caller(request))

    def caller(self, request: Request) -> str:
        """The program whose credentials came along, "" where none did that we know."""
        given = request.headers.get("authorization", "")
        return self._callers.known(given) if given and self._callers is not None else ""

    async def admit(self, request: Request) -> None:
        """Let a request to the API pass. Raises Problem 20401, 20003 or 20429."""
        if self._is_home(request) or self.caller(request):
            return
        session = self.session(request)
        if session is not None:
            if request.method in SAFE_METHODS or fits(session, request.headers.get("x-csrf", "")):
                return
            raise Problem(20003, "A page that changes something by the API sends its session's token in the header X-CSRF.")
        if "authorization" in request.headers:
            await self.refused("credentials refused", request)
        raise Problem(20401, headers={"www-authenticate": _challenge(request)})

    async def open(self, token: str, request: Request) -> Session | None:
        """Log in by a one-time token; None, after a while, for a wrong one. Raises Problem 20429."""
        session = self._sessions.open(token) if self._sessions is not None else None
        if session is None:
            await self.refused("login refused", request)
            return None
        self._patience.right(_peer(request))
        former = self.session(request)
        if former is not None:
            self.close(former)
        await self._audit.note("login", "", request, f"session {session.name}")
        return session

    def close(self, session: Session) -> None:
        """Log out."""
        if self._sessions is not None:
            self._sessions.close(session.token)

    def link(self) -> str:
        """A one-time token. Raises Problem 20404 where nobody logs in."""
        if self._sessions is None:
            raise Problem(20404, "Nobody has to log in here.")
        return self._sessions.link()

    async def note(self, action: str, subject: str, request: Request) -> None:
        """Write a change into the audit log, with who made it."""
        await self._audit.note(action, subject, request, self._who(request))

    async def refused(self, what: str, request: Request) -> None:
        """Somebody was wrong: slow them down, and write it down while that is news. Raises Problem 20429."""
        tries = await self._patience.wrong(_peer(request))
        hour = int(self._clock.now() // 3600)
        noted = self._noted[1] if self._noted[0] == hour else 0
        if tries & (tries - 1) == 0 and noted < _MOST_NOTED:
            self._noted = (hour, noted + 1)
            await self._audit.note(what, "" if tries == 1 else f"{tries} in a row", request, NOBODY)

    def _is_home(self, request: Request) -> bool:
        return self._sessions is None or (not self._always and from_here(request))

    def _who(self, request: Request) -> str:
        session = self.session(request)
        if session is not None and session is not AT_HOME:
            return f"session {session.name}"
        return self.caller(request) or HERE


def from_here(request: Request) -> bool:
    """Whether a request is from this machine, and has come straight to us."""
    peer = _peer(request)
    return (
        is_loopback(peer)
        and is_loopback(host_name(request.headers.get("host", "")))
        and not any(name in request.headers for name in _PROXIED)
    )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_by_person(request: Request) -> bool:
    """Whether somebody has clicked: pages renew themselves, and listen for news."""
    by_itself = "x-fresh" in request.headers or "hx-request" in request.headers or request.url.path == "/live"
    return request.method not in SAFE_METHODS or not by_itself


def _challenge(request: Request) -> str:
    """A browser that hears of `Basic` asks by a window of its own, and sends what it was told for ever after: only programs hear of it."""
    return "Bearer" if "sec-fetch-site" in request.headers else 'Basic realm="Offhook", charset="UTF-8", Bearer'
