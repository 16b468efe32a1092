"""One request for a page: what its handler may use, and what every answer has around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhook.api.guard import SAFE_METHODS
from offhook.console.house import PageHouse
from offhook.console.on_top import OnTop
from offhook.console.session import Session
from offhook.console.templating import page, rendered
from offhook.console.trouble import Trouble

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

    def page(
        self,
        template: str,
        title: str,
        /,
        *,
        status: int = 200,
        live: bool = False,
        trouble: Trouble | None = None,
        **values: Any,
    ) -> Response:
        """A page. One that says what is wrong has the status of that, and stays as it is, also where it is `live`."""
        around = self._around(title) | {"live": live and trouble is None, "trouble": trouble}
        answer = page(template, around | values, trouble.status if trouble else status)
        if trouble is not None and trouble.headers:
            answer.headers.update(trouble.headers)
        return answer

    def tell(self, trouble: Trouble) -> Response:
        """A page with nothing but what is wrong, and a way on from there."""
        told = trouble if trouble.instead else trouble._replace(instead=self._ways_on(trouble.status))
        return self.page("base.html", told.title, trouble=told, alone=True)

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

    def _ways_on(self, status: int) -> Links:
        """What to do about a page that there is not: ask again where that may help, or go to the page that it belongs to."""
        section = next(((name, href) for name, href in self.nav if href == self.section), self.nav[0])
        again = [("Try again", "")] if status >= 429 and self.request.method in SAFE_METHODS else []
        back = [(f"Back to {section[0].casefold()}", section[1])] if not again or section[1] != self.request.url.path else []
        return [*again, *back]

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
            "trouble": None,
            "alone": False,
            "link": self.with_query,
        }
