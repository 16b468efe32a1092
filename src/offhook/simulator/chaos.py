"""Chaos as a plan: which calls to the app go wrong, and how. Seeded, so that the same texts in the same order meet the same fates.

Every decision is drawn from the seed, the kind, and the place of the message in the sequence of messages: never from the time. Pure, but
for the counters.
"""

import difflib
import hashlib
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from offhook.errors import SettingsError
from offhook.records import Record
from offhook.simulator.records import Message

Kept = TypeVar("Kept")
MOST_FATES: Final = 10_000
DELAY: Final = 3.0
LONGEST_DELAY: Final = 60.0
SERVER_ERRORS: Final = (500, 502, 503, 504)


class ChaosKind(StrEnum):
    """What can be made to go wrong."""

    CONNECT_TIMEOUT = "connect-timeout"
    REFUSED = "refused"
    RESET = "reset"
    SERVER_ERROR = "5xx"
    RATE_LIMITED = "429"
    READ_TIMEOUT = "read-timeout"
    DRIP = "drip"
    LOST_ANSWER = "lost-answer"
    TRUNCATED = "truncated"
    BAD_SIGNATURE = "bad-signature"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    THROTTLE = "throttle"


class Meaning(NamedTuple):
    """What a kind does. `asked`: whether the app hears of the message all the same."""

    what: str
    asked: bool


KINDS: Final[dict[ChaosKind, Meaning]] = {
    ChaosKind.CONNECT_TIMEOUT: Meaning("no connection in time (11201)", asked=False),
    ChaosKind.REFUSED: Meaning("nothing listens there (11202)", asked=False),
    ChaosKind.RESET: Meaning("the connection is closed before an answer, and before the app was asked (11205)", asked=False),
    ChaosKind.SERVER_ERROR: Meaning("something in front of the app answers 500, 502, 503 or 504 (11217)", asked=False),
    ChaosKind.RATE_LIMITED: Meaning("something in front of the app answers 429 (11217)", asked=False),
    ChaosKind.READ_TIMEOUT: Meaning("the app takes the message, and nothing of its answer comes in time (11205)", asked=True),
    ChaosKind.DRIP: Meaning("the app takes the message, and its answer comes too slowly to be whole in time (11203)", asked=True),
    ChaosKind.LOST_ANSWER: Meaning("the app takes the message, and its answer is lost on the way (11205)", asked=True),
    ChaosKind.TRUNCATED: Meaning("the app takes the message, and half of its answer comes (11206)", asked=True),
    ChaosKind.BAD_SIGNATURE: Meaning("the app gets the message with a signature that is not right", asked=True),
    ChaosKind.DELAY: Meaning(f"the message is {DELAY:g} s late at the app; `delay:8s` makes it eight", asked=True),
    ChaosKind.DUPLICATE: Meaning("the message is delivered twice, with the same MessageSid", asked=True),
    ChaosKind.REORDER: Meaning("the message is held back until the next one of its conversation has gone before it", asked=True),
    ChaosKind.THROTTLE: Meaning("the REST API answers 429 with code 20429", asked=False),
}
FAULTS: Final = tuple(ChaosKind)[:9]
"""Those of which one call can have only one: the first that hits."""
_WRITTEN: Final = re.compile(r"(?P<kind>[a-z0-9-]+)(?::(?P<argument>[^=]+))?(?:=(?P<rate>.+))?")
_SID: Final = re.compile(r"(?:^|&)MessageSid=(\w+)")
_STATUS: Final = re.compile(r"(?:^|&)MessageStatus=(\w+)")
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")
_NUMBER: Final = re.compile(r"\+\d{4,15}")
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)")


