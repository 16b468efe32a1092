"""FastAPI + Celery: verify with the official SDK, enqueue, answer. `delay` blocks until Redis has answered, so it runs in the thread pool."""

import os

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator

from bench.peers.celery_tasks import deliver

app = FastAPI(openapi_url=None)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


@app.post("/sms")
async def sms(request: Request) -> Response:
    body = await request.body()
    form = await request.form()
    if not validator.validate(str(request.url), form, request.headers.get("X-Twilio-Signature", "")):
        return Response(status_code=403)
    await run_in_threadpool(deliver.delay, body.decode())
    return Response("<Response/>", media_type="text/xml")
