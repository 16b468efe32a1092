"""A request to take along: as a command of curl, as Python, as a test. Never with a secret in it: the auth token is read where it runs. Pure."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from offhook.delivery.destination import Call
from offhook.providers import raw
from offhook.providers.forms import read_form
from offhook.records import Headers, Kind, Parameters, Webhook

MOST: Final = 48 * 1024
"""Bytes of a body beyond which there are no snippets: nobody pastes them."""
_OURS: Final = frozenset({"accept-encoding"})
_PHONE: Final = re.compile(r"(?:whatsapp:)?\+?[0-9]{3,15}")
_SAFE: Final = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")


class Snippet(NamedTuple):
    """One way to take the request along. `note` is what one has to know."""

    name: str
    title: str
    code: str
    note: str = ""


def snippets(webhook: Webhook, made: Call) -> list[Snippet]:
    """The ways there are for the request that the app is sent. None for a body that is too big."""
    if len(made.body) > MOST:
        return []
    parameters = tuple((raw.text(name), raw.text(value)) for name, value in raw.pairs(made.body)) if _is_form(made) else ()
    ways = [
        Snippet(
            "curl",
            "curl",
            curl(made),
            "Signs with the token in TWILIO_AUTH_TOKEN, by openssl; without one your app may refuse it.",
        ),
        Snippet(
            "python",
            "Python (requests)",
            python(made, parameters),
            "Signs with the token in TWILIO_AUTH_TOKEN: pip install twilio, which brings requests.",
        ),
    ]
    if webhook.kind is Kind.MESSAGE:
        ways.append(
            Snippet(
                "test",
                "a test (pytest)",
                a_test(webhook, made),
                "The fixtures are Offhook's own; pip install offhook, and see docs/testing.md.",
            )
        )
    return ways


# -- curl


def curl(made: Call) -> str:
    """A command that makes the request, and signs it where it runs."""
    signed = _signed(made)
    lines = []
    if signed is None:
        lines.append("# Not signed: Twilio signs such a body by its hash in the URL (bodySHA256).")
    else:
        lines.append(f'signature=$({printed(signed)} | openssl dgst -sha1 -hmac "$TWILIO_AUTH_TOKEN" -binary | base64)')
    # What nobody can see is worth nothing to an app, and may be dangerous to a terminal that it is pasted into.
    headers = [f"{name}: {value}" for name, value in _shown(made.headers)]
    parts = [
        f"curl -sS -i -X {made.method} {quoted(made.url)}",
        *(f"-H {quoted(each)}" for each in headers if each.isprintable()),
    ]
    if signed is not None:
        parts.append('-H "X-Twilio-Signature: $signature"')
    if made.body:
        parts.append("--data-binary @-")
    command = " \\\n  ".join(parts)
    return "\n".join([*lines, f"{printed(made.body)} |\n{command}" if made.body else command])


def printed(content: bytes) -> str:
    """A POSIX shell's command that prints exactly these bytes."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and (text.replace("\n", "").isprintable()):
        return f"printf %s {quoted(text)}"
    return "printf '" + "".join(_escaped(byte) for byte in content) + "'"


def _escaped(byte: int) -> str:
    character = chr(byte)
    return character if 32 <= byte < 127 and character not in "%\\'" else f"\\{byte:03o}"


def quoted(text: str) -> str:
    """Text as one word of a POSIX shell."""
    if text and _SAFE.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def _signed(made: Call) -> bytes | None:
    """What Twilio's signature covers; None where that is something else than the URL and a form."""
    if made.body and not _is_form(made):
        return None
    return made.url.encode("utf-8", "replace") + (read_form(made.body).signed if made.body else b"")


def _is_form(made: Call) -> bool:
    return raw.media_type(made.content_type) == raw.FORM


# -- Python


def python(made: Call, parameters: Parameters) -> str:
    """A script that makes the request with requests, and signs it where it runs."""
    form, names = bool(parameters), [name for name, _ in parameters]
    repeated = len(set(names)) != len(names)
    lines = ["import os", "", "import requests"]
    if form or not made.body:
        lines.append("from twilio.request_validator import RequestValidator")
    lines += ["", f"url = {literal(made.url)}"]
    if form:
        lines += [
            "data = {",
            *(f"    {literal(name)}: {literal(value)}," for name, value in _grouped(parameters, repeated=repeated)),
            "}",
        ]
    elif made.body:
        lines.append(f"content = {made.body!r}")
    lines += ["headers = {", *(f"    {literal(name)}: {literal(value)}," for name, value in _shown(made.headers, typed=not form))]
    if form or not made.body:
        lines += ["}", 'token = os.environ["TWILIO_AUTH_TOKEN"]']
        given = "data" if form else "{}"
        lines.append(f'headers["X-Twilio-Signature"] = RequestValidator(token).compute_signature(url, {given})')
    else:
        lines.append("}")
        lines[:2] = []
    what = ", data=data" if form else ", data=content" if made.body else ""
    lines += [f"answer = requests.request({literal(made.method)}, url{what}, headers=headers, timeout=15)"]
    return "\n".join([*lines, 'print(answer.status_code, answer.headers.get("content-type"))', "print(answer.text)"])


def _grouped(parameters: Parameters, *, repeated: bool) -> list[tuple[str, object]]:
    """Parameters by their names, in order; one that comes several times has a list."""
    if not repeated:
        return list(parameters)
    grouped: dict[str, list[str]] = {}
    for name, value in parameters:
        grouped.setdefault(name, []).append(value)
    return [(name, values if len(values) > 1 else values[0]) for name, values in grouped.items()]


def literal(value: object) -> str:
    """A value as Python writes it, text in double quotes; what cannot be seen is escaped."""
    if not isinstance(value, str):
        return "[" + ", ".join(literal(each) for each in value) + "]" if isinstance(value, Sequence) else repr(value)
    written = repr(value)
    if written.startswith('"'):
        return written
    return '"' + written[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


# -- a test


def a_test(webhook: Webhook, made: Call) -> str:
    """A test in which the same person sends the same text to the app; it fails as the app fails."""
    given = dict(raw.parameters(webhook.head, webhook.body))
    count = int(given["NumMedia"]) if re.fullmatch("[0-9]{1,2}", given.get("NumMedia", "")) else 0
    media = [given[name] for place in range(count) if (name := f"MediaUrl{place}") in given]
    sent = literal(given.get("Body", "")) + (f", media={literal(media)}" if media else "")
    person = webhook.sender if _PHONE.fullmatch(webhook.sender) else "Ada"
    return "\n".join(
        [
            "from my_app import app  # your Flask, Django, FastAPI or Starlette app",
            "",
            "",
            "def test_this_text_gets_a_reply(offhook_carrier, offhook_app):",
            f"    url = offhook_app(app, {literal(urlsplit(made.url).path or '/')})",
            f"    phone = offhook_carrier.connect(url).phone({literal(person)})",
            f"    phone.text({sent})",
            "    assert phone.reply().body",
        ]
    )


def _shown(headers: Headers, *, typed: bool = True) -> Headers:
    """The headers that matter to an app. Without `typed`, the client writes the Content-Type itself."""
    left_out = _OURS if typed else _OURS | {"content-type"}
    return tuple((name, value) for name, value in headers if name.casefold() not in left_out)
