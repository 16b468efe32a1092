"""The checks: one small file each, made in one ordered list. What stands first explains what comes after it."""

from typing import Final

from offhook.doctor.checks import (
    address,
    delivery,
    dns,
    forgery,
    intermittent,
    method,
    overrides,
    reach,
    redirects,
    reply,
    signature,
    timing,
    tls,
    url,
    user_agent,
)
from offhook.doctor.patient import Check

CHECKS: Final[tuple[Check, ...]] = tuple(
    each.CHECK
    for each in (
        url,
        overrides,
        dns,
        address,
        reach,
        tls,
        delivery,
        reply,
        redirects,
        timing,
        method,
        user_agent,
        signature,
        forgery,
        intermittent,
    )
)
