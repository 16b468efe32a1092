"""The console's pages as functions from data to HTML: what has come in, and the story of one webhook."""

from collections.abc import Mapping, Sequence

from offhook.api import resources
from offhook.api.shapes import counts_shape, endpoint_shape, webhook_detail, webhook_row
from offhook.api.webhooks import REPLAYABLE
from offhook.console.html import Look, ago, document, joined, moment, pill, table, tag, tight
from offhook.console.html import Markup as Html
from offhook.records import DebugEvent, Endpoint, Record, Reply, State, Webhook, WebhookStory

FAVOURITE_PARAMETERS = ("Body", "From", "To", "MessageSid", "MessageStatus")


class Overview(Record):
    """What the first page shows. `troubles` are the sentences of what does not work just now; `first_step` is a link: its words and where to."""

    now: float
    endpoints: Sequence[Endpoint]
    counts: Mapping[str, Mapping[State, int]]
    webhooks: Sequence[Webhook]
    events: Sequence[DebugEvent]
    troubles: Sequence[str] = ()
    first_step: tuple[str, str] | None = None


def front_page(overview: Overview, look: Look | None = None) -> bytes:
    """The last webhooks and errors, and how each endpoint does."""
    return document(
        "Offhook",
        *(tag("p", trouble, class_="trouble", role="alert") for trouble in overview.troubles),
        tag("p", tag("a", overview.first_step[0], href=overview.first_step[1], class_="button")) if overview.first_step else "",
        tag("h1", "What has come in"),
        tag("div", *(_endpoint_card(each, overview.counts.get(each.name, {})) for each in overview.endpoints), class_="cards"),
        tag("h2", "Last webhooks"),
        _webhook_table(overview.webhooks, overview.now),
        _nothing(tag("a", "More of them, as JSON", href="/api/webhooks")),
        tag("h2", "Last errors", id="errors"),
        _error_table(overview.events, overview.now),
        _nothing(tag("a", "More of them, as JSON", href="/api/errors")),
        look=look,
    )


def story_page(story: WebhookStory, now: float, look: Look | None = None) -> bytes:
    """One webhook: what came, what the provider was answered, every attempt, every reply, every error."""
    webhook, detail = story.webhook, webhook_detail(story)
    kind = webhook.kind if webhook.kind != "other" else "webhook"
    return document(
        f"{webhook.id} · Offhook",
        tag("h1", f"{kind.capitalize()} {webhook.sender} → {webhook.recipient}" if webhook.sender else kind.capitalize()),
        tag("p", pill(webhook.state), " ", _where_it_stands(webhook, now), class_="quiet"),
        tag("p", webhook.note) if webhook.note else "",
        _actions(webhook),
        tag("h2", "What came in"),
        _request(detail["request"]),
        tag("h2", "What the provider was answered"),
        _answer(detail["answer"]),
        tag("h2", "Attempts to deliver it"),
        tag("ol", *map(_attempt, detail["attempts"]), class_="story") if detail["attempts"] else _nothing("None yet."),
        tag("h2", "Replies"),
        _reply_table(story.replies, now),
        tag("h2", "Errors"),
        _error_table(story.events, now),
        look=look,
    )


def missing_page(what: str, look: Look | None = None) -> bytes:
    """There is no such thing."""
    return document(
        "Not found · Offhook",
        tag("h1", "Not here"),
        tag("p", what),
        tag("p", tag("a", "All that has come in", href="/")),
        look=look,
    )


def _nothing(*words: object) -> Html:
    return tag("p", *words, class_="quiet")


def _endpoint_card(endpoint: Endpoint, counts: Mapping[State, int]) -> Html:
    shape, numbers = endpoint_shape(endpoint, counts), counts_shape(counts)
    items = [
        tag("li", tag("strong", number), " ", tag("span", state, class_=state))
        for state, number in numbers.items()
        if number or state == "delivered"
    ]
    return tag(
        "section",
        tag("h2", "/", endpoint.name),
        tag("div", "→ ", tag("code", shape["app_url"])) if endpoint.app_url else tag("div", "Twilio tells of errors here"),
        tag("div", "else ", tag("code", shape["fallback_url"])) if shape["fallback_url"] else "",
        tag("ul", *items),
        class_="card",
    )


def _webhook_table(webhooks: Sequence[Webhook], now: float) -> Html:
    if not webhooks:
        return _nothing("Nothing yet. Send a test message: ", tag("code", "offhook send"), " and the URL of an endpoint.")
    rows = []
    for webhook in webhooks:
        row = webhook_row(webhook)
        rows.append(
            [
                tight(moment(webhook.received_at, now)),
                tight(pill(webhook.state)),
                tight(webhook.endpoint, " · ", webhook.kind),
                tight(f"{webhook.sender} → {webhook.recipient}" if webhook.sender else ""),
                tag("td", tag("a", row["body_preview"] or webhook.provider_id or webhook.id, href=f"/webhooks/{webhook.id}")),
                tight(webhook.attempts),
                webhook.note,
            ]
        )
    return table(["Received", "State", "Endpoint", "From → to", "What", "Attempts", "Note"], rows)


