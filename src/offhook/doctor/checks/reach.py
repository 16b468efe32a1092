"""Reachability: does the host take connections, at which of its addresses, how fast, and are packets lost on the way."""

import asyncio
from collections.abc import Sequence
from math import inf
from typing import Final

from offhook.doctor.findings import Finding
from offhook.doctor.patient import Check, Patient
from offhook.doctor.reachability import judge
from offhook.doctor.ways import Way
from offhook.net.probes import Series
from offhook.net.urls import Address

_MOST_ADDRESSES: Final = 4
_TIME_FOR_ALL: Final = 10.0
# The connections' last answers are worth waiting for, an echo's not: hosts that answer none are many.
_WAIT_FOR_ECHOES: Final = 1.0
# On this machine itself there is no way that could be bad for a while.
AT_HOME: Final = 0.01


async def run(patient: Patient) -> Sequence[Finding]:
    """Connect to each address again and again, and leave those that took a connection on the patient."""
    target = patient.target
    assert target is not None
    addresses = patient.addresses[:_MOST_ADDRESSES]
    ways = await asyncio.gather(*(_measure(patient, each, target.port) for each in addresses))
    patient.reachable = tuple(way.address for way in ways if way.alive)
    if not patient.reachable:
        patient.ended = f"{target.host} took no connection."
    return judge(ways, patient.destination, target)


async def _measure(patient: Patient, address: Address, port: int) -> Way:
    probes, trusted = patient.probes, patient.question.trusted
    if not probes.has_route(address):
        return Way(address=address, routed=False)
    series = plan(patient, at_home=address.is_loopback)
    pings = Series(tries=series.tries, gap=series.gap, timeout=min(_WAIT_FOR_ECHOES, series.timeout))
    tries, echoes = await asyncio.gather(
        probes.connects(address, port, series, trusted=trusted),
        probes.echoes(address, pings, trusted=trusted),
    )
    return Way(address=address, tries=tries, echoes=echoes)


def plan(patient: Patient, *, at_home: bool = False) -> Series:
    """The tries that the time allows: with each its whole time, the last ones must start early enough."""
    within = min(_TIME_FOR_ALL, patient.time_left * 0.9)
    timeout = min(patient.destination.overrides.connect_ms / 1000, within * 0.8)
    gap = min(patient.question.gap, AT_HOME if at_home else inf)
    fitting = 1 + int((within - timeout) / gap) if gap > 0 else patient.question.tries
    return Series(tries=max(1, min(patient.question.tries, fitting)), gap=gap, timeout=timeout)


CHECK = Check("reach", "Does the host take connections, quickly and without loss?", run)
