"""Signatures that are not the right one: for another URL, for other parameters, made up, or left out. And the URLs that proxies make of one."""

import base64
import os
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from offhook.delivery.round import Sign
from offhook.records import Headers

SIGNATURE: Final = "X-Twilio-Signature"
MOST_REBUILT: Final = 16
_USUAL_PORTS: Final = (8000, 5000, 3000, 8080)
_PORTS: Final = {"http": 80, "https": 443}


def for_url(sign: Sign, other: str) -> Sign:
    """Signs for another URL than the one that is called."""

    def signed(url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        called, _ = sign(url, body, content_type, account_sid)
        return called, sign(other, body, content_type, account_sid)[1]

    return signed


def for_body(sign: Sign, other: bytes) -> Sign:
    """Signs for another body than the one that is sent."""

    def signed(url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        del body
        return sign(url, other, content_type, account_sid)

    return signed


def made_up(sign: Sign) -> Sign:
    """A signature of the right form that nobody has made."""

    def signed(url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        called, _ = sign(url, body, content_type, account_sid)
        return called, ((SIGNATURE, base64.b64encode(os.urandom(20)).decode()),)

    return signed


def left_out(sign: Sign) -> Sign:
    """No signature."""

    def signed(url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        return sign(url, body, content_type, account_sid)[0], ()

    return signed


def rebuilt(url: str, seen: Iterable[str] = ()) -> dict[str, str]:
    """The URLs that apps commonly take this one for, each with what was done to it; the likeliest first, at most sixteen.

    `seen` are URLs that the app's own answer names: they come first.

    An app behind a proxy rebuilds the URL from what it sees: the scheme and port of the last hop, a path with or without its slash or prefix,
    a query that was decoded and encoded again (spec: twilio-delivery §5.4, §8).
    """
    found: dict[str, str] = {}
    named = ((each, "the URL that its answer names") for each in seen)
    for other, what in (*named, *_variants(url), *_inside(url)):
        if other != url and len(found) < MOST_REBUILT:
            found.setdefault(other, what)
    return found


def _variants(url: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    name = host.rpartition(":")[0] if parts.port is not None else host
    other = "http" if parts.scheme == "https" else "https"
    flipped = parts._replace(scheme=other)
    yield flipped.geturl(), f"{other} in place of {parts.scheme}"
    if parts.port is not None:
        yield flipped._replace(netloc=name).geturl(), f"{other} in place of {parts.scheme}, and without the port"
        yield parts._replace(netloc=name).geturl(), "without the port"
    else:
        yield parts._replace(netloc=f"{name}:{_PORTS[parts.scheme]}").geturl(), f"with the port {_PORTS[parts.scheme]}"
        yield (
            flipped._replace(netloc=f"{name}:{_PORTS[other]}").geturl(),
            f"{other} in place of {parts.scheme}, with the port {_PORTS[other]}",
        )
    path = parts.path[:-1] if parts.path.endswith("/") and len(parts.path) > 1 else f"{parts.path}/"
    slash = "without" if len(path) < len(parts.path) else "with"
    if parts.path.strip("/"):
        yield parts._replace(path=path).geturl(), f"{slash} a slash at the end of the path"
    if parts.query:
        for query, what in _queries(parts.query):
            yield parts._replace(query=query).geturl(), what
            yield flipped._replace(query=query).geturl(), f"{what}, and {other} in place of {parts.scheme}"
    if parts.path.strip("/"):
        yield flipped._replace(path=path).geturl(), f"{other} in place of {parts.scheme}, {slash} a slash at the end of the path"
    if parts.path.strip("/").count("/"):
        shorter = f"/{parts.path.lstrip('/').partition('/')[2]}"
        yield parts._replace(path=shorter).geturl(), "without the first part of the path"
        yield (
            flipped._replace(path=shorter).geturl(),
            f"without the first part of the path, and {other} in place of {parts.scheme}",
        )


def _inside(url: str) -> Iterator[tuple[str, str]]:
    """What an app sees behind a proxy that does not pass the Host on: its own address and port."""
    parts = urlsplit(url)
    for port in _USUAL_PORTS:
        for host in ("127.0.0.1", "localhost"):
            yield (
                parts._replace(scheme="http", netloc=f"{host}:{port}").geturl(),
                f"http://{host}:{port} in place of the public host",
            )


def _queries(query: str) -> Iterator[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True)
    yield "", "without the query"
    yield urlencode(pairs), "with the query encoded anew"
    yield urlencode(pairs, quote_via=quote), "with the query encoded anew, blanks as %20"
    yield unquote(query), "with the query decoded"
    yield urlencode(sorted(pairs)), "with the query's parameters sorted"
