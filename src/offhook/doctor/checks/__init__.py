"""The checks: one small file each, made in one ordered list. What stands first explains what comes after it."""

from typing import Final

from offhook.doctor.checks import address, dns, reach, url
from offhook.doctor.patient import Check

CHECKS: Final[tuple[Check, ...]] = tuple(each.CHECK for each in (url, dns, address, reach))
