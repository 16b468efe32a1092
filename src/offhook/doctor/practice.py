"""A practice: the doctor for those who are not at this machine, such as whoever uses the console. Never a private address, few at a time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from offhook.delivery import destination
from offhook.doctor.admission import Tools, admit
from offhook.doctor.checks import CHECKS
from offhook.doctor.examination import Examination
from offhook.doctor.findings import Report
from offhook.doctor.patient import Check
from offhook.doctor.question import Product, Question
from offhook.net import addresses
from offhook.net.urls import Target, parse_target
from offhook.records import Endpoint

AT_ONCE: Final = 2
"""How many examinations may be under way."""
MOST_SAMPLES: Final = 10
LONGEST: Final = 29.5
"""Seconds after which a report tells what is known by then, whatever the examination itself makes of its time."""


class BusyError(Exception):
    """As many examinations are under way as may be."""


class Practice:
    """Examines URLs that nobody at this machine has named. Its tools are opened when they are first needed.

    A signature is a key to whatever app it was made for. So a request is signed only where it goes to an app that the settings name: its
    scheme, host and port are those of an endpoint's app or fallback. A stranger's URL gets none, and not the account's SID either.
    """

    def __init__(
        self,
        open_tools: Callable[[], Tools],
        endpoints: Sequence[Endpoint],
        account_sid: str | None,
        checks: Sequence[Check] = CHECKS,
    ) -> None:
        """`account_sid` is the account that is signed for; None where there is no token to sign with."""
        urls = (url for each in endpoints for url in (each.app_url, each.fallback_url) if url)
        self._own = frozenset(destination.parse(url).origin for url in urls)
        self._open_tools = open_tools
        self._checks = checks
        self._account_sid = account_sid
        self._tools: Tools | None = None
        self._under_way = 0

    async def examine(self, url: str, product: Product = Product.SMS, samples: int = MOST_SAMPLES) -> Report:
        """The report on a URL, within 30 s. Raises BusyError. What `refusal` refuses is not for this."""
        if self._under_way >= AT_ONCE:
            raise BusyError
        self._under_way += 1
        try:
            if self._tools is None:
                self._tools = self._open_tools()
            return await self._examined(self.question(url, product, samples), self._tools)
        finally:
            self._under_way -= 1

    def question(self, url: str, product: Product, samples: int) -> Question:
        """What is asked about a URL, and whether that is signed."""
        signed = self._account_sid is not None and destination.parse(url).origin in self._own
        account_sid = (self._account_sid or "") if signed else ""
        return Question(
            url=url, product=product, trusted=False, signed=signed, signs_for=self._own, account_sid=account_sid, samples=samples
        )

    async def close(self) -> None:
        """Close what is kept open."""
        if self._tools is not None:
            await self._tools.close()

    async def _examined(self, question: Question, tools: Tools) -> Report:
        examination = Examination(admit(question, tools), checks=self._checks)
        try:
            async with asyncio.timeout(LONGEST):
                return await examination.run()
        except TimeoutError:
            return examination.report()


def refusal(url: str) -> str:
    """Why this URL is not for the practice, such as "127.0.0.1 is loopback (127.0.0.0/8)"; "" where that is not plain from the URL alone.

    A name that leads to a private address is found out, and not called, by the examination itself.
    """
    target = parse_target(destination.parse(url).url)
    if not isinstance(target, Target):
        return ""
    reason = addresses.refusal(target.address) if target.address else addresses.refusal_of_name(target.host)
    return f"{target.host} is {reason}" if reason else ""
