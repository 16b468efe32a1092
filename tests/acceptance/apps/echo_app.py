"""An SMS app in ten lines, as a newcomer writes it."""

import sys

from flask import Flask, request
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)


@app.post("/sms")
def sms():
    reply = MessagingResponse()
    reply.message(f"You said: {request.form['Body']}")
    return str(reply), 200, {"Content-Type": "text/xml"}


app.run("127.0.0.1", int(sys.argv[1]))
