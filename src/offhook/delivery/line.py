"""One endpoint's side of the courier."""

import asyncio
from collections import deque

from offhook.delivery.breaker import Gate
from offhook.delivery.job import Job
from offhook.records import Endpoint


class Line:
    """Its gate, its fresh jobs waiting for a place, how many webhooks the journal holds for it, and when to look at those next.

    `parking`: more of the fresh jobs are to be parked in a moment. `saw_gone`: since the app last took a webhook, one found nobody there. Times are the clock's, seconds.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.gate = Gate(endpoint.concurrency)
        self.fresh: deque[Job] = deque()
        self.parked = 0
        self.look_at = 0.0
        self.saw_gone = False
        self.parking: asyncio.TimerHandle | None = None
        self.hastened_at = 0.0
