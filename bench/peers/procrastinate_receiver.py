"""FastAPI + procrastinate: verify with the official SDK, enqueue in one committed transaction, answer."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator

from bench.peers.procrastinate_tasks import deliver, queue


@asynccontextmanager
async def opened(_: FastAPI) -> AsyncIterator[None]:
    async with queue.open_async():
        yield


app = FastAPI(openapi_url=None, lifespan=opened)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


@app.post("/sms")
async def sms(request: Request) -> Response:
    body = await request.body()
    form = await request.form()
    if not validator.validate(str(request.url), form, request.headers.get("X-Twilio-Signature", "")):
        return Response(status_code=403)
    await deliver.defer_async(form=body.decode())
    return Response("<Response/>", media_type="text/xml")
