"""The app does not know itself by this host name."""

import html
import re

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_WORDS = re.compile(
    r"(?i)disallowedhost|invalid (?:http_)?host header|blocked hosts?\b|host[^.]{0,40}not (?:allowed|permitted)|allowed_?hosts"
)
_NAMED = re.compile(
    r"(?i)(?:blocked hosts?(?:</\w+>)?\s{0,9}:\s{0,9}|invalid http_host header:\s{0,9}|this host \()[`'\"]?([\w.-]{1,253}(?::\d{1,5})?)"
)


def cause(case: Case) -> Cause | None:
    """The app does not know itself by this host name."""
    text = html.unescape(case.text[:8000])
    found = _WORDS.search(text) if case.status in {400, 403, 421} else None
    if found is None and case.status != 421:
        return None
    named = _NAMED.search(text)
    host = (named[1].rstrip(".") if named else "") or case.host
    return Cause(
        name="app.host-refused",
        title=f"The app refuses requests for {f'the host {host}' if host else 'this host'}.",
        confidence=Confidence.LIKELY,
        evidence=(f"status {case.status}", *([f"it says {found[0]!r}"] if found else [])),
        steps=(
            f"Add {host or 'this host'} to the hosts that the app answers for (Django: ALLOWED_HOSTS; Rails: config.hosts; Vite: allowedHosts).",
            "Or have the tunnel or proxy pass the host that the app expects.",
        ),
    )
