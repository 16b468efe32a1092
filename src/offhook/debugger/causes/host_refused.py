"""The app does not know itself by this host name."""

import re

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

_WORDS = re.compile(r"(?i)disallowedhost|invalid host header|blocked hosts?\b|host[^.]{0,40}not allowed|allowed_?hosts")


def cause(case: Case) -> Cause | None:
    """The app does not know itself by this host name."""
    found = _WORDS.search(case.text[:8000]) if case.status in {400, 403, 421} else None
    if found is None and case.status != 421:
        return None
    return Cause(
        name="app.host-refused",
        title=f"The app refuses requests for the host {case.host}.",
        confidence=Confidence.LIKELY,
        evidence=(f"status {case.status}", *([f"it says {found[0]!r}"] if found else [])),
        steps=(
            f"Add {case.host or 'the host'} to the hosts that the app answers for (Django: ALLOWED_HOSTS; Rails: config.hosts; Vite: allowedHosts).",
            "Or have the tunnel or proxy pass the host that the app expects.",
        ),
    )
