"""The one table of settings. Each row is at once a flag, an environment variable and a key of offhook.toml.

`public_url` is `--public-url`, `OFFHOOK_PUBLIC_URL` and `public_url = "…"`. A flag comes before a variable, that before the file, and
that before the default. Help, documentation and `offhook config check` read this table.
"""

from typing import Annotated, Any, Final, Literal, NamedTuple, get_type_hints

from offhook.records import Endpoint, Record
from offhook.settings import kinds
from offhook.settings.alarm_keys import AlarmSettings
from offhook.settings.kinds import Kind
from offhook.settings.secret import Secret

WITHOUT_APP: Final = "twilio-debugger"
ENDPOINT_NAME: Final = "[a-z0-9][a-z0-9_-]{0,63}"
_NAME: Final = kinds.text(
    ENDPOINT_NAME, "write lower-case letters, digits, _ and -, at most 64, a letter or digit first, such as sms"
)
_ACCOUNT: Final = kinds.text("AC[0-9a-fA-F]{32}", "an account SID is AC and 32 hex digits")
_API_KEY: Final = kinds.text("SK[0-9a-fA-F]{32}", "an API key's SID is SK and 32 hex digits")
_STATUS_CODES: Final = kinds.choice("11200", "11217")._replace(read=lambda value: int(kinds.choice("11200", "11217").read(value)))
_SECRET: Final = Kind("secret", str)
_SECRETS: Final = Kind("secrets", str)
_MAILBOX: Final = kinds.text(
    r"[^\r\n<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+",
    "write an address, such as alarms@example.com or Offhook <alarms@example.com>",
)
_HOST: Final = kinds.text(
    r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
    "write a host name or an address, without a port, such as smtp.example.com",
)
_SMS_SENDER: Final = kinds.text(
    r"\+[1-9][0-9]{4,14}|MG[0-9a-fA-F]{32}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11}",
    "write one of your Twilio numbers, such as +15551234567, or a messaging service's SID",
)


class Row(NamedTuple):
    """What the table says of a setting besides its name. `default` is written as an operator would; None means that there is none."""

    kind: Kind
    default: str | None
    meaning: str
    section: str
    also: tuple[str, ...] = ()


