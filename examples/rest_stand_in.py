"""The little of Twilio's REST API that Offhook sends late replies with: on loopback, for `make run`. It says what it was given and sends nothing."""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class Messages(BaseHTTPRequestHandler):
    """`POST …/Messages.json` and `GET …/Messages.json`, for any account and any token."""

    def do_POST(self) -> None:
        """Take a message."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        print(f"A late reply      to {form['To'][0]}: {form.get('Body', [''])[0]}", flush=True)
        sent = {"sid": f"SM{secrets.token_hex(16)}", "status": "queued", "to": form["To"][0], "error_code": None}
        self._answer(201, sent)

    def do_GET(self) -> None:
        """List messages: there are none."""
        self._answer(200, {"messages": [], "next_page_uri": None})

    def _answer(self, status: int, document: Mapping[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing more."""


@contextmanager
def serving() -> Iterator[str]:
    """The stand-in's address, for as long as it is needed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Messages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
