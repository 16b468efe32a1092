"""Connections and echoes that only measure the way."""


class Probes:
    """Tries addresses without sending a request."""
