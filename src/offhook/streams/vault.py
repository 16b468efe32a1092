"""Where literal secrets of sinks are kept: a private file beside the journal, or memory beside a journal in memory (design: law 7).

A name is the sink's id, a slash and the field: `DG…/write_key`. The journal holds `kept:NAME` in the secret's place.
"""

import asyncio
import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, Protocol

from offhook.errors import OffhookError
from offhook.settings.secret import resolve

KEPT: Final = "kept:"
REFERENCE: Final = re.compile(r"(env|file|kept):.+", re.DOTALL)
"""What stands where a secret belongs and is none: where to find it."""


class Vault(Protocol):
    """Secrets by name."""

    def read(self, name: str) -> str:
        """One secret. Raises ValueError where there is none of that name."""

    async def keep(self, given: Mapping[str, str]) -> None:
        """Keep these; they are safe when this returns. Raises OffhookError when they cannot be."""

    async def drop(self, sid: str) -> None:
        """Forget all that belong to a sink."""

    async def sweep(self, sids: Collection[str]) -> None:
        """Forget what belongs to none of these sinks: a crash between two writes may have left it."""


class MemoryVault:
    """Secrets that end with the process, as the journal beside them does."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def read(self, name: str) -> str:
        """One secret."""
        return _found(self._secrets, name)

    async def keep(self, given: Mapping[str, str]) -> None:
        """Remember these."""
        self._secrets.update(given)

    async def drop(self, sid: str) -> None:
        """Forget a sink's."""
        self._secrets = {name: value for name, value in self._secrets.items() if _owner(name) != sid}

    async def sweep(self, sids: Collection[str]) -> None:
        """Forget what nobody owns."""
        self._secrets = {name: value for name, value in self._secrets.items() if _owner(name) in sids}


class FileVault:
    """Secrets in a JSON file that only its user may read. Whoever has the journal open is the only one who writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._secrets: dict[str, str] | None = None
        self._turn = asyncio.Lock()

    def read(self, name: str) -> str:
        """One secret."""
        return _found(self._all(), name)

    async def keep(self, given: Mapping[str, str]) -> None:
        """Write these to the disk."""
        if given:
            await self._write(lambda known: {**known, **given})

    async def drop(self, sid: str) -> None:
        """Forget a sink's."""
        await self._write(lambda known: {name: value for name, value in known.items() if _owner(name) != sid})

    async def sweep(self, sids: Collection[str]) -> None:
        """Forget what nobody owns."""
        await self._write(lambda known: {name: value for name, value in known.items() if _owner(name) in sids})

    async def _write(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        async with self._turn:
            before = self._all()
            after = change(before)
            if after != before:
                await asyncio.to_thread(self._replace, after)
                self._secrets = after

    def _all(self) -> dict[str, str]:
        if self._secrets is None:
            self._secrets = self._load()
        return self._secrets

    def _load(self) -> dict[str, str]:
        try:
            with os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), encoding="utf-8") as file:
                found = dict(json.load(file))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or "it is not what Offhook has written"
            raise OffhookError(
                f"{self._path}, which holds the secrets of sinks, cannot be read ({reason}): restore it, or move it away and make the sinks anew."
            ) from None
        return {str(name): str(value) for name, value in found.items()}

    def _replace(self, known: Mapping[str, str]) -> None:
        """Put a new file in the old one's place: after a crash there is one or the other, whole."""
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump(known, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise OffhookError(
                f"{self._path} cannot be written ({error.strerror}): let this user write there, or give secrets as env:NAME."
            ) from None


def vault_beside(database: str) -> Vault:
    """The vault of a journal: `<database>.secrets`, or memory for a journal in memory."""
    return MemoryVault() if database == "memory:" else FileVault(Path(f"{database}.secrets"))


def resolver(vault: Vault, environ: Mapping[str, str]) -> Callable[[str], str]:
    """What gives the value behind a reference. It raises ValueError with what is wrong, and never says the value itself."""

    def value_of(reference: str) -> str:
        if reference.startswith(KEPT):
            return vault.read(reference.removeprefix(KEPT))
        found = resolve(reference, environ, literal=False)
        if len(found) != 1:
            raise ValueError(f"{reference} holds {len(found)} secrets, and this is one: put nothing else there")
        return found[0].reveal()

    return value_of


def _found(known: Mapping[str, str], name: str) -> str:
    if name not in known:
        raise ValueError(f"the secret {name} is not kept any more: make the sink anew")
    return known[name]


def _owner(name: str) -> str:
    return name.partition("/")[0]
