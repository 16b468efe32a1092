"""The form of an alarm: its questions for each watch, and between its answers and the alarm. Pure.

What is typed is read as the keys of `[alarms.NAME]` are (`settings.alarms`), so that file, command line, API and console agree.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from offhook.alarms.configured import keys_of
from offhook.alarms.model import Alarm, Watch
from offhook.console.questions import Answers, Question, Section, Wrong, answered, first, only_references, parts, sentence
from offhook.settings import AlarmSettings, spell
from offhook.settings.alarm_kinds import WINDOWS
from offhook.settings.alarms import LONGEST_NAME, read_alarm
from offhook.settings.sources import Problems


class Watched(NamedTuple):
    """What can be watched: its name for people, and what an alarm of it is for."""

    title: str
    meaning: str


WATCHES: Final[Mapping[Watch, Watched]] = {
    Watch.EVENTS: Watched("Errors and warnings", "Fires when enough errors come together in a time: of all, or of some codes."),
    Watch.FAILURE_SHARE: Watched("The share of failed deliveries", "Fires when too many of the attempts to reach your app fail."),
    Watch.ANSWER_LATENCY: Watched("How long Twilio waits for answers", "Fires when answers to Twilio take too long."),
    Watch.DELIVERY_LATENCY: Watched("How long deliveries take", "Fires when webhooks take too long to reach your app."),
    Watch.BACKLOG: Watched("How many webhooks wait", "Fires when too many webhooks wait for your app."),
    Watch.BACKLOG_AGE: Watched("How long webhooks wait", "Fires when a webhook has waited too long for your app."),
    Watch.SILENCE: Watched("Silence", "Fires when nothing comes, though something usually does at this time."),
    Watch.BREAKER: Watched("An app that is given a rest", "Fires when an app fails so often that deliveries to it pause."),
    Watch.ISSUES: Watched("New issues", "Fires for each new issue, and for each that comes back after it was resolved."),
}
EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "at_least": ("5",),
    "within": ("15m",),
    "failure_share": ("10%",),
    "percentile": ("95",),
    "latency": ("2s",),
    "backlog": ("100",),
    "backlog_age": ("10m",),
    "silence": ("2h",),
    "webhook_format": ("twilio",),
    "enabled": ("true",),
}
"""What a new form begins with."""
_LISTS: Final = frozenset({"code", "except", "endpoint", "number", "cause", "email", "notify", "sms"})
_LATENCIES: Final[Mapping[Watch, str]] = {Watch.ANSWER_LATENCY: "answer", Watch.DELIVERY_LATENCY: "delivery"}
_MEASURES: Final[Mapping[Watch, str]] = {
    Watch.FAILURE_SHARE: "failure_share",
    Watch.BACKLOG: "backlog",
    Watch.BACKLOG_AGE: "backlog_age",
    Watch.SILENCE: "silence",
}
_SECRETS: Final = ("webhook_secret", "notify")
_FIELDS: Final = {"codes": "code", "except_codes": "except", "endpoints": "endpoint", "numbers": "number", "causes": "cause"}

_LEVELS: Final = Question(
    "any",
    "Which ones",
    kind="choice",
    choices=(
        ("", "Errors and warnings (named codes: any)"),
        ("both", "Errors and warnings"),
        ("error", "Errors"),
        ("warning", "Warnings"),
        ("info", "Infos"),
    ),
)
_CODES: Final = Question(
    "code", "Only these codes", "Such as 11200, 11205. A code of Twilio stands for our more exact ones too. Empty: every code."
)
_EXCEPT: Final = Question("except", "But not these codes", "Such as 11217.")
_WITHIN: Final = Question(
    "within",
    "Within the last",
    kind="choice",
    choices=[("5m", "5 minutes"), ("15m", "15 minutes"), ("1h", "1 hour"), ("12h", "12 hours"), ("24h", "24 hours")],
)
_MINIMUM: Final = Question(
    "minimum", "Only when there are at least", "A share of two says nothing. Empty: 20 attempts.", kind="number"
)


def _recovery(example: str) -> Question:
    return Question(
        "recover_below",
        "Recovers at",
        f"This value or less, such as {example}. Empty: four fifths of the value that makes it fire.",
    )


_THRESHOLDS: Final[Mapping[Watch, Sequence[Question]]] = {
    Watch.EVENTS: (
        _LEVELS,
        _CODES,
        _EXCEPT,
        Question("at_least", "Fires at", "How many there must be.", kind="number", required=True),
        _WITHIN,
        _recovery("3"),
    ),
    Watch.FAILURE_SHARE: (
        Question("failure_share", "Fires at", "The share of attempts that fail, such as 10%.", required=True),
        _WITHIN,
        _MINIMUM,
        _recovery("5%"),
    ),
    Watch.BACKLOG: (Question("backlog", "Fires at", "How many wait.", kind="number", required=True), _recovery("20")),
    Watch.BACKLOG_AGE: (
        Question("backlog_age", "Fires at", "How long the oldest has waited, such as 10m or 2h.", required=True),
        _recovery("1m"),
    ),
    Watch.SILENCE: (Question("silence", "Fires after", "For how long nothing came, such as 2h. From 1m to 7d.", required=True),),
    Watch.BREAKER: (),
    Watch.ISSUES: (_LEVELS, _CODES, _EXCEPT, _WITHIN._replace(label="Counts as over after")),
    **{
        watch: (
            Question(
                "percentile",
                "Of the times, look at",
                kind="choice",
                choices=(
                    ("50", "the middle one (p50)"),
                    ("95", "the slowest twentieth (p95)"),
                    ("99", "the slowest hundredth (p99)"),
                ),
            ),
            Question("latency", "Fires at", "How long it takes, such as 800ms or 2s.", required=True),
            _WITHIN,
            _MINIMUM,
            _recovery("1s"),
        )
        for watch in _LATENCIES
    },
}
_TOLD: Final = (
    Question("email", "Mail", "Addresses, with commas between them.", kind="lines"),
    Question("webhook", "Webhook", "A URL that gets a POST when the alarm fires, and when it has recovered."),
    Question(
        "webhook_format",
        "Its format",
        kind="choice",
        choices=(("twilio", "The fields of Twilio alarms"), ("standard", "Standard Webhooks (JSON, signed)")),
    ),
    Question("webhook_secret", "What signs Standard Webhooks", "Where the secret is, not the secret: env:NAME or file:PATH."),
    Question("notify", "Chats and services", "Where their URLs are, not the URLs: env:SLACK_URL, file:/run/secrets/teams."),
    Question("sms", "Phones", "Numbers that get a text, such as +15551234567."),
    Question("console", "Show it on top of this console as well", kind="switch"),
)


class Read(NamedTuple):
    """What a form says: the alarm that is wanted, or what is wrong by question."""

    wanted: AlarmSettings | None
    wrong: Wrong


class Known(NamedTuple):
    """What is known of the house, to choose from: endpoints, and causes that have been seen."""

    endpoints: Sequence[str] = ()
    causes: Sequence[str] = ()


def watch_of(answers: Answers) -> Watch:
    """What the form is about; errors where it does not say."""
    given = first(answers, "watch")
    return Watch(given) if given in set(Watch) else Watch.EVENTS


def sections(answers: Answers, wrong: Wrong, known: Known, *, new: bool) -> dict[str, Section]:
    """The form's parts by name: `name`, `watch` and `told`."""
    watch = watch_of(answers)
    named = [
        Question(
            "name", "Name", f"What it is called in messages, such as App down. At most {LONGEST_NAME} characters.", required=True
        ),
        Question("description", "Description", "A line for those who are told: what to do, whom to ask."),
    ]
    if new:
        named.append(Question("enabled", "Watch from now on", kind="switch"))
    watching = [*_THRESHOLDS[watch], *_scope(watch, answers, known)]
    answers = without_secrets(answers)
    return {
        "name": Section("What it is called", answered(named, answers, wrong)),
        "watch": Section(WATCHES[watch].title, answered(watching, answers, wrong), WATCHES[watch].meaning),
        "told": Section("Who is told", answered(_TOLD, answers, wrong), "With nobody named, its firings are only shown here."),
    }