class Rule(Record):
    """One kind of chaos, how often (`rate` 0 to 1), and for whom: numbers in E.164 on either end, none named: all. `seconds`: the delay's."""

    kind: ChaosKind
    rate: float = 1.0
    numbers: tuple[str, ...] = ()
    seconds: float = DELAY

    def means(self, message: Message) -> bool:
        """Whether the rule is about this message at all."""
        ends = {message.sender.removeprefix("whatsapp:"), message.to.removeprefix("whatsapp:")}
        return not self.numbers or not ends.isdisjoint(self.numbers)


class Fate(Record):
    """What chaos does to one call: at most one fault, and what goes with any. `status` is what a 5xx answers, `delay` in seconds."""

    fault: ChaosKind | None = None
    status: int = 0
    delay: float = 0.0
    bad_signature: bool = False
    duplicate: bool = False
    reorder: bool = False

    @property
    def marks(self) -> tuple[ChaosKind, ...]:
        """The kinds that may make the call fail: what a debug event of it names."""
        made = (self.fault, ChaosKind.BAD_SIGNATURE if self.bad_signature else None, ChaosKind.DELAY if self.delay else None)
        return tuple(kind for kind in made if kind is not None)


WELL: Final = Fate()


class Chaos:
    """The rules, and how far the sequence has come. Counts what it has decided (`struck`).

    Calls to a URL that begins with `spared` go through unharmed: those to a front door of ours, behind which chaos waits.
    """

    spared = ""

    def __init__(self, rules: Iterable[Rule] = (), seed: int = 0) -> None:
        self.rules: tuple[Rule, ...] = ()
        self.seed = 0
        self.struck: Counter[ChaosKind] = Counter()
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self.set(rules, seed)

    def set(self, rules: Iterable[Rule], seed: int) -> None:
        """Other rules from now on, and the sequence from its beginning."""
        self.rules, self.seed = tuple(rules), seed
        for kept in (self.struck, self._fates, self._names, self._counts):
            kept.clear()

    def text(self, message: Message) -> Fate:
        """The fate of the call that tells of a person's text: of the next one in the sequence."""
        return self._decide(message.sid, self._named("text", message), message)

    def name_reply(self, reply: Message, of: str, ordinal: int) -> None:
        """Say of which text a message is the reply, so that what becomes of it does not hang on when it is sent."""
        if self.rules:
            _keep(self._names, reply.sid, f"{self._names.get(of, of)} reply {ordinal}")

    def callback(self, message: Message) -> Fate:
        """The fate of the call that tells of a message's state."""
        name = self._named("sent", message)
        return self._decide(key(message.sid, message.status), f"{name} {message.status}", message)

    def fate(self, called: str, url: str = "") -> Fate:
        """What was decided for a call (`key`) to a URL."""
        return WELL if self.spared and url.startswith(self.spared) else self._fates.get(called, WELL)

    def throttles(self) -> bool:
        """Whether the REST API answers the next request with 20429."""
        rates = [rule.rate for rule in self.rules if rule.kind is ChaosKind.THROTTLE]
        if not rates:
            return False
        self._counts["request"] += 1
        hit = self._draw(f"request {self._counts['request']}", ChaosKind.THROTTLE) < max(rates)
        self.struck[ChaosKind.THROTTLE] += hit
        return hit

    def _named(self, sequence: str, message: Message) -> str:
        """The message's place in the sequence of its kind."""
        if self.rules and message.sid not in self._names:
            self._counts[sequence] += 1
            _keep(self._names, message.sid, f"{sequence} {self._counts[sequence]}")
        return self._names.get(message.sid, "")

    def _decide(self, called: str, name: str, message: Message) -> Fate:
        if not self.rules or called in self._fates:
            return self.fate(called)
        hit: dict[ChaosKind, Rule] = {}
        for rule in self.rules:
            if rule.kind not in hit and rule.means(message) and self._draw(name, rule.kind) < rule.rate:
                hit[rule.kind] = rule
        fault = next((rule.kind for rule in hit.values() if rule.kind in FAULTS), None)
        fate = Fate(
            fault=fault,
            status=SERVER_ERRORS[int(self._draw(name, "status") * len(SERVER_ERRORS))] if fault is ChaosKind.SERVER_ERROR else 0,
            delay=hit[ChaosKind.DELAY].seconds if ChaosKind.DELAY in hit else 0.0,
            bad_signature=ChaosKind.BAD_SIGNATURE in hit,
            duplicate=ChaosKind.DUPLICATE in hit,
            reorder=ChaosKind.REORDER in hit,
        )
        self.struck.update(kind for kind in hit if kind not in FAULTS and kind is not ChaosKind.THROTTLE)
        self.struck.update([fault] if fault else [])
        _keep(self._fates, called, fate)
        return fate

    def _draw(self, name: str, about: str) -> float:
        """A number from 0 to 1 that follows from the seed, the name and what it is about."""
        digest = hashlib.blake2b(f"{self.seed} {about} {name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def key(sid: str, status: str = "") -> str:
    """What a call is about: a message, or the state that a message has come to."""
    return f"{sid} {status}" if status else sid


def called(fields: str) -> str:
    """The `key` of a call with these parameters, as a form or a query."""
    sid, status = _SID.search(fields), _STATUS.search(fields)
    return key(sid[1] if sid else "", status[1] if status else "")


def parse(written: str, numbers: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules of `refused=10%,duplicate=5%`; a kind without a rate is for every message. Raises SettingsError."""
    meant = tuple(map(number_of, numbers))
    return tuple(_rule(part.strip(), meant) for part in written.split(",") if part.strip())


def spelt(rules: Iterable[Rule]) -> str:
    """The rules as `parse` reads them."""
    return ",".join(
        f"{rule.kind}{f':{rule.seconds:g}s' if rule.kind is ChaosKind.DELAY else ''}={rule.rate * 100:g}%" for rule in rules
    )


def number_of(word: str) -> str:
    """A number that a rule is for, in E.164. Raises SettingsError."""
    number = word.strip().removeprefix("whatsapp:")
    if not _NUMBER.fullmatch(number):
        raise SettingsError(f"chaos: {word[:40]!r} is no number: write +, country code, number, as in +12025550101.")
    return number


def kind_of(word: str) -> ChaosKind:
    """The kind of that name. Raises SettingsError, which lists them."""
    try:
        return ChaosKind(word)
    except ValueError:
        near = difflib.get_close_matches(word, list(ChaosKind), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise SettingsError(f"chaos: there is no kind {word[:40]!r}.{meant} There are {', '.join(ChaosKind)}.") from None


def _rule(written: str, numbers: tuple[str, ...]) -> Rule:
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise SettingsError(f"chaos: {written[:60]!r} is not KIND=RATE: write refused=10%, for example.")
    kind = kind_of(match["kind"])
    if match["argument"] and kind is not ChaosKind.DELAY:
        raise SettingsError(f"chaos: {kind} takes no {match['argument'][:20]!r}; only delay does: delay:8s=10%.")
    seconds = _seconds(match["argument"]) if match["argument"] else DELAY
    return Rule(kind=kind, rate=_rate(written, match["rate"]), numbers=numbers, seconds=seconds)


def _rate(written: str, rate: str | None) -> float:
    match = _RATE.fullmatch((rate or "100%").strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise SettingsError(f"chaos: {written[:60]!r}: a rate is from 0% to 100%, or from 0 to 1.")
    return value


def _seconds(written: str) -> float:
    match = _SECONDS.fullmatch(written.strip())
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else -1.0
    if not 0 <= seconds <= LONGEST_DELAY:
        raise SettingsError(f"chaos: a delay is a time like 500ms or 8s, {LONGEST_DELAY:g} s at most, not {written[:20]!r}.")
    return seconds


def _keep(known: OrderedDict[str, Kept], name: str, value: Kept) -> None:
    known[name] = value
    if len(known) > MOST_FATES:
        known.popitem(last=False)
