"""The gallery of faults: what an app, or what stands in front of it, can do wrong, one path a fault.

Each says how it behaves on the wire and which cause Offhook names first. `serve.py` serves them, a test asks Offhook about each, and the
table in docs/faults.md is made from this list, so none of the three can say what another does not.
"""

from collections.abc import Iterator
from typing import NamedTuple

from examples.faults.platforms import PLATFORMS

# Pages that name the exception: that comes first.
NAMED = frozenset({"flask.debugger", "django.debug-exception", "express.exception", "php.fatal", "php.parse"})
# What the server of the gallery says itself.
FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})


class Fault(NamedTuple):
    """`path` without the slash. `sends` are the bytes of the answer; "{base}" and "{path}" in it become the server's address and the path.

    `does` is what happens with the connection: "answer" and close; "hang" and say nothing; "reset" it; "cut" after what is sent; "drip" a byte
    a second. `tls` says which certificate a port of its own shows: "good", "expired", "wrong-name", "self-signed"; "closed" is a port at
    which nobody listens. `scheme` is the one in the URL, where it is not the port's own.
    """

    path: str
    what: str
    cause: str
    sends: bytes = b""
    does: str = "answer"
    port: str = ""
    scheme: str = ""


def http(status: int, *headers: str, body: bytes | str = b"", reason: str = "") -> bytes:
    """An answer as it stands on the wire. Content-Length is added where no header says how the body ends."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {reason or 'Status'}", *headers]
    if not any(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in headers):
        lines.append(f"Content-Length: {len(raw)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + raw


XML = "Content-Type: text/xml"
HTML = "Content-Type: text/html; charset=utf-8"
TEXT = "Content-Type: text/plain; charset=utf-8"
JSON = "Content-Type: application/json"

FLASK_403 = (
    "<!doctype html>\n<html lang=en>\n<title>403 Forbidden</title>\n<h1>Forbidden</h1>\n<p>You don&#39;t have the permission to access the "
    "requested resource. It is either read-protected or not readable by the server.</p>\n"
)
WERKZEUG = (
    "<!doctype html>\n<html lang=en>\n  <head>\n    <title>ZeroDivisionError: division by zero\n // Werkzeug Debugger</title>\n  </head>\n"
    '<body><div class="debugger"><h1>ZeroDivisionError</h1>\n<!--\n\nTraceback (most recent call last):\n'
    '  File "/srv/venv/lib/python3.11/site-packages/flask/app.py", line 1488, in __call__\n    return self.wsgi_app(environ, start_response)\n'
    '  File "/srv/app/main.py", line 42, in sms\n    share = total / count\nZeroDivisionError: division by zero\n\n--></body></html>\n'
)
DJANGO = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n  <title>KeyError\n          at /sms/</title>\n</head>\n<body>\n<div id="summary">\n'
    '<h1>KeyError\n       at /sms/</h1>\n<pre class="exception_value">&#x27;MediaUrl0&#x27;</pre>\n<table class="meta"><tr><th>Exception Type:</th>'
    '<td>KeyError</td></tr><tr><th>Exception Location:</th><td><span class="fname">/srv/app/bot/views.py</span>, line 17, in sms</td></tr></table>\n'
    "<p>You\u2019re seeing this error because you have <code>DEBUG = True</code> in your Django settings file.</p></body></html>\n"
)
EXPRESS = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>TypeError: Cannot read properties of '
    "undefined (reading &#39;toLowerCase&#39;)<br> &nbsp; &nbsp;at /srv/app/server.js:23:31<br> &nbsp; &nbsp;at Layer.handle [as handle_request] "
    "(/srv/app/node_modules/express/lib/router/layer.js:95:5)</pre>\n</body>\n</html>\n"
)
RAILS = (
    '<!DOCTYPE html>\n<html lang="en">\n<head><title>Action Controller: Exception caught</title></head>\n<body>\n<header><h1>NoMethodError in '
    "SmsController#create</h1></header>\n<h2>undefined method `strip&#39; for nil:NilClass</h2>\n<p><code>Rails.root: /srv/app</code></p>\n"
    "<pre>app/controllers/sms_controller.rb:12:in `create&#39;</pre>\n</body></html>\n"
)
TRACEBACK = "Traceback (most recent call last):\n  File \"/srv/app/bot.py\", line 7, in reply\n    return CATALOGUE[word]\nKeyError: 'menu'\n"
DJANGO_CSRF = (
    '<!DOCTYPE html>\n<html lang="en">\n<head><title>403 Forbidden</title></head>\n<body>\n<div id="summary"><h1>Forbidden <span>(403)</span></h1>\n'
    "<p>CSRF verification failed. Request aborted.</p></div></body></html>\n"
)

LOGIN_PATH = "/accounts/login"
LOGIN_PAGE = http(
    200, HTML, body='<form method="post">User <input name="user"> Password <input type="password" name="password"></form>'
)

OWN = (
    # Nobody there
    Fault("refused", "Nothing listens at the port", "app.nothing-listens", port="closed"),
    Fault("hang", "The request is taken, and no answer comes", "app.too-slow", does="hang"),
    Fault(
        "drip", "The answer comes a byte at a time, for ever", "app.too-slow", http(200, XML, "Content-Length: 4000"), does="drip"
    ),
    Fault("reset", "The connection is reset instead of an answer", "app.hung-up", does="reset"),
    Fault("closed", "The connection is closed instead of an answer", "app.hung-up"),
    Fault(
        "cut-body",
        "The answer breaks off in its body",
        "http.cut",
        http(200, XML, "Content-Length: 500", body="<Response>"),
        does="cut",
    ),
    Fault("cut-head", "The answer breaks off in its head", "http.cut", b"HTTP/1.1 200 OK\r\nContent-Ty", does="cut"),
    Fault("not-http", "Something that is not HTTP answers", "http.broken", b"220 mail.example ESMTP ready\r\n"),
    # TLS
    Fault("tls-expired", "The certificate has expired", "tls.expired", port="expired"),
    Fault("tls-name", "The certificate is for another name", "tls.wrong-name", port="wrong-name"),
    Fault("tls-self", "The certificate is signed by itself", "tls.self-signed", port="self-signed"),
    Fault("tls-unknown", "An authority that nobody knows has signed the certificate", "tls.incomplete-chain", port="unknown"),
    Fault("https-on-http", "The URL says https, the port speaks http", "tls.plain-port", scheme="https"),
    Fault(
        "http-on-https",
        "The URL says http, the port answers with a TLS alert",
        "tls.on-plain-url",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ),
    # Refused by the app itself
    Fault(
        "signature-403",
        "The app's own signature check says no, in words",
        "app.signature-check",
        http(403, TEXT, body="Invalid Twilio signature"),
    ),
    Fault(
        "signature-node",
        "Twilio's middleware for Express says no",
        "twilio-middleware.bad-signature",
        http(403, "X-Powered-By: Express", HTML, body="Twilio Request Validation Failed."),
    ),
    Fault(
        "signature-url",
        "The check says no, and shows the URL that the app believes in",
        "app.signature-check",
        http(403, TEXT, body="signature mismatch for http://app.internal:5000/sms"),
    ),
    Fault(
        "flask-abort",
        "Flask's abort(403)",
        "app.signature-check",
        http(403, HTML, "Server: Werkzeug/3.0.1 Python/3.11.2", body=FLASK_403),
    ),
    Fault("csrf-django", "Django's protection against forged forms", "django.csrf", http(403, HTML, body=DJANGO_CSRF)),
    Fault(
        "csrf-laravel",
        "Laravel's protection against forged forms",
        "laravel.csrf",
        http(419, HTML, body="<title>Page Expired</title>"),
    ),
    Fault(
        "auth-basic",
        "HTTP authentication",
        "auth.http",
        http(401, 'WWW-Authenticate: Basic realm="staging"', HTML, body="<h1>Unauthorized</h1>"),
    ),
    Fault("login", "A redirect to a login page", "auth.login-page", http(302, "Location: {base}/accounts/login?next=/sms")),
    Fault("rate-limit", "Too many requests", "app.rate-limit", http(429, "Retry-After: 30", TEXT, body="slow down")),
    Fault(
        "host-400",
        "The app does not know itself by this host",
        "app.host-refused",
        http(400, HTML, body="<h1>Bad Request</h1><p>DisallowedHost: add it to ALLOWED_HOSTS</p>"),
    ),
    Fault(
        "host-403",
        "The app does not permit this host",
        "app.host-refused",
        http(403, TEXT, body="Host not permitted"),
    ),
    Fault("json-415", "The app takes only JSON", "app.wants-json", http(415, JSON, body='{"error":"send JSON"}')),
    # Wrong place
    Fault(
        "http-to-nginx-tls",
        "nginx says that its port expects TLS",
        "tls.on-plain-url",
        http(
            400,
            HTML,
            "Server: nginx/1.24.0",
            body="<center><h1>400 Bad Request</h1></center><center>The plain HTTP request was sent to HTTPS port</center>",
        ),
    ),
    Fault(
        "http-to-apache-tls",
        "Apache says that its port expects TLS",
        "tls.on-plain-url",
        http(400, HTML, "Server: Apache/2.4.62", body="<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.</p>"),
    ),
    Fault("method-405", "The path takes only GET", "app.wrong-method", http(405, "Allow: GET, HEAD", TEXT, body="no")),
    Fault("path-404", "Nothing at this path", "app.wrong-path", http(404, TEXT, body="nothing here")),
    Fault("gone-410", "What was here is gone", "app.wrong-path", http(410, TEXT, body="moved away")),
    Fault(
        "slash", "A redirect to the path with a slash loses the message", "redirect.slash", http(301, "Location: {base}/{path}/")
    ),
    Fault(
        "elsewhere",
        "A redirect to another page loses the message",
        "redirect.elsewhere",
        http(302, "Location: {base}/missing/page"),
    ),
    Fault("loop", "Redirects in a circle", "redirect.loop", http(302, "Location: {base}/{path}")),
    Fault("redirect-308", "A redirect of a kind that is not followed", "redirect.unusable", http(308, "Location: {base}/sms")),
    Fault("redirect-nowhere", "A redirect without a Location", "redirect.unusable", http(302)),
    # The app failed
    Fault(
        "werkzeug", "Flask's debugger", "app.exception", http(500, HTML, "Server: Werkzeug/3.0.1 Python/3.11.2", body=WERKZEUG)
    ),
    Fault("django-debug", "Django's yellow page", "app.exception", http(500, HTML, body=DJANGO)),
    Fault(
        "express-stack", "Express shows a stack trace", "app.exception", http(500, HTML, "X-Powered-By: Express", body=EXPRESS)
    ),
    Fault("rails-dev", "Rails shows its error page", "app.exception", http(500, HTML, body=RAILS)),
    Fault("traceback", "A Python traceback as text", "app.exception", http(500, TEXT, body=TRACEBACK)),
    Fault(
        "php-fatal-500",
        "PHP shows a fatal error",
        "app.exception",
        http(
            500,
            HTML,
            body="<br />\n<b>Fatal error</b>:  Uncaught Error: Call to undefined function sned() in /var/www/html/sms.php:9\nStack trace:\n#0 {main}\n  thrown in <b>/var/www/html/sms.php</b> on line <b>9</b><br />",
        ),
    ),
    Fault("plain-500", "An empty 500", "app.failed", http(500)),
    Fault("bare-502", "A 502 that does not say from whom", "gateway.bad", http(502, HTML, body="<h1>Bad gateway</h1>")),
    Fault(
        "own-502",
        "A 502 that the app itself answers",
        "app.gateway-status",
        http(502, TEXT, "Server: gunicorn", body="Bad Gateway"),
    ),
    Fault(
        "bare-503", "A 503 that does not say from whom", "gateway.unavailable", http(503, HTML, body="<h1>Come back later</h1>")
    ),
    Fault("bare-504", "A 504 that does not say from whom", "gateway.timeout", http(504, HTML, body="<h1>Timed out</h1>")),
    Fault("teapot", "A refusal without a reason", "app.refused", http(418, TEXT, body="no")),
    # The answer came, and is no use
    Fault("no-type", "TwiML without a Content-Type", "answer.no-content-type", http(200, body="<Response/>")),
    Fault("empty", "An empty 200", "answer.empty", http(200)),
    Fault(
        "octets",
        "TwiML as application/octet-stream",
        "answer.wrong-content-type",
        http(200, "Content-Type: application/octet-stream", body="<Response/>"),
    ),
    Fault("json-type", "JSON as application/json", "answer.wrong-content-type", http(200, JSON, body='{"ok":true}')),
    Fault("json-as-html", "JSON as text/html", "answer.json", http(200, HTML, body='{"status":"received"}')),
    Fault("ok-as-html", "The word OK as text/html", "answer.text", http(200, HTML, body="OK")),
    Fault(
        "page",
        "A web page",
        "answer.page",
        http(200, HTML, body="<!doctype html><html><head><title>My shop</title></head><body>Hello</body></html>"),
    ),
    Fault(
        "ampersand",
        "A & that is not escaped",
        "xml.ampersand",
        http(200, XML, body="<Response><Message>Fish & chips</Message></Response>"),
    ),
    Fault("unclosed", "A tag that is not closed", "xml.broken", http(200, XML, body="<Response><Message>hi</Response>")),
    Fault(
        "leading-blank",
        "A blank line before <?xml",
        "xml.leading-blank",
        http(200, XML, body='\n<?xml version="1.0"?><Response/>'),
    ),
    Fault(
        "wrong-root", "Another root than Response", "xml.root", http(200, XML, body="<response><Message>hi</Message></response>")
    ),
    Fault(
        "unknown-verb",
        "A verb that does not exist",
        "twiml.schema",
        http(200, XML, body="<Response><Mesage>hi</Mesage></Response>"),
    ),
    Fault(
        "wrong-case", "A verb in another case", "twiml.schema", http(200, XML, body="<Response><message>hi</message></Response>")
    ),
    Fault(
        "too-large",
        "An answer of 80 kB",
        "twiml.11750",
        http(200, XML, body="<Response><Message>" + "x" * 80_000 + "</Message></Response>"),
    ),
    Fault(
        "too-many",
        "Eleven messages in one answer",
        "twiml.14109",
        http(200, XML, body="<Response>" + "<Message>hi</Message>" * 11 + "</Response>"),
    ),
    Fault(
        "too-long",
        "A text of 2,000 characters",
        "twiml.14103",
        http(200, XML, body="<Response><Message>" + "x" * 2_000 + "</Message></Response>"),
    ),
    Fault(
        "bad-to",
        "A message to nobody",
        "twiml.14101",
        http(200, XML, body='<Response><Message to="nobody">hi</Message></Response>'),
    ),
)


def faults() -> Iterator[Fault]:
    """The whole gallery: our own first, then the answers of platforms, proxies and frameworks."""
    yield from OWN
    for name, what, status, headers, body in PLATFORMS:
        lines = tuple(f"{field}: {value}" for field, value in headers if field.lower() not in FRAMING)
        yield Fault(f"platform/{name}", what, "app.exception" if name in NAMED else name, http(status, *lines, body=body))
