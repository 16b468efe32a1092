"""Answers of platforms, proxies and frameworks when an app fails behind them, by the name of the cause that Offhook sees in each."""

from typing import NamedTuple

HTML = ("Content-Type", "text/html; charset=utf-8")
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
JSON = ("Content-Type", "application/json")
EMPTY = ("Content-Length", "0")
EDGE = (("Server", "cloudflare"), ("CF-RAY", "8f2a1c0d3e4b5f60-FRA"))
NGINX = (("Server", "nginx/1.24.0 (Ubuntu)"), ("Content-Type", "text/html"))
APACHE = (("Server", "Apache/2.4.62 (Debian)"), ("Content-Type", "text/html; charset=iso-8859-1"))
ALB = (("Server", "awselb/2.0"), ("Content-Type", "text/html"))
CLOUDFRONT = (("Server", "CloudFront"), ("X-Cache", "Error from cloudfront"), ("Via", "1.1 f3a.cloudfront.net (CloudFront)"))
EXPRESS = (("X-Powered-By", "Express"), ("Content-Security-Policy", "default-src 'none'"), HTML)
UVICORN = ("Server", "uvicorn")
PHP = (("X-Powered-By", "PHP/8.3.6"), ("Content-Type", "text/html; charset=UTF-8"))
FLY = (("Server", "Fly/9f2c1a0b (2024-10-01)"), ("Fly-Request-Id", "01J9ZKQW3M5T7V8X9Y0Z-fra"))
NETLIFY = (("Server", "Netlify"), ("X-Nf-Request-Id", "01J9ZKQW3M5T7V8X9Y0Z1A2B3C"))
RAILWAY = (("Server", "railway-edge"), ("X-Railway-Fallback", "true"), ("X-Railway-Request-Id", "abcDEF123"), JSON)


