"""A Flask app that answers 502, as a proxy does whose app is gone, for as long as the file that `APP_BROKEN` names is there."""

import os
import sys
from pathlib import Path

from flask import Flask, Response, jsonify, request
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)
broken = Path(os.environ["APP_BROKEN"])
seen = []


@app.post("/sms")
def sms():
    if broken.exists():
        return Response(
            "<html><h1>502 Bad Gateway</h1></html>", 502, content_type="text/html", headers={"Server": "nginx/1.22.1"}
        )
    seen.append(request.form["Body"])
    reply = MessagingResponse()
    reply.message(f"You said: {request.form['Body']}")
    return Response(str(reply), content_type="text/xml")


@app.get("/seen")
def what_was_seen():
    return jsonify(seen)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
