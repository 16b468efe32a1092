"""`offhook dev --replay DIR` at the terminal: which answers differ from the recorded ones."""

from pathlib import Path

from offhook.cli.assembly import Assembly
from offhook.cli.terminal import one_line, out, say
from offhook.settings import Settings


async def replay(assembly: Assembly, settings: Settings, folder: Path) -> int:
    """Send the texts, say what differs, and return the exit code: 1 where something does. Raises OffhookError."""
    console = out()
    sent = different = 0
    async for compared in assembly.replay(settings, folder):
        sent += 1
        different += bool(compared.differences)
        if compared.differences:
            console.print(f"{compared.file}: {one_line(repr(compared.body))}", soft_wrap=True)
        for difference in compared.differences:
            console.print(f"  {one_line(difference)}", soft_wrap=True)
    say(f"{different} of {sent} answers differ." if different else f"All {sent} answers are as they were.")
    return 1 if different else 0
