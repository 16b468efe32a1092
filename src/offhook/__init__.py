"""Offhook: an answering machine for webhooks."""

__version__ = "0.1.0"
