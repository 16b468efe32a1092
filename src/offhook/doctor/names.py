"""What the answers about a name come to: the findings of one lookup. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from offhook.debugger.case import Case
from offhook.debugger.causes import host_unknown
from offhook.doctor.findings import Finding, Verdict, good, of_cause, unknown
from offhook.net.addresses import refusal
from offhook.net.lookups import Answer, Lookup
from offhook.net.nameservers import Told
from offhook.net.urls import Address
from offhook.records import Failure, FailureKind

_CODES: Final = (11210, 11200)
_LONG_CHAIN = 5
_A_DAY = 86_400
_SAID: Final = {
    Told.NO_NAME: "the name does not exist (NXDOMAIN)",
    Told.NO_RECORD: "the name has no address",
    Told.FAILED: "its lookup failed (SERVFAIL)",
    Told.REFUSED: "it refuses to answer",
    Told.LATE: "no answer in time",
    Told.UNREACHABLE: "not to be reached from here",
}
# Names that the public DNS never has (RFC 6761, 6762, 8375, 9476, and ICANN's .internal).
_LOCAL: Final = (
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".localhost",
    ".test",
    ".invalid",
    ".example",
    ".onion",
    ".home",
    ".corp",
)


def is_local(host: str) -> bool:
    """Whether the public DNS cannot have that name, so that nobody there needs to hear of it."""
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith(_LOCAL)


def addresses_of(lookup: Lookup) -> tuple[Address, ...]:
    """The addresses to go on with: the system's, in its order, else what the others gave."""
    answers = (lookup.system, *lookup.servers)
    return next((tuple(dict.fromkeys(each.addresses)) for each in answers if each.addresses), ())


def end_of(lookup: Lookup) -> str:
    """Why nothing further can be asked; "" where it can. A system that is only slow may well know the name the next time."""
    if lookup.system.told is Told.FOUND or (lookup.system.told is Told.LATE and addresses_of(lookup)):
        return ""
    return f"this machine has no address for {lookup.host}."


def judge(lookup: Lookup, url: str) -> list[Finding]:
    """What a lookup says about the name: one finding of how it resolves, and one for each thing that is odd besides."""
    if lookup.system.told is not Told.FOUND:
        return [_unresolved(lookup, url)]
    found = [each for each in (_publicly(lookup), _private(lookup), _only_ipv6(lookup)) if each is not None]
    return found or [good(f"{lookup.host} leads to {_list(addresses_of(lookup))}.", *_evidence(lookup), figures=_figures(lookup))]


def _unresolved(lookup: Lookup, url: str) -> Finding:
    host, system = lookup.host, lookup.system
    evidence, figures = _evidence(lookup), _figures(lookup)
    answers = (system, *lookup.servers)
    if any(each.told is Told.FOUND for each in lookup.servers):
        if system.told is Told.LATE:
            steps = ("Run the doctor again, or from another machine.",)
            return unknown(
                f"This machine's resolver did not answer in time for {host}; others do.", *evidence, fix=steps, figures=figures
            )
        return _disagreement(lookup, f"This machine cannot resolve {host}, and others can: Twilio may see either.")
    if not is_local(host) and not any(each.told.is_answer or each.told is Told.FAILED for each in lookup.servers or answers):
        return unknown(
            f"No name server answered here, so nothing can be said about {host}.",
            *evidence,
            fix=("Check this machine's own way to the DNS, or run the doctor from another machine.",),
            figures=figures,
        )
    if not is_local(host) and not any(each.told.is_answer for each in answers):
        return _broken(lookup, Verdict.FAULT)
    failure = Failure(kind=FailureKind.DNS, detail=f"Looking up {host}: {_SAID[system.told]}.")
    cause = host_unknown.cause(Case(url=url, failure=failure))
    assert cause is not None
    return of_cause(Verdict.FAULT, cause, *evidence, codes=_CODES, figures=figures)


def _publicly(lookup: Lookup) -> Finding | None:
    """What the public name servers make of a name that the system resolves; None where they agree, or none of them can be asked."""
    host = lookup.host
    answers = [each for each in lookup.public if each.told.is_answer]
    have = [each for each in answers if each.told is Told.FOUND]
    if answers and not have:
        return Finding(
            verdict=Verdict.FAULT,
            title=f"This machine knows the name {host}, the public DNS does not: Twilio cannot find it.",
            evidence=_evidence(lookup),
            fix=(
                f"Add an A record for {host} to the public DNS of its domain.",
                "Or give Twilio a name that the public DNS has: a tunnel's, or a host's.",
            ),
            codes=_CODES,
            cause="dns.not-public",
            figures=_figures(lookup),
        )
    if not answers:
        return _broken(lookup, Verdict.WARNING) if any(each.told is Told.FAILED for each in lookup.public) else None
    if len(have) < len(answers):
        return _disagreement(lookup, f"Some public name servers know {host} and some do not.")
    return _disagreement(lookup, f"Name servers give different addresses for {host}.") if _differ(lookup.system, have) else None