class Setting(NamedTuple):
    """One setting: its name, how it is written, what it means and where else it is looked for (`also`: other variables)."""

    name: str
    kind: Kind
    default: str | None
    meaning: str
    section: str
    also: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The command line's name for it."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return "OFFHOOK_" + self.name.upper()

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values it may have; empty where any of its kind will do."""
        return self.kind.choices

    @property
    def secret(self) -> bool:
        """Whether its value must never be shown."""
        return self.kind in (_SECRET, _SECRETS)


class Account(Record):
    """A Twilio account whose webhooks are accepted. The first token signs; all of them verify. An empty `sid` stands for any account."""

    sid: str
    auth_tokens: tuple[Secret, ...]


class SharedKey(Record):
    """A shared key that Twilio may sign with, by the id that the request names. `algorithm` is `hmac-sha256` or the like."""

    key_id: str
    algorithm: str
    secret: Secret


class Origin(NamedTuple):
    """A setting as it was given, fit to be shown, and where: `flag --port`, `environment PORT`, `file offhook.toml`, `default`."""

    shown: str
    source: str


class Settings(Record):
    """Everything that an operator can set, read and checked. Durations in seconds, sizes in bytes.

    `to`, `fallback` and the other endpoint settings are the general ones; what holds for one endpoint is in `endpoints`. An endpoint whose
    provider is `WITHOUT_APP` has no app URL.
    """

    to: Annotated[str | None, Row(kinds.url(), None, "Your app's URL: where the webhooks go", "endpoint")]
    fallback: Annotated[str | None, Row(kinds.url(), None, "Where a webhook goes when your app's URL fails", "endpoint")]
    name: Annotated[str, Row(_NAME, "sms", "Name of the endpoint that `to` makes, and its path: /sms", "endpoint")]
    provider: Annotated[
        Literal["twilio", "twilio-debugger"],
        Row(
            kinds.choice("twilio", WITHOUT_APP),
            "twilio",
            "Who calls: Twilio for your app (twilio), or its Error Webhook and alarms for Offhook (twilio-debugger)",
            "endpoint",
        ),
    ]
    answer: Annotated[
        Literal["relay", "ack"],
        Row(
            kinds.choice("relay", "ack"),
            "relay",
            "Answer Twilio with your app's own answer (relay), or at once (ack)",
            "endpoint",
        ),
    ]
    hold: Annotated[
        float,
        Row(
            kinds.span("100ms", "14s", "Twilio stops waiting after 15 s"),
            "10s",
            "How long Twilio is kept waiting for your app's answer",
            "endpoint",
        ),
    ]
    fallback_twiml: Annotated[
        str, Row(kinds.twiml(), "<Response/>", "TwiML for Twilio when your app has not answered in time", "endpoint")
    ]
    acknowledge_with: Annotated[
        Literal["twiml", "202"],
        Row(
            kinds.choice("twiml", "202"),
            "twiml",
            "What an acknowledgement is: 200 with <Response/> (twiml), or an empty 202",
            "endpoint",
        ),
    ]
    concurrency: Annotated[
        int, Row(kinds.number(1, 10_000), "64", "Deliveries to one endpoint's app at a time, at most", "endpoint")
    ]
    verify_tls: Annotated[bool, Row(kinds.switch(), "true", "Check the certificate of your app", "endpoint")]
    schedule: Annotated[
        tuple[float, ...],
        Row(kinds.spans(), "5s,30s,2m,10m,30m,1h,2h,4h", "Waits before each new try; the last one repeats", "endpoint"),
    ]
    give_up_after: Annotated[
        float,
        Row(
            kinds.span("1s", "90d"),
            "3d",
            "How long a webhook is tried; after that it is failed, kept and replayable",
            "endpoint",
        ),
    ]
    reply_within: Annotated[float, Row(kinds.span("1s", "7d"), "4h", "A late reply older than this is not sent", "endpoint")]

    host: Annotated[str, Row(kinds.text(), "0.0.0.0", "Address that Twilio's webhooks come in on", "listen")]  # noqa: S104 - the public listener
    port: Annotated[int, Row(kinds.number(0, 65535), "8080", "Port that Twilio's webhooks come in on", "listen", ("PORT",))]
    console_host: Annotated[str, Row(kinds.text(), "127.0.0.1", "Address of the console and its API", "listen")]
    console_port: Annotated[int, Row(kinds.number(0, 65535), "8081", "Port of the console and its API", "listen")]
    console_login: Annotated[
        Literal["auto", "always"],
        Row(
            kinds.choice("auto", "always"),
            "auto",
            "Who has to log in to the console: on loopback whoever changes something there (auto), or everybody (always)",
            "listen",
        ),
    ]
    public_url: Annotated[
        str | None,
        Row(
            kinds.url(base=True), None, "The URL under which Twilio reaches this host, such as https://sms.example.com", "listen"
        ),
    ]
    trusted_proxies: Annotated[
        tuple[str, ...],
        Row(kinds.networks(), None, "Addresses of proxies whose X-Forwarded headers are believed, such as 10.0.0.0/8", "listen"),
    ]
    allow_unsigned: Annotated[
        bool, Row(kinds.switch(), "false", "Take webhooks without checking Twilio's signature: on loopback only", "listen")
    ]
    tls_cert: Annotated[str | None, Row(kinds.text(), None, "Certificate chain (PEM) for serving HTTPS", "listen")]
    tls_key: Annotated[str | None, Row(kinds.text(), None, "Private key (PEM) for serving HTTPS", "listen")]

    database: Annotated[
        str, Row(kinds.database(), "offhook.db", "Path of the journal; memory: keeps it in memory only", "journal")
    ]
    retention: Annotated[float, Row(kinds.span("1m", "3650d"), "30d", "How long settled webhooks are kept", "journal")]

    retention_size: Annotated[
        int,
        Row(
            kinds.size(0, 2**50),
            "0",
            "What settled webhooks may take up; the oldest go early beyond it; 0 for any size",
            "journal",
        ),
    ]

    account_sid: Annotated[str | None, Row(_ACCOUNT, None, "Your Twilio account's SID", "twilio", ("TWILIO_ACCOUNT_SID",))]
    auth_token: Annotated[
        Secret | None, Row(_SECRET, None, "Your Twilio auth token, as env:NAME or file:PATH", "twilio", ("TWILIO_AUTH_TOKEN",))
    ]
    auth_tokens: Annotated[
        tuple[Secret, ...],
        Row(_SECRETS, None, "Further tokens that may have signed (rotation), as env:NAME or file:PATH, one a line", "twilio"),
    ]
    api_key: Annotated[str | None, Row(_API_KEY, None, "SID of an API key to send replies with", "twilio", ("TWILIO_API_KEY",))]
    api_secret: Annotated[
        Secret | None, Row(_SECRET, None, "That API key's secret, as env:NAME or file:PATH", "twilio", ("TWILIO_API_SECRET",))
    ]
    twilio_api_url: Annotated[
        str, Row(kinds.url(base=True), "https://api.twilio.com", "Twilio's REST API: where replies are sent", "twilio")
    ]

    ca_file: Annotated[str | None, Row(kinds.text(), None, "Certificates (PEM) to trust besides the usual ones", "delivery")]
    redirect_parameters: Annotated[
        Literal["all", "none"],
        Row(kinds.choice("all", "none"), "all", "What the GET after a redirect carries of the webhook's parameters", "delivery"),
    ]
    redirect_307: Annotated[
        Literal["preserve", "query"],
        Row(
            kinds.choice("preserve", "query"),
            "preserve",
            "A 307: repeat the request (preserve), or GET as after a 302 (query)",
            "delivery",
        ),
    ]
    twilio_code_for_status: Annotated[
        int, Row(_STATUS_CODES, "11200", "The code that Twilio would log for your app's 4xx or 5xx", "delivery")
    ]

    sink_retry_for: Annotated[
        float,
        Row(
            kinds.span("1m", "30d"),
            "1d",
            "How long a sink that is away is tried with an event; after that the event is put aside, and replayable",
            "streams",
        ),
    ]
    smtp_host: Annotated[str | None, Row(_HOST, None, "Mail server that alarms are sent by", "alarms")]
    smtp_port: Annotated[
        int, Row(kinds.number(1, 65535), "587", "Port of the mail server: 587 for starttls, 465 for tls as a rule", "alarms")
    ]
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        Row(
            kinds.choice("starttls", "tls", "none"),
            "starttls",
            "TLS to the mail server: after its greeting (starttls), from the first byte (tls), or none",
            "alarms",
        ),
    ]
    smtp_user: Annotated[str | None, Row(kinds.text(), None, "User name for the mail server", "alarms")]
    smtp_password: Annotated[Secret | None, Row(_SECRET, None, "That user's password, as env:NAME or file:PATH", "alarms")]
    smtp_from: Annotated[
        str | None, Row(_MAILBOX, None, "Sender of alarm mails; the user name where that is an address", "alarms")
    ]
    sms_from: Annotated[
        str | None,
        Row(_SMS_SENDER, None, "Your Twilio number (or messaging service's SID) that alarms are texted from", "alarms"),
    ]
    console_url: Annotated[
        str | None,
        Row(kinds.url(base=True), None, "Where links in alarms lead; the console's own address where none is given", "alarms"),
    ]
    alarm_group_wait: Annotated[
        float,
        Row(kinds.span("0s", "5m"), "5s", "How long the first alarm of a message waits for others to go with it", "alarms"),
    ]
    alarm_webhook_parameters: Annotated[
        Literal["body", "query"],
        Row(
            kinds.choice("body", "query"),
            "body",
            "Where a webhook in Twilio's format has its fields: in a form (body), or in the URL (query)",
            "alarms",
        ),
    ]
    alarm_webhook_recoveries: Annotated[
        bool,
        Row(
            kinds.switch(),
            "false",
            "Tell recoveries in Twilio's format, too, with AlarmState and DateRecovered, which are not Twilio's",
            "alarms",
        ),
    ]

    max_body: Annotated[int, Row(kinds.size(1024, 64 * 1024**2), "1MiB", "Largest body of a request", "limits")]
    max_head: Annotated[int, Row(kinds.size(1024, 1024**2), "32KiB", "Largest head of a request", "limits")]
    max_header_fields: Annotated[int, Row(kinds.number(10, 10_000), "100", "Most header fields of a request", "limits")]
    max_form_fields: Annotated[int, Row(kinds.number(10, 100_000), "1000", "Most form fields of a request", "limits")]
    header_timeout: Annotated[float, Row(kinds.span("100ms", "5m"), "5s", "How long a request's head may take", "limits")]
    body_timeout: Annotated[float, Row(kinds.span("100ms", "10m"), "10s", "How long a request's body may take", "limits")]
    min_body_rate: Annotated[
        int, Row(kinds.size(0, 1024**2), "1KiB", "Slowest pace of a request's body, bytes per second", "limits")
    ]
    idle_timeout: Annotated[float, Row(kinds.span("1s", "1h"), "1m15s", "How long an idle connection is kept open", "limits")]
    connections: Annotated[int, Row(kinds.number(1, 1_000_000), "10000", "Connections at a time", "limits")]
    connections_per_address: Annotated[
        int, Row(kinds.number(1, 1_000_000), "1000", "Connections at a time from one address", "limits")
    ]
    shutdown_timeout: Annotated[float, Row(kinds.span("0s", "5m"), "20s", "How long a stop may take", "limits")]

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Row(kinds.choice("debug", "info", "warning", "error"), "info", "How much is logged", "logs"),
    ]
    log_format: Annotated[
        Literal["auto", "json", "text"],
        Row(kinds.choice("auto", "json", "text"), "auto", "JSON lines or text; auto is text on a terminal, else JSON", "logs"),
    ]

    endpoints: tuple[Endpoint, ...]
    accounts: tuple[Account, ...]
    shared_keys: tuple[SharedKey, ...]
    alarms: tuple[AlarmSettings, ...]
    origins: dict[str, Origin]
    warnings: tuple[str, ...]


def _rows() -> tuple[Setting, ...]:
    hints: dict[str, Any] = get_type_hints(Settings, include_extras=True)
    rows = ((name, getattr(hint, "__metadata__", ())) for name, hint in hints.items())
    return tuple(Setting(name, *metadata[0]) for name, metadata in rows if metadata)


SETTINGS: Final = _rows()
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
EVERY_ENDPOINT: Final = tuple(
    each for each in SETTINGS if each.section == "endpoint" and each.name not in {"to", "fallback", "name", "provider"}
)
