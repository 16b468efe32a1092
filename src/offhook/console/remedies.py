"""What to do about an error, step by step, with a button where Offhook can do it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from offhook.api.shapes import without_credentials
from offhook.api.webhooks import SENDABLE
from offhook.debugger.catalogue import Code
from offhook.records import DebugEvent, Issue, IssueState, Reply, State, Webhook

LOST: Final = (State.FAILED, State.DISMISSED)
UNDER_WAY: Final = (State.WAITING, State.DELIVERING)
DONE: Final = (IssueState.RESOLVED, IssueState.IGNORED)


class Action(NamedTuple):
    """A button: what it says, and where it leads; with `posts` it changes something. `key` presses it, `fields` go with it."""

    label: str
    path: str
    posts: bool = False
    key: str = ""
    fields: Mapping[str, str] = {}


class Step(NamedTuple):
    """One thing to do. `due` is when it happens by itself."""

    words: str
    action: Action | None = None
    due: float | None = None


class About(NamedTuple):
    """What an error is about, as far as it is known: its issue, whether others were lost by that, its webhook, its reply."""

    event: DebugEvent
    code: Code | None = None
    issue: Issue | None = None
    others_lost: bool = False
    webhook: Webhook | None = None
    reply: Reply | None = None
    configured: bool = False


def steps(about: About) -> list[Step]:
    """What to do, the first thing first: what the likeliest cause says, or else the code's own page; then what Offhook can do."""
    event = about.event
    said = event.causes[0].steps if event.causes else ()
    if not said and about.code is not None:
        said = about.code.solutions
    return [*map(Step, said), *_checks(about), *_again(about), *_after(about)]


def _checks(about: About) -> Iterator[Step]:
    url = without_credentials(about.event.request_url).partition("#")[0]
    if url.startswith(("http://", "https://")):
        asks = Action("Run the doctor on this URL", f"/doctor?{urlencode({'url': url})}")
        yield Step("See from outside whether the URL is well now: name, connection, TLS, answer.", asks)


def _again(about: About) -> Iterator[Step]:
    event, webhook, reply = about.event, about.webhook, about.reply
    if webhook is not None and webhook.state in LOST:
        yield Step(
            "When that is mended, have the message delivered again.",
            Action("Replay this message", f"/errors/{event.id}/replay", posts=True, key="r"),
        )
    elif webhook is not None and webhook.state in UNDER_WAY:
        at_once = Action("Try what waits now", f"/errors/{event.id}/hasten", posts=True, key="r") if about.configured else None
        yield Step("The message is not lost: it is tried again by itself.", at_once, webhook.due)
    elif webhook is not None and webhook.state is State.DELIVERED and event.attempt_id:
        yield Step("The message has been delivered since: nothing is left to be done for it.")
    if reply is not None and reply.state in SENDABLE:
        yield Step(_of_reply(reply), Action("Send the reply", f"/errors/{event.id}/reply", posts=True))


def _of_reply(reply: Reply) -> str:
    why = f": {reply.note.rstrip('.')}" if reply.note else ""
    return f"The app's reply has not been sent, and is {reply.state}{why}. It can still go out."


def _after(about: About) -> Iterator[Step]:
    issue = about.issue
    if issue is None:
        return
    if about.others_lost:
        lost = Action("See what was lost", f"/issues/{issue.id}/replay")
        yield Step("Others were lost in the same way: have them all delivered again.", lost)
    if issue.state not in DONE:
        resolved = Action("Mark as resolved", f"/issues/{issue.id}/state", posts=True, fields={"state": IssueState.RESOLVED})
        yield Step("Say that it is mended: should it happen again, the issue comes back.", resolved)


def elsewhere(about: About) -> list[Action]:
    """Where else to go from an error."""
    links = [Action("Create alarm", f"/alarms/new?error={about.event.id}")]
    if about.configured:
        links.append(Action("The endpoint's settings", f"/endpoints/{quote(about.event.endpoint, safe='')}"))
    if about.webhook is not None:
        links.append(Action("The whole webhook", f"/webhooks/{about.webhook.id}"))
    if about.issue is not None:
        links.append(Action("The issue", f"/issues/{about.issue.id}"))
    return links
