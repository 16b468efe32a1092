"""What a person wants sent, read from a request: a form with a file, a plain form, one in Twilio's own words, or JSON. Pure but for the reading."""

import re
from collections.abc import Mapping
from email.message import Message as Headers
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from offhook.api.problems import Problem
from offhook.dev.phone_view import WHATSAPP, bare, is_number
from offhook.net.urls import is_url
from offhook.records import Record

LONGEST: Final = 1600
MOST_MEDIA: Final = 10
BIGGEST_FILE: Final = 5_000_000
"""Bytes of one picture, as with Twilio."""
MOST_PARTS: Final = 40
_TWILIO_WORDS: Final = {"From": "from", "To": "to", "Body": "body"}
_MEDIA_URL: Final = re.compile(r"MediaUrl\d|media")
_PICTURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
EXTENSIONS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}


class Wanted(Record):
    """A text to be sent. `sender` and `to` have the channel's prefix where there is one; "": whoever is first. `files` are pictures' bytes."""

    sender: str = ""
    to: str = ""
    body: str = ""
    media: tuple[str, ...] = ()
    files: tuple[bytes, ...] = ()
    whatsapp: bool = False


class _Json(msgspec.Struct, rename={"sender": "from"}):
    sender: str = ""
    to: str = ""
    body: str = ""
    media: tuple[str, ...] = ()
    whatsapp: bool = False


def read(content_type: str, body: bytes) -> Wanted:
    """The text that a request's body asks for, not yet checked. Raises Problem 20001 where there is no way to read it."""
    kind, boundary = _kind(content_type)
    if kind == "application/json" or body.startswith(b"{"):
        return _from_json(body)
    files: tuple[bytes, ...] = ()
    if kind == "multipart/form-data":
        fields, files = _parts(body, boundary)
    else:
        fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=200)
    values = {_TWILIO_WORDS.get(name, name): value for name, value in fields}
    media = tuple(value for name, value in fields if _MEDIA_URL.fullmatch(name) and value)
    return _from_fields(values, media, files)


def picture_type(content: bytes) -> str:
    """What kind of picture these bytes are, by themselves and not by what is said of them; "" where it is none that Twilio takes."""
    return next((media_type for start, media_type in _PICTURES if content.startswith(start)), "")


def _kind(content_type: str) -> tuple[str, bytes]:
    headers = Headers()
    headers["content-type"] = content_type.encode("ascii", "replace").decode()
    return headers.get_content_type(), str(headers.get_param("boundary", "")).encode()


def _from_json(body: bytes) -> Wanted:
    try:
        given = msgspec.json.decode(body, type=_Json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(20001, 'The body must be one JSON object such as {"body": "hi", "from": "+12025550101"}.') from None
    return Wanted(
        sender=_prefixed(given.sender, given.whatsapp),
        to=_prefixed(given.to, given.whatsapp),
        body=given.body,
        media=given.media,
        whatsapp=given.whatsapp,
    )


def _from_fields(values: Mapping[str, str], media: tuple[str, ...], files: tuple[bytes, ...]) -> Wanted:
    whatsapp = values.get("channel") == "whatsapp"
    return Wanted(
        sender=_prefixed(values.get("from", "").strip(), whatsapp),
        to=_prefixed(values.get("to", "").strip(), whatsapp),
        body=values.get("word") or values.get("body", "").replace("\r\n", "\n").strip("\n"),
        media=media,
        files=files,
        whatsapp=whatsapp,
    )


def _prefixed(address: str, whatsapp: bool) -> str:
    return WHATSAPP + address if whatsapp and address and not address.startswith(WHATSAPP) else address


def check(text: Wanted) -> None:
    """Raises Problem 20001, in words for whoever typed it, where a text cannot be sent."""
    for address in filter(None, (text.sender, text.to)):
        if not is_number(bare(address)):
            raise Problem(20001, f"{address[:40]!r} is not a phone number: write it as +12025550101.")
    if text.sender and text.to and text.sender.startswith(WHATSAPP) != text.to.startswith(WHATSAPP):
        raise Problem(20001, "Both numbers are on WhatsApp, or neither is.")
    if len(text.body) > LONGEST:
        raise Problem(20001, f"A text has up to {LONGEST} characters; this one has {len(text.body)}.")
    if not (text.body or text.media or text.files):
        raise Problem(20001, "There is nothing to send: write a text, or attach a picture.")
    _check_pictures(text)


def _check_pictures(text: Wanted) -> None:
    if len(text.media) + len(text.files) > MOST_MEDIA:
        raise Problem(20001, f"A message has up to {MOST_MEDIA} pictures.")
    for url in text.media:
        if not is_url(url) or len(url) > 2000:
            raise Problem(20001, f"{url[:60]!r} is not the URL of a picture: write something like https://example.com/cat.jpg")
    for file in text.files:
        if len(file) > BIGGEST_FILE:
            raise Problem(20001, "A picture has up to 5 MB.")
        if not picture_type(file):
            raise Problem(20001, "Attach a JPEG, PNG or GIF: nothing else is sure to arrive.")


def _parts(body: bytes, boundary: bytes) -> tuple[list[tuple[str, str]], tuple[bytes, ...]]:
    """The fields and the files of a multipart form (RFC 7578). Raises Problem 20001."""
    if not boundary or len(boundary) > 200:
        raise Problem(20001, "The form has no boundary.")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or len(pieces) > MOST_PARTS or not pieces[-1].startswith(b"--"):
        raise Problem(20001, "The form is cut off, or has too many parts.")
    fields, files = [], []
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name, is_file = _disposition(head.decode("utf-8", "replace"))
        if not is_file:
            fields.append((name, content.decode("utf-8", "replace")))
        elif content:
            files.append(content)
    return fields, tuple(files)


def _disposition(head: str) -> tuple[str, bool]:
    """The name of a part, and whether it is a file."""
    line = next((each for each in head.splitlines() if each.casefold().startswith("content-disposition:")), "")
    name = re.search(r'[;\s]name="([^"]*)"', line)
    return (name[1] if name else ""), "filename" in line
