"""HTTP credentials given when asked: Basic (RFC 7617) and Digest (RFC 7616), as Twilio does after a 401. Pure."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

from offhook.records import Headers

_DIGESTS = {"md5": hashlib.md5, "sha-256": hashlib.sha256, "sha-512-256": lambda data: hashlib.new("sha512_256", data)}
_FIELD = re.compile(r'(\w[\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class Credentials:
    """A user and password; their repr shows neither."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password

    def __repr__(self) -> str:
        return "Credentials([secret])"


def authorization(headers: Headers, credentials: Credentials, method: str, url: str, nonce: str) -> str:
    """The Authorization value that answers a 401's WWW-Authenticate headers, or "" when none of the schemes is ours.

    `nonce` is the client's random part, for Digest.
    """
    offers = [value for name, value in headers if name.lower() == "www-authenticate"]
    for offer in offers:
        if offer.lower().startswith("digest"):
            answer = _digest(offer, credentials, method, url, nonce)
            if answer:
                return answer
    if any(offer.lower().startswith("basic") for offer in offers):
        pair = f"{credentials.username}:{credentials.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()
    return ""


def _digest(offer: str, credentials: Credentials, method: str, url: str, nonce: str) -> str:
    fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(offer[len("digest") :])}
    algorithm = fields.get("algorithm", "MD5")
    session = algorithm.lower().endswith("-sess")
    maker = _DIGESTS.get(algorithm.lower().removesuffix("-sess"))
    qops = {qop.strip() for qop in fields.get("qop", "").split(",")}
    if maker is None or (qops - {""} and "auth" not in qops):
        return ""

    def digest(text: str) -> str:
        return str(maker(text.encode()).hexdigest())

    parts = urlsplit(url)
    uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    realm, server_nonce = fields.get("realm", ""), fields.get("nonce", "")
    first = digest(f"{credentials.username}:{realm}:{credentials.password}")
    if session:
        first = digest(f"{first}:{server_nonce}:{nonce}")
    second = digest(f"{method}:{uri}")
    answer = [f'username="{credentials.username}"', f'realm="{realm}"', f'nonce="{server_nonce}"', f'uri="{uri}"']
    if "auth" in qops:
        response = digest(f"{first}:{server_nonce}:00000001:{nonce}:auth:{second}")
        answer += [f'response="{response}"', "qop=auth", "nc=00000001", f'cnonce="{nonce}"']
    else:
        answer.append(f'response="{digest(f"{first}:{server_nonce}:{second}")}"')
    answer += [f"algorithm={algorithm}"] if "algorithm" in fields else []
    answer += [f'opaque="{fields["opaque"]}"'] if "opaque" in fields else []
    return "Digest " + ", ".join(answer)
