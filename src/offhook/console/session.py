"""Who is at the console: one-time links, sessions, and the token that shows that a form is ours (limits §5).

A link is shown on the terminal, works once and within a time; it opens a session, which is a cookie that no script can read and that no other site's
page sends. Nothing of it is written anywhere: a restart ends every session, and shows a new link.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

from offhook.records import Record

LINK_WITHIN: Final = 3600.0
SESSION_WITHIN: Final = 12 * 3600.0
IDLE_WITHIN: Final = 2 * 3600.0
MOST_SESSIONS: Final = 100
MOST_LINKS: Final = 20
COOKIE: Final = "offhook_session"
SECURE_COOKIE: Final = "__Host-offhook_session"
"""Its name over HTTPS: a browser takes it from this host alone, and over HTTPS alone."""


def cookie_of(port: int | None) -> str:
    """The cookie's name over HTTP. Browsers tell no ports apart: consoles of several tunnels on one machine would log each other out."""
    return f"{COOKIE}_{port}" if port else COOKIE


class Session(Record):
    """One person at one browser. `csrf` is what each of their forms carries. Times in seconds since the epoch."""

    token: str
    csrf: str
    began_at: float
    seen_at: float

    @property
    def name(self) -> str:
        """What the audit log calls it: it tells sessions apart, and opens none."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:8]


AT_HOME: Final = Session(token="", csrf="", began_at=0.0, seen_at=0.0)
"""The session of everybody where no login is asked for."""


class Sessions:
    """All of them, in memory. `now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._links: dict[str, float] = {}
        self._sessions: dict[str, Session] = {}

    def link(self) -> str:
        """A new one-time token for `/login?token=…`. Of those that nobody has used the newest few are good."""
        now = self._now()
        self._links = {token: until for token, until in self._links.items() if until > now}
        while len(self._links) >= MOST_LINKS:
            del self._links[next(iter(self._links))]
        token = secrets.token_urlsafe(24)
        self._links[token] = now + LINK_WITHIN
        return token

    def open(self, token: str) -> Session | None:
        """The session that a one-time token opens; None for one that is unknown, used or too old."""
        now = self._now()
        given = token.encode(errors="replace")
        found = None
        for each in self._links:  # all of them, so that the time it takes says nothing
            if hmac.compare_digest(each.encode(), given):
                found = each
        if found is None or self._links.pop(found) <= now:
            return None
        if len(self._sessions) >= MOST_SESSIONS:
            oldest = min(self._sessions.values(), key=lambda session: session.seen_at)
            del self._sessions[oldest.token]
        session = Session(token=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(24), began_at=now, seen_at=now)
        self._sessions[session.token] = session
        return session

    def find(self, token: str, *, by_person: bool = True) -> Session | None:
        """The session that a cookie names, as long as it lasts. Only what a person does keeps it from ending, not what a page does by itself."""
        session = self._sessions.get(token)
        if session is None:
            return None
        now = self._now()
        if now - session.began_at > SESSION_WITHIN or now - session.seen_at > IDLE_WITHIN:
            del self._sessions[token]
            return None
        if not by_person:
            return session
        seen = self._sessions[token] = Session(token=token, csrf=session.csrf, began_at=session.began_at, seen_at=now)
        return seen

    def close(self, token: str) -> None:
        """Log out."""
        self._sessions.pop(token, None)


def fits(session: Session, csrf: str) -> bool:
    """Whether a form is one of this session's."""
    return hmac.compare_digest(session.csrf.encode(), csrf.encode(errors="replace"))
