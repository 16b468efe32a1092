"""Something in front of the app stops some requests and lets others through."""

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence

BLOCKS = frozenset({403, 406, 409, 418, 429, 451, 493, 999})


def cause(case: Case) -> Cause | None:
    """Something in front of the app stops some requests and lets others through."""
    past = case.history
    if case.status not in BLOCKS or not past.good or past.good + past.bad < 4:
        return None
    share = 100 * past.good // (past.good + past.bad)
    return Cause(
        name="waf.some",
        title="Other messages pass, this one was stopped: a firewall or bot filter that judges by content or by pace.",
        confidence=Confidence.POSSIBLE,
        evidence=(f"status {case.status}", f"of the {past.good + past.bad} attempts before it {share} % were taken"),
        steps=(
            "Look at the firewall's log for this time, and exempt the webhook's path from it.",
            "Compare this message's text with one that passed: links, quotes and SQL words are what such filters look for.",
        ),
    )
