"""TLS: the version and the certificate, as Twilio would take them, at each address of the host."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from msgspec.structs import replace

from offhook.doctor import certificates, protocols
from offhook.doctor.certificates import Shown, certificate_faults
from offhook.doctor.findings import Finding, Verdict, good, not_applicable, unknown
from offhook.doctor.patient import Check, Patient
from offhook.doctor.protocols import Spoken, done, handshake_fault, silenced
from offhook.net.addresses import refusal
from offhook.net.chains import Chain, read_chain
from offhook.net.dialer import resolve_by_system
from offhook.net.handshakes import ANY, AS_TWILIO, AS_TWILIO_NAMELESS, NAMELESS, OLD, TLS_1_2, Handshake, Manner, Place
from offhook.net.urls import Address, Target
from offhook.records import FailureKind

MOST_ADDRESSES = 4
# Seconds for the handshakes that only explain.
_CURIOSITY = 1.5
_CERTIFICATE = frozenset({FailureKind.TLS_NAME, FailureKind.TLS_EXPIRED, FailureKind.TLS_UNTRUSTED})
_UNMET = "no TLS connection can be made there."
_PASSWORDED = "its certificate is bad, and the URL carries credentials that nobody else may see."


@dataclass(slots=True)
class Look:
    """What was seen at one address. `chain` is that of a handshake made as the URL says."""

    spoken: Spoken
    chain: Chain
    faults: tuple[Finding, ...] = ()

    @property
    def about_certificate(self) -> bool:
        """Whether the certificate is what is wrong: behind it, one can look on."""
        failure = self.spoken.verified.failure
        return failure is not None and failure.kind in _CERTIFICATE

    @property
    def closed(self) -> bool:
        """Whether no later connection will get through."""
        again = self.spoken.again
        by_chance = again.failure is None if again is not None else self.spoken.verified.late and done(self.spoken.looked)
        return bool(self.faults) and not self.about_certificate and not by_chance


async def run(patient: Patient) -> Sequence[Finding]:
    """Shake hands as Twilio would, look at what was shown, and mark what later checks must know."""
    target = patient.target
    if target is None:
        return [not_applicable("There is no URL to look at.")]
    addresses = await _addresses(patient, target)
    if target.scheme == "http":
        return [_plain(target, addresses)]
    if not addresses:
        return [not_applicable("There is no address to look at.")]
    places = [Place(host=_host(target), address=each, port=target.port) for each in addresses[:MOST_ADDRESSES]]
    looks = await _looks(patient, places)
    if not looks:
        return [unknown(f"No connection to {target.host} was made, so its TLS was not seen.")]
    _mark(patient, looks)
    found = [*_faults(patient, looks), *_good(patient, looks)]
    return found or [unknown(f"The connection to {target.host} broke off, so its TLS was not seen.")]


# -- asking


async def _looks(patient: Patient, places: Sequence[Place]) -> list[Look]:
    """What each address shows that takes a connection: first the handshakes that matter, then, at one of them, those that explain."""
    until = patient.clock.monotonic() + min(patient.destination.overrides.connect_ms / 1000, patient.time_to_ask)
    spoken = [each for each in await asyncio.gather(*(_shake(patient, place, until) for place in places)) if each]
    if spoken:
        spoken[0] = await _explore(patient, spoken[0], until)
    return [_judged(patient, each) for each in spoken]


async def _shake(patient: Patient, place: Place, until: float) -> Spoken | None:
    named = patient.destination.overrides.server_name
    as_twilio, looking = (AS_TWILIO, ANY) if named else (AS_TWILIO_NAMELESS, NAMELESS)
    manners = (as_twilio, looking) if named else (as_twilio, looking, AS_TWILIO)
    verified, looked, *more = await asyncio.gather(*(_try(patient, place, manner, until) for manner in manners))
    if not (verified.connected or looked.connected):
        return None
    return Spoken(url=patient.destination.url, host=place.host, verified=verified, looked=looked, named=more[0] if more else None)


async def _explore(patient: Patient, spoken: Spoken, until: float) -> Spoken:
    """What else the peer would have, or why it has nothing. Not asked where it does not even answer."""
    if spoken.looked.late or until <= patient.clock.monotonic():
        return spoken
    place, agreed = spoken.looked.place, done(spoken.looked)
    wanted = {
        "old": (OLD, True),
        "nameless": (NAMELESS, spoken.host != str(place.address)),
        "tls_1_2": (TLS_1_2, protocols.version(spoken.looked) == "TLS 1.3"),
        "again": (AS_TWILIO, agreed and spoken.named is None and spoken.verified.declined),
    }
    manners = {name: manner for name, (manner, asked) in wanted.items() if asked}
    # A firewall may drop a hello of old without a word: that is not waited for where all is well without it.
    until = min(until, patient.clock.monotonic() + _CURIOSITY) if agreed else until
    found = await asyncio.gather(*(_try(patient, place, manner, until) for manner in manners.values()))
    return replace(spoken, **dict(zip(manners, found, strict=True)))


async def _try(patient: Patient, place: Place, manner: Manner, until: float) -> Handshake:
    within = max(0.0, until - patient.clock.monotonic())
    return await patient.handshakes.shake(place, manner, within, trusted=patient.question.trusted)


async def _addresses(patient: Patient, target: Target) -> Sequence[Address]:
    """Those that took a connection, as far as that is known; else all."""
    known = patient.reachable or patient.addresses or ((target.address,) if target.address is not None else ())
    if known:
        return known
    try:
        async with asyncio.timeout(patient.time_to_ask):
            found = await resolve_by_system(target.host, target.port)
    except (TimeoutError, socket.gaierror, OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(map(ip_address, found)))


def _host(target: Target) -> str:
    return str(target.address) if target.address is not None else target.host.rstrip(".")


# -- judging


def _judged(patient: Patient, spoken: Spoken) -> Look:
    chain = read_chain(spoken.looked.chain)
    look = Look(spoken, chain)
    failure = spoken.verified.failure
    if failure is None:
        return look
    without_name = silenced(spoken)
    if without_name is not None:
        look.faults = (without_name,)
    elif failure.kind in _CERTIFICATE:
        shown = Shown(url=spoken.url, host=spoken.host, verified=spoken.verified, chain=chain, now=patient.clock.now())
        look.faults = certificate_faults(shown)
    elif failure.kind is FailureKind.TLS:
        look.faults = (handshake_fault(spoken, failure),)
    return look


def _mark(patient: Patient, looks: Sequence[Look]) -> None:
    """Leave behind what later checks build on: look behind a bad certificate, but never with a password."""
    if all(look.closed for look in looks):
        patient.ended = _UNMET
    elif any(look.about_certificate for look in looks) and patient.verify_tls:
        if patient.destination.username:
            patient.ended = _PASSWORDED
        else:
            patient.verify_tls = False


def _faults(patient: Patient, looks: Sequence[Look]) -> Iterator[Finding]:
    """The faults of all addresses; where they differ, it is said whose they are."""
    groups: dict[tuple[str, ...], list[Look]] = {}
    for look in looks:
        groups.setdefault(tuple(each.cause for each in look.faults), []).append(look)
    for members in groups.values():
        for fault in members[0].faults:
            found = fault if len(groups) == 1 else _at(fault, members, len(looks))
            yield found if patient.question.verify_tls or not members[0].about_certificate else _excused(found)


def _at(fault: Finding, members: Sequence[Look], of: int) -> Finding:
    where = ", ".join(each.spoken.verified.place.shown for each in members)
    evidence = f"So it is at {where}; of {of} addresses, the others are different: each visitor gets one of them by chance."
    return replace(fault, title=f"At {where}: {fault.title}", evidence=(evidence, *fault.evidence))


def _excused(fault: Finding) -> Finding:
    """Nobody verifies: neither Offhook for this endpoint, nor, it seems, Twilio for this account."""
    evidence = (
        "Certificates are not checked here (verify_tls = false); Twilio checks them, unless that is switched off in its Console."
    )
    return replace(fault, verdict=Verdict.WARNING, evidence=(evidence, *fault.evidence))


def _good(patient: Patient, looks: Sequence[Look]) -> Iterator[Finding]:
    """What is to be said besides the faults."""
    spoken = looks[0].spoken
    sound = next((look for look in looks if not look.faults and look.spoken.verified.failure is None), None)
    if sound is not None:
        yield _sound(patient, sound, needs=protocols.needs_server_name(spoken))
    yield from protocols.version_findings(spoken)


def _sound(patient: Patient, look: Look, needs: str) -> Finding:
    verified, chain = look.spoken.verified, look.chain
    now = patient.clock.now()
    left = certificates.days_left(chain, now)
    figures = _figures(look, left)
    evidence = tuple(filter(None, (*_described(look), needs)))
    first = certificates.soonest(chain)
    if left is None or first is None or left >= certificates.SOON:
        lasts = "" if left is None else f", and its certificate is good for another {certificates.spell_days(left)}"
        return good(f"{look.spoken.host} speaks {protocols.version(verified)}{lasts}.", *evidence, figures=figures)
    whose = "The certificate" if first is chain.own else f"The certificate of {first.subject}, which vouches for that"
    return Finding(
        verdict=Verdict.WARNING,
        title=f"{whose} of {look.spoken.host} expires in {certificates.spell_days(left)}.",
        evidence=(f"It ends at {certificates.day(first.not_after)}.", *evidence),
        fix=(
            "Renew the certificate now, and see that the server loads the new one.",
            "If that should happen by itself: it usually does 30 days before the end, so find out why it has not.",
        ),
        codes=(certificates.CODES[FailureKind.TLS_EXPIRED], certificates.HEADLINE),
        cause="tls.expires-soon",
        figures=figures,
    )


def _described(look: Look) -> Iterator[str]:
    certificate, own = look.spoken.verified.certificate, look.chain.own
    if certificate is not None:
        yield f"{protocols.version(look.spoken.verified)} with {certificate.cipher}, in {look.spoken.verified.seconds * 1000:.0f} ms."
    if own is not None:
        yield f"The certificate is for {certificates.listed(own.names)}, until {certificates.day(own.not_after)} ({own.key})."
        if own.weakness:
            yield f"It is weak, and others refuse such ones: {own.weakness}."
        yield f"The chain: {' ← '.join(link.subject for link in look.chain.path)} ← {look.chain.path[-1].issuer}."
    if look.chain.strays:
        yield f"Also sent, and of no use: {', '.join(link.subject for link in look.chain.strays)}."


def _figures(look: Look, left: float | None) -> dict[str, object]:
    certificate = look.spoken.verified.certificate
    return {
        "versions": list(protocols.versions(look.spoken)),
        "version": protocols.version(look.spoken.verified),
        "cipher": certificate.cipher if certificate else "",
        "days_left": None if left is None else round(left, 1),
        "chain": [link.subject for link in look.chain.path],
        "handshake_ms": round(look.spoken.verified.seconds * 1000, 1),
    }


# -- without TLS


def _plain(target: Target, addresses: Sequence[Address]) -> Finding:
    """An http URL: nothing to look at; but on a public host everybody on the way can read along."""
    if not addresses or any(map(refusal, addresses)):
        return not_applicable("The URL says http, and its host is not public: there is no TLS to look at.")
    return Finding(
        verdict=Verdict.WARNING,
        title=f"The messages to {target.host} and their signatures travel in the clear: the URL says http.",
        evidence=("Everybody on the way can read a message, and who has one with its signature can send it again.",),
        fix=("Have the app served over https, and write https:// at the beginning of the URL in Twilio.",),
        cause="tls.in-the-clear",
    )


CHECK = Check("tls", "Does the host prove itself, as Twilio would have it?", run)
