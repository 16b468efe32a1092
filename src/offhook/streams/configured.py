"""Event streams, as the settings say: the desk, what clients of sinks are made with, and what a subscription reads."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from offhook.ports import Clock, Ids, Journal, Transport
from offhook.providers.configured import twilio
from offhook.records import News
from offhook.settings import Settings
from offhook.streams import filters, registry
from offhook.streams.carrying import Carrying, NobodyCarries
from offhook.streams.catalogue import Catalogue, ListedType
from offhook.streams.desk import Desk
from offhook.streams.model import Event, SinkKind, SinkParts, Subscription
from offhook.streams.parts import DeskParts
from offhook.streams.pump import Reading
from offhook.streams.schemas import raw_schema
from offhook.streams.sinks.table import KINDS
from offhook.streams.vault import Vault, resolver, vault_beside


def catalogue() -> Catalogue:
    """The registry of types, with the schemas that are served."""
    listed = (ListedType(each.name, each.schema, each.versions, each.description, each.status) for each in registry.TYPES)
    return Catalogue(listed, raw_schema)


class Tools(NamedTuple):
    """What there is to work with: the kinds of sinks, what their clients are made with, and where their literal secrets are kept."""

    kinds: Sequence[SinkKind]
    sinks: SinkParts
    vault: Vault


class Means(NamedTuple):
    """The house's own: the door to the network, the time, ids, and Twilio's signature of a URL (None: there is no token)."""

    transport: Transport
    clock: Clock
    ids: Ids
    sign: Callable[[str], str | None]


def tools(database: str, kinds: Sequence[SinkKind], means: Means) -> Tools:
    """The tools of a journal. Secrets come from the environment, from files, and from the vault beside it."""
    vault = vault_beside(database)
    folder = Path.cwd() if database == "memory:" else Path(database).absolute().parent
    sinks = SinkParts(*means[:3], secret=resolver(vault, os.environ), sign=means.sign, folder=folder)
    return Tools(kinds, sinks, vault)


def tools_of(settings: Settings, transport: Transport, clock: Clock, ids: Ids) -> Tools:
    """What sinks are made with: the house's own means, and the account's signature."""
    provider = twilio(settings)

    def sign(url: str) -> str | None:
        _, headers = provider.sign(url, b"", "", settings.account_sid or "")
        return headers[0][1] if headers else None

    return tools(settings.database, KINDS, Means(transport, clock, ids, sign))


def open_desk(settings: Settings, journal: Journal, having: Tools, carrying: Carrying) -> Desk:
    """Where sinks and subscriptions are made."""
    return Desk(
        DeskParts(
            journal=journal,
            kinds=having.kinds,
            catalogue=catalogue(),
            carrying=carrying,
            vault=having.vault,
            sinks=having.sinks,
            check_filter=filters.parse,
            account_sid=settings.account_sid or "",
        )
    )


def idle_desk(journal: Journal, means: Means) -> Desk:
    """The desk of the simulator: types and schemas are there, sinks are not."""
    having = tools("memory:", (), means)
    parts = DeskParts(journal, having.kinds, catalogue(), NobodyCarries(), having.vault, having.sinks, filters.parse)
    return Desk(parts)


def reader(account_sid: str) -> Callable[[Subscription], Reading]:
    """What makes of a subscription the logs that it reads, and the events that a row of news is for it. That raises ValueError for a filter."""
    context = registry.Context(account_sid=account_sid)

    def reading(subscription: Subscription) -> Reading:
        wanted = {each.type: each.schema_version for each in subscription.types}
        matches = filters.parse(subscription.filter)

        def chosen(news: News) -> Iterator[Event]:
            return filter(matches, registry.events_of(news, wanted, context))

        return Reading(frozenset(registry.wants(wanted)), lambda news: list(chosen(news)))

    return reading
