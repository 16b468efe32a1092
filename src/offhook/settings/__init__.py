"""Settings: one table that flags, environment and file all read, and the checks that make a set of them usable."""

from offhook.settings.alarm_keys import AlarmSettings
from offhook.settings.alarms import lacking
from offhook.settings.kinds import seconds, spell, without_credentials
from offhook.settings.loading import load
from offhook.settings.secret import Secret
from offhook.settings.sources import DEFAULT_FILE, config_path
from offhook.settings.starting import check_startable, is_loopback
from offhook.settings.table import SETTINGS, Account, Origin, Setting, Settings, SharedKey

__all__ = [
    "DEFAULT_FILE",
    "SETTINGS",
    "Account",
    "AlarmSettings",
    "Origin",
    "Secret",
    "Setting",
    "Settings",
    "SharedKey",
    "check_startable",
    "config_path",
    "is_loopback",
    "lacking",
    "load",
    "seconds",
    "spell",
    "without_credentials",
]