def _disagreement(lookup: Lookup, title: str) -> Finding:
    return Finding(
        verdict=Verdict.WARNING,
        title=title,
        evidence=_evidence(lookup),
        fix=(
            "If the record was changed lately, wait until its old time to live (TTL) is over, and run the doctor again.",
            "Else compare what each name server of the domain says: `dig +nssearch DOMAIN`.",
        ),
        codes=_CODES,
        cause="dns.disagree",
        figures=_figures(lookup),
    )


def _broken(lookup: Lookup, verdict: Verdict) -> Finding:
    return Finding(
        verdict=verdict,
        title=f"The name servers of {lookup.host} fail to answer (SERVFAIL)"
        + (": nobody can find its address." if verdict is Verdict.FAULT else " when public resolvers ask."),
        evidence=_evidence(lookup),
        fix=(
            "Check that the domain's name servers run and are those that its registrar names.",
            "If the domain is signed (DNSSEC), check that its keys are the registrar's: an expired signature looks like this.",
        ),
        codes=_CODES,
        cause="dns.servfail",
        figures=_figures(lookup),
    )


def _differ(system: Answer, public: Sequence[Answer]) -> bool:
    """Whether some answer has nothing to do with the first one.

    Big hosts answer each resolver with other addresses of theirs: what shares an address or the network around it, or an alias at its end,
    is the same. Private addresses are nobody's but one network's, and are compared as they are.
    """
    first = public[0]
    return any(not _akin(first, other) for other in (*public[1:], system))


def _akin(one: Answer, other: Answer) -> bool:
    if set(one.addresses) & set(other.addresses):
        return True
    if one.chain and other.chain and one.chain[-1] == other.chain[-1]:
        return True
    return bool(_networks(one.addresses) & _networks(other.addresses))


def _networks(addresses: Iterable[Address]) -> set[tuple[int, int]]:
    public = (each for each in addresses if not refusal(each))
    return {(each.version, int(each) >> (16 if each.version == 4 else 96)) for each in public}


def _private(lookup: Lookup) -> Finding | None:
    refused = {address: reason for each in lookup.public for address in each.addresses if (reason := refusal(address))}
    if not refused:
        return None
    return Finding(
        verdict=Verdict.FAULT,
        title=f"The public DNS gives a private address for {lookup.host}: {_list(refused)}.",
        evidence=(*(f"{address}: {reason}" for address, reason in refused.items()), *_evidence(lookup)),
        fix=(
            "Take the private address out of the public record of the name: Twilio may call any of its addresses.",
            "Give the name the public address of the host, of a tunnel, or of Offhook in front of the app.",
        ),
        codes=(11205, 11200),
        cause="dns.private-in-public",
        figures=_figures(lookup),
    )


def _only_ipv6(lookup: Lookup) -> Finding | None:
    everything = [address for each in (lookup.system, *lookup.servers) for address in each.addresses]
    if is_local(lookup.host) or any(each.version == 4 for each in everything):
        return None
    return Finding(
        verdict=Verdict.WARNING,
        title=f"{lookup.host} has IPv6 addresses only, and Twilio does not say that it calls them.",
        evidence=_evidence(lookup),
        fix=("Give the name an A record: an IPv4 address, or a proxy in front that has one.",),
        codes=_CODES,
        cause="dns.ipv6-only",
        figures=_figures(lookup),
    )


def _evidence(lookup: Lookup) -> tuple[str, ...]:
    lines = [_line(each) for each in (lookup.system, *lookup.servers)]
    chains = sorted((each.chain for each in lookup.servers), key=len)
    if chains and chains[-1]:
        lines.append(f"aliases: {' → '.join((lookup.host, *chains[-1]))}")
        if len(chains[-1]) >= _LONG_CHAIN:
            lines.append(f"that is a long chain: {len(chains[-1])} aliases, each with name servers of its own")
    times = [each.ttl for each in lookup.servers if each.ttl is not None]
    if times and min(times) == 0:
        lines.append("its time to live is 0: it is looked up anew for each call")
    if times and max(times) > _A_DAY:
        lines.append(f"its time to live is {max(times) / _A_DAY:.1f} days: a change takes that long to be seen")
    if lookup.public and all(each.told in {Told.LATE, Told.UNREACHABLE} for each in lookup.public):
        lines.append("public name servers cannot be asked from here: what they would say is not known")
    return tuple(lines)


def _line(answer: Answer) -> str:
    said = _list(answer.addresses) if answer.told is Told.FOUND else _SAID[answer.told]
    ttl = "" if answer.ttl is None else f", TTL {answer.ttl} s"
    words = f" ({answer.words})" if answer.words and answer.told in {Told.FAILED, Told.REFUSED, Told.UNREACHABLE} else ""
    troubles = f"; {', '.join(answer.troubles)}" if answer.troubles else ""
    return f"{answer.server}: {said}{words}{ttl}, {answer.ms:.0f} ms{troubles}"


def _list(addresses: Iterable[Address]) -> str:
    return ", ".join(map(str, dict.fromkeys(addresses)))


def _figures(lookup: Lookup) -> dict[str, Any]:
    return {
        "answers": [
            {
                "server": each.server,
                "public": each.public,
                "told": each.told.value,
                "addresses": [str(address) for address in each.addresses],
                "chain": list(each.chain),
                "ttl": each.ttl,
                "ms": round(each.ms, 1),
            }
            for each in (lookup.system, *lookup.servers)
        ]
    }
