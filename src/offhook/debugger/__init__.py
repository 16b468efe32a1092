"""Codes, and what an exchange came to."""
