"""A stand-in for Twilio's REST API: Messages create and list (spec: twilio-delivery §7), in a thread, on a free port."""

import base64
import json
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.helpers.processes import ACCOUNT, TOKEN


class TwilioApi:
    """`messages` are those created, in order. Use as a context manager."""

    def __init__(self):
        self.messages = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
                if not self._authorized():
                    return self._send(401, {"code": 20003, "message": "Authenticate", "status": 401})
                message = {
                    "sid": f"SM{len(outer.messages) + 0xF000:032x}",
                    "account_sid": ACCOUNT,
                    "to": form["To"][0],
                    "from": form.get("From", [None])[0],
                    "body": form.get("Body", [""])[0],
                    "direction": "outbound-api",
                    "status": "queued",
                    "date_created": formatdate(usegmt=True).replace("GMT", "+0000"),
                }
                outer.messages.append(message)
                return self._send(201, message)

            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                found = [m for m in reversed(outer.messages) if m["to"] == query.get("To", [m["to"]])[0]]
                return self._send(200, {"messages": found, "next_page_uri": None})

            def _authorized(self):
                expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
                return self.headers.get("Authorization") == f"Basic {expected}"

            def _send(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def bodies(self):
        return [message["body"] for message in self.messages]
