"""An endpoint in words: what Twilio is answered, how often the app is tried, and what the fragments of its URLs ask for. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from offhook.api.shapes import without_credentials
from offhook.console.wording import compact
from offhook.delivery import destination, schedule
from offhook.delivery.overrides import OverrideProblem, Overrides
from offhook.records import AnswerMode, Endpoint

MOST_TRIES: Final = 100_000
"""Tries that are counted; a schedule of seconds and a patience of weeks has more."""
_POLICIES: Final = {
    "4xx": "an answer of 4xx",
    "5xx": "an answer of 5xx",
    "ct": "no connection in time",
    "rt": "no answer in time",
}


class Fact(NamedTuple):
    """One thing about an endpoint, in a sentence or two. `key` is the setting that says so, `is_odd` marks what one should know of."""

    name: str
    words: str
    key: str
    is_odd: bool = False


class Try(NamedTuple):
    """One try of the schedule: the wait before it, and how long after the webhook came in it is. `is_last` stands for all of them up to that."""

    number: int
    wait: str
    after: str
    is_last: bool = False


class Asked(NamedTuple):
    """One connection override: what the fragment says, and what that means."""

    key: str
    means: str
    is_given: bool


class Called(NamedTuple):
    """One of an endpoint's URLs, and how it is called."""

    role: str
    url: str
    has_password: bool
    fragment: str
    asked: Sequence[Asked]
    problems: Sequence[OverrideProblem]


def facts(endpoint: Endpoint) -> list[Fact]:
    """What the endpoint's settings mean."""
    return [*_answering(endpoint), *_delivering(endpoint)]


def _answering(endpoint: Endpoint) -> Iterator[Fact]:
    with_twiml = "At once with 200 and <Response/>, which is TwiML for “nothing”."
    at_once = with_twiml if endpoint.acknowledge_with == "twiml" else "At once with an empty 202."
    if not endpoint.app_url:
        yield Fact("What it is for", "Twilio's own reports of errors, and its alarms, are read by Offhook itself.", "provider")
        yield Fact("Twilio is answered", at_once, "acknowledge_with")
        return
    late = _span(endpoint.reply_within)
    if endpoint.answer is AnswerMode.ACK:
        yield Fact("Twilio is answered", f"{at_once} Your app hears of the message after that.", "answer")
    else:
        words = (
            f"With your app's own answer, for which Twilio is kept waiting for up to {_span(endpoint.hold)}. "
            f"If there is none by then, Twilio gets {endpoint.fallback_twiml} and the message is tried again."
        )
        yield Fact("Twilio is answered", words, "answer, hold, fallback_twiml")
    yield Fact(
        "Late replies",
        f"What your app replies after that is sent as a message of its own, if it comes within {late}.",
        "reply_within",
    )


def _delivering(endpoint: Endpoint) -> Iterator[Fact]:
    if not endpoint.app_url:
        return
    if endpoint.fallback_url:
        yield Fact("When your app fails", "Its fallback URL is asked in the same try.", "fallback")
    else:
        yield Fact("When your app fails", "It is tried again; there is no fallback URL.", "fallback")
    yield Fact("At the same time", f"Up to {compact(endpoint.concurrency)} deliveries.", "concurrency")
    yield Fact(
        "Gives up",
        f"{_span(endpoint.give_up_after)} after it came in. The message is kept then, and can be replayed.",
        "give_up_after",
    )
    if endpoint.verify_tls:
        yield Fact("Your app's certificate", "Is checked.", "verify_tls")
    else:
        yield Fact(
            "Your app's certificate",
            "Is not checked: whoever sits in between could read and change messages.",
            "verify_tls",
            True,
        )


def timeline(endpoint: Endpoint) -> list[Try]:
    """The tries of a webhook that always fails: each of the schedule's steps, then the last one's repetitions as one."""
    steps, total = endpoint.schedule, tries_in_all(endpoint)
    single = min(total, len(steps) + 1)
    tries = [Try(1, "", "")]
    tries += (Try(each, _span(steps[each - 2]), _span(schedule.waited(each - 1, steps))) for each in range(2, single + 1))
    if total > single:
        tries.append(Try(total, _span(steps[-1]), _span(schedule.waited(total - 1, steps)), is_last=True))
    return tries


def tries_in_all(endpoint: Endpoint) -> int:
    """How often a webhook is tried until it is given up, when nothing brings a try forward."""
    steps, most = endpoint.schedule, endpoint.give_up_after
    for failures in range(1, len(steps) + 1):
        if schedule.waited(failures, steps) > most:
            return failures
    further = int((most - schedule.waited(len(steps), steps)) // steps[-1]) + 1
    return min(MOST_TRIES, len(steps) + further)


def called(endpoint: Endpoint) -> list[Called]:
    """The endpoint's URLs, and what their fragments ask for."""
    urls = (("App", endpoint.app_url), ("Fallback", endpoint.fallback_url))
    return [_called(role, url) for role, url in urls if url]


def _called(role: str, url: str) -> Called:
    target = destination.parse(url)
    fragment = url.partition("#")[2]
    given = frozenset(part.partition("=")[0] for part in fragment.split("&"))
    return Called(
        role=role,
        url=without_credentials(target.url),
        has_password=bool(target.username or target.password),
        fragment=fragment,
        asked=[each._replace(is_given=each.key in given) for each in _asked(target.overrides)],
        problems=target.overrides.problems,
    )


def _asked(asked: Overrides) -> Iterator[Asked]:
    tries = ("once", "twice")[asked.retries] if asked.retries < 2 else f"{asked.retries + 1} times"
    after = " or ".join(_POLICIES[each] for each in sorted(asked.policies))
    yield Asked("ct", f"A connection has to be there within {_span(asked.connect_ms / 1000)}.", False)
    yield Asked("rt", f"An answer has to be there within {_span(asked.read_ms / 1000)}.", False)
    yield Asked("tt", f"All tries together take {_span(asked.total_ms / 1000)} at most.", False)
    yield Asked("rc", f"It is called {tries} at most before it has failed.", False)
    yield Asked("rp", f"It is called again after {after}.", False)
    yield Asked(
        "sni", "The host's name is sent with TLS (SNI)." if asked.server_name else "No host name is sent with TLS (SNI).", False
    )
    yield Asked("e", f"Twilio itself would call from {', '.join(asked.edges)}; Offhook calls from where it runs.", False)


def _span(seconds: float) -> str:
    """A length of time as somebody has written it down: `5 s`, `1 min 30 s`, `2 h 30 min`."""
    milliseconds, words = round(seconds * 1000), []
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)):
        amount, milliseconds = divmod(milliseconds, length)
        words += [f"{amount} {unit}"] if amount else []
    return " ".join(words[:2]) or "0 s"
