"""A Flask app as Twilio's documentation has it: the SDK's validator over `request.url` and `request.form`."""

import os
import sys
import time

from flask import Flask, Response, abort, jsonify, request
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
if os.environ.get("APP_TRUSTS_PROXY"):
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
seen = []


@app.route("/sms", methods=["GET", "POST"])
def sms():
    if not validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    values = request.values
    seen.append({"sid": values.get("MessageSid"), "body": values.get("Body"), "headers": dict(request.headers)})
    time.sleep(float(os.environ.get("APP_DELAY", "0")))
    reply = MessagingResponse()
    reply.message(f"You said: {values.get('Body')}")
    return Response(str(reply), content_type="text/xml")


@app.get("/seen")
def what_was_seen():
    return jsonify(seen)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
