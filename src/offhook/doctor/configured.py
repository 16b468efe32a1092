"""The doctor, as the settings say."""

from offhook.doctor.admission import Tools
from offhook.doctor.practice import Practice
from offhook.net.configured import open_transport
from offhook.net.handshakes import Handshakes
from offhook.net.lookups import Lookups
from offhook.net.probes import Probes
from offhook.providers.configured import twilio
from offhook.settings import Settings
from offhook.system import SystemClock, TimeSortedIds


def configured_practice(settings: Settings) -> Practice:
    """The doctor for the console: it signs as the settings' account, where it signs at all."""
    sids = [each.sid for each in settings.accounts if each.sid]
    account_sid = (settings.account_sid or next(iter(sids), "")) if settings.accounts else None
    return Practice(lambda: doctor_tools(settings), settings.endpoints, account_sid)


def doctor_tools(settings: Settings) -> Tools:
    """What the doctor works with: the provider signs with the settings' token, the door trusts the authorities that they add."""
    clock = SystemClock()
    return Tools(
        provider=twilio(settings),
        fresh=open_transport(settings, clock, pool_size=0),
        kept=open_transport(settings, clock),
        lookups=Lookups(),
        probes=Probes(),
        handshakes=Handshakes(settings.ca_file),
        clock=clock,
        ids=TimeSortedIds(),
    )
