"""`offhook dev --terminal`: the phone in a terminal. A line is a text; what begins with a slash is for us."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import aclosing
from itertools import islice
from typing import Final

import msgspec

from offhook.api.problems import Problem
from offhook.cli.terminal import one_line, out, plain, say, write_json
from offhook.cli.typed import Typist
from offhook.dev.house import PEOPLE
from offhook.dev.phone_desk import PhoneDesk, message_shape
from offhook.dev.phone_forms import Wanted, check
from offhook.dev.phone_view import WHATSAPP, Bubble, Mark, Trouble, bare, bubble, is_number, named
from offhook.simulator.records import ENDED, Direction, Status

LAST_WAIT: Final = 40.0
"""Seconds that the end of a piped input waits for what is still under way: an app has 15, and so has its fallback."""
QUIET: Final = 0.4
LOOKS: Final = 0.2
LOOKED_AT: Final = 500
HELP: Final = """\
Type a text and press Enter. Besides:
  /person NAME      text as somebody else: Ada, Grace, Linus, or a number
  /to NUMBER        text to another number of the account
  /media URL TEXT   send a picture, with a text or without
  /whatsapp         switch WhatsApp on or off
  /quit             leave (as Ctrl-D does)
A text that begins with a slash: write two."""


class Chat:
    """A conversation in the terminal. `missed` counts the texts of a script that the app did not take."""

    def __init__(self, desk: PhoneDesk, url: str) -> None:
        self._desk = desk
        self._url = url
        self._out = out()
        self._typist = Typist(self._prompt)
        here = desk.conversation("", "")
        self._person, self._number, self._whatsapp = here.person, here.number, False
        self._sent: set[str] = set()
        self._last = ""
        self._seen: dict[str, Mark] = {}
        self._commands = {
            "person": self._be,
            "to": self._to,
            "media": self._media,
            "whatsapp": self._switch,
            "help": self._help,
        }
        self.missed = 0

    async def run(self) -> None:
        """Until the input ends; then, where no person sat there, until the last replies have come."""
        work = (self._watch(self._desk.feed.place), self._converse())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # nobody reads any more: that ends it too
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self) -> None:
        await self._typist.read(self._take)
        if not self._typist.interactive and not await self._settled():
            say("Some messages are still under way; this is the end of the wait.", "yellow")
            self.missed += 1

    # -- what is typed

    def _prompt(self) -> str:
        return f"{named(self._person)}{' (WhatsApp)' if self._whatsapp else ''} > "

    async def _take(self, line: str) -> bool:
        text = line.strip()
        word, _, rest = text[1:].partition(" ") if text.startswith("/") and not text.startswith("//") else ("", "", "")
        if word in {"quit", "exit", "q"}:
            return False
        try:
            if word:
                self._commands.get(word, self._unknown)(rest.strip())
            elif text:
                self._send(Wanted(body=text.removeprefix("/") if text.startswith("//") else line))
        except Problem as problem:
            self._say(str(problem), "red")
        if not self._typist.interactive:  # texts of a script go one after the other, as people write them
            await self._until(lambda: not self._under_way(self._last), LAST_WAIT)
        return True

    def _send(self, text: Wanted) -> None:
        prefix = WHATSAPP if self._whatsapp else ""
        text = msgspec.structs.replace(text, sender=prefix + bare(self._person), to=prefix + bare(self._number))
        check(text)
        message = self._desk.send(text, "")
        self._last = message.sid
        self._sent.add(message.sid)

    def _be(self, who: str) -> None:
        number = {name.casefold(): number for name, number in PEOPLE.items()}.get(who.casefold(), who)
        if not is_number(number):
            self._say(f"Who is that? Say one of {', '.join(PEOPLE)}, or a number such as +12025550123.", "red")
            return
        self._person = number
        self._say(f"You are {named(number)} now, {number}.")

    def _to(self, number: str) -> None:
        known = [each.number for each in self._desk.house.book.numbers.values()]
        if not is_number(number):
            self._say(f"Say which number: {', '.join(known)}.", "red")
            return
        self._number = number
        self._say(f"You text to {number} now.")

    def _media(self, rest: str) -> None:
        url, _, text = rest.partition(" ")
        if not url:
            self._say("Say where the picture is: /media https://example.com/cat.jpg", "red")
            return
        self._send(Wanted(body=text.strip(), media=(url,)))

    def _switch(self, _: str) -> None:
        self._whatsapp = not self._whatsapp
        self._say("WhatsApp is on." if self._whatsapp else "WhatsApp is off: texts go as SMS.")

    def _help(self, _: str) -> None:
        self._say(HELP)

    def _unknown(self, _: str) -> None:
        self._say("There is no such command. /help lists them; a text that begins with a slash needs two.", "red")

    # -- what happens

    async def _watch(self, place: str) -> None:
        while not self._desk.feed.closed:
            async for happening in self._desk.feed.happenings(place):
                if happening is not None:
                    self._show(await bubble(self._desk.house, happening.message))
            place = self._desk.feed.place  # too much at once: what was missed is on the page

    def _show(self, seen: Bubble) -> None:
        if not self._out.is_terminal:
            write_json({"event": "message", **message_shape(seen)}, indent=0)
        else:
            self._typist.show(lambda: self._tell(seen))
        new = self._seen.get(seen.message.sid) is not seen.mark
        self._seen[seen.message.sid] = seen.mark
        if new and seen.mark is Mark.FAILED and seen.message.sid in self._sent and not self._typist.interactive:
            self.missed += 1

    def _tell(self, seen: Bubble) -> None:
        """A message when it is first seen, and how it ended. In between a person sees nothing: that is soon over."""
        message = seen.message
        before = self._seen.get(message.sid)
        typed_here = message.sid in self._sent and self._typist.interactive
        if before is None and not typed_here:
            who = named(message.sender) if seen.mine else "app" if message.sender == self._number else f"app, {message.sender}"
            to = "" if seen.mine or bare(message.to) == bare(self._person) else f" (to {named(message.to)})"
            self._out.print(plain(f"{who}{to}: {message.body}"), style="" if seen.mine else "bold", soft_wrap=True)
            for each in message.media:
                self._out.print(f"  picture: {plain(each.url)}", soft_wrap=True)
        if before is not seen.mark and seen.mark is Mark.DELIVERED:
            self._out.print(f"  delivered{f' to {seen.taker}' if seen.mine else ''} {seen.note}".rstrip(), style="green")
        if before is not seen.mark and seen.trouble is not None:
            self._explain(seen.trouble, seen.mark)

    def _explain(self, trouble: Trouble, mark: Mark) -> None:
        style, code = ("red", "not delivered: ") if mark is Mark.FAILED else ("yellow", "")
        self._out.print(f"  {code}{trouble.code or ''} {one_line(trouble.cause)}", style=style, soft_wrap=True)
        if trouble.step:
            self._out.print(f"  First: {one_line(trouble.step)}", soft_wrap=True)
        if trouble.link:
            self._out.print(f"  More: {self._url if trouble.link.startswith('/') else ''}{trouble.link}", soft_wrap=True)

    def _say(self, words: str, style: str = "dim") -> None:
        """Words of ours: between the messages at a terminal, else to stderr."""
        if self._out.is_terminal:
            self._typist.show(lambda: self._out.print(plain(words), style=style, soft_wrap=True))
        else:
            say(words, style)

    # -- the end of a piped input

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Until the condition holds, or so many seconds are over."""
        feed = self._desk.feed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(feed.happenings(feed.place, LOOKS)) as happenings:
                while not condition() and not feed.closed:
                    await anext(happenings, None)

    async def _settled(self) -> bool:
        """Wait until nothing has been under way for a moment; False where that took too long."""
        end = asyncio.get_running_loop().time() + LAST_WAIT
        while asyncio.get_running_loop().time() < end:
            await self._until(lambda: not self._busy(), LAST_WAIT)
            await asyncio.sleep(QUIET)
            if not self._busy():
                return True
        return False

    def _busy(self) -> bool:
        return any(self._under_way(each.sid) for each in islice(self._desk.house.book.messages(), LOOKED_AT))

    def _under_way(self, sid: str) -> bool:
        message = self._desk.house.book.message(sid)
        if message is None:
            return False
        if message.direction is Direction.INBOUND:
            return not message.reference and bool(self._desk.house.carrier.app_of(message.to))
        return message.status not in ENDED and message.status is not Status.SCHEDULED
