"""`offhook dev --replay DIR`: recorded texts are sent again, in order, and what the app makes of them is compared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from offhook.dev.house import DevHouse
from offhook.dev.tape import Taped, recorded_texts, taped, written
from offhook.records import Kind, Record, Settlement
from offhook.simulator.carrier import sid
from offhook.simulator.records import Media, Number

POLL: Final = 0.002


class Compared(Record):
    """One text that was sent again: the recording's file, the text, and in which sentences the app's answer differs; none: the same."""

    file: str
    body: str
    differences: tuple[str, ...] = ()


async def replay(house: DevHouse, folder: Path) -> AsyncIterator[Compared]:
    """Send each recorded text when all that came of the one before has ended. Raises OffhookError."""
    heard: list[Settlement] = []
    house.listen(heard.append)
    for name, recording in recorded_texts(folder):
        heard.clear()
        given = dict(recording["parameters"])
        _text(house, given)
        while house.carrier.under_way:  # noqa: ASYNC110 - it has nothing to wait on
            await asyncio.sleep(POLL)
        now = next((taped(written(each)) for each in heard if each.webhook.kind is Kind.MESSAGE), Taped(status=0))
        yield Compared(file=name, body=given.get("Body", ""), differences=differences(taped(recording), now))


def differences(before: Taped, now: Taped) -> tuple[str, ...]:
    """In what two answers differ. Pure."""
    found = []
    if before.status != now.status:
        found.append(f"the status was {before.status or 'none'}, and is {now.status or 'none'}")
    if before.codes != now.codes:
        found.append(f"the errors were {_listed(before.codes)}, and are {_listed(now.codes)}")
    if before.replies != now.replies:
        found.append(f"the replies were {_bodies(before)}, and are {_bodies(now)}")
    return tuple(found)


def _text(house: DevHouse, given: dict[str, str]) -> None:
    """Send a text with the parameters that were recorded: same people, same numbers, a new SID."""
    to = given.get("To", "")
    if house.book.number(to) is None:
        url = house.endpoints[0].app_url
        made = Number(sid=sid("PN"), number=to.removeprefix("whatsapp:"), sms_url=url)
        house.book.numbers[made.sid] = made
    count = int(given.get("NumMedia") or 0)
    media = [
        Media(sid=sid("ME"), content_type=given.get(f"MediaContentType{n}", ""), url=given.get(f"MediaUrl{n}", ""))
        for n in range(count)
    ]
    house.carrier.text(given.get("From", ""), to, given.get("Body", ""), media)


def _listed(codes: tuple[int, ...]) -> str:
    return ", ".join(map(str, codes)) or "none"


def _bodies(of: Taped) -> str:
    return ", ".join(_shown(reply) for reply in of.replies) or "none"


def _shown(reply: dict[str, Any]) -> str:
    media = f" with {len(reply['media'])} media" if reply["media"] else ""
    return f"{reply['body']!r} to {reply['to']}{media}"
