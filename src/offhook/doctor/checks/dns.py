"""The DNS: does the name lead to an address, here and for the rest of the world."""

from collections.abc import Sequence

from offhook.doctor.findings import Finding, good, not_applicable
from offhook.doctor.names import addresses_of, end_of, is_local, judge
from offhook.doctor.patient import Check, Patient
from offhook.net.addresses import refusal_of_name
from offhook.net.lookups import Lookup
from offhook.net.nameservers import Told
from offhook.net.urls import Target


async def run(patient: Patient) -> Sequence[Finding]:
    """Look the name up, and leave its addresses on the patient."""
    target = patient.target
    assert target is not None
    if target.address is not None:
        patient.addresses = (target.address,)
        return [not_applicable("The host of the URL is an address: there is no name to look up.")]
    if not patient.question.trusted and refusal_of_name(target.host):
        return [not_applicable(f"{target.host} is not a name of the public DNS: it is not looked up.")]
    lookup, known_here = await _ask(patient, target)
    patient.addresses = addresses_of(lookup)
    patient.ended = end_of(lookup)
    if known_here and lookup.system.told is Told.FOUND:
        shown = ", ".join(map(str, patient.addresses))
        return [good(f"This machine has {target.host} in its own list, as {shown}: no name server was asked.")]
    return judge(lookup, patient.destination.url)


async def _ask(patient: Patient, target: Target) -> tuple[Lookup, bool]:
    """What is said of the name, and whether this machine knows it without asking. What only this network can know is not told to others."""
    lookups, resolvers = patient.lookups, patient.question.resolvers
    name = target.host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or lookups.is_listed(name):
        return Lookup(host=target.host, system=await lookups.by_system(target.host, target.port)), True
    return await lookups.everywhere(target.host, target.port, () if is_local(name) else resolvers), False


CHECK = Check("dns", "Does the name lead to an address, here and elsewhere?", run)
