"""The keys that brokers have in common, and what their libraries are got with."""

import importlib
import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from offhook.settings import kinds
from offhook.streams.model import SinkField, SinkParts
from offhook.streams.sinks import config

TIMEOUT = SinkField("timeout", "how long a batch of events may take", config.timeout, default=10.0)
USERNAME = SinkField("username", "who signs in", config.text, default="", required=False)
PASSWORD = SinkField(
    "password", "where the password is: env:NAME or file:PATH", config.secret, default="", required=False, secret=True
)
CA_FILE = SinkField("ca_file", "certificates (PEM) to trust besides the system's", config.text, default="", required=False)


def most(meaning: str) -> SinkField:
    """How many entries a log keeps; 0 keeps them all."""
    return SinkField("max_length", f"{meaning}; 0: no limit", kinds.number(0, 10**12).read, default=0, required=False)


def secret(values: Mapping[str, Any], key: str, parts: SinkParts) -> str:
    """The secret behind a key's reference, "" where there is none. Raises ValueError."""
    if not values[key]:
        return ""
    try:
        return parts.secret(values[key])
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def library(module: str, extra: str) -> ModuleType:
    """A client's library. Raises ValueError that says how to get it.

    What it would log of a connection that fails is told by the fault, and shorter.
    """
    logging.getLogger(module).setLevel(logging.CRITICAL)
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ValueError(f"this kind of sink needs a library that is not here: pip install 'offhook[{extra}]'") from None
