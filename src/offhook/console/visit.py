"""One request for a page: what its handler may use, and what every answer has around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhook.console.house import PageHouse
from offhook.console.on_top import OnTop
from offhook.console.session import Session
from offhook.console.templating import page, rendered

Links = Sequence[tuple[str, str]]
NAV: Final[Links] = (
    ("Overview", "/"),
    ("Webhooks", "/webhooks"),
    ("Errors", "/errors"),
    ("Issues", "/issues"),
    ("Alarms", "/alarms"),
    ("Streams", "/streams"),
    ("Doctor", "/doctor"),
    ("Endpoints", "/endpoints"),
    ("Settings", "/settings"),
    ("Audit", "/audit"),
)
MOST_FIELDS: Final = 2_000


@dataclass(slots=True)
class Visit:
    """A request, who makes it, and the house that is asked. `form` are the fields that were posted, in their order.

    `on_top` are the alarms that fire and asked to be shown on every page. `about` is what the audit log is to say that a change was about, where that is not the id in the path.
    """

    house: PageHouse
    request: Request
    session: Session | None
    nav: Links = NAV
    form: Sequence[tuple[str, str]] = field(default_factory=list)
    about: str = ""
    on_top: Sequence[OnTop] = ()

    @property
    def query(self) -> Mapping[str, str]:
        """The last value of each parameter of the URL that is not empty."""
        return {name: value for name, value in self.request.query_params.multi_items() if value}

    @property
    def identifier(self) -> str:
        """The id in the path."""
        return str(self.request.path_params.get("id", ""))

    @property
    def section(self) -> str:
        """The path of the main page that this one belongs to."""
        return "/" + self.request.url.path.split("/")[1]

    def value(self, name: str, default: str = "") -> str:
        """A posted field."""
        return next((value for key, value in self.form if key == name), default)

    def values(self, name: str) -> list[str]:
        """All posted fields of a name."""
        return [value for key, value in self.form if key == name]

    def page(self, template: str, title: str, /, *, status: int = 200, **values: Any) -> Response:
        """A page, or what lies inside it where htmx asks for that."""
        return page(template, self._around(title) | values, status)

    def part(self, template: str, /, **values: Any) -> Response:
        """A piece of a page."""
        return Response(rendered(template, self._around("") | values), media_type="text/html")

    def back(self, path: str, said: str = "") -> Response:
        """After a change: to a page that says what has happened."""
        where = f"{path}{'&' if '?' in path else '?'}{urlencode({'said': said})}" if said else path
        return RedirectResponse(where, 303)

    def with_query(self, **changes: str | None) -> str:
        """This page's address with some parameters changed, None to leave one out."""
        kept = [(name, value) for name, value in parse_qsl(self.request.url.query) if name not in changes and name != "said"]
        given = [(name, value) for name, value in changes.items() if value is not None]
        return f"{self.request.url.path}?{urlencode(kept + given)}"

    def _around(self, title: str) -> dict[str, Any]:
        return {
            "title": title,
            "now": self.house.clock.now(),
            "nav": self.nav,
            "here": self.section,
            "session": self.session,
            "alarms_on_top": [] if self.section == "/alarms" else self.on_top,
            "troubles": [trouble for trouble in self.house.ready().values() if trouble],
            "said": self.request.query_params.get("said", "")[:300],
            "live": False,
            "link": self.with_query,
        }
