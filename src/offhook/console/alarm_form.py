"""The form of an alarm: its questions for each watch, and between its answers and the alarm. Pure.

What is typed is read as the keys of `[alarms.NAME]` are (`settings.alarms`), so that file, command line, API and console agree.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from offhook.alarms.configured import keys_of
from offhook.alarms.model import Alarm, Watch
from offhook.console.alarm_questions import LATENCIES, THRESHOLDS, TOLD, WATCHES
from offhook.console.questions import Answers, Question, Section, Wrong, answered, first, only_references, parts, sentence
from offhook.settings import AlarmSettings, spell
from offhook.settings.alarm_kinds import WINDOWS
from offhook.settings.alarms import LONGEST_NAME, read_alarm
from offhook.settings.sources import Problems

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
_MEASURES: Final[Mapping[Watch, str]] = {
    Watch.FAILURE_SHARE: "failure_share",
    Watch.BACKLOG: "backlog",
    Watch.BACKLOG_AGE: "backlog_age",
    Watch.SILENCE: "silence",
}
_SECRETS: Final = ("webhook_secret", "notify")
_FIELDS: Final = {"codes": "code", "except_codes": "except", "endpoints": "endpoint", "numbers": "number", "causes": "cause"}


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
    watching = [*THRESHOLDS[watch], *_scope(watch, answers, known)]
    answers = without_secrets(answers)
    return {
        "name": Section("What it is called", answered(named, answers, wrong)),
        "watch": Section(WATCHES[watch].title, answered(watching, answers, wrong), WATCHES[watch].meaning),
        "told": Section("Who is told", answered(TOLD, answers, wrong), "With nobody named, its firings are only shown here."),
    }


def kept(answers: Answers, shown: Mapping[str, Section]) -> list[tuple[str, str]]:
    """What was typed for questions that this watch does not ask: it is there again when another one is chosen."""
    asked = {question.name for section in shown.values() for question in section.questions}
    every = {question.name for questions in THRESHOLDS.values() for question in questions} | {"number", "cause", "endpoint"}
    return [(name, value) for name in sorted(every - asked) for value in answers.get(name, ()) if value]


def read(answers: Answers) -> Read:
    """The alarm of a form, with every problem at its question."""
    watch = watch_of(answers)
    wrong: dict[str, tuple[str, ...]] = {}
    name = first(answers, "name")
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        wrong["name"] = (f"Give it a name of 1 to {LONGEST_NAME} characters on one line.",)
    threshold = "latency" if watch in LATENCIES else _MEASURES.get(watch)
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
    asked = {question.name for question in (*THRESHOLDS[watch], *_scope(watch, answers, Known()), *TOLD)} | {"description"}
    keys: dict[str, Any] = {}
    for name in asked - {"percentile", "latency"}:
        value: Any = parts(answers, name) if name in _LISTS else first(answers, name)
        if value:
            keys[name] = value
    if watch in LATENCIES and first(answers, "latency"):
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
    return f"{LATENCIES[watch]}_p{chosen if chosen in {'50', '95', '99'} else '95'}"


def answers_from(alarm: Alarm) -> dict[str, tuple[str, ...]]:
    """An alarm as its form's answers."""
    keys = keys_of(alarm)
    answers = {
        name: tuple(map(str, value)) if name == "endpoint" else (_text(value),)
        for name, value in keys.items()
        if name not in {"enabled", "muted"}
    }
    if alarm.watch in LATENCIES:
        answers["percentile"] = (str(alarm.percentile),)
        answers["latency"] = (spell(alarm.threshold),)
    answers.setdefault("webhook_format", (alarm.channels.webhook_format,))
    answers["within"] = (spell(alarm.window) if alarm.window in WINDOWS.values() else "5m",)
    if alarm.console:
        answers["console"] = ("true",)
    return {**answers, "watch": (alarm.watch.value,), "name": (alarm.name,)}


def name_of_copy(alarm: Alarm, alarms: Iterable[Alarm]) -> str:
    """A name for a copy of an alarm that none of the alarms has."""
    taken = {each.name.casefold() for each in alarms}
    endings = itertools.chain([""], (f" {number}" for number in itertools.count(2)))
    names = (f"Copy of {alarm.name}"[: LONGEST_NAME - len(ending)].rstrip() + ending for ending in endings)
    return next(name for name in names if name.casefold() not in taken)


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
