"""A small SMS app, the way Twilio's guides write one: check who calls, then answer with TwiML."""

import os

from flask import Flask, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


@app.route("/sms", methods=["GET", "POST"])
def sms() -> tuple[str, dict[str, str]]:
    """One inbound message, by the method that the number is set to."""
    if not validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    reply = MessagingResponse()
    reply.message(f"You said: {request.values.get('Body', '')}")
    return str(reply), {"Content-Type": "text/xml"}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
