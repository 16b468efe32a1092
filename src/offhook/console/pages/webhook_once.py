"""A webhook sent once more beside all deliveries: edited, or to another URL. What comes of it is shown, and kept nowhere."""

import asyncio

from starlette.responses import Response

from offhook.api.problems import Problem
from offhook.api.shapes import parameters_of, without_credentials
from offhook.console.doorway import PageRoute
from offhook.console.inspector import facts, tried
from offhook.console.oneoff import MOST_PARAMETERS, edited, is_in_body, read_edit
from offhook.console.pages.webhook import endpoint_of, found
from offhook.console.trouble import Trouble, trouble_of
from offhook.console.visit import Visit
from offhook.console.waterfall import PHASES
from offhook.providers import raw
from offhook.records import Attempt, Endpoint, FailureKind, Kind, Parameters, Webhook
from offhook.twiml.answer import read_answer
from offhook.twiml.reading import Reading

MOST_BODY = 16 * 1024
SPARE = 2
"""Empty rows at the end of the form, for parameters to be added."""


async def ask(visit: Visit) -> Response:
    """The form."""
    webhook = await found(visit)
    return _form(visit, webhook, parameters_of(webhook), raw.text(webhook.body))


async def send(visit: Visit) -> Response:
    """Send it, and show what came back."""
    webhook = await found(visit)
    url = visit.value("url").strip()
    try:
        edit = read_edit(webhook, tuple(visit.form))
        sent = edited(webhook, edit)
        endpoint = _endpoint(visit, webhook, url)
        attempt = await visit.house.once.send(sent, endpoint, url)
    except Problem as problem:
        names, values = visit.values("name"), visit.values("value")
        typed = tuple(zip(names, values, strict=False)) or parameters_of(webhook)
        body = visit.value("body") or raw.text(webhook.body)
        return _form(visit, webhook, typed, body, trouble_of(problem, "Nothing was sent"))
    visit.about = f"{webhook.id} to {without_credentials(url)[:200]}" if url else webhook.id
    refused = attempt.exchanges[-1].failure
    status = 400 if refused is not None and refused.kind in {FailureKind.BLOCKED, FailureKind.BAD_URL} else 200
    entry = await asyncio.to_thread(tried, attempt, sent, attempt.started_at)
    return visit.page(
        "webhook_sent.html",
        "Sent once",
        status=status,
        webhook=webhook,
        is_edited=edit.parameters is not None or edit.body is not None,
        elsewhere=without_credentials(url),
        entry=entry,
        blocked=refused is not None and refused.kind is FailureKind.BLOCKED,
        unsent=status == 400 and len(attempt.exchanges) == 1,
        reading=_reading(sent, attempt),
        what=parameters_of(sent),
        phases=PHASES,
    )


def _endpoint(visit: Visit, webhook: Webhook, url: str) -> Endpoint:
    known = endpoint_of(visit, webhook)
    if url:
        return known or Endpoint(name=webhook.endpoint, app_url=url)
    if known is None or not known.app_url:
        raise Problem(20001, f"The endpoint {webhook.endpoint} has no app any more: give the URL that it is to be sent to.")
    return known


def _reading(webhook: Webhook, attempt: Attempt) -> Reading | None:
    """What the app asks for, which nobody does here; None where that has no meaning."""
    last = attempt.exchanges[-1]
    if webhook.kind is not Kind.MESSAGE or last.failure is not None:
        return None
    return read_answer(last.status, last.headers, last.body, size=last.body_size, cut=last.body_cut)


def _form(visit: Visit, webhook: Webhook, parameters: Parameters, body: str, trouble: Trouble | None = None) -> Response:
    endpoint = endpoint_of(visit, webhook)
    in_form = is_in_body(webhook) or not webhook.body
    small = len(body) <= MOST_BODY and len(parameters) <= MOST_PARAMETERS
    return visit.page(
        "webhook_once.html",
        "Send once, edited or elsewhere",
        trouble=trouble,
        webhook=webhook,
        facts=facts(webhook),
        app=without_credentials(endpoint.app_url).partition("#")[0] if endpoint else "",
        url=visit.value("url"),
        parameters=(*parameters, *((("", ""),) * SPARE)) if in_form and small else (),
        body=body if small and not in_form else None,
        small=small,
    )


ROUTES = (
    PageRoute("GET", "/webhooks/{id}/once", ask),
    PageRoute("POST", "/webhooks/{id}/once", send, audit="send once"),
)
