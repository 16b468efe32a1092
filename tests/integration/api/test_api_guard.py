"""Who may ask, and what every answer carries: DNS rebinding, requests from other sites' pages, too much of a body."""

import asyncio

import pytest

from offhook.api import guard
from offhook.records import State


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8081",
        "127.1.2.3",
        "[::1]",
        "[::1]:8081",
        "localhost.",
        "offhook.example",
        "Offhook.Example:443",
    ],
)
async def test_the_console_answers_to_its_own_names(console, host):
    assert (await console.get("/healthz", host=host)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8081",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "offhook.example.evil.example",
        "evil-offhook.example",
        "192.168.0.5:8081",
        "0.0.0.0",
        "user@localhost",
        "evil.example@localhost",
        "localhost/evil",
        "localhost:port",
        "[::1",
        "",
    ],
)
async def test_a_name_that_is_not_the_consoles_own_gets_nothing(console, host):
    await console.webhook("private words")
    for path in ("/api/webhooks", "/", "/metrics", "/healthz", "/static/offhook.css"):
        answer = await console.get(path, host=host)
        assert (answer.status, answer.json["code"]) == (421, 20421), path
        assert "private words" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "nonsense"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:5000"},
        {"origin": "file://localhost"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/webhooks/{id}/replay", "/api/webhooks/{id}/dismiss", "/api/replays", "/webhooks/{id}/replay"]
)
async def test_a_page_of_another_site_changes_nothing(console, headers, path):
    webhook = await console.webhook(state=State.FAILED)
    answer = await console.ask("POST", path.format(id=webhook.id), headers={"host": "localhost"} | headers)
    assert (answer.status, answer.json["code"]) == (403, 20003)
    assert (await console.journal.webhook(webhook.id)).state is State.FAILED


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://localhost:8081", "sec-fetch-site": "same-origin"},
        {"origin": "https://LOCALHOST:8081"},
    ],
)
async def test_our_own_page_or_a_program_may_replay(console, headers):
    webhook = await console.webhook(state=State.FAILED)
    answer = await console.ask("POST", f"/api/webhooks/{webhook.id}/replay", headers={"host": "localhost:8081"} | headers)
    assert answer.status == 202


async def test_a_link_from_another_site_may_still_be_followed(console):
    assert (await console.get("/api/webhooks", sec_fetch_site="cross-site")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/api/webhooks", {}),
        ("GET", "/metrics", {}),
        ("GET", "/nothing", {}),
        ("GET", "/api/webhooks?x=1", {}),
        ("GET", "/", {"host": "evil.example"}),
        ("POST", "/api/replays", {"origin": "https://evil.example"}),
        ("POST", "/api/replays", {"content-length": "70000"}),
    ],
)
async def test_every_answer_carries_the_headers_that_keep_a_browser_from_harm(console, method, path, headers):
    answer = await console.ask(method, path, headers=headers)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "server" not in answer.headers


async def test_an_announced_body_beyond_the_cap_is_refused_before_it_is_sent(console):
    answer = await console.ask("POST", "/api/replays", headers={"content-length": str(guard.MAX_BODY + 1)})
    assert (answer.status, answer.json["code"]) == (413, 20413)


async def talk(console, text):
    """What the console says to these bytes, until it has answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", console.server.port)
    try:
        writer.write(text)
        await writer.drain()
        return await asyncio.wait_for(reader.read(4096), 5)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_chunked_body_beyond_the_cap_is_refused(console):
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    said = await talk(console, b"POST /api/replays HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 3)
    assert said.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_does_not_come_is_not_waited_for_beyond_the_deadline(console, monkeypatch):
    monkeypatch.setattr(guard, "BODY_WITHIN", 0.05)
    said = await talk(console, b"POST /api/replays HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    assert said.startswith(b"HTTP/1.1 408 ")


async def test_a_client_that_leaves_in_the_middle_of_its_body_does_no_harm(console):
    _, writer = await asyncio.open_connection("127.0.0.1", console.server.port)
    writer.write(b"POST /api/replays HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()
    assert (await console.get("/healthz")).status == 200


async def test_an_endless_header_is_refused(console):
    said = await talk(console, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000)
    assert said.startswith(b"HTTP/1.1 400 ")
