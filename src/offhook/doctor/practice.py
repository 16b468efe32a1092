"""A practice: the doctor for those who are not at this machine, such as whoever uses the console. Never a private address, few at a time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from offhook.delivery import destination
from offhook.doctor.admission import Tools, admit
from offhook.doctor.cases import BusyError, Cases
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
Watch = Callable[[Examination], None]
LONGEST: Final = 29.5
"""Seconds after which a report tells what is known by then, whatever the examination itself makes of its time."""


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
        urls = [url for each in endpoints for url in (each.app_url, each.fallback_url) if url]
        self._urls = {destination.parse(url).url: url for url in reversed(urls)}
        self._own = frozenset(destination.parse(url).origin for url in urls)
        self._open_tools = open_tools
        self._checks = checks
        self._account_sid = account_sid
        self._tools: Tools | None = None
        self._under_way = 0
        self.cases = Cases(self)

    @property
    def is_busy(self) -> bool:
        """Whether as many examinations are under way as may be."""
        return self._under_way >= AT_ONCE

    def own(self, url: str) -> str:
        """The app or fallback URL of an endpoint that this one is, as the operator has written it; "" for any other.

        Whoever names it names what Offhook calls anyway: it may lead to a private address.
        """
        return self._urls.get(destination.parse(url).url, "")

    async def examine(
        self, url: str, product: Product = Product.SMS, samples: int = MOST_SAMPLES, watch: Watch = lambda _: None
    ) -> Report:
        """The report on a URL, within 30 s; `watch` is given the examination when it begins. Raises BusyError. What `refusal` refuses is not for this."""
        question = self.question(url, product, samples)
        return await self._examine(question, watch)

    async def examine_own(self, url: str, product: Product, samples: int, watch: Watch) -> Report:
        """The report on one of the operator's own URLs, wherever it leads. Raises BusyError, and LookupError where it is none."""
        own = self.own(url)
        if not own:
            raise LookupError(url)
        return await self._examine(structs.replace(self.question(own, product, samples), trusted=True), watch)

    async def _examine(self, question: Question, watch: Watch) -> Report:
        if self.is_busy:
            raise BusyError
        self._under_way += 1
        try:
            if self._tools is None:
                self._tools = self._open_tools()
            return await self._examined(question, self._tools, watch)
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
        """End what is under way, and close what is kept open."""
        await self.cases.close()
        if self._tools is not None:
            await self._tools.close()

    async def _examined(self, question: Question, tools: Tools, watch: Watch) -> Report:
        examination = Examination(admit(question, tools), checks=self._checks)
        watch(examination)
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