class Answer(NamedTuple):
    """One answer as it was captured, or as its maker documents it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(status: int, headers: tuple[tuple[str, str], ...] = (), body: str = "") -> Answer:
    """An answer with the headers that everybody sends."""
    return Answer(status, (("Date", "Mon, 23 Nov 2026 16:01:56 GMT"), *headers), body.encode())


def page(title: str, body: str = "") -> str:
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<title>{title}</title>\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def nginx_page(status: str, foot: str = "nginx/1.24.0 (Ubuntu)") -> str:
    foot = f"<hr><center>{foot}</center>\r\n" if foot else ""
    head = f"<html>\r\n<head><title>{status}</title></head>\r\n"
    return f"{head}<body>\r\n<center><h1>{status}</h1></center>\r\n{foot}</body>\r\n</html>\r\n"


def apache_page(status: str, text: str) -> str:
    title = status.partition(" ")[2]
    return (
        f'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>{status}</title>\n</head>'
        f"<body>\n<h1>{title}</h1>\n<p>{text}</p>\n<hr>\n<address>Apache/2.4.62 (Debian)</address>\n</body></html>\n"
    )


def werkzeug_page(status: str, text: str) -> str:
    title = status.partition(" ")[2]
    return f"<!doctype html>\n<html lang=en>\n<title>{status}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"


def express_page(text: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
        f"<pre>{text}</pre>\n</body>\n</html>\n"
    )


def haproxy_page(status: str, text: str) -> str:
    return f"<html><body><h1>{status}</h1>\n{text}\n</body></html>\n"


def heroku_page(name: str, title: str) -> str:
    return page(title, f'<iframe src="//www.herokucdn.com/error-pages/{name}.html" width="100%"></iframe>')


def vercel(code, status):
    headers = (("Server", "Vercel"), ("X-Vercel-Error", code), ("X-Vercel-Id", "fra1::k2m9x-1732377716"), PLAIN)
    return answer(status, headers, f"An error occurred with this deployment\n\n{code}\n\nfra1::k2m9x-1732377716\n")


def render(routing, status, body=""):
    headers = (("X-Render-Routing", routing), ("Rndr-Id", "251835f2-2a4d-4591"), *EDGE, PLAIN)
    return answer(status, (*headers, EMPTY) if not body else headers, body)


def ngrok(code, status, said):
    headers = (("Ngrok-Error-Code", code), ("Content-Type", "text/html"), ("Referrer-Policy", "no-referrer"))
    return answer(status, headers, page("ngrok", f'<noscript>{said} ({code})</noscript><div id="root"></div>'))


def edge(code, status, headers=EDGE):
    return answer(status, (*headers, ("Content-Type", "text/plain; charset=UTF-8")), f"error code: {code}")


def spring(status, error):
    said = f'{{"timestamp":"2026-11-23T16:01:56.123+00:00","status":{status},"error":"{error}","path":"/sms"}}'
    return answer(status, (JSON,), said)


def whitelabel(status, error):
    return answer(
        status,
        (("Content-Type", "text/html;charset=UTF-8"),),
        "<html><body><h1>Whitelabel Error Page</h1><p>This application has no explicit mapping for /error, so you are seeing"
        f" this as a fallback.</p><div>There was an unexpected error (type={error}, status={status}).</div></body></html>",
    )


def tomcat(status, name):
    return answer(
        status,
        (("Content-Type", "text/html;charset=utf-8"),),
        f'<!doctype html><html lang="en"><head><title>HTTP Status {status} &ndash; {name}</title></head>'
        f"<body><h1>HTTP Status {status} &ndash; {name}</h1><hr /><h3>Apache Tomcat/10.1.24</h3></body></html>",
    )


def php(status, kind):
    return answer(
        status,
        PHP,
        f"<br />\n<b>{kind}</b>:  something of that kind in <b>/var/www/html/sms.php</b> on line <b>7</b><br />\n"
        '<?xml version="1.0" encoding="UTF-8"?><Response/>',
    )


def azure_gateway(status):
    return answer(status, (("Content-Type", "text/html"),), nginx_page(status, "Microsoft-Azure-Application-Gateway/v2"))


TUNNELS = {
    "ngrok.offline": ngrok("ERR_NGROK_3200", 404, "The endpoint abc.ngrok-free.app is offline."),
    "ngrok.app-down": ngrok("ERR_NGROK_8012", 502, "dial tcp [::1]:5000: connect: connection refused"),
    "ngrok.bad-answer": ngrok("ERR_NGROK_3004", 503, "The server returned an invalid or incomplete HTTP response."),
    "ngrok.browser-warning": ngrok("ERR_NGROK_6024", 200, "You are about to visit abc.ngrok-free.app"),
    "ngrok.quota": ngrok("ERR_NGROK_727", 403, "This ngrok account has reached its HTTP requests limit for the month."),
    "ngrok.error": ngrok("ERR_NGROK_3007", 502, "ngrok gateway error"),
    "ngrok.offline-page": answer(404, (), page("ngrok", "The endpoint abc.ngrok-free.app is offline. ERR_NGROK_3200")),
    "ngrok.app-down-page": answer(502, (), page("ngrok", "failed to establish a connection. ERR_NGROK_8012")),
    "ngrok.quota-page": answer(402, (), "This ngrok account has reached its HTTP requests limit for the month."),
    "ngrok.error-page": answer(403, (), page("ngrok", "You are forbidden from making this request. ERR_NGROK_3403")),
    "localtunnel.offline": answer(
        503, (("X-Localtunnel-Status", "Tunnel Unavailable"), HTML), page("503", "<h1>503 - Tunnel Unavailable</h1>")
    ),
    "localtunnel.password": answer(
        511, (HTML,), page("Tunnel website ahead!", "Set a <code>bypass-tunnel-reminder</code> request header to any value.")
    ),
    "localtunnel.unknown-subdomain": answer(404, (PLAIN,), "404"),
    "localhost-run.offline": answer(503, (("Content-Type", "text/html"),), "<h1>no tunnel here :(</h1>"),
    "cloudflare-tunnel.offline": edge(1033, 530),
    "cloudflare-tunnel.offline-page": answer(
        530,
        (JSON,),
        '{"type":"https://developers.cloudflare.com/x","title":"Error 1033: Cloudflare Tunnel error","status":530}',
    ),
    "codespaces.private": answer(
        401, (("WWW-Authenticate", "tunnel"), ("X-Served-By", "tunnels-prod-rel-euw-v3-cluster"), EMPTY)
    ),
    "codespaces.private-login": answer(
        302, (("Location", "https://github.dev/pf-signin?id=abc&cluster=euw&name=x&port=5000"), EMPTY)
    ),
    "codespaces.not-forwarded": answer(404, (("X-Served-By", "tunnels-prod-rel-euw-v3-cluster"), EMPTY)),
    "replit.not-running": answer(
        404, (HTML,), page("Run this app to see the results here.", '<a href="https://replit.com">Go to Replit</a>')
    ),
    "replit.no-answer": answer(502, (HTML,), page("Error", "<h1>Hmm... we couldn't reach this app</h1>")),
}

HOSTS = {
    "heroku.application-error": answer(
        503, (("Server", "Cowboy"), ("Via", "1.1 vegur"), HTML), heroku_page("application-error", "Application Error")
    ),
    "heroku.maintenance": answer(
        503, (("Via", "2.0 heroku-router"), HTML), heroku_page("maintenance-mode", "Offline for Maintenance")
    ),
    "heroku.no-such-app": answer(404, (HTML,), heroku_page("no-such-app", "No such app")),
    "heroku.unavailable": answer(503, (("Via", "2.0 heroku-router"), PLAIN), "try again later"),
    "render.no-server": render("no-server", 404, "Not Found\n"),
    "render.wake-failed": render("hibernate-wake-error", 503),
    "render.never-deployed": render("no-deploy", 502, page("502")),
    "render.unknown-subdomain": render("no-render-subdomain", 404, "Not Found\n"),
    "render.edge-error": render("dynamic-paid-error", 502, page("502")),
    "railway.app-down": answer(
        502, RAILWAY, '{"status":"error","code":502,"message":"Application failed to respond","request_id":"abcDEF123"}'
    ),
    "railway.no-service": answer(
        404, RAILWAY, '{"status":"error","code":404,"message":"Application not found","request_id":"abcDEF123"}'
    ),
    "railway.edge-error": answer(503, RAILWAY, '{"status":"error","code":503,"message":"Service unavailable"}'),
    "fly.no-machine": answer(503, FLY, "could not find a good candidate within 90 attempts at load balancing"),
    "fly.proxy-error": answer(502, (*FLY, EMPTY)),
    "vercel.timeout": vercel("FUNCTION_INVOCATION_TIMEOUT", 504),
    "vercel.crashed": vercel("FUNCTION_INVOCATION_FAILED", 500),
    "vercel.no-deployment": vercel("DEPLOYMENT_NOT_FOUND", 404),
    "vercel.deleted": vercel("DEPLOYMENT_DELETED", 410),
    "vercel.blocked": vercel("DEPLOYMENT_BLOCKED", 403),
    "vercel.disabled": vercel("DEPLOYMENT_DISABLED", 402),
    "vercel.paused": vercel("DEPLOYMENT_PAUSED", 503),
    "vercel.too-large": vercel("FUNCTION_PAYLOAD_TOO_LARGE", 413),
    "vercel.throttled": vercel("FUNCTION_THROTTLED", 503),
    "vercel.no-answer": vercel("NO_RESPONSE_FROM_FUNCTION", 502),
    "vercel.middleware": vercel("MIDDLEWARE_INVOCATION_FAILED", 500),
    "vercel.wrong-method": vercel("INVALID_REQUEST_METHOD", 405),
    "vercel.not-found": vercel("NOT_FOUND", 404),
    "vercel.error": vercel("ROUTER_CANNOT_MATCH", 502),
    "vercel.login": answer(
        401,
        (("Server", "Vercel"), ("Set-Cookie", "a=b"), ("Set-Cookie", "_vercel_sso_nonce=x7f; Path=/; Secure; HttpOnly"), HTML),
        page("Authentication Required", "This page requires authentication."),
    ),
    "vercel.challenge": answer(429, (("X-Vercel-Mitigated", "challenge"), HTML), page("Vercel Security Checkpoint")),
    "vercel.challenge-page": answer(403, (HTML,), page("Vercel Security Checkpoint", "We're verifying your browser")),
    "vercel.denied": answer(403, (("X-Vercel-Mitigated", "deny"), PLAIN), "Forbidden\n"),
    "netlify.bad-return": answer(502, NETLIFY, "error decoding lambda response: error decoding lambda response: unexpected end"),
    "netlify.no-status": answer(502, NETLIFY, "error decoding lambda: invalid status code returned from lambda: 0"),
    "netlify.timeout": answer(
        500, (*NETLIFY, JSON), '{"errorMessage":"2026-11-23T16:01:56.123Z 5c1e Task timed out after 10.00 seconds"}'
    ),
    "netlify.exception": answer(
        500,
        (*NETLIFY, JSON),
        '{"errorType":"ReferenceError","errorMessage":"body is not defined","trace":["ReferenceError: body is not defined"]}',
    ),
    "netlify.no-site": answer(404, (*NETLIFY, PLAIN), "Not Found - Request ID: 01J9ZKQW3M5T7V8X9Y0Z1A2B3C"),
    "netlify.no-page": answer(404, (*NETLIFY, HTML), page("Page not found", "<h1>Page not found</h1>Back to our site")),
    "pythonanywhere.exception": answer(
        500, (("Server", "PythonAnywhere"), HTML), page("Error", "<h1>Something went wrong :-(</h1>")
    ),
    "pythonanywhere.no-app": answer(404, (HTML,), page("Coming Soon: PythonAnywhere", "<h1>Coming Soon!</h1>")),
    "digitalocean.no-instance": answer(
        504, (("X-Do-Failure-Code", "UH"), ("X-Do-Failure-Msg", "no_healthy_upstream"), HTML), page("Error")
    ),
    "digitalocean.cut-off": answer(
        504,
        (
            ("X-Do-Failure-Code", "UC"),
            ("X-Do-Failure-Msg", "upstream_reset_before_response_started{connection_termination}"),
            ("X-Do-Orig-Status", "503"),
        ),
        page("Error"),
    ),
    "digitalocean.edge-error": answer(
        504, (("X-Do-Failure-Code", "UT"), ("X-Do-Failure-Msg", "response_timeout")), page("Error")
    ),
    "digitalocean.app-down": answer(
        504, (HTML,), page("Error", "App Platform failed to forward this request to the application. via_upstream (503 -)")
    ),
    "supabase.no-token": answer(401, (JSON,), '{"code":"UNAUTHORIZED_NO_AUTH_HEADER","message":"Missing authorization header"}'),
    "supabase.bad-token": answer(401, (JSON,), '{"code":"UNAUTHORIZED_INVALID_JWT_FORMAT","message":"Invalid JWT"}'),
    "n8n.inactive": answer(
        404,
        (JSON,),
        '{"code":404,"message":"The requested webhook \\"POST sms\\" is not registered.",'
        '"hint":"The workflow must be active for a production URL to run successfully. You can activate it."}',
    ),
    "n8n.test-url": answer(
        404, (JSON,), '{"code":404,"hint":"(In test mode, the webhook only works for one call after you click this button)"}'
    ),
    "n8n.wrong-method": answer(
        404,
        (JSON,),
        '{"code":404,"message":"This webhook is not registered for GET requests. Did you mean to make a POST request?"}',
    ),
    "apps-script.login": answer(
        302,
        (("Location", "https://accounts.google.com/ServiceLogin?passive=1&continue=https://script.google.com/macros/s/A/exec"),),
    ),
    "firebase.no-site": answer(
        404,
        (HTML,),
        page(
            "Site Not Found",
            "<h1>Site Not Found</h1><h2>Why am I seeing this?</h2><p>Refer to "
            '<a href="https://firebase.google.com/docs/hosting/">our hosting documentation</a> to deploy your first app.</p>',
        ),
    ),
    "deno-deploy.no-deployment": answer(
        404, (("Server", "deno/gcp-europe-west3"), PLAIN), "DEPLOYMENT_NOT_FOUND\n\nThe requested deployment does not exist.\n"
    ),
    "github-pages.no-site": answer(
        404, (("Server", "GitHub.com"), HTML), page("Site not found", "There isn't a GitHub Pages site here.")
    ),
}

CLOUDS = {
    "aws-waf.challenge": answer(202, (("X-Amzn-Waf-Action", "challenge"), ("Server", "awselb/2.0"), EMPTY)),
    "aws-waf.captcha": answer(405, (("X-Amzn-Waf-Action", "captcha"), *ALB), page("Human Verification")),
    "aws-waf.blocked": answer(403, ALB, nginx_page("403 Forbidden", "")),
    "alb.no-target": answer(503, ALB, nginx_page("503 Service Temporarily Unavailable", "")),
    "alb.bad-gateway": answer(502, ALB, nginx_page("502 Bad Gateway", "")),
    "alb.timeout": answer(504, ALB, nginx_page("504 Gateway Time-out", "")),
    "api-gateway.no-route": answer(
        403,
        (("X-Amzn-ErrorType", "MissingAuthenticationTokenException"), ("X-Amz-Apigw-Id", "BqXYZ="), JSON),
        '{"message":"Missing Authentication Token"}',
    ),
    "api-gateway.no-http-route": answer(404, (("Apigw-Requestid", "BqXYZhEfliAEMmw="), JSON), '{"message":"Not Found"}'),
    "api-gateway.timeout": answer(504, (JSON,), '{"message": "Endpoint request timed out"}'),
    "api-gateway.integration-failed": answer(
        500, (("Apigw-Requestid", "BqXYZhEfliAEMmw="), JSON), '{"message":"Internal Server Error"}'
    ),
    "api-gateway.bad-return": answer(502, (JSON,), '{"message": "Internal server error"}'),
    "api-gateway.forbidden": answer(403, (("X-Amzn-ErrorType", "ForbiddenException"), JSON), '{"message":"Forbidden"}'),
    "lambda-url.not-public": answer(
        403,
        (("X-Amzn-ErrorType", "AccessDeniedException"), JSON),
        '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/x"}',
    ),
    "lambda-url.iam": answer(403, (JSON,), '{"Message":"Forbidden"}'),
    "lambda-url.failed": answer(502, (("X-Amzn-ErrorType", "InternalServerErrorException"), JSON), "Internal Server Error"),
    "lambda.timeout": answer(200, (JSON,), '{"errorMessage":"2026-11-23T16:01:56.123Z 5c1e Task timed out after 3.00 seconds"}'),
    "lambda.verbatim": answer(
        200,
        (JSON,),
        '{"statusCode": 200, "headers": {"Content-Type": "text/xml"}, "body": "<Response><Message>Hi</Message></Response>"}',
    ),
    "cloudfront.blocked": answer(
        403, CLOUDFRONT, page("ERROR: The request could not be satisfied", "<H1>403 ERROR</H1>Request blocked.")
    ),
    "cloudfront.origin-timeout": answer(504, CLOUDFRONT, page("ERROR: The request could not be satisfied", "<H1>504 ERROR</H1>")),
    "cloudfront.origin-failed": answer(
        502, CLOUDFRONT, page("ERROR: The request could not be satisfied", "CloudFront wasn't able to connect to the origin.")
    ),
    "cloud-run.not-public": answer(
        403,
        (("Server", "Google Frontend"), ("Content-Type", "text/html; charset=UTF-8")),
        page("403 Forbidden", "<h2>Your client does not have permission to get URL <code>/sms</code> from this server.</h2>"),
    ),
    "cloud-run.no-instance": answer(429, (("Server", "Google Frontend"), PLAIN), "Rate exceeded."),
    "iap.refused": answer(401, (("X-Goog-Iap-Generated-Response", "true"), HTML), "Invalid IAP credentials: empty token"),
    "google.login": answer(302, (("Location", "https://accounts.google.com/o/oauth2/v2/auth?client_id=1"), HTML), "Moved"),
    "google.app-failed": answer(
        500,
        (("Server", "Google Frontend"), ("Content-Type", "text/html; charset=UTF-8")),
        '\n<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>500 Server Error</title>\n</head>\n'
        "<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Server Error</h1>\n<h2>The server encountered an error and could not complete "
        "your request.<p>Please try again in 30 seconds.</h2>\n<h2></h2>\n</body></html>\n",
    ),
    "cloud-run.unavailable": answer(503, (("Server", "Google Frontend"), ("Content-Type", "text/plain")), "Service Unavailable"),
    "google.backend-down": answer(
        502,
        (("Content-Type", "text/html; charset=UTF-8"),),
        page(
            "502 Server Error",
            "<h2>The server encountered a temporary error and could not complete your request.<p>Try again.</h2>",
        ),
    ),
    "azure-container-apps.stopped": answer(
        404, (HTML,), page("Azure Container App - Unavailable", "Error 404 - This Container App is stopped or does not exist.")
    ),
    "azure-app.no-site": answer(404, (HTML,), page("Microsoft Azure Web App - Error 404", "<h1>404 Web Site not found.</h1>")),
    "azure-app.stopped": answer(403, (HTML,), page("Web App - Unavailable", "<h1>Error 403 - This web app is stopped.</h1>")),
    "azure-app.crashed": answer(503, (HTML,), page("Application Error", "<h1>:( Application Error</h1>diagnostic resources")),
    "azure.backend-down": answer(
        502,
        (("Server", "Microsoft-IIS/10.0"), ("Content-Type", "text/html")),
        page(
            "502 - Web server received an invalid response while acting as a gateway or proxy server.",
            "<h3>There is a problem with the page you are looking for, and it cannot be displayed.</h3>",
        ),
    ),
    "azure-functions.not-running": answer(503, (PLAIN,), "Function host is not running."),
    "azure-functions.key": answer(401, (("Request-Context", "appId=cid-v1:5c1e0f3a-2a4d-4591"), EMPTY)),
    "azure-gateway.blocked": azure_gateway(403),
    "azure-gateway.backend-down": azure_gateway(502),
}

CLOUDFLARE = {
    "cloudflare.challenge": answer(
        403, (*EDGE, ("Cf-Mitigated", "challenge"), HTML), page("Just a moment...", "Enable JavaScript and cookies to continue")
    ),
    "cloudflare.challenge-page": answer(
        503, (HTML,), page("Just a moment...", '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>')
    ),
    "cloudflare.access": answer(
        302, (*EDGE, ("Location", "https://acme.cloudflareaccess.com/cdn-cgi/access/login/app.example?kid=1&redirect_url=%2Fsms"))
    ),
    "cloudflare.access-page": answer(200, (*EDGE, HTML), page("Sign in ・ Cloudflare Access", "Get a login code emailed to you")),
    "cloudflare.origin-odd-answer": answer(
        520, (*EDGE, HTML), page("app.example | 520: Web server is returning an unknown error", "Cloudflare Ray ID")
    ),
    "cloudflare.origin-refused": edge(521, 521),
    "cloudflare.origin-connect-timeout": edge(522, 522),
    "cloudflare.origin-unreachable": edge(523, 523),
    "cloudflare.origin-slow": edge(524, 524),
    "cloudflare.origin-tls": edge(525, 525),
    "cloudflare.origin-certificate": edge(526, 526),
    "cloudflare.origin-dns": edge(1016, 530),
    "cloudflare.origin-dns-page": answer(
        530,
        (*EDGE, HTML),
        page("Origin DNS error | app.example | Cloudflare", "<h1>Error <span>1016</span></h1><h2>Origin DNS error</h2>"),
    ),
    "cloudflare.origin-bad-gateway-json": answer(
        502,
        (*EDGE, JSON),
        '{"cloudflare_error":true,"error_code":502,"error_name":"origin_bad_gateway","error_category":"origin",'
        '"owner_action_required":true}',
    ),
    "cloudflare.bad-gateway": edge(502, 502),
    "cloudflare.gateway-timeout": edge(504, 504),
    "cloudflare.browser-check-json": answer(
        403, (*EDGE, JSON), '{"cloudflare_error":true,"error_code":1010,"error_name":"browser_signature_banned"}'
    ),
    "cloudflare.browser-check": edge(1010, 403),
    "cloudflare.rule": edge(1020, 403),
    "cloudflare.blocked-page": answer(
        403,
        (*EDGE, HTML),
        page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1> Cloudflare Ray ID: 8f2a"),
    ),
    "cloudflare.rate-limit": edge(1015, 429),
    "cloudflare.workers-quota": edge(1027, 429),
    "cloudflare.worker-exception": edge(1101, 500),
    "cloudflare.worker-exception-page": answer(
        500,
        (*EDGE, HTML),
        page(
            "Worker threw exception | app.example | Cloudflare", "<h1>Error <span>1101</span></h1><h2>Worker threw exception</h2>"
        ),
    ),
    "cloudflare.worker-limit": edge(1102, 503),
    "cloudflare.error-json": answer(403, (*EDGE, JSON), '{"cloudflare_error":true,"error_code":1006,"error_name":"ip_banned"}'),
    "cloudflare.edge-error": edge(1000, 530),
    "cloudflare.status": answer(522, (), page("Connection timed out")),
}

FIREWALLS = {
    "akamai.denied": answer(
        403,
        (("Server", "AkamaiGHost"), ("Content-Type", "text/html")),
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\nYou don't have permission to access"
        ' "http&#58;&#47;&#47;app&#46;example&#47;sms" on this server.<P>\nReference&#32;&#35;18&#46;2d\n'
        "<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;2d</P>\n</BODY>\n</HTML>\n",
    ),
    "imperva.challenge": answer(
        200,
        (("X-Iinfo", "8-123456-0 0NNN RT(1732377716000 0) q(0 -1 -1 0)"), ("X-CDN", "Imperva"), HTML),
        '<html><body><iframe src="/_Incapsula_Resource">Request unsuccessful. Incapsula incident ID: 877-12</iframe></html>',
    ),
    "imunify360.blocked": answer(
        200,
        (JSON,),
        '{"message":"Access denied by Imunify360 bot-protection. IPs used for automation should be whitelisted"}',
    ),
    "siteground.captcha": answer(
        202,
        (("SG-Captcha", "challenge"), ("Server", "nginx"), ("Content-Type", "text/html")),
        '<html><head><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2Fsms&y=ipc"></meta></head></html>',
    ),
    "siteground.captcha-page": answer(
        202, (), '<html><head><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2Fsms"></meta></head></html>'
    ),
    "infinityfree.cookie-test": answer(
        200,
        (("Server", "openresty"), ("Content-Type", "text/html")),
        '<html><body><script src="/aes.js"></script><noscript>This site requires Javascript to work, please enable Javascript'
        " in your browser or use a browser with Javascript support</noscript></body></html>",
    ),
    "bitninja.challenge": answer(403, (HTML,), page("Waiting for the redirectiron...", "Security check by BitNinja.IO")),
    "f5.blocked": answer(
        200,
        (("Content-Type", "text/html; charset=utf-8"),),
        "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your"
        " administrator.<br><br>Your support ID is: 1234567890</body></html>",
    ),
    "squid.denied": answer(
        403,
        (("Server", "squid/5.7"), ("X-Squid-Error", "ERR_ACCESS_DENIED 0"), HTML),
        page(
            "ERROR: The requested URL could not be retrieved",
            "Access control configuration prevents your request from being allowed",
        ),
    ),
    "wp-cerber.blocked": answer(403, (HTML,), page("403 Access Forbidden", "We're sorry, you are not allowed to proceed")),
    "fortiguard.filtered": answer(403, (HTML,), page("Web Page Blocked", "FortiGuard Intrusion Prevention - Access Blocked")),
    "sucuri.blocked": answer(
        403, (("Server", "Sucuri/Cloudproxy"), HTML), page("Sucuri WebSite Firewall - Access Denied", "Block ID: BNP005")
    ),
    "wordfence.blocked": answer(
        503, (HTML,), page("Your access has been limited", "<p>Generated by Wordfence at Mon, 23 Nov 2026</p>")
    ),
    "modsecurity.blocked": answer(
        406,
        (("Server", "Apache"), HTML),
        "<head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An appropriate representation could not be"
        " found on this server. This error was generated by Mod_Security.</p></body>",
    ),
    "datadome.challenge": answer(
        403,
        (("X-DataDome", "protected"), HTML),
        page("app.example", "<script>var dd={'host':'geo.captcha-delivery.com'}</script>"),
    ),
}

DOMAINS = {
    "cpanel.suspended": answer(302, (("Location", "http://app.example/cgi-sys/suspendedpage.cgi"), HTML), page("302 Found")),
    "cpanel.suspended-page": answer(
        200, (HTML,), page("Account Suspended", "<h1>Account Suspended</h1>Contact your hosting provider")
    ),
    "godaddy.parked": answer(
        200,
        (("Server", "openresty"), ("Content-Type", "text/html")),
        '<!DOCTYPE html><html><head><script>window.onload=function(){window.location.href="/lander"}</script></head></html>',
    ),
    "fastly.unknown-domain": answer(
        500,
        (("Server", "Varnish"), ("X-Served-By", "cache-fra-1"), HTML),
        page("Fastly error: unknown domain app.example", "<p>Fastly error: unknown domain: app.example.</p>"),
    ),
}

FRAMEWORKS = {
    "twilio-middleware.no-token": answer(
        500,
        EXPRESS,
        "[Twilio]: Error - Twilio auth token is required: "
        "we attempted to validate this request without first configuring our auth token.",
    ),
    "twilio-middleware.bad-signature": answer(403, EXPRESS, "Twilio Request Validation Failed."),
    "twilio-middleware.no-signature": answer(
        400,
        EXPRESS,
        "No signature header error - X-Twilio-Signature header does not exist, maybe this request is not coming from Twilio.",
    ),
    "flask.debugger": answer(
        500,
        (("Server", "Werkzeug/3.1.3 Python/3.11.7"), HTML),
        "<!doctype html>\n<html lang=en>\n  <head>\n    <title>KeyError: 'Body'\n // Werkzeug Debugger</title>\n",
    ),
    "flask.exception": answer(
        500,
        (HTML,),
        werkzeug_page(
            "500 Internal Server Error",
            "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or"
            " there is an error in the application.",
        ),
    ),
    "flask.wrong-method": answer(
        405,
        (("Server", "Werkzeug/3.1.3 Python/3.11.7"), ("Allow", "OPTIONS, HEAD, GET"), HTML),
        werkzeug_page("405 Method Not Allowed", "The method is not allowed for the requested URL."),
    ),
    "flask.wants-json": answer(
        415,
        (HTML,),
        werkzeug_page(
            "415 Unsupported Media Type",
            "Did not attempt to load JSON data because the request Content-Type was not &#39;application/json&#39;.",
        ),
    ),
    "flask.trailing-slash": answer(
        308,
        (("Location", "https://app.example/sms/"), HTML),
        werkzeug_page("Redirecting...", 'You should be redirected automatically to the target URL: <a href="/sms/">/sms/</a>.'),
    ),
    "flask.rate-limit": answer(429, (HTML,), werkzeug_page("429 Too Many Requests", "1 per 1 day")),
    "flask.csrf": answer(400, (HTML,), werkzeug_page("400 Bad Request", "The CSRF token is missing.")),
    "flask.bad-request": answer(
        400,
        (HTML,),
        werkzeug_page("400 Bad Request", "The browser (or proxy) sent a request that this server could not understand."),
    ),
    "flask.no-route": answer(
        404,
        (HTML,),
        werkzeug_page(
            "404 Not Found", "The requested URL was not found on the server. If you entered the URL manually please check it."
        ),
    ),
    "fastapi.wrong-method": answer(405, (UVICORN, ("Allow", "GET"), JSON), '{"detail":"Method Not Allowed"}'),
    "fastapi.wants-json": answer(
        422,
        (UVICORN, JSON),
        '{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary"}]}',
    ),
    "fastapi.missing-field": answer(
        422, (UVICORN, JSON), '{"detail":[{"type":"missing","loc":["body","body"],"msg":"Field required","input":null}]}'
    ),
    "fastapi.no-route": answer(404, (UVICORN, JSON), '{"detail":"Not Found"}'),
    "fastapi.exception": answer(500, (UVICORN, PLAIN), "Internal Server Error"),
    "fastapi.trailing-slash": answer(307, (UVICORN, ("Location", "http://app.example/sms/"), EMPTY)),
    "starlette.host": answer(400, (PLAIN,), "Invalid host header"),
    "slowapi.rate-limit": answer(429, (JSON,), '{"error":"Rate limit exceeded: 1 per 1 day"}'),
    "django.host": answer(
        400,
        (HTML,),
        page(
            "DisallowedHost\n          at /sms",
            "Invalid HTTP_HOST header: 'abc.ngrok.app'. You may need to add it to ALLOWED_HOSTS.",
        ),
    ),
    "django.bad-request": answer(400, (HTML,), page("Bad Request (400)", "<h1>Bad Request (400)</h1>")),
    "django.csrf": answer(
        403,
        (HTML,),
        page("403 Forbidden", "<h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p>"),
    ),
    "django.no-route": answer(
        404,
        (HTML,),
        page(
            "Page not found at /sms",
            "Using the URLconf defined in <code>site.urls</code>, Django tried these URL patterns, in this order:",
        ),
    ),
    "django.not-found": answer(
        404, (HTML,), page("Not Found", "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>")
    ),
    "django.trailing-slash": answer(
        500,
        (HTML,),
        page(
            "RuntimeError at /sms",
            "You called this URL via POST, but the URL doesn&#x27;t end in a slash and you have APPEND_SLASH set. Django"
            " can&#x27;t redirect to the slash URL while maintaining POST data.",
        ),
    ),
    "django.debug-exception": answer(
        500,
        (HTML,),
        page(
            "KeyError at /sms",
            "You\u2019re seeing this error because you have <code>DEBUG = True</code> in your Django settings file.",
        ),
    ),
    "django.debug-exception-text": answer(
        500,
        (PLAIN,),
        "KeyError at /sms\n'Body'\n\nYou\u2019re seeing this error because you have DEBUG = True in your\nDjango settings file.",
    ),
    "django.exception": answer(500, (HTML,), page("Server Error (500)", "<h1>Server Error (500)</h1>")),
    "django-rest.wants-json": answer(
        415,
        (("Allow", "POST, OPTIONS"), JSON),
        r'{"detail":"Unsupported media type \"application/x-www-form-urlencoded\" in request."}',
    ),
    "gunicorn.exception": answer(
        500,
        (("Content-Type", "text/html"),),
        "<html>\n  <head>\n    <title>Internal Server Error</title>\n  </head>\n  <body>\n"
        "    <h1><p>Internal Server Error</p></h1>\n    \n  </body>\n</html>\n",
    ),
    "tornado.exception": answer(
        500,
        (("Server", "TornadoServer/6.4.1"), ("Content-Type", "text/html; charset=UTF-8")),
        "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>",
    ),
    "aiohttp.no-route": answer(404, (("Server", "Python/3.11 aiohttp/3.14.5"), PLAIN), "404: Not Found"),
    "aiohttp.exception": answer(
        500, (("Server", "Python/3.11 aiohttp/3.14.5"), PLAIN), "500 Internal Server Error\n\nServer got itself in trouble"
    ),
    "python.file-server": answer(
        501,
        (("Server", "SimpleHTTP/0.6 Python/3.11.7"), ("Content-Type", "text/html;charset=utf-8")),
        page("Error response", "<p>Error code: 501</p><p>Message: Unsupported method ('POST').</p>"),
    ),
    "nestjs.no-route": answer(404, (*EXPRESS, JSON), '{"message":"Cannot POST /sms","error":"Not Found","statusCode":404}'),
    "nestjs.exception": answer(500, (*EXPRESS, JSON), '{"statusCode":500,"message":"Internal server error"}'),
    "express.no-post-route": answer(404, EXPRESS, express_page("Cannot POST /sms")),
    "express.no-get-route": answer(404, EXPRESS, express_page("Cannot GET /sms")),
    "express.csrf": answer(
        403, EXPRESS, express_page("ForbiddenError: invalid csrf token<br> &nbsp; &nbsp;at csrf (/app/csurf.js:1)")
    ),
    "express.too-large": answer(
        413, EXPRESS, express_page("PayloadTooLargeError: request entity too large<br> &nbsp; &nbsp;at x")
    ),
    "express.bad-json": answer(
        400,
        EXPRESS,
        express_page(
            "SyntaxError: Unexpected token &#39;T&#39;, &quot;ToC&quot;... is not valid JSON<br> &nbsp; &nbsp;at JSON.parse"
        ),
    ),
    "express.exception": answer(500, EXPRESS, express_page("Error: boom<br> &nbsp; &nbsp;at /app/server.js:10:9")),
    "express.exception-hidden": answer(500, EXPRESS, express_page("Internal Server Error")),
    "fastify.media-type": answer(
        415,
        (JSON,),
        '{"statusCode":415,"code":"FST_ERR_CTP_INVALID_MEDIA_TYPE","error":"Unsupported Media Type",'
        '"message":"Unsupported Media Type: application/x-www-form-urlencoded"}',
    ),
    "fastify.schema": answer(
        400,
        (JSON,),
        '{"statusCode":400,"code":"FST_ERR_VALIDATION","error":"Bad Request","message":"body must have required property \'x\'"}',
    ),
    "fastify.no-route": answer(404, (JSON,), '{"message":"Route POST:/sms not found","error":"Not Found","statusCode":404}'),
    "nextjs.no-post": answer(
        405, (("Vary", "RSC, Next-Router-State-Tree, Next-Router-Prefetch, Next-Router-Segment-Prefetch"), EMPTY)
    ),
    "nextjs.no-route": answer(404, (("X-Powered-By", "Next.js"), HTML), page("404: This page could not be found.")),
    "nextjs.not-found-page": answer(
        404, (HTML,), page("404: This page could not be found.", '<script src="/_next/static/chunks/main.js"></script>')
    ),
    "nextjs.page": answer(
        200, (("X-Powered-By", "Next.js"), HTML), page("Acme", '<script src="/_next/static/chunks/main.js"></script>')
    ),
    "sveltekit.csrf": answer(403, (PLAIN,), "Cross-site POST form submissions are forbidden"),
    "vite.host": answer(
        403,
        (("Content-Type", "text/plain"),),
        'Blocked request. This host ("abc.ngrok.app") is not allowed.\nTo allow this host, add it to `server.allowedHosts`.',
    ),
    "vite.no-route": answer(404, (("Vary", "Origin"), EMPTY)),
    "webpack.host": answer(403, EXPRESS, "Invalid Host header"),
    "nuxt.exception": answer(
        500,
        (HTML,),
        page(
            "Server error",
            "An error occurred in the application and your page could not be served. Check your application's logs.",
        ),
    ),
    "rails.csrf-debug": answer(
        422,
        (HTML,),
        page("Action Controller: Exception caught", "<h1>ActionController::InvalidAuthenticityToken in SmsController</h1>"),
    ),
    "rails.csrf": answer(422, (HTML,), page("The change you wanted was rejected (422)", "Maybe you tried to change something.")),
    "rails.host-debug": answer(
        403,
        (HTML,),
        page("Action Controller: Exception caught", "<h1>Blocked hosts: abc.ngrok.app</h1><pre>config.hosts &lt;&lt; x</pre>"),
    ),
    "rails.no-route": answer(
        404, (HTML,), page("Action Controller: Exception caught", "<h2>No route matches [POST] &quot;/sms&quot;</h2>")
    ),
    "rails.not-found": answer(
        404, (HTML,), page("The page you were looking for doesn't exist (404)", "You may have mistyped it.")
    ),
    "rails.exception": answer(500, (HTML,), page("We're sorry, but something went wrong (500)", "Check the logs.")),
    "rails.host": answer(403, (HTML, EMPTY)),
    "puma.exception": answer(500, (), "An unhandled lowlevel error occurred. The application logs may have details.\n"),
    "passenger.not-started": answer(
        500, (HTML,), page("Error", "Web application could not be started by the Phusion Passenger(R) application server.")
    ),
    "sinatra.no-route": answer(404, (HTML,), page("404", "<h2>Sinatra doesn&rsquo;t know this ditty.</h2>")),
    "laravel.csrf": answer(419, (HTML,), page("Page Expired", "<div>419</div><div>Page Expired</div>")),
    "laravel.csrf-json": answer(419, (JSON,), '{"message":"CSRF token mismatch."}'),
    "laravel.wrong-method": answer(
        405, (HTML,), page("Method Not Allowed", "The POST method is not supported for route sms. Supported methods: GET, HEAD.")
    ),
    "php.fatal": php(200, "Fatal error"),
    "php.parse": php(200, "Parse error"),
    "php.warning": php(200, "Warning"),
    "php.notice": php(200, "Notice"),
    "php.deprecated": php(200, "Deprecated"),
    "wordpress.critical": answer(500, PHP, page("WordPress &rsaquo; Error", "There has been a critical error on this website.")),
    "php.fatal-hidden": answer(500, (*PHP, EMPTY)),
    "spring.whitelabel-not-found": whitelabel(404, "Not Found"),
    "spring.whitelabel-forbidden": whitelabel(403, "Forbidden"),
    "spring.whitelabel-error": whitelabel(500, "Internal Server Error"),
    "spring.no-route": spring(404, "Not Found"),
    "spring.wrong-method": spring(405, "Method Not Allowed"),
    "wordpress.no-rest-route": answer(
        404,
        (
            ("Content-Type", "application/json; charset=UTF-8"),
            ("Link", '<https://app.example/wp-json/>; rel="https://api.w.org/"'),
        ),
        '{"code":"rest_no_route","message":"No route was found matching the URL and request method.","data":{"status":404}}',
    ),
    "wordpress.no-page": answer(
        404,
        (("Link", '<https://app.example/wp-json/>; rel="https://api.w.org/"'), ("Content-Type", "text/html; charset=UTF-8")),
        page("Page not found &#8211; Shop", '<body class="error404"><p>It looks like nothing was found at this location.</p>'),
    ),
    "phoenix.no-route": answer(
        404,
        (HTML,),
        page("Phoenix.Router.NoRouteError at POST /sms", "<h1>no route found for POST /sms (BotWeb.Router)</h1>"),
    ),
    "aspnet.wants-json": answer(
        400,
        (("Content-Type", "application/problem+json; charset=utf-8"),),
        '{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,'
        '"errors":{"":["A non-empty request body is required."]}}',
    ),
    "hapi.no-route": answer(404, (JSON,), '{"statusCode":404,"error":"Not Found","message":"Not Found"}'),
    "react.page": answer(
        200,
        (HTML,),
        '<!doctype html><html lang="en"><head><title>React App</title><script defer="defer" src="/static/js/main.5c1e.js"></script></head>'
        '<body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div></body></html>',
    ),
    "laravel.exception": answer(
        500,
        (("Content-Type", "text/html; charset=UTF-8"),),
        page("Server Error", '<div class="px-4 text-lg text-gray-500 border-r border-gray-400 tracking-wider">500</div>'),
    ),
    "spring.csrf-empty": answer(
        403,
        (
            ("X-Content-Type-Options", "nosniff"),
            ("X-XSS-Protection", "0"),
            ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("Pragma", "no-cache"),
            ("Expires", "0"),
            ("X-Frame-Options", "DENY"),
            EMPTY,
        ),
    ),
    "spring.forbidden": spring(403, "Forbidden"),
    "spring.wants-json": spring(415, "Unsupported Media Type"),
    "spring.exception": spring(500, "Internal Server Error"),
    "tomcat.no-route": tomcat(404, "Not Found"),
    "tomcat.wrong-method": tomcat(405, "Method Not Allowed"),
    "tomcat.exception": tomcat(500, "Internal Server Error"),
    "aspnet.not-started": answer(
        500,
        (("Server", "Microsoft-IIS/10.0"), HTML),
        page("IIS", "<h1>HTTP Error 500.30 - ASP.NET Core app failed to start</h1>"),
    ),
    "aspnet.no-page": answer(
        404,
        (("X-AspNet-Version", "4.0.30319"), HTML),
        page("The resource cannot be found.", "<H1>Server Error in '/' Application.</H1>"),
    ),
    "aspnet.exception": answer(
        500, (("X-AspNet-Version", "4.0.30319"), HTML), page("Runtime Error", "<H1>Server Error in '/' Application.</H1>")
    ),
    "plain.exception": answer(500, (PLAIN,), "Internal Server Error"),
    "koa.no-route": answer(404, (PLAIN,), "Not Found"),
}

PROXIES = {
    "openresty.upstream-down": answer(
        502,
        (("Server", "openresty/1.25.3.1"), ("Content-Type", "text/html")),
        nginx_page("502 Bad Gateway", "openresty/1.25.3.1"),
    ),
    "litespeed.limit": answer(
        508,
        (("Server", "LiteSpeed"), ("Content-Type", "text/html")),
        page(
            "508 Resource Limit Is Reached",
            "<h1>Resource Limit Is Reached</h1><p>The website is temporarily unable to service your request as it exceeded resource "
            "limit. Please try again later.</p>",
        ),
    ),
    "nginx.upstream-down": answer(502, NGINX, nginx_page("502 Bad Gateway")),
    "nginx.upstream-timeout": answer(504, NGINX, nginx_page("504 Gateway Time-out")),
    "nginx.limited": answer(503, NGINX, nginx_page("503 Service Temporarily Unavailable")),
    "nginx.no-location": answer(404, NGINX, nginx_page("404 Not Found")),
    "nginx.denied": answer(403, NGINX, nginx_page("403 Forbidden")),
    "nginx.static-file": answer(405, NGINX, nginx_page("405 Not Allowed")),
    "nginx.client-certificate": answer(
        400,
        NGINX,
        nginx_page("400 No required SSL certificate was sent").replace(
            "<hr>", "<center>No required SSL certificate was sent</center>\n<hr>"
        ),
    ),
    "nginx.too-large": answer(413, NGINX, nginx_page("413 Request Entity Too Large")),
    "nginx.password": answer(
        401, (*NGINX, ("WWW-Authenticate", 'Basic realm="Restricted"')), nginx_page("401 Authorization Required")
    ),
    "nginx.to-https": answer(301, (*NGINX, ("Location", "https://app.example/sms")), nginx_page("301 Moved Permanently")),
    "nginx.upstream-page": answer(502, EDGE, nginx_page("502 Bad Gateway", "nginx")),
    "nginx.error-page": answer(429, NGINX, nginx_page("429 Too Many Requests")),
    "apache.upstream-down": answer(
        503,
        APACHE,
        apache_page(
            "503 Service Unavailable",
            "The server is temporarily unable to service your request due to maintenance downtime or capacity problems.",
        ),
    ),
    "apache.upstream-failed": answer(
        502,
        APACHE,
        apache_page(
            "502 Proxy Error",
            "The proxy server received an invalid response. Reason: <strong>Error reading from remote server</strong>",
        ),
    ),
    "apache.password": answer(
        401,
        (*APACHE, ("WWW-Authenticate", 'Basic realm="Restricted"')),
        apache_page("401 Unauthorized", "This server could not verify that you are authorized to access the document requested."),
    ),
    "apache.no-file": answer(404, APACHE, apache_page("404 Not Found", "The requested URL was not found on this server.")),
    "apache.denied": answer(403, APACHE, apache_page("403 Forbidden", "You don't have permission to access this resource.")),
    "apache.wrong-method": answer(
        405, APACHE, apache_page("405 Method Not Allowed", "The requested method POST is not allowed for this URL.")
    ),
    "apache.error": answer(
        500,
        APACHE,
        apache_page(
            "500 Internal Server Error",
            "The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.",
        ),
    ),
    "litespeed.not-found": answer(
        404,
        (("Server", "LiteSpeed"), ("Content-Type", "text/html")),
        page("404 Not Found", "<h1>404</h1><p>The resource requested could not be found on this server!</p>"),
    ),
    "iis.wrong-method": answer(
        405,
        (("Server", "Microsoft-IIS/10.0"), ("Content-Type", "text/html")),
        page("405 - HTTP verb used to access this page is not allowed.", "<h2>Server Error</h2>"),
    ),
    "iis.no-file": answer(
        404,
        (("Server", "Microsoft-IIS/10.0"),),
        page("404 - File or directory not found.", "<h2>404 - File or directory not found.</h2>"),
    ),
    "iis.error": answer(
        500,
        (("Server", "Microsoft-IIS/10.0"),),
        page(
            "500 - Internal server error.",
            "<h3>There is a problem with the resource you are looking for, and it cannot be displayed.</h3>",
        ),
    ),
    "haproxy.bad-answer": answer(
        502,
        (("Cache-Control", "no-cache"), ("Content-Type", "text/html")),
        haproxy_page("502 Bad Gateway", "The server returned an invalid or incomplete response."),
    ),
    "haproxy.no-server": answer(
        503,
        (("Cache-Control", "no-cache"),),
        haproxy_page("503 Service Unavailable", "No server is available to handle this request."),
    ),
    "haproxy.timeout": answer(
        504, (("Cache-Control", "no-cache"),), haproxy_page("504 Gateway Time-out", "The server didn't respond in time.")
    ),
    "haproxy.denied": answer(
        403, (("Cache-Control", "no-cache"),), haproxy_page("403 Forbidden", "Request forbidden by administrative rules.")
    ),
    "haproxy.password": answer(
        401,
        (("Cache-Control", "no-cache"), ("WWW-Authenticate", 'Basic realm="app"')),
        haproxy_page("401 Unauthorized", "You need a valid user and password to access this content."),
    ),
    "caddy.upstream-down": answer(502, (("Server", "Caddy"), ("Alt-Svc", 'h3=":443"; ma=2592000'), EMPTY)),
    "caddy.no-handler": answer(404, (("Server", "Caddy"), EMPTY)),
    "lighttpd.upstream-down": answer(
        503, (("Server", "lighttpd/1.4.69"), HTML), page("503 Service Unavailable", "<h1>503 Service Unavailable</h1>")
    ),
    "varnish.backend-down": answer(
        503,
        (("Server", "Varnish"), ("X-Varnish", "32770"), ("Retry-After", "5"), HTML),
        page("503 Backend fetch failed", "<h1>Error 503 Backend fetch failed</h1><h3>Guru Meditation:</h3><p>XID: 32771</p>"),
    ),
    "fastly.backend-down": answer(
        503,
        (("Server", "Varnish"), ("X-Served-By", "cache-fra-etou8220049-FRA"), HTML),
        page("503 first byte timeout", "<h3>Guru Mediation:</h3><p>Details: cache-fra-etou8220049-FRA 1732377716 1</p>"),
    ),
    "envoy.upstream-down": answer(
        503,
        (("Server", "envoy"), ("Content-Type", "text/plain")),
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
    ),
    "envoy.no-upstream": answer(503, (("Server", "envoy"), ("Content-Type", "text/plain")), "no healthy upstream"),
    "envoy.timeout": answer(504, (("Server", "envoy"), ("Content-Type", "text/plain")), "upstream request timeout"),
    "istio.denied": answer(403, (("Server", "istio-envoy"), ("Content-Type", "text/plain")), "RBAC: access denied"),
    "istio.no-route": answer(404, (("Server", "istio-envoy"), EMPTY)),
    "kong.no-route": answer(
        404, (("Server", "kong/3.7.1"), JSON), '{\n  "message":"no Route matched with those values",\n  "request_id":"5c1e"\n}'
    ),
    "kong.key": answer(401, (("Server", "kong/3.7.1"), JSON), '{"message":"No API key found in request"}'),
    "kong.bad-answer": answer(
        502, (("Server", "kong/3.7.1"), JSON), '{\n  "message":"An invalid response was received from the upstream server"\n}'
    ),
    "kong.no-upstream": answer(
        503, (("Server", "kong/3.7.1"), JSON), '{"message":"failure to get a peer from the ring-balancer"}'
    ),
    "kong.no-name": answer(503, (("Server", "kong/3.7.1"), JSON), '{"message":"name resolution failed"}'),
    "kubernetes.default-backend": answer(404, (("Content-Type", "text/plain; charset=utf-8"),), "default backend - 404"),
    "traefik.no-server": answer(503, (PLAIN,), "no available server\n"),
    "traefik.upstream-down": answer(502, (("Content-Length", "11"),), "Bad Gateway"),
    "traefik.upstream-timeout": answer(504, (("Content-Length", "15"),), "Gateway Timeout"),
    "go.no-route": answer(404, (PLAIN, ("X-Content-Type-Options", "nosniff")), "404 page not found\n"),
    "cloudflare-tunnel.no-ingress": answer(404, (*EDGE, EMPTY)),
    "tailscale.app-down": answer(502, (EMPTY,)),
}

CAPTURED = TUNNELS | HOSTS | CLOUDS | CLOUDFLARE | FIREWALLS | DOMAINS | FRAMEWORKS | PROXIES


def shown(name: str) -> str:
    """What an answer is, in words."""
    who, _, what = name.partition(".")
    return f"{who}: {what.replace('-', ' ')}"


# Those that redirect lead to somebody else's host, and the gallery stays on this machine.
PLATFORMS = tuple(
    (name, shown(name), each.status, each.headers, each.body) for name, each in CAPTURED.items() if not 300 <= each.status < 400
)
