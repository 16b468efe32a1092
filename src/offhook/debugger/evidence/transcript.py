"""HTTP as it was written down: a head and a body, a request and its response, the output of `curl -i` or `curl -v`. Pure."""

import re
from urllib.parse import urlsplit

from offhook.debugger.evidence import failures, values
from offhook.debugger.evidence.record import Evidence
from offhook.records import Headers, Parameters

_STATUS_LINE = re.compile(r"[ \t]{0,8}HTTP/[0-9](?:\.[0-9])? ([1-5][0-9]{2})(?: .*)?")
_REQUEST_LINE = re.compile(r"[ \t]{0,8}([A-Z]{3,10}) (\S+) HTTP/[0-9](?:\.[0-9])?")
_COMMAND = re.compile(r"(?:[$%#>] ?)?curl\b(?!:| failed)")
_METER = re.compile(r"[ \t]*(?:% Total|Dload|[0-9][0-9.kMG \t:/-]*(?:--:--:--|[0-9]:[0-9]{2}:[0-9]{2}))")
_CURL_ERROR = re.compile(r"(?m)^curl: \([0-9]{1,3}\) .*")
_CHOSEN_METHOD = re.compile(r"(?:-X|--request)[ =]?[\"']?([A-Za-z]{3,10})")
_OPENING_LINES = 40
MOST_HOPS = 60


class _Message:
    """A request or a response: its first line's parts, its header lines, its body's lines."""

    def __init__(self, method: str = "", target: str = "", status: int = 0) -> None:
        self.method, self.target, self.status = method, target, status
        self.head: list[str] = []
        self.body: list[str] = []
        self.in_head = True

    def take(self, line: str) -> None:
        """Take the next line of it."""
        if not self.in_head:
            self.body.append(line)
        elif line.strip():
            self.head.append(line.strip())
        else:
            self.in_head = False

    @property
    def headers(self) -> Headers:
        """The header fields in the order of the wire."""
        return values.head_pairs("\n".join(self.head))

    @property
    def leads(self) -> bool:
        """Whether it is a redirect."""
        return 300 <= self.status < 400 and bool(self.header("location"))

    @property
    def text(self) -> str:
        """The body, without blank lines around it; one before an XML declaration stays, being a fault."""
        text = "\n".join(self.body).rstrip("\n")
        trimmed = text.lstrip("\n")
        return text if trimmed.startswith("<?xml") else trimmed

    def header(self, name: str) -> str:
        """The first header field of that name."""
        return next((value for found, value in self.headers if found.lower() == name), "")


def is_transcript(text: str) -> bool:
    """Whether a text begins as HTTP does, or as curl's output does."""
    lines = [line for line in text[:16384].split("\n") if line.strip()][:_OPENING_LINES]
    if not lines or not (_opens(lines[0]) or _METER.match(lines[0])):
        return False
    return any(_message(line.removeprefix("> ").removeprefix("< ")) for line in lines) or _CURL_ERROR.search(text) is not None


def read_transcript(text: str) -> Evidence:
    """What was asked and what was answered, the last of each."""
    lines = text.split("\n")
    verbose = any(line.startswith(("< HTTP/", "> ")) and _message(line[2:]) for line in lines)
    messages = _verbose(lines) if verbose else _bare(lines)
    requests = [each for each in messages if each.method] or [_Message()]
    responses = [each for each in messages if each.status >= 200] or [each for each in messages if each.status] or [_Message()]
    command = next((line for line in lines if _COMMAND.match(line)), "")
    chained = len(responses) > 1 and all(each.leads for each in responses[:-1])
    request, response = requests[0 if chained else -1], responses[-1]
    told = failures.curls(text)
    url = _url(request, command, text) or (told.url if told else "")
    return Evidence(
        form="http",
        message=_said_by_curl(text),
        at=response.header("date"),
        url=url,
        method=request.method or _method(command),
        status=response.status or (told.status if told else 0),
        request_headers=request.headers,
        request_parameters=_parameters(request),
        headers=response.headers,
        body=response.text,
        failure=told.kind if told else None,
        failure_detail=told.detail if told and told.kind else "",
        hops=_hops(url, responses) if chained else (),
        seconds=told.seconds if told else None,
    )


def _said_by_curl(text: str) -> str:
    failed = _CURL_ERROR.search(text)
    return failed[0][:500] if failed else ""


def _hops(url: str, responses: list[_Message]) -> tuple[tuple[str, int], ...]:
    """The addresses of a chain of redirects, each with its status; the first is "" where nothing tells what was asked."""
    found = []
    for response in responses[:MOST_HOPS]:
        found.append((url, response.status))
        url = failures.resolved(url, response.header("location"))
    return tuple(found)


def sent_body(text: str) -> str:
    """The body of the request in a transcript, "" when there is none."""
    request = next((each for each in reversed(_bare(text.split("\n"))) if each.method), _Message())
    return request.text


def _opens(line: str) -> bool:
    return line.startswith(("* ", "curl: (")) or _COMMAND.match(line) is not None or _message(line.lstrip("<> ")) is not None


def _message(line: str) -> _Message | None:
    if "HTTP/" not in line:
        return None
    if found := _STATUS_LINE.fullmatch(line):
        return _Message(status=int(found[1]))
    if found := _REQUEST_LINE.fullmatch(line):
        return _Message(method=found[1], target=found[2])
    return None


def _bare(lines: list[str]) -> list[_Message]:
    """Messages that follow each other, each a head, an empty line and a body."""
    found: list[_Message] = []
    for line in lines:
        if (begun := _message(line)) is not None:
            found.append(begun)
        elif found and not (_CURL_ERROR.match(line) or (not found[-1].in_head and _METER.match(line))):
            found[-1].take(line)
    return found


def _verbose(lines: list[str]) -> list[_Message]:
    """Messages as `curl -v` marks them: `>` what is sent, `<` what comes, no mark for the body that comes."""
    found: list[_Message] = []
    for line in lines:
        mark, rest = line[:1], line[2:]
        if mark in {">", "<"} and (begun := _message(rest)) is not None:
            found.append(begun)
        elif not found or line.startswith(("* ", "{ [", "} [", "curl: (")) or _METER.match(line):
            continue
        elif mark in {">", "<"} and found[-1].in_head:
            found[-1].take(rest)
        elif found[-1].status:
            found[-1].in_head = False
            found[-1].take(line)
    return found


def _url(request: _Message, command: str, text: str) -> str:
    if request.target.lower().startswith(("http://", "https://")):
        return request.target
    if commanded := values.first_url(command):
        return commanded
    host = request.header("host")
    if not host:
        return ""
    # A webhook's request seldom says its scheme; an address of a webhook seldom has another one than https.
    proto = request.header("x-forwarded-proto") or ("http" if host.endswith(":80") or ") port 80 " in text else "https")
    return f"{proto}://{host}{request.target if request.target.startswith('/') else '/'}"


def _method(command: str) -> str:
    if not command:
        return ""
    chosen = _CHOSEN_METHOD.search(command)
    return (
        values.method_of(chosen[1]) if chosen else ("POST" if re.search(r" (?:-d|--data[a-z-]*|-F|--form)\b", command) else "GET")
    )


def _parameters(request: _Message) -> Parameters:
    body = request.text
    if "=" in body and not body.lstrip().startswith(("{", "[", "<")):
        return values.form_pairs(body)
    try:
        return values.form_pairs(urlsplit(request.target).query)
    except ValueError:
        return ()
