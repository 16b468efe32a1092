"""How a request failed that got no answer, as curl, Node and Python's requests tell it, as tables. Pure."""

import re
from typing import NamedTuple
from urllib.parse import urljoin

from offhook.debugger.evidence import values
from offhook.records import FailureKind

_LONGEST = 500
_LONGEST_ADDRESS = 2048
_CURL = re.compile(rf"(?<![\w-])curl: \(([0-9]{{1,3}})\) ?([^\n]{{0,{_LONGEST}}})")
# The exit codes of curl (`man curl`, EXIT CODES) that tell a failure of their own; the words of the sentence are asked first.
_CODES = {
    3: FailureKind.BAD_URL,
    5: FailureKind.DNS,
    6: FailureKind.DNS,
    7: FailureKind.REFUSED,
    8: FailureKind.PROTOCOL,
    16: FailureKind.PROTOCOL,
    28: FailureKind.READ_TIMEOUT,
    35: FailureKind.TLS,
    47: FailureKind.TOO_MANY_REDIRECTS,
    51: FailureKind.TLS_NAME,
    52: FailureKind.RESET,
    55: FailureKind.RESET,
    56: FailureKind.RESET,
    60: FailureKind.TLS_UNTRUSTED,
    92: FailureKind.PROTOCOL,
}
_BY_WORDS = {
    28: ((re.compile(r"(?i)\bconnect|connection time|resolving"), FailureKind.CONNECT_TIMEOUT),),
    7: (
        (re.compile(r"(?i)timed out|timeout"), FailureKind.CONNECT_TIMEOUT),
        (re.compile(r"(?i)no route|unreachable"), FailureKind.CONNECT),
    ),
    60: (
        (re.compile(r"(?i)expired|not yet valid"), FailureKind.TLS_EXPIRED),
        (re.compile(r"(?i)subject name|does not match|mismatch"), FailureKind.TLS_NAME),
    ),
}
# What other programs say, the narrowest words first.
_TOLD = (
    (r"CERT_HAS_EXPIRED|certificate has expired", FailureKind.TLS_EXPIRED),
    (r"ERR_TLS_CERT_ALTNAME_INVALID|Hostname/IP does not match|Hostname mismatch|doesn't match '", FailureKind.TLS_NAME),
    (
        (
            r"SELF_SIGNED_CERT|self[- ]signed certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT"
            r"|unable to verify the first certificate|unable to get local issuer|CERTIFICATE_VERIFY_FAILED"
        ),
        FailureKind.TLS_UNTRUSTED,
    ),
    (r"\bSSLError\(|\bEPROTO\b", FailureKind.TLS),
    (
        (
            r"\bENOTFOUND\b|\bEAI_AGAIN\b|Name or service not known|nodename nor servname|Temporary failure in name resolution"
            r"|NameResolutionError|getaddrinfo failed"
        ),
        FailureKind.DNS,
    ),
    (r"\bECONNREFUSED\b|\bConnection refused\b|ERR_CONNECTION_REFUSED", FailureKind.REFUSED),
    (r"\bETIMEDOUT\b|ConnectTimeout|\bConnection timed out\b|UND_ERR_CONNECT_TIMEOUT", FailureKind.CONNECT_TIMEOUT),
    (r"\bRead timed out\b|ReadTimeout|\bESOCKETTIMEDOUT\b|UND_ERR_HEADERS_TIMEOUT", FailureKind.READ_TIMEOUT),
    (r"\bECONNRESET\b|\bsocket hang up\b|RemoteDisconnected|Connection reset by peer", FailureKind.RESET),
    (r"\bTooManyRedirects\b|ERR_TOO_MANY_REDIRECTS|\bExceeded [0-9]{1,3} redirects", FailureKind.TOO_MANY_REDIRECTS),
)
_EACH = tuple((re.compile(words), kind) for words, kind in _TOLD)
_ANY = re.compile("|".join(words for words, _ in _TOLD))
_STATUS = re.compile(r"(?i)returned error: ?([1-5][0-9]{2})(?![0-9])")
_AFTER = re.compile(r"\bafter ([0-9]{1,8}) ?(?:ms|milliseconds)\b")
_HOST = re.compile(
    r"(?:host(?: ?name)?:? |Host |host=|connect to |Connected to |connection to |ECONNREFUSED |ETIMEDOUT |ENOTFOUND |EAI_AGAIN )"
    r"'?(\[[0-9a-f:]{2,40}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?![\w.-])'?"
    r"(?:(?: \([0-9a-f.:]{1,45}\))?(?: port |:|, port=)([0-9]{1,5}))?"
)
_PATH = re.compile(r"\bwith url: (/\S{0,2000})")
_NO_HOSTS = frozenset({"name", "host", "was", "is", "server", "the"})


class Told(NamedTuple):
    """A failure as a program tells it: of which kind (None for a bad status), in which words, of which address, after how many seconds."""

    kind: FailureKind | None
    detail: str
    url: str = ""
    status: int = 0
    seconds: float | None = None


def curls(text: str) -> Told | None:
    """What curl says of its failure where it first says it."""
    found = _CURL.search(text)
    if found is None:
        return None
    number, detail = int(found[1]), found[2].strip()
    if number == 22:
        status = _STATUS.search(detail)
        return Told(None, detail, status=int(status[1]) if status else 0)
    kind = next((kind for words, kind in _BY_WORDS.get(number, ()) if words.search(detail)), _CODES.get(number))
    return Told(kind, detail, _address(detail) or _address(text[:8192]), seconds=_seconds(detail)) if kind else None


def others(text: str) -> Told | None:
    """What Node, Python or a browser says of a failure, in the first line that tells one; of a server behind a proxy it is not asked."""
    found = _ANY.search(text)
    if found is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
    if "upstream" in line or len(line) > 4096:
        return None
    kind = next((kind for words, kind in _EACH if words.search(line)), None)
    return Told(kind, line.strip()[:_LONGEST], values.first_url(line) or _address(line), seconds=_seconds(line)) if kind else None


def resolved(url: str, location: str) -> str:
    """The address that a redirect leads to; as it is written where that makes no address."""
    try:
        return urljoin(url, location[:_LONGEST_ADDRESS])[:_LONGEST_ADDRESS]
    except ValueError:
        return location[:_LONGEST_ADDRESS]


def _seconds(detail: str) -> float | None:
    after = _AFTER.search(detail)
    return int(after[1]) / 1000 if after else None


def _address(text: str) -> str:
    """The address of the host and port that a sentence names; https unless the port tells otherwise."""
    found = next((each for each in _HOST.finditer(text) if each[1].lower() not in _NO_HOSTS), None)
    if found is None:
        return ""
    host, port = found[1], found[2] or ""
    path = _PATH.search(text)
    scheme = "https" if port in {"", "443", "8443"} else "http"
    shown = "" if port in {"", "443", "80"} else f":{port}"
    return f"{scheme}://{host}{shown}{path[1] if path else '/'}"
