"""What the pages of issues show."""

from msgspec.structs import replace

from offhook.console.issue_view import UNRESOLVED, change_to, changes, rows, tab_states, tabs
from offhook.records import Issue, IssueState, Level

ISSUE = Issue(
    id="IS1",
    endpoint="sms",
    code=1,
    cause="",
    title="t",
    level=Level.ERROR,
    first_seen=0.0,
    last_seen=0.0,
    count=1,
    last_event="NO1",
)
HREFS = {name: name for name in tab_states()}


def counted(states, most=100, chosen=UNRESOLVED):
    found = tabs([replace(ISSUE, state=state) for state in states], most, chosen, HREFS)
    return {tab.name: tab.many for tab in found}, [tab.name for tab in found if tab.current]


def test_each_choice_has_its_count():
    counts, _ = counted([IssueState.OPEN, IssueState.OPEN, IssueState.REGRESSED, IssueState.RESOLVED])
    assert (counts["Unresolved"], counts["Open"], counts["Come back"], counts["Resolved"], counts["All"]) == (
        "3",
        "2",
        "1",
        "1",
        "4",
    )


def test_of_more_than_are_counted_it_is_said_that_there_are_more():
    counts, _ = counted([IssueState.OPEN] * 4, most=3)
    assert counts["Open"] == "3+"


def test_the_choice_that_is_shown_is_marked_whatever_the_order_of_its_states():
    assert counted([], chosen=tuple(reversed(UNRESOLVED)))[1] == ["Unresolved"]
    assert counted([], chosen=(IssueState.IGNORED,))[1] == ["Ignored"]
    assert counted([], chosen=(IssueState.IGNORED, IssueState.OPEN))[1] == []


def test_what_can_be_said_of_an_issue_is_what_it_is_not():
    said = {state: [each.label for each in changes(state)] for state in IssueState}
    assert said[IssueState.OPEN] == ["Acknowledge", "Resolve", "Ignore"]
    assert said[IssueState.REGRESSED] == ["Acknowledge", "Resolve", "Ignore"]
    assert said[IssueState.RESOLVED] == ["Acknowledge", "Ignore", "Reopen"]
    assert said[IssueState.ACKNOWLEDGED] == ["Resolve", "Ignore", "Reopen"]


def test_only_the_journal_says_that_an_issue_has_come_back():
    assert change_to("regressed") is None
    assert change_to("") is None
    assert change_to("resolved").state is IssueState.RESOLVED


def test_a_long_title_is_cut():
    (row,) = rows([replace(ISSUE, title="word " * 200, hours=(0,) * 23 + (7,))])
    assert len(row.title) == 240
    assert "7 in the last 24 hours" in row.day
