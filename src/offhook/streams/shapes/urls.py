"""URLs as an event may show them: no user and password, no keys in the query, and no query at all where that is the message itself."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from offhook.debugger.secrets import masked, without_credentials

_MOST = 1024
_SCHEMES = ("http://", "https://")


@lru_cache(maxsize=_MOST)
def shown(url: str, method: str = "POST") -> str:
    """The URL without userinfo and fragment. What is not posted has its parameters in the query, the message's text among them: that goes, too."""
    bare, _, query = without_credentials(url).partition("#")[0].partition("?")
    return f"{bare}{masked(f'?{query}')}" if query and method == "POST" else bare


def requested(method: str, url: str) -> dict[str, str]:
    """A request as our own events have it."""
    return {"method": method, "url": shown(url, method)}


def said(details: Mapping[str, Any], method: str) -> dict[str, str]:
    """Details of an error as strings, the URLs in them as they may be shown."""
    return {name: sentence(value if isinstance(value, str) else str(value), method) for name, value in details.items()}


def sentence(value: str, method: str = "POST") -> str:
    """A sentence, or an address by itself, without what must not be shown of the addresses in it."""
    if "://" not in value:
        return value
    return shown(value, method) if value.startswith(_SCHEMES) and " " not in value else without_credentials(value)
