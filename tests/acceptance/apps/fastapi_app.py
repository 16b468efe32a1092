"""A FastAPI app: the SDK's validator over `str(request.url)` and the form."""

import os
import sys

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = FastAPI()
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
seen = []


@app.api_route("/sms", methods=["GET", "POST"])
async def sms(request: Request):
    form = await request.form()
    if not validator.validate(str(request.url), form, request.headers.get("X-Twilio-Signature", "")):
        raise HTTPException(status_code=403, detail="bad signature")
    values = form or request.query_params
    seen.append({"sid": values.get("MessageSid"), "body": values.get("Body"), "headers": dict(request.headers)})
    reply = MessagingResponse()
    reply.message(f"You said: {values.get('Body')}")
    return Response(str(reply), media_type="text/xml")


@app.get("/seen")
async def what_was_seen():
    return seen


if __name__ == "__main__":
    trusts_proxy = bool(os.environ.get("APP_TRUSTS_PROXY"))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", proxy_headers=trusts_proxy)
