"""What can go wrong on our side of the wire. Somebody else's failure is an Outcome, never one of these."""


class OffhookError(Exception):
    """Offhook cannot do what was asked."""


class SettingsError(OffhookError):
    """The settings are not usable: the message names the key, what is wrong, and what to write instead."""


class JournalError(OffhookError):
    """The journal cannot store or read just now; what was asked has not happened."""


class UnusableJournalError(JournalError):
    """The journal's file is not ours, is in use by another process, or is newer than this Offhook."""
