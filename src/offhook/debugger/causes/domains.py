"""Answers of domains that lead to no app: suspended, parked, or pointed at a network that does not know them."""

from offhook.debugger.case import Case
from offhook.debugger.causes.marks import Mark, find
from offhook.records import Cause

MARKS: tuple[Mark, ...] = (
    Mark(
        name="cpanel.suspended",
        who="the web host (cPanel)",
        title="The hosting account is suspended: every path leads to the page that says so.",
        steps=("Ask the host why, and pay what is due.",),
        headers=(("location", "http*/cgi-sys/suspendedpage.cgi*"),),
    ),
    Mark(
        name="cpanel.suspended-page",
        who="the web host",
        title="The page says that the hosting account is suspended, although its status looks like success.",
        steps=("Ask the host why, and pay what is due.",),
        body=("<html", "Account Suspended"),
        sure=False,
    ),
    Mark(
        name="godaddy.parked",
        who="GoDaddy's parking page",
        title="The domain is parked: no app stands behind it, although the status looks like success.",
        steps=("Point the domain's DNS at the app.", "Or write the app's real address into Twilio's Console."),
        body=('window.location.href="/lander"',),
    ),
    Mark(
        name="fastly.unknown-domain",
        who="Fastly",
        title="The domain points at Fastly, but no Fastly service claims it.",
        steps=("Add the domain to the Fastly service.", "Or point its DNS at the app."),
        statuses=(404, 500),
        body=("Fastly error: unknown domain",),
    ),
)


def cause(case: Case) -> Cause | None:
    """Why the domain leads to no app."""
    return find(case, MARKS)
