"""Which versions of TLS a peer speaks, whether it needs the server name, and why no handshake was done at all. Pure."""

from collections.abc import Iterator

from msgspec.structs import replace

from offhook.debugger.case import Case
from offhook.debugger.causes import diagnose
from offhook.doctor.certificates import CODES, HEADLINE, listed
from offhook.doctor.findings import Finding, Verdict, of_cause
from offhook.net.chains import read_chain
from offhook.net.handshakes import Handshake
from offhook.net.tls import is_for
from offhook.records import Certificate, Failure, FailureKind, Record

_VERSIONS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
_HANDSHAKE = (CODES[FailureKind.TLS], HEADLINE)


class Spoken(Record):
    """The handshakes at one address: as Twilio makes it, with any certificate, and, where they were tried, the others.

    `named` is the one with the server name, where the URL forbids it; `again` a second
    try as Twilio makes it, after one that failed where another manner did not. `verified` and `looked` are made as the URL says.
    """

    url: str
    host: str
    verified: Handshake
    looked: Handshake
    tls_1_2: Handshake | None = None
    old: Handshake | None = None
    nameless: Handshake | None = None
    named: Handshake | None = None
    again: Handshake | None = None


def version(handshake: Handshake | None) -> str:
    """Such as "TLS 1.3"; "" where no handshake was done."""
    if handshake is None or handshake.certificate is None:
        return ""
    return _VERSIONS.get(handshake.certificate.version, handshake.certificate.version)


def done(handshake: Handshake | None) -> bool:
    """Whether there was a handshake, whatever its certificate was."""
    return bool(version(handshake))


def versions(spoken: Spoken) -> tuple[str, ...]:
    """The versions that are known to be spoken, the newest first."""
    found = (version(each) for each in (spoken.looked, spoken.tls_1_2, spoken.old))
    return tuple(dict.fromkeys(filter(None, found)))


# -- a handshake that was not done


def handshake_fault(spoken: Spoken, failure: Failure) -> Finding:
    """Why there is no TLS at all between the peer and Twilio."""
    cause = diagnose(Case(url=spoken.url, failure=failure, stage="tls"))[0]
    finding = of_cause(Verdict.FAULT, cause, *_heard(spoken), codes=_HANDSHAKE)
    title, *first = _refined(spoken, failure, finding)
    return replace(finding, title=title, fix=tuple(dict.fromkeys((*first, *finding.fix))))


def _refined(spoken: Spoken, failure: Failure, finding: Finding) -> tuple[str, ...]:
    """A title that says more than the cause's own, and what to do before anything else."""
    host, raw = spoken.host, spoken.verified.raw
    if done(spoken.old):
        return (
            f"{host} speaks nothing newer than {version(spoken.old)}, which Twilio and browsers have given up.",
            "Let the server speak TLS 1.2 and 1.3: a server from before 2012 has to be renewed for that.",
        )
    if spoken.verified.late:
        return (f"{host} took the connection and did not finish the TLS handshake in time.",)
    if spoken.again is not None and spoken.again.failure is None:
        return (
            f"The TLS handshake with {host} fails now and then.",
            "See whether several servers are behind this address, and whether one of them is set up otherwise, or has no room.",
        )
    if spoken.verified.dismissed:
        sure = "ALERT" in failure.detail
        return (
            f"{host} {'wants' if sure else 'seems to want'} its caller to show a certificate too (mutual TLS), and Twilio shows none.",
            "Let this URL be reached without a client certificate, and check X-Twilio-Signature: that is how Twilio proves itself.",
        )
    if done(spoken.looked):
        return (
            f"{host} offers only ciphers or keys that are too weak today.",
            "Let the server offer the usual ciphers: https://ssl-config.mozilla.org/ writes the configuration.",
        )
    if finding.cause == "tls.plain-port" and not raw.startswith(b"HTTP/"):
        return (
            "The URL says https, and what listens at this port speaks something else.",
            "Check that the port in the URL is the one that your web server listens on.",
        )
    if "closed the connection" in failure.detail:
        return (f"{host} closed the connection in the middle of the TLS handshake.",)
    return (finding.title,)


def _heard(spoken: Spoken) -> Iterator[str]:
    line = spoken.verified.raw.splitlines()[0] if spoken.verified.raw else b""
    if line and not line.startswith((b"\x15\x03", b"\x16\x03")):
        yield f"The first bytes that came: {line.decode('latin-1')!r}"
    if done(spoken.old):
        yield f"A handshake with {version(spoken.old)} is done, one with TLS 1.2 or 1.3 is not."
    if done(spoken.nameless) and not done(spoken.looked):
        yield "Without the server name (SNI) in the hello, a handshake is done: the front end does not know this host."
    if spoken.again is not None and spoken.again.failure is None:
        yield "One handshake failed, and the next one was done."
    elif done(spoken.looked) and not (spoken.verified.late or spoken.verified.dismissed):
        certificate = spoken.looked.certificate
        yield f"It agrees only on {version(spoken.looked)} with {certificate.cipher if certificate else ''}."


# -- what is spoken


def version_findings(spoken: Spoken) -> Iterator[Finding]:
    """What is to be said of the versions where a handshake can be done."""
    if not done(spoken.looked):
        return
    if spoken.tls_1_2 is not None and spoken.tls_1_2.declined and not spoken.verified.dismissed:
        yield Finding(
            verdict=Verdict.WARNING,
            title=f"{spoken.host} speaks TLS 1.3 alone: Twilio's documents promise TLS 1.2 only.",
            evidence=(f"A hello with TLS 1.2 alone: {spoken.tls_1_2.failure.detail if spoken.tls_1_2.failure else ''}",),
            fix=("Let the server speak TLS 1.2 as well.",),
            codes=_HANDSHAKE,
            cause="tls.only-1.3",
        )
    if done(spoken.old):
        yield Finding(
            verdict=Verdict.GOOD,
            title=f"{version(spoken.old)} is still spoken besides: nobody needs it any more, and it can be switched off.",
        )


# -- the server name


def needs_server_name(spoken: Spoken) -> str:
    """What becomes of a hello without the server name, where that is something else; "" where it is the same."""
    if spoken.nameless is None or not done(spoken.looked):
        return ""
    if not done(spoken.nameless):
        if not spoken.nameless.declined:
            return ""
        return "Without the server name (SNI) in the hello, no handshake is done."
    own = read_chain(spoken.nameless.chain).own
    if own is None or spoken.nameless.chain[:1] == spoken.looked.chain[:1] or is_for(Certificate(names=own.names), spoken.host):
        return ""
    return f"Without the server name (SNI) in the hello, another certificate comes: for {listed(own.names) or own.subject}."


def silenced(spoken: Spoken) -> Finding | None:
    """The fault of a URL that forbids the server name (`#sni=n`) to a server that needs it."""
    if spoken.named is None or spoken.named.failure is not None or spoken.verified.failure is None:
        return None
    failure = spoken.verified.failure
    found = diagnose(Case(url=spoken.url, failure=failure, stage="tls"))
    finding = of_cause(Verdict.FAULT, found[0], codes=(CODES.get(failure.kind, 11220), HEADLINE))
    own = read_chain(spoken.looked.chain).own
    shows = f"What it shows then is for {listed(own.names) or own.subject}." if own else "It does not agree on anything then."
    return replace(
        finding,
        title=f"{spoken.host} needs the server name in the hello, and #sni=n in the URL keeps it from being sent.",
        evidence=(shows, "With the server name, all is well.", *finding.evidence),
        fix=("Take sni=n out of the URL's fragment.",),
    )
