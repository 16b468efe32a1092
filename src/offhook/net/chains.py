"""The certificates that a peer sent, as plain values: from its own towards a root."""

from collections.abc import Sequence

from offhook.records import Record


class Link(Record):
    """One certificate. Dates are seconds since the epoch; `issuer_urls` are where its issuer's certificate can be had (AIA).

    `names` are the hosts it is for; `self_signed` that it names itself as its issuer; `weakness` says what about it is too weak, "" for nothing.
    """

    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    not_before: float = 0.0
    not_after: float = 0.0
    self_signed: bool = False
    key: str = ""
    weakness: str = ""
    issuer_urls: tuple[str, ...] = ()


class Chain(Record):
    """What was sent. `path` leads from the peer's own certificate as far as it goes; `strays` came too, and are no part of it."""

    path: tuple[Link, ...] = ()
    strays: tuple[Link, ...] = ()

    @property
    def own(self) -> Link | None:
        """The peer's own certificate."""
        return self.path[0] if self.path else None

    @property
    def top(self) -> Link | None:
        """Where the path ends."""
        return self.path[-1] if self.path else None


def read_chain(sent: Sequence[bytes]) -> Chain:
    """Take a chain (DER, the peer's own first) apart and put it in order. What cannot be read is left out."""
    from offhook.net import links  # what it needs takes time and memory at the start that a server has better uses for

    path, strays = links.read(sent)
    return Chain(path=path, strays=strays)
