"""What is wrong with a certificate, and with those that were sent along: several things at once are all said. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from offhook.debugger.case import Case
from offhook.debugger.causes import diagnose
from offhook.doctor.findings import Finding, Verdict, of_cause
from offhook.net.chains import Chain, Link
from offhook.net.handshakes import Handshake
from offhook.net.tls import is_for
from offhook.records import Cause, Certificate, Confidence, Failure, FailureKind, Record

SOON = 14
"""Days before its end from which a certificate is worth a warning: who renews by hand needs them."""
DAY = 86_400.0
CODES = {
    FailureKind.TLS: 11220,
    FailureKind.TLS_NAME: 11235,
    FailureKind.TLS_EXPIRED: 11236,
    FailureKind.TLS_UNTRUSTED: 11237,
}
# The headline that Twilio shows where it does not give the exact one.
HEADLINE = 11200
# OpenSSL's X509_V_ERR_*: a chain that does not lead to a trusted root. Any other is about what a certificate is, not where it leads.
_BROKEN_CHAIN = frozenset({0, 2, 18, 19, 20, 21, 27})


class Shown(Record):
    """What the peer showed at one address: the handshake that Twilio would have made, and the certificates that came. `now`: clock time."""

    url: str
    host: str
    verified: Handshake
    chain: Chain
    now: float


def certificate_faults(shown: Shown) -> tuple[Finding, ...]:
    """All that is wrong, first what the handshake broke off with; nothing where it did not."""
    first = shown.verified.failure
    if first is None:
        return ()
    return tuple(_finding(shown, failure) for failure in _failures(shown, first))


def _failures(shown: Shown, first: Failure) -> Iterator[Failure]:
    """OpenSSL stops at the first fault that it meets. What else is wrong, the chain shows."""
    yield first
    own, host = shown.chain.own, shown.host
    if own is None:
        return
    if first.kind is not FailureKind.TLS_NAME and not is_for(Certificate(names=own.names), host):
        yield Failure(kind=FailureKind.TLS_NAME, detail=f"The peer's certificate is not for {host}.")
    if first.kind is not FailureKind.TLS_EXPIRED and _out_of_date(shown) is not None:
        yield Failure(
            kind=FailureKind.TLS_EXPIRED, detail="The peer's certificate, or one that vouches for it, is out of its dates."
        )


def _finding(shown: Shown, failure: Failure) -> Finding:
    codes = (CODES[failure.kind], HEADLINE)
    if failure.kind is FailureKind.TLS_UNTRUSTED:
        return of_cause(Verdict.FAULT, _distrust(shown, failure), *_sent(shown.chain), codes=codes)
    cause = diagnose(Case(url=shown.url, failure=failure, stage="tls"))[0]
    if failure.kind is FailureKind.TLS_EXPIRED:
        return _dated(shown, of_cause(Verdict.FAULT, cause, codes=codes))
    return of_cause(Verdict.FAULT, cause, _is_for(shown.chain.own), codes=codes)


# -- who vouches for it


def _distrust(shown: Shown, failure: Failure) -> Cause:
    """Signed by itself, a link is missing, nobody knows the authority, or it is not a certificate that one can accept."""
    own, top = shown.chain.own, shown.chain.top
    if own is None or top is None:
        return diagnose(Case(url=shown.url, failure=failure))[0]
    if shown.verified.verify_code not in _BROKEN_CHAIN:
        return _unacceptable(shown, failure)
    if own.self_signed:
        detail = f"{own.subject} has signed it, and that is its own name: it is self-signed."
        return diagnose(Case(url=shown.url, failure=Failure(kind=failure.kind, detail=detail)))[0]
    return _incomplete(shown, own) if top is own else _unknown_authority(shown, top)


def _incomplete(shown: Shown, own: Link) -> Cause:
    detail = f"It is signed by {own.issuer}, whose certificate did not come, and is not among those that are trusted."
    cause = diagnose(Case(url=shown.url, failure=Failure(kind=FailureKind.TLS_UNTRUSTED, detail=detail)))[0]
    missing = [f"The missing certificate is at {url}: add it behind the server's own." for url in own.issuer_urls[:1]]
    private = f"If {own.issuer} is an authority of your own, that is not enough: get a certificate from a public one."
    return replace(cause, steps=(*missing, *cause.steps, private))


def _unknown_authority(shown: Shown, top: Link) -> Cause:
    """A chain that has its links and leads nowhere: the root that it ends at, or should end at, is nobody's."""
    if top.self_signed:
        evidence = f"The chain that came is complete: it ends at {top.subject}, a root that is not among those that are trusted."
    else:
        evidence = f"The chain that came ends at {top.subject}, signed by {top.issuer}, which neither came nor is trusted."
    steps = [
        "Get a certificate from a public authority (Let's Encrypt is free): Twilio knows no private ones.",
        "Is it a company's own authority? Then it may be a proxy or firewall on the way that shows its own certificate.",
        "For a test of your own, name the authority with --ca-file.",
    ]
    if top.issuer_urls:
        steps.insert(1, f"If only a link is missing: the next certificate is at {top.issuer_urls[0]}.")
    return Cause(
        name="tls.unknown-authority",
        title=f"The certificate of {shown.host} comes from an authority that nobody knows: {top.subject if top.self_signed else top.issuer}.",
        confidence=Confidence.CERTAIN if top.self_signed else Confidence.LIKELY,
        evidence=(evidence,),
        steps=tuple(steps),
    )


