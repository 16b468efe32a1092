"""The doctor: a URL is examined while one looks on, and the report says what was found and what to do."""

from typing import Any, Final

from starlette.responses import Response

from offhook.api.doctor import read_samples, read_url
from offhook.api.doctor_shapes import report_shape
from offhook.api.operation import json_answer
from offhook.api.problems import Problem
from offhook.api.shapes import without_credentials
from offhook.console.doctor_view import told
from offhook.console.doorway import PageRoute
from offhook.console.trouble import Trouble
from offhook.console.visit import Visit
from offhook.delivery import destination
from offhook.doctor.cases import BusyError, Case, Wanted
from offhook.doctor.practice import AT_ONCE, MOST_SAMPLES, refusal
from offhook.doctor.question import MOST_REQUESTS, Product

PRODUCTS: Final = {
    Product.SMS: "a text message (SMS)",
    Product.MMS: "a message with a picture (MMS)",
    Product.WHATSAPP: "a WhatsApp message",
    Product.STATUS: "a message's status",
    Product.VOICE: "a call",
}
_UNEXAMINED: Final = "Nothing was examined"


async def show(visit: Visit) -> Response:
    """The form, and what has been examined lately."""
    return _form(visit, {"url": visit.query.get("url", "")[:2000]})


async def begin(visit: Visit) -> Response:
    """Begin an examination, and lead to its page."""
    given = {name: visit.value(name).strip() for name in ("url", "product", "samples")}
    try:
        wanted = _wanted(visit, given)
        case = visit.house.doctor.cases.begin(wanted, visit.house.clock.now())
    except ValueError as error:
        return _form(visit, given, Trouble(_UNEXAMINED, str(error)))
    except BusyError:
        busy = f"{AT_ONCE} examinations are under way: try again when one has ended."
        return _form(visit, given, Trouble(_UNEXAMINED, busy, 429))
    visit.about = without_credentials(wanted.url).partition("?")[0].partition("#")[0][:200]
    return visit.back(f"/doctor/{case.identifier}")


async def show_case(visit: Visit) -> Response:
    """How far an examination is, or its report."""
    case = _case(visit)
    report = case.report()
    if visit.query.get("format") == "json" and report is not None:
        return json_answer(report_shape(report))
    if "hx-request" in visit.request.headers:
        case.look()
    return visit.page("doctor_case.html", "Doctor", case=case, url=_shown(case), told=None if report is None else told(report))


async def stop(visit: Visit) -> Response:
    """End an examination; what is known by then stays."""
    case = _case(visit)
    await case.stop()
    return visit.back(f"/doctor/{case.identifier}", "Stopped: this is what is known so far.")


def _case(visit: Visit) -> Case:
    """The one that the path names. Raises Problem 20404."""
    case = visit.house.doctor.cases.find(visit.identifier)
    if case is None:
        raise Problem(
            20404,
            "There is no such report: they are kept until Offhook stops, and of many only the newest. Examine the URL again.",
        )
    return case


def _wanted(visit: Visit, given: dict[str, str]) -> Wanted:
    """What was asked for. Raises ValueError with what to write instead."""
    url, samples = given["url"], given["samples"] or str(MOST_SAMPLES)
    products = [each.value for each in Product]
    product = given["product"] or Product.SMS.value
    if product not in products:
        raise ValueError(f"Twilio's products are {', '.join(products)}.")
    try:
        read_url(url)
    except ValueError as error:
        raise ValueError(f"That is no URL to examine: write {error}.") from None
    try:
        most = read_samples(samples)
    except ValueError as error:
        raise ValueError(f"The number of samples is not usable: write {error}.") from None
    is_own = bool(visit.house.doctor.own(url))
    if not is_own and (refused := refusal(url)):
        raise ValueError(
            f"The URL must not lead to a private address, and {refused}. Those of your endpoints can be chosen; for others there is "
            "`offhook doctor` on this machine."
        )
    return Wanted(url=url, product=Product(product), samples=most, is_own=is_own)


def _form(visit: Visit, given: dict[str, str], trouble: Trouble | None = None) -> Response:
    return visit.page(
        "doctor.html",
        "Doctor",
        trouble=trouble,
        given={"url": "", "product": "", "samples": ""} | given,
        own=own_urls(visit),
        products=[(each.value, words) for each, words in PRODUCTS.items()],
        most_samples=MOST_SAMPLES,
        most_requests=MOST_REQUESTS,
        cases=[(case, _shown(case), _headline(case)) for case in visit.house.doctor.cases.newest()],
    )


def own_urls(visit: Visit) -> list[tuple[str, str]]:
    """The endpoints' own URLs, without credentials and fragment, each with whose it is."""
    found = []
    for endpoint in visit.house.endpoints:
        for role, url in (("app", endpoint.app_url), ("fallback", endpoint.fallback_url)):
            if url:
                found.append((destination.parse(url).url, f"{endpoint.name}: {role}"))
    return found


def _shown(case: Case) -> str:
    report = case.report()
    return report.url if report is not None else destination.shown(case.wanted.url)


def _headline(case: Case) -> Any:
    report = case.report()
    return None if report is None else told(report)


ROUTES = (
    PageRoute("GET", "/doctor", show),
    PageRoute("POST", "/doctor", begin, audit="examine"),
    PageRoute("GET", "/doctor/{id}", show_case),
    PageRoute("POST", "/doctor/{id}/stop", stop),
)
