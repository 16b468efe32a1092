"""What an alarm's form asks for each watch. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from offhook.alarms.model import Watch
from offhook.console.questions import Question


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
LATENCIES: Final[Mapping[Watch, str]] = {Watch.ANSWER_LATENCY: "answer", Watch.DELIVERY_LATENCY: "delivery"}

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


THRESHOLDS: Final[Mapping[Watch, Sequence[Question]]] = {
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
        for watch in LATENCIES
    },
}
TOLD: Final = (
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