def _error_table(events: Sequence[DebugEvent], now: float) -> Html:
    if not events:
        return _nothing("None.")
    rows = [
        [
            tight(moment(event.at, now)),
            tight(pill(event.level)),
            tight(event.code, f" (Twilio: {event.twilio_code})" if event.twilio_code not in (0, event.code) else ""),
            joined(
                [event.message, _origin(event), tag("p", "Why: ", event.causes[0].title, class_="quiet") if event.causes else ""]
            ),
            tight(event.endpoint),
            tight(tag("a", "webhook", href=f"/webhooks/{event.webhook_id}")) if event.webhook_id else "",
        ]
        for event in events
    ]
    return table(["When", "Level", "Code", "What happened", "Endpoint", ""], rows)


def _origin(event: DebugEvent) -> Html:
    return tag("span", " (told by Twilio)", class_="quiet") if event.origin == "twilio" else Html("")


def _where_it_stands(webhook: Webhook, now: float) -> Html:
    tries = "1 attempt" if webhook.attempts == 1 else f"{webhook.attempts} attempts"
    words: list[object] = ["received ", moment(webhook.received_at, now), f" at /{webhook.endpoint}, {tries}"]
    if webhook.state is State.WAITING:
        words.append(f", next try {ago(now - webhook.due)}" if webhook.due > now else ", next try now")
    return joined([*words, " · ", tag("code", webhook.id), " · ", tag("a", "JSON", href=f"/api/webhooks/{webhook.id}")])


def _actions(webhook: Webhook) -> Html:
    def action(name: str, label: str, **attributes: str) -> Html:
        button = tag("button", label, type="submit", **attributes)
        return tag("form", button, method="post", action=f"/webhooks/{webhook.id}/{name}")

    return joined(
        [
            action("replay", "Deliver it again") if webhook.state in REPLAYABLE else "",
            action("dismiss", "Dismiss", class_="second") if webhook.state is State.FAILED else "",
        ]
    )


def _request(request: resources.ReceivedRequest) -> Html:
    first = {name: place for place, name in enumerate(FAVOURITE_PARAMETERS)}
    parameters = sorted(request["parameters"], key=lambda pair: first.get(pair["name"], len(first)))
    return joined(
        [
            tag("p", tag("code", request["method"], " ", request["url"]), tag("span", " from ", request["peer"], class_="quiet")),
            table(["Parameter", "Value"], [[tight(pair["name"]), pair["value"]] for pair in parameters]) if parameters else "",
            _folded("Headers", _lines(request["headers"])),
            _folded("Body as received", request["body"]),
        ]
    )


def _answer(answer: resources.Answer | None) -> Html:
    if answer is None:
        return _nothing("Nothing is recorded yet.")
    return joined(
        [
            tag("p", tag("strong", answer["status"]), " from ", answer["source"], " at ", tag("code", answer["at"])),
            _folded("Headers", _lines(answer["headers"])),
            _folded("Body", answer["body"]),
        ]
    )


def _attempt(attempt: resources.Attempt) -> Html:
    outcome = attempt["outcome"]
    verdict = pill("delivered") if outcome["delivered"] else joined([pill("failed"), " ", tag("strong", outcome["code"])])
    return tag(
        "li",
        tag("h3", f"{attempt['number']}. ", verdict, f" after {attempt['duration_ms']:.0f} ms"),
        tag("p", outcome["message"]) if outcome["message"] else "",
        tag("p", tag("code", attempt["url"]), " (", attempt["role"], ") at ", tag("code", attempt["started_at"]), class_="quiet"),
        *map(_exchange, attempt["exchanges"]),
        class_="card",
    )


def _exchange(exchange: resources.Exchange) -> Html:
    failure = exchange["failure"]
    came_to = f"{failure['kind']} {failure['detail']}" if failure else str(exchange["status"])
    phases = ", ".join(f"{name} {value:.1f} ms" for name, value in exchange["timings"].items() if isinstance(value, float))
    peer = f" · {exchange['peer']}{' (kept-alive connection)' if exchange['reused'] else ''}" if exchange["peer"] else ""
    size = f" ({exchange['body_size']} bytes; cut here)" if exchange["body_cut"] else ""
    return tag(
        "div",
        tag("p", tag("strong", came_to), f" · {exchange['method']} ", tag("code", exchange["url"])),
        tag("p", phases, peer, class_="quiet"),
        _folded("What was sent: headers", _lines(exchange["request_headers"])),
        _folded("What came back: headers", _lines(exchange["headers"])),
        _folded(f"What came back: body{size}", exchange["body"]),
        _folded("What came back: first bytes", exchange["raw"]),
    )


def _reply_table(replies: Sequence[Reply], now: float) -> Html:
    if not replies:
        return _nothing("None.")
    rows = [
        [
            tight(moment(reply.created_at, now)),
            tight(pill(reply.state)),
            tight(reply.to),
            reply.body,
            tight(reply.message_sid),
            reply.note,
        ]
        for reply in replies
    ]
    return table(["When", "State", "To", "Text", "Message", "Note"], rows)


def _lines(headers: Sequence[resources.Pair]) -> str:
    return "\n".join(f"{pair['name']}: {pair['value']}" for pair in headers)


def _folded(title: str, text: str) -> Html:
    return tag("details", tag("summary", title), tag("pre", text)) if text else Html("")
