"""What causes are called, as a table: which names an alarm can wait for. Pure.

`tests/unit/test_causes.py` fails where a rule gives a name that does not stand here.
"""

import difflib
import re
from functools import cache
from typing import Final

from offhook.debugger.causes import RULES

_OTHERS: Final = """
answer.empty answer.json answer.no-content-type answer.page answer.small-talk answer.text answer.twiml-as-text answer.wrong-content-type
app.began app.cold-start app.csrf app.exception app.failed app.gateway-status app.host-refused app.hung-up app.intermittent
app.nothing-listens app.rate-limit app.refused app.signature-check app.signature-missing app.too-slow app.wants-json app.wrong-method
app.wrong-path auth.http auth.login-page chaos cloudflare-tunnel.down codespaces.closed dns.unknown-host gateway.bad gateway.timeout
gateway.unavailable glitch.gone heroku.down http.broken http.cut localtunnel.down net.connect-timeout net.no-route net.private-address
ngrok.down railway.down redirect.elsewhere redirect.loop redirect.slash redirect.to-https redirect.unusable redirect.www render.asleep
replit.asleep tls.expired tls.handshake tls.incomplete-chain tls.on-plain-url tls.plain-port tls.self-signed tls.wrong-name twiml.schema
url.bad waf.some xml.ampersand xml.broken xml.leading-blank xml.root xml.version
"""
# Where no rule fits, Twilio's own code stands for the cause.
_BY_CODE: Final = re.compile(r"(?:twiml|twilio)\.[1-9][0-9]{4}")


@cache
def names() -> frozenset[str]:
    """All of them, but those that are made of a code."""
    return frozenset(_OTHERS.split()) | {mark.name for rule in RULES for mark in getattr(rule, "MARKS", ())}


def is_cause(name: str) -> bool:
    """Whether an error can have a cause of this name."""
    return name in names() or _BY_CODE.fullmatch(name) is not None


def near(name: str) -> str:
    """The cause that may be meant by a name that is none; "" where none is near."""
    return next(iter(difflib.get_close_matches(name.casefold(), sorted(names()), n=1)), "")
