"""Evidence: whatever a person has of an error of Twilio's, read into one record. Nothing here does I/O, and nothing here raises."""

from offhook.debugger.evidence.reading import read_evidence
from offhook.debugger.evidence.record import Evidence

__all__ = ["Evidence", "read_evidence"]
