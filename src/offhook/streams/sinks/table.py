"""The kinds of sinks, in the order in which they are listed: Twilio's own first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from offhook.streams.model import SinkKind
from offhook.streams.sinks import file, webhook

KINDS: Final[tuple[SinkKind, ...]] = (
    webhook.KIND,
    file.KIND,
)

BY_NAME: Final[Mapping[str, SinkKind]] = MappingProxyType({kind.name: kind for kind in KINDS})
