"""The peer's procrastinate application: the queue is a PostgreSQL table, the one task hands a webhook to the app."""

import os

import aiohttp
import procrastinate

queue = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["POSTGRES_URL"], min_size=4, max_size=10))
sessions: list[aiohttp.ClientSession] = []


@queue.task(queue="webhooks", retry=procrastinate.RetryStrategy(max_attempts=10, exponential_wait=2))
async def deliver(form: str) -> None:
    if not sessions:
        sessions.append(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(15)))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with sessions[0].post(os.environ["APP_URL"], data=form.encode(), headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()
