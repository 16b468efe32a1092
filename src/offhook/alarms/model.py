"""The nouns of alarms, frozen (spec: twilio-debugger §4)."""

from enum import StrEnum

from offhook.records import Level, Record

ALARMS, FIRINGS, OUTBOX, WATCH, MAINTENANCE = "alarms", "firings", "alarm-outbox", "alarm-watch", "maintenance"
UNTOLD, PACE = "alarm-untold", "alarm-pace"
"""The shelves of the journal that alarms keep their records on. Untold are the notifications that nobody could be told of, with the reason in
their note; of the pace is when a phone number was last written to."""
FILE, API = "file", "api"
"""Where an alarm comes from: the settings' file describes it, or somebody has made it here."""


class Watch(StrEnum):
    """What an alarm looks at. The first counts debug events, the others measure."""

    EVENTS = "events"
    FAILURE_SHARE = "failure-share"
    ANSWER_LATENCY = "answer-latency"
    DELIVERY_LATENCY = "delivery-latency"
    BACKLOG = "backlog"
    BACKLOG_AGE = "backlog-age"
    SILENCE = "silence"
    BREAKER = "breaker"
    ISSUES = "issues"


class Channels(Record):
    """Who is told. `email` and `sms` are addresses, `webhook` a URL, `apprise` references (`env:NAME`, `file:PATH`) to URLs that hold secrets.

    `webhook_format` is `twilio` (its alarm's fields) or `standard` (Standard Webhooks); `webhook_secret` is a reference.
    """

    email: tuple[str, ...] = ()
    webhook: str = ""
    webhook_format: str = "twilio"
    webhook_secret: str = ""
    apprise: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()


class Alarm(Record):
    """A watch. `levels` and `codes` say which debug events count (no codes: all of the levels), `except_codes` which do not.

    `endpoints`, `numbers` and `causes` narrow it; empty means any. `threshold` is a count, a share of 1, seconds, or 1 where there is nothing to
    measure; reaching it fires. `window` is in seconds. `recover_below` is the value at or below which it recovers, None for four fifths of
    the threshold. `minimum` is how many there must be before a share or a percentile says anything. `origin` is `file` or `api`.
    """

    sid: str
    name: str
    watch: Watch = Watch.EVENTS
    description: str = ""
    levels: tuple[Level, ...] = (Level.ERROR, Level.WARNING)
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
    channels: Channels = Channels()
    console: bool = False
    enabled: bool = True
    muted: bool = False
    snoozed_until: float = 0.0
    created_at: float = 0.0
    updated_at: float = 0.0
    account_sid: str = ""
    origin: str = API


class FiringState(StrEnum):
    """Active until it has recovered, in Twilio's words."""

    ACTIVE = "active"
    RECOVERED = "recovered"


class Firing(Record):
    """One crossing of an alarm's threshold. `subject` is an issue's id or an endpoint's name where the alarm fires for each of them, else "".

    `value` is what it was when it fired, `peak` the worst since. `code`, `cause`, `steps` and `event` are the leading debug event's. Its id sorts by time.
    """

    id: str
    alarm_sid: str
    alarm_name: str
    fired_at: float
    value: float
    threshold: float
    subject: str = ""
    state: FiringState = FiringState.ACTIVE
    recovered_at: float | None = None
    peak: float = 0.0
    code: int = 0
    cause: str = ""
    cause_title: str = ""
    steps: tuple[str, ...] = ()
    endpoint: str = ""
    event: str = ""
    told: bool = True


class News(StrEnum):
    """What a notification tells."""

    FIRED = "fired"
    RECOVERED = "recovered"
    TEST = "test"


class Notification(Record):
    """What is to be told to one address, kept until it has been. `alarm` and `firing` are as they were when it was written.

    `channel` is `email`, `webhook`, `apprise` or `sms`; `address` is the mail address, the URL, the reference or the number. Its id is also the
    message's, so that a repetition can be told from news. Times in seconds.

    `message` is the id of the message that it goes in together with others, from when a try of that begins until it is known that it has
    not got there.
    """

    id: str
    news: News
    alarm: Alarm
    firing: Firing
    channel: str
    address: str
    created_at: float
    due: float
    attempts: int = 0
    note: str = ""
    message: str = ""


class Maintenance(Record):
    """A time in which nothing is told: work is going on. It starts at `starts_at` and is over at `ends_at`.

    `alarms` are the sids that it is about, `endpoints` the endpoints; empty means all of them. What still fires when it is over is told then.
    """

    id: str
    starts_at: float
    ends_at: float
    alarms: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    note: str = ""