def kept(answers: Answers, shown: Mapping[str, Section]) -> list[tuple[str, str]]:
    """What was typed for questions that this watch does not ask: it is there again when another one is chosen."""
    asked = {question.name for section in shown.values() for question in section.questions}
    every = {question.name for questions in _THRESHOLDS.values() for question in questions} | {"number", "cause", "endpoint"}
    return [(name, value) for name in sorted(every - asked) for value in answers.get(name, ()) if value]


def read(answers: Answers) -> Read:
    """The alarm of a form, with every problem at its question."""
    watch = watch_of(answers)
    wrong: dict[str, tuple[str, ...]] = {}
    name = first(answers, "name")
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        wrong["name"] = (f"Give it a name of 1 to {LONGEST_NAME} characters on one line.",)
    threshold = "latency" if watch in _LATENCIES else _MEASURES.get(watch)
    if threshold is not None and not first(answers, threshold):
        wrong[threshold] = ("Say how much is too much.",)
    problems = _AtFields()
    wanted = read_alarm("unnamed" if "name" in wrong else name, keys_from(watch, answers), "", problems)
    for field, said in problems.by_field.items():
        if field not in wrong:
            wrong[field] = said
    return Read(None if wrong else wanted, wrong)


def keys_from(watch: Watch, answers: Answers) -> dict[str, Any]:
    """A form's answers as the keys that an operator would write."""
    asked = {question.name for question in (*_THRESHOLDS[watch], *_scope(watch, answers, Known()), *_TOLD)} | {"description"}
    keys: dict[str, Any] = {}
    for name in asked - {"percentile", "latency"}:
        value: Any = parts(answers, name) if name in _LISTS else first(answers, name)
        if value:
            keys[name] = value
    if watch in _LATENCIES and first(answers, "latency"):
        keys[latency_key(watch, answers)] = first(answers, "latency")
    if watch in {Watch.BREAKER, Watch.ISSUES}:
        keys[watch.value] = True
    if keys.get("webhook_format") == "twilio" or "webhook" not in keys:
        keys.pop("webhook_format", None)
    if "enabled" in answers or first(answers, "new"):
        keys["enabled"] = first(answers, "enabled") == "true"
    return keys


