"""What Twilio's machines write about an error: payloads of the Debugger, alerts, cloud events, alarms (spec: twilio-debugger §2, §3.1, §4.2, §5.5).

Each is a map of names to anything. A value of the wrong type counts as missing.
"""

from collections.abc import Iterator
from typing import Any

from offhook.debugger.evidence import values
from offhook.debugger.evidence.loose import unpacked
from offhook.debugger.evidence.record import Evidence

# What a list of them is wrapped in.
_ENVELOPES = ("alerts", "notifications", "events", "records")
# Older alerts number their levels (spec: twilio-debugger §4.4).
_NUMBERED_LEVELS = {"0": "ERROR", "1": "WARNING"}


class Fields:
    """A map, asked by names whatever their spelling: `error_code`, `ErrorCode` and `errorCode` are one. Empty for all that is no map."""

    def __init__(self, value: Any = None) -> None:
        value = unpacked(value)
        self._values: dict[str, Any] = {}
        for name, each in value.items() if isinstance(value, dict) else ():
            if each is not None:
                self._values.setdefault(values.fold(values.said(name)), each)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def get(self, *names: str) -> Any:
        """The first value of those names, None when there is none."""
        return next((self._values[name] for name in names if name in self._values), None)

    def map(self, *names: str) -> "Fields":
        """The first value of those names that is a map, or a text that holds one."""
        return next((found for name in names if (found := Fields(self._values.get(name)))), Fields())

    def text(self, name: str) -> str:
        """The scalar of that name."""
        return values.said(self._values.get(name)).strip()


class Layers:
    """Maps that speak of the same event; what stands in the first is believed first."""

    def __init__(self, *layers: Fields) -> None:
        self._layers = layers

    def texts(self, *names: str) -> Iterator[str]:
        """Every scalar of those names, in the order of the names."""
        return (text for name in names for layer in self._layers if (text := layer.text(name)))

    def text(self, *names: str) -> str:
        """The first scalar of those names."""
        return next(self.texts(*names), "")

    def pairs(self, *names: str) -> tuple[tuple[str, str], ...]:
        """The first list of names and values, however it is written."""
        written = (layer.get(name) for name in names for layer in self._layers)
        return next((pairs for each in written if (pairs := values.pairs_of(unpacked(each)))), ())

    def sid(self, *names: str, prefixes: tuple[str, ...] = ()) -> str:
        """The first scalar of those names that is a sid."""
        return next((sid for text in self.texts(*names) if (sid := values.sid_of(text, *prefixes))), "")

    def code(self) -> int:
        """The error's code; else that of the page which is linked to."""
        written = next((code for text in self.texts("errorcode", "code") if (code := values.code_of(text))), 0)
        return written or next((code for text in self.texts("moreinfo") if (code := values.documented_code(text))), 0)

    def level(self) -> str:
        """How bad it is."""
        named = next((level for text in self.texts("level", "loglevel", "log") if (level := values.level_of(text))), "")
        return named or _NUMBERED_LEVELS.get(self.text("log"), "")

    def message(self) -> str:
        """What is said of it, and what a parser of XML adds to that."""
        told = self.text("msg", "message", "description", "errormessage")
        parser = self.text("parsermessage")
        return f"{told}: {parser}" if told and parser else told or parser

    def url(self) -> str:
        """The address that was asked."""
        asked = [text for text in self.texts("requesturl", "url", "invalidstatuscallbackurl", "statuscallback") if ":" in text]
        addresses = [text for text in asked if not values.is_own_page(text)]
        # The first may have been cut short where the text was.
        return max((text for text in addresses if text.startswith(addresses[0])), key=len, default="")


