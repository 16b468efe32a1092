"""The one table of what can be said of an alarm: keys of `[alarms.NAME]`, flags of `offhook alarms create`, members of `/api/alarms`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from offhook.records import Level, Record
from offhook.settings import kinds
from offhook.settings.alarm_kinds import (
    addresses,
    callback,
    codes,
    line,
    names,
    numbers,
    phones,
    reference,
    references,
    share,
    value,
    window,
)
from offhook.settings.kinds import Kind

LEVELS: Final[Mapping[str, tuple[Level, ...]]] = MappingProxyType(
    {
        "both": (Level.ERROR, Level.WARNING),
        "error": (Level.ERROR,),
        "warning": (Level.WARNING,),
        "info": (Level.INFO,),
    }
)
EVERY_LEVEL: Final = (Level.ERROR, Level.WARNING, Level.INFO)
"""Of codes that are named, whatever their level."""
_LATENCY: Final = kinds.span("1ms", "24h")
_COUNT: Final = kinds.number(1, 1_000_000_000)


class AlarmSettings(Record):
    """An alarm as somebody wants it, checked: the fields that `alarms.model.Alarm` has of the same names, and those of its channels.

    `watch` is the name of one. Durations in seconds, a share is a part of 1.
    """

    name: str
    watch: str = "events"
    description: str = ""
    levels: tuple[Level, ...] = LEVELS["both"]
    codes: tuple[int, ...] = ()
    except_codes: tuple[int, ...] = ()
    endpoints: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    threshold: float = 1.0
    window: float = 300.0
    percentile: int = 95
    minimum: int = 20
    recover_below: float | None = None
    email: tuple[str, ...] = ()
    webhook: str = ""
    webhook_format: str = "twilio"
    webhook_secret: str = ""
    notify: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    console: bool = False
    enabled: bool = True
    muted: bool = False


class AlarmKey(NamedTuple):
    """One key. `part` is what it says: what is watched, how much of it is too much, where, who is told, or how it is now.

    `watch` names the watch that the key by itself chooses (its value is the threshold), "" where it chooses none.
    """

    name: str
    kind: Kind
    meaning: str
    part: str
    watch: str = ""

    @property
    def flag(self) -> str:
        """The command line's name for it."""
        return "--" + self.name.replace("_", "-")


def _latency(what: str, percent: int) -> AlarmKey:
    whose = {"answer": "answers to Twilio", "delivery": "deliveries to your app"}[what]
    meaning = f"Fires when {100 - percent} of 100 {whose} take this long or longer, such as 2s"
    return AlarmKey(f"{what}_p{percent}", _LATENCY, meaning, "watch", f"{what}-latency")


ALARM_KEYS: Final = (
    AlarmKey("code", codes(), "Codes that count: exact ones, such as 11217, or Twilio's, such as 11200", "watch", "events"),
    AlarmKey(
        "any",
        kinds.choice("error", "warning", "info", "both"),
        "Whatever has this level counts; both: errors and warnings, as where neither any nor code is given",
        "watch",
        "events",
    ),
    AlarmKey("except", codes(), "Codes that do not count", "scope"),
    AlarmKey(
        "failure_share", share(), "Fires when this share of the attempts at delivery fails, such as 10%", "watch", "failure-share"
    ),
    *(_latency(what, percent) for what in ("answer", "delivery") for percent in (50, 95, 99)),
    AlarmKey("backlog", _COUNT, "Fires when this many webhooks wait, such as 100", "watch", "backlog"),
    AlarmKey(
        "backlog_age", kinds.span("1s", "90d"), "Fires when a webhook has waited this long, such as 10m", "watch", "backlog-age"
    ),
    AlarmKey(
        "silence",
        kinds.span("1m", "7d"),
        "Fires when nothing has come for this long, though something usually does",
        "watch",
        "silence",
    ),
    AlarmKey(
        "breaker",
        kinds.switch(),
        "Fires when an app fails so often that it is given a rest (its breaker opens)",
        "watch",
        "breaker",
    ),
    AlarmKey("issues", kinds.switch(), "Fires for each new issue, and for each that has come back", "watch", "issues"),
    AlarmKey("at_least", _COUNT, "How many make it fire; 1 where it is not given", "threshold"),
    AlarmKey("within", window(), "The time that is looked back on, always up to now; 5m where it is not given", "threshold"),
    AlarmKey(
        "minimum",
        kinds.number(1, 1_000_000),
        "How many there must be for a share or a latency to say anything; 20 where it is not given",
        "threshold",
    ),
    AlarmKey(
        "recover_below",
        value(),
        "Recovers at this value or below; four fifths of the threshold where it is not given",
        "threshold",
    ),
    AlarmKey("endpoint", names(), "Only what happens at these endpoints", "scope"),
    AlarmKey("number", numbers(), "Only what is about these numbers of yours", "scope"),
    AlarmKey("cause", names(), "Only what has one of these likeliest causes, such as tls.expired", "scope"),
    AlarmKey("email", addresses(), "Mail addresses that are told", "told"),
    AlarmKey("webhook", callback(), "A URL that is told, by POST", "told"),
    AlarmKey(
        "webhook_format", kinds.choice("twilio", "standard"), "Twilio's own alarm fields, or Standard Webhooks JSON", "told"
    ),
    AlarmKey(
        "webhook_secret",
        Kind("reference", reference),
        "Where the secret is that signs Standard Webhooks: env:NAME or file:PATH",
        "told",
    ),
    AlarmKey("notify", references(), "Chats and services that are told, by references to their URLs: env:SLACK_URL", "told"),
    AlarmKey("sms", phones(), "Phones that get a text", "told"),
    AlarmKey("console", kinds.switch(), "Show it in the console's header as well", "told"),
    AlarmKey("description", line(), "A line for those who are told", "state"),
    AlarmKey("enabled", kinds.switch(), "Whether it watches; true where it is not given", "state"),
    AlarmKey("muted", kinds.switch(), "Watch and keep the firings, and tell nobody", "state"),
)
KEY_BY_NAME: Final = {key.name: key for key in ALARM_KEYS}
WATCH_KEYS: Final = tuple(key for key in ALARM_KEYS if key.watch)