def latency_key(watch: Watch, answers: Answers) -> str:
    """The key that a percentile of a latency goes by."""
    chosen = first(answers, "percentile")
    return f"{_LATENCIES[watch]}_p{chosen if chosen in {'50', '95', '99'} else '95'}"


def answers_from(alarm: Alarm) -> dict[str, tuple[str, ...]]:
    """An alarm as its form's answers."""
    keys = keys_of(alarm)
    answers = {
        name: tuple(map(str, value)) if name == "endpoint" else (_text(value),)
        for name, value in keys.items()
        if name not in {"enabled", "muted"}
    }
    if alarm.watch in _LATENCIES:
        answers["percentile"] = (str(alarm.percentile),)
        answers["latency"] = (spell(alarm.threshold),)
    answers.setdefault("webhook_format", (alarm.channels.webhook_format,))
    answers["within"] = (spell(alarm.window) if alarm.window in WINDOWS.values() else "5m",)
    if alarm.console:
        answers["console"] = ("true",)
    return {**answers, "watch": (alarm.watch.value,), "name": (alarm.name,)}


def refused(problems: Sequence[str]) -> Wrong:
    """What the book has against an alarm (`field: sentence`), by question."""
    wrong: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        field, colon, said = problem.partition(": ")
        name = _FIELDS.get(field, field) if colon and " " not in field else ""
        wrong[name] = (*wrong.get(name, ()), sentence(said if name else problem))
    return wrong


def without_secrets(answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers as a page may show them again: without what may be a secret that was typed where it does not belong."""
    shown = dict(answers)
    for name in _SECRETS:
        if name in shown:
            shown[name] = tuple(map(only_references, shown[name]))
    shown["webhook"] = tuple("" if _has_credentials(url) else url for url in shown.get("webhook", ()))
    return shown


def _has_credentials(url: str) -> bool:
    try:
        return "@" in urlsplit(url.strip()).netloc
    except ValueError:
        return "@" in url


def _scope(watch: Watch, answers: Answers, known: Known) -> list[Question]:
    named = dict.fromkeys([*known.endpoints, *parts(answers, "endpoint")])
    scope = [
        Question("endpoint", "Only at these endpoints", "None ticked: at all of them.", "boxes", [(name, name) for name in named])
    ]
    if watch in {Watch.EVENTS, Watch.ISSUES}:
        scope += [
            Question("number", "Only about these numbers of yours", "As Twilio writes them, such as +15551234567."),
            Question("cause", "Only with these causes", "Such as app.bad-gateway, tls.expired.", suggestions=known.causes),
        ]
    return scope


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


class _AtFields(Problems):
    """Problems by the question that they are about; `where` is the key alone."""

    def __init__(self) -> None:
        super().__init__()
        self.by_field: dict[str, tuple[str, ...]] = {}

    def add(self, where: str, what: object) -> None:
        """Note one."""
        super().add(where, what)
        key = where.strip()
        field = "latency" if key.startswith(("answer_p", "delivery_p")) else key
        self.by_field[field] = (*self.by_field.get(field, ()), sentence(what))
