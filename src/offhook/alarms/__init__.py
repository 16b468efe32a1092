"""Alarms: watches over what goes wrong, their firings, and who is told."""
