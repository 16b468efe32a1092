"""The peer's Celery application: the broker is Redis, the one task hands a webhook to the app.

Set as its documentation advises where nothing may be lost: acknowledged after the work, given back when a worker dies.
"""

import os

import requests
from celery import Celery

queue = Celery("peer", broker=os.environ["REDIS_URL"])
queue.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
    broker_pool_limit=64,
)
session = requests.Session()
session.trust_env = False


@queue.task(autoretry_for=(requests.RequestException,), retry_backoff=True, max_retries=10)
def deliver(form: str) -> None:
    answer = session.post(
        os.environ["APP_URL"], data=form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=15
    )
    answer.raise_for_status()
