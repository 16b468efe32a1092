"""What the pages of issues show, and what can be done about one. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from offhook.console.asked import clipped
from offhook.console.charts import spark
from offhook.console.html import Markup
from offhook.console.wording import compact
from offhook.records import Issue, IssueState

UNRESOLVED: Final = (IssueState.OPEN, IssueState.REGRESSED, IssueState.ACKNOWLEDGED)
LONGEST: Final = 240
_TABS: Final[Sequence[tuple[str, tuple[IssueState, ...]]]] = (
    ("Unresolved", UNRESOLVED),
    ("Open", (IssueState.OPEN,)),
    ("Come back", (IssueState.REGRESSED,)),
    ("Acknowledged", (IssueState.ACKNOWLEDGED,)),
    ("Resolved", (IssueState.RESOLVED,)),
    ("Ignored", (IssueState.IGNORED,)),
    ("All", tuple(IssueState)),
)


class Change(NamedTuple):
    """What can be said of an issue: the button, the state, and what that means."""

    label: str
    state: IssueState
    meaning: str
    done: str


CHANGES: Final = (
    Change("Acknowledge", IssueState.ACKNOWLEDGED, "Somebody is looking into it.", "acknowledged"),
    Change(
        "Resolve",
        IssueState.RESOLVED,
        "It is mended. Should it happen again, the issue comes back and is new once more.",
        "marked as resolved",
    ),
    Change("Ignore", IssueState.IGNORED, "It is counted, and nobody is bothered with it.", "ignored from now on"),
    Change("Reopen", IssueState.OPEN, "It still has to be mended.", "open again"),
)
_UNDONE: Final = (IssueState.RESOLVED, IssueState.IGNORED, IssueState.ACKNOWLEDGED)


class Tab(NamedTuple):
    """One choice of states: how many issues it has, "" where that is not known, and its address."""

    name: str
    many: str
    href: str
    current: bool


class IssueRow(NamedTuple):
    """An issue as the list shows it, with its last day as a row of bars."""

    issue: Issue
    title: str
    day: Markup


def rows(issues: Iterable[Issue]) -> list[IssueRow]:
    """Issues as the list shows them."""
    return [
        IssueRow(each, clipped(each.title, LONGEST), spark(each.hours, f"{compact(sum(each.hours))} in the last 24 hours"))
        for each in issues
    ]


def tabs(found: Sequence[Issue], most: int, chosen: Sequence[IssueState], hrefs: Mapping[str, str]) -> list[Tab]:
    """The choices with their counts, out of all issues that the other filters mean; of more than `most` the counts are only said as a least."""
    counts = Counter(issue.state for issue in found[:most])
    more = "+" if len(found) > most else ""
    return [
        Tab(name, f"{compact(sum(counts[state] for state in states))}{more}", hrefs[name], set(states) == set(chosen))
        for name, states in _TABS
    ]


def tab_states() -> Mapping[str, str]:
    """The states of each choice, as the URL has them; "" for the one that needs none."""
    return {name: "" if states == UNRESOLVED else ",".join(states) for name, states in _TABS}


def changes(state: IssueState) -> list[Change]:
    """What can be said of an issue that is in this state."""
    return [each for each in CHANGES if each.state is not state and (each.state is not IssueState.OPEN or state in _UNDONE)]


def change_to(state: str) -> Change | None:
    """What was chosen; None where that is none of the choices."""
    return next((each for each in CHANGES if each.state == state), None)
