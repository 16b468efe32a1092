"""The cookies of an app's conversations, as Twilio keeps them: one jar for each pair of numbers, gone after four idle hours."""

from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie

from offhook.headers import has_field
from offhook.records import Headers

IDLE_FOR = 4 * 3600.0
MOST_JARS = 10_000
MOST_COOKIES = 50


class CookieJars:
    """Jars by (origin, conversation); bounded, the least recently used goes first. Times in seconds, passed in."""

    def __init__(self) -> None:
        self._jars: OrderedDict[tuple[str, str], tuple[float, dict[str, str]]] = OrderedDict()

    def header(self, origin: str, conversation: str, now: float) -> str:
        """The Cookie header's value for the next request of the conversation, or ""."""
        if not self._jars:
            return ""
        at, jar = self._jars.get((origin, conversation), (0.0, {}))
        return "; ".join(f"{name}={value}" for name, value in jar.items()) if now - at < IDLE_FOR else ""

    def keep(self, origin: str, conversation: str, headers: Headers, now: float) -> None:
        """Take the Set-Cookie headers of an answer; every exchange of the conversation makes its jar four hours younger."""
        key = (origin, conversation)
        if not conversation or (key not in self._jars and not has_field(headers, "set-cookie")):
            return
        set_cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        at, jar = self._jars.pop(key, (0.0, {}))
        if now - at >= IDLE_FOR:
            jar = {}
        for value in set_cookies:
            _update(jar, value)
        self._jars[key] = (now, jar)
        if len(self._jars) > MOST_JARS:
            self._jars.popitem(last=False)


def _update(jar: dict[str, str], set_cookie: str) -> None:
    parsed: SimpleCookie = SimpleCookie()
    try:
        parsed.load(set_cookie)
    except CookieError:
        return
    for name, morsel in parsed.items():
        if morsel["max-age"] == "0" or not morsel.coded_value:
            jar.pop(name, None)
        elif len(jar) < MOST_COOKIES:
            jar[name] = morsel.coded_value