def read_payload(value: Any) -> Evidence | None:
    """What a value that was JSON says; None when it speaks of no error of Twilio's."""
    item, remarks = _first(unpacked(value))
    layers = _depths(Fields(item))
    infos = [found for layer in layers if (found := _info(layer))]
    webhook = next((found for layer in layers if (found := layer.map("webhook"))), layers[-1])
    request, response = webhook.map("request"), webhook.map("response")
    every = Layers(*layers, *infos)
    form = _form(layers, every, request)
    if not form:
        return None
    asked, answered = Layers(request, *layers, *infos), Layers(response, *infos)
    return Evidence(
        form=form,
        code=every.code(),
        level=every.level(),
        message=every.message() or every.text("alerttext", "messagetext"),
        product=every.text("productname", "product") or values.COMPONENTS.get(every.text("sourcecomponent"), ""),
        at=every.text("timestamp", "dategenerated", "datecreated", "time", "datefired"),
        sid=every.sid("sid", "id", prefixes=("NO",)),
        account_sid=every.sid("accountsid", prefixes=("AC",)),
        resource_sid=_resource(every),
        service_sid=every.sid("servicesid", "messagingservicesid"),
        request_sid=every.sid("requestsid"),
        url=asked.url(),
        method=values.method_of(Layers(request).text("method") or every.text("requestmethod")),
        status=values.status_of(answered.text("statuscode", "responsecode", "httpresponse")),
        request_headers=Layers(request).pairs("headers") or every.pairs("requestheaders"),
        request_parameters=Layers(request).pairs("parameters") or every.pairs("requestvariables"),
        headers=Layers(response).pairs("headers") or every.pairs("responseheaders"),
        body=_body(response, layers),
        unread=remarks,
    )


def _form(layers: list[Fields], every: Layers, request: Fields) -> str:
    outer = layers[-1]
    if "appmonitortriggersid" in outer:
        return "alarm"
    if "specversion" in outer or outer.text("type").startswith("com.twilio."):
        return "cloud event"
    if any(name in layer for layer in layers for name in ("alerttext", "messagetext")):
        return "alert"
    if every.code() and "loglevel" in outer:
        return "alert"
    if "payloadtype" in outer or any(layer.map("moreinfo", "webhook") or "resourcesid" in layer for layer in layers):
        return "debugger payload"
    return "text" if every.code() or request.text("url") else ""


def _depths(outer: Fields) -> list[Fields]:
    """A map and what is packed into it, the innermost first: a cloud event's payload stands in its data."""
    found = [outer]
    for _ in range(3):
        inner = found[0].map("payload", "data")
        if not inner:
            break
        found.insert(0, inner)
    return found


def _info(layer: Fields) -> Fields:
    """The pairs of `more_info`, or of the text that takes its place in an alert."""
    if found := layer.map("moreinfo"):
        return found
    written = (layer.text(name) for name in ("alerttext", "messagetext", "moreinfo"))
    return next(
        (Fields(dict(pairs)) for text in written if "://" not in text[:8] and (pairs := values.form_pairs(text))), Fields()
    )


def _resource(every: Layers) -> str:
    named = every.sid("resourcesid", "messagesid", "smssid", "callsid")
    kept = named or every.sid("sid", "source", "requesturl", prefixes=values.RESOURCES)
    return kept or every.sid("appmonitortriggersid")


def _body(response: Fields, layers: list[Fields]) -> str:
    written = (*(response.get(name) for name in ("body", "responsebody")), *(layer.get("responsebody") for layer in layers))
    return next((text for each in written if (text := values.said(each))), "")


def _first(value: Any) -> tuple[Any, tuple[str, ...]]:
    """The first of several, and a remark that there were more."""
    remarks: tuple[str, ...] = ()
    for _ in range(3):
        if isinstance(value, dict):
            listed = next((each for name in _ENVELOPES if isinstance(each := value.get(name), list) and each), None)
            if listed is None:
                break
            value = listed
        if not isinstance(value, list) or not value:
            break
        if len(value) > 1:
            remarks = (*remarks, f"Only the first of {len(value)} events was read.")
        value = unpacked(value[0])
    return value, remarks