def _unacceptable(shown: Shown, failure: Failure) -> Cause:
    weak = (f"{link.subject}: {link.weakness}." for link in shown.chain.path if link.weakness)
    return Cause(
        name="tls.unacceptable",
        title=f"The certificate of {shown.host} is of a kind that is not accepted.",
        confidence=Confidence.CERTAIN,
        evidence=(*weak, failure.detail),
        steps=("Get a new certificate: one for servers, with a key of 2048 bits (RSA) or 256 (EC), signed with SHA-256.",),
    )


# -- its dates


def _out_of_date(shown: Shown) -> Link | None:
    """The first certificate on the path that is not valid now."""
    return next((link for link in shown.chain.path if not link.not_before <= shown.now <= link.not_after), None)


def _dated(shown: Shown, finding: Finding) -> Finding:
    link = _out_of_date(shown)
    if link is None:  # the one that is out of its dates was not sent
        return finding
    whose = f"The certificate of {shown.host}"
    if link is not shown.chain.own:
        whose = f"The certificate of {link.subject}, which vouches for that of {shown.host},"
    early = shown.now < link.not_before
    days = (link.not_before - shown.now if early else shown.now - link.not_after) / DAY
    title = (
        f"{whose} is not valid yet: it will be in {spell_days(days)}." if early else f"{whose} expired {spell_days(days)} ago."
    )
    evidence = f"It is valid from {day(link.not_before)} to {day(link.not_after)}; now it is {day(shown.now)}."
    fix = ("Check the clock of the server, and of what issued the certificate.", *finding.fix) if early else finding.fix
    return replace(finding, title=title, evidence=(evidence, *finding.evidence), fix=tuple(dict.fromkeys(fix)))


def days_left(chain: Chain, now: float) -> float | None:
    """Days until the first certificate of the path ends; None where none was shown."""
    return min(((link.not_after - now) / DAY for link in chain.path), default=None)


def soonest(chain: Chain) -> Link | None:
    """The certificate of the path that ends first."""
    return min(chain.path, key=lambda link: link.not_after, default=None)


# -- in words


def _is_for(own: Link | None) -> str:
    if own is None:
        return "What it is for could not be read."
    return f"It is for {listed(own.names)}." if own.names else "It names no host at all."


def _sent(chain: Chain) -> Iterator[str]:
    if not chain.path:
        return
    what = "One certificate came" if len(chain.path) == 1 else f"{len(chain.path)} certificates came"
    yield f"{what}: {' ← '.join(link.subject for link in chain.path)}."
    if chain.strays:
        yield f"Also sent, and no part of the chain: {listed(tuple(link.subject for link in chain.strays))}."


def listed(names: tuple[str, ...], most: int = 6) -> str:
    """Names in a row, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def day(seconds: float) -> str:
    """A date and time, UTC, to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def spell_days(days: float) -> str:
    """A number of days as people say it: years from two on, hours below two days."""
    if days >= 2 * 365:
        return f"{days / 365.25:.0f} years"
    if days >= 2:
        return f"{days:.0f} days"
    hours = days * 24
    return f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"
