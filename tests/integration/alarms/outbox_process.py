"""A process that does nothing but tell of the alarms in a journal's outbox: started and killed by test_outbox_killed.py."""

import asyncio
import os
import sys

from offhook import logs
from offhook.alarms.notify.configured import Means, open_outbox
from offhook.debugger.classify import judge
from offhook.net.configured import open_transport
from offhook.providers.configured import derive, providers
from offhook.replies.credentials import credentials
from offhook.replies.rest import TwilioRest
from offhook.settings import load
from offhook.stores.configured import open_journal
from offhook.system import SystemClock, TimeSortedIds


async def main(database, smtp_port):
    settings = load(
        {
            "database": database,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_tls": "none",
            "smtp_from": "alarms@hooks.example",
            "alarm_group_wait": "0s",
        },
        os.environ,
        None,
    )
    logs.configure(level="info", json=True)
    clock, every = SystemClock(), providers(settings)
    journal = open_journal(settings, derive(settings, every), clock)
    transport = open_transport(settings, clock)
    rest = TwilioRest(transport, lambda account: credentials(settings, account), judge=judge, clock=clock)
    await journal.open()
    means = Means(journal=journal, clock=clock, ids=TimeSortedIds(), transport=transport, rest=rest, sign=every["twilio"].sign)
    await open_outbox(settings, means).run()


asyncio.run(main(sys.argv[1], sys.argv[2]))
