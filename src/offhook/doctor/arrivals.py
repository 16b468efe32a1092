"""What came to a listening doctor, counted, and what that means. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from offhook.doctor.hello import Hello
from offhook.records import Record

KEPT = 20
"""How many of the latest requests the summary holds, and how many names and peers it counts."""


class Seen(Record):
    """One request. `signature`: none, unchecked (no token to check it with), right, wrong, or refused (not acceptable for another reason).

    `url` is the URL that the signature is right for, "" where that is not known; `path` has no query, which may hold secrets.
    """

    method: str
    path: str
    agent: str
    peer: str
    secure: bool
    signature: str
    url: str = ""
    reason: str = ""


@dataclass(slots=True)
class Tally:
    """Counts. `silent` connections closed or ran out of time without a byte; `strange` ones spoke neither TLS nor HTTP.

    `checked` says that there is a token to check signatures with, `served` that there is a certificate. `loopback`: nobody but this machine
    reaches the listener.
    """

    checked: bool = False
    served: bool = False
    loopback: bool = False
    connections: int = 0
    turned_away: int = 0
    silent: int = 0
    strange: int = 0
    hellos: int = 0
    handshakes: int = 0
    refused: int = 0
    requests: int = 0
    good: int = 0
    signatures: Counter[str] = field(default_factory=Counter)
    peers: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    latest: list[Seen] = field(default_factory=list)

    def connected(self, peer: str) -> None:
        """A connection was made."""
        self.connections += 1
        _count(self.peers, peer)

    def greeted(self, hello: Hello) -> None:
        """A TLS hello came."""
        self.hellos += 1
        _count(self.names, hello.server_name)
        _count(self.versions, hello.versions[0] if hello.versions else "")

    def asked(self, seen: Seen) -> None:
        """A whole request came. It is a good one unless its signature could be checked and is not right."""
        self.requests += 1
        self.signatures[seen.signature] += 1
        self.good += seen.signature == "right" or not self.checked
        self.latest = [*self.latest, seen][-KEPT:]


def _count(counter: Counter[str], key: str) -> None:
    """Count it, unless there are too many others already: who comes is not ours to choose."""
    counter[key if key in counter or len(counter) < KEPT else "others"] += 1


def meaning(tally: Tally) -> tuple[str, ...]:
    """What was seen, in sentences, the first one the answer to "does it even arrive"."""
    return tuple(_meaning(tally))


def _meaning(tally: Tally) -> Iterator[str]:
    if not tally.connections:
        yield "0 connections came: it does not even arrive."
        return
    came = f"{_many(tally.connections, 'connection')} came"
    if tally.requests:
        yield f"{came}, with {_many(tally.requests, 'request')}: the way to this host is open."
        yield from _signatures(tally)
    elif tally.hellos and not tally.served:
        yield f"{came}, {tally.hellos} with a TLS hello: the way is open; without a certificate nothing more can be seen."
    elif tally.hellos:
        yield f"{came}, {tally.hellos} with a TLS hello, and no request: TLS is where it ends."
    else:
        yield f"{came}, and not one request: the way is open, and who came asked nothing."
    if tally.silent:
        yield f"{tally.silent} said nothing: load balancers that look whether the port is open do so, and scanners."
    if tally.strange:
        yield f"{tally.strange} spoke neither TLS nor HTTP: scanners, or a load balancer that speaks the PROXY protocol."
    if tally.refused:
        yield f"{_many(tally.refused, 'request')} could not be read."
    if tally.turned_away:
        yield f"{tally.turned_away} were turned away: too many at once."


def _signatures(tally: Tally) -> Iterator[str]:
    counts = tally.signatures
    if counts["right"]:
        yield f"{counts['right']} with the right signature: Twilio's requests arrive, and any trouble is in the app behind this port."
    if counts["unchecked"]:
        yield f"{counts['unchecked']} with a signature that could not be checked: there is no auth token."
    if counts["wrong"]:
        right = next((seen.url for seen in reversed(tally.latest) if seen.signature == "wrong" and seen.url), "")
        yield f"{counts['wrong']} with a wrong signature" + (f"; it would be right for {right}." if right else ".")
    if counts["refused"]:
        yield f"{counts['refused']} with a signature, and not acceptable for another reason: {_reasons(tally)}."
    if counts["none"]:
        yield f"{counts['none']} without a signature: Twilio signs all of its requests, so these are somebody else's."


def _reasons(tally: Tally) -> str:
    return "; ".join(dict.fromkeys(seen.reason for seen in tally.latest if seen.signature == "refused"))


def steps(tally: Tally) -> tuple[str, ...]:
    """What to do, the first step first; nothing where all is well."""
    return tuple(_steps(tally))


def _steps(tally: Tally) -> Iterator[str]:
    if not tally.connections:
        if tally.loopback:
            yield "Listen on all addresses (--listen :PORT): this one is reached from this machine alone."
        yield "Compare host and port of the URL in Twilio's Console with this host and the port that was listened on."
        yield "Look whether the name leads here: `offhook doctor URL`, from another machine, says what its DNS answers."
        yield "Open the port in the firewall of this host and of its cloud (security group), and forward it where a router is in front."
        yield "See in Twilio's Debugger whether it sent anything while this listened; send a text to make it."
    elif tally.hellos and not tally.served and not tally.requests:
        yield "Give the certificate that the app is served with (--tls-cert, --tls-key), and listen again: then the requests can be seen."
    elif tally.hellos and not tally.handshakes and tally.served:
        yield "Look at the certificate from outside: `offhook doctor URL` says what is wrong with it, or which versions do not meet."
    elif not tally.requests:
        yield "Send a text to the number while this listens. If nothing changes, the URL in Twilio's Console leads to another port or path."
    yield from _steps_of_requests(tally)


def _steps_of_requests(tally: Tally) -> Iterator[str]:
    counts = tally.signatures
    if counts["wrong"]:
        right = any(seen.url for seen in tally.latest if seen.signature == "wrong")
        if right:
            yield "Let the app check the signature against that URL (here: --public-url): it is the one that Twilio has."
        else:
            yield "Check that the auth token is the one of the account that sends: after a change in the Console, the old one fails."
    if tally.requests and not counts["right"] and not counts["wrong"] and counts["none"] == tally.requests:
        yield "Send a text to the number while this listens, so that one of Twilio's own requests is among them."
    if counts["unchecked"]:
        yield "Set TWILIO_AUTH_TOKEN, and listen again: then the signatures can be checked."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def shape(tally: Tally, listened: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """The summary as plain values."""
    return {
        "listened": list(listened),
        "seconds": round(seconds, 1),
        "good": tally.good,
        "connections": tally.connections,
        "silent": tally.silent,
        "strange": tally.strange,
        "turned_away": tally.turned_away,
        "tls": {
            "hellos": tally.hellos,
            "handshakes": tally.handshakes,
            "server_names": dict(tally.names),
            "versions": dict(tally.versions),
        },
        "requests": tally.requests,
        "unreadable": tally.refused,
        "signatures": {kind: tally.signatures[kind] for kind in ("right", "wrong", "refused", "unchecked", "none")},
        "peers": dict(tally.peers.most_common()),
        "latest": [{name: getattr(seen, name) for name in Seen.__struct_fields__} for seen in tally.latest],
        "meaning": list(meaning(tally)),
        "steps": list(steps(tally)),
    }
