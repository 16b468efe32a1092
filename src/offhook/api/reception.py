"""Who may use the API, and who hears of what has been changed: the console answers both (`console.gate`)."""

from typing import Protocol

from starlette.requests import Request


class Reception(Protocol):
    """Stands before every operation that is not open to all."""

    async def admit(self, request: Request) -> None:
        """Let the request pass. Raises Problem 20401 for whoever has to say who they are, 20003 for a form that is not ours, 20429."""

    async def note(self, action: str, subject: str, request: Request) -> None:
        """Something has been changed: `action` is what was done, `subject` the id of what it was done to, or how many."""
