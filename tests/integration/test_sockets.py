"""Plain connections for protocols that are not HTTP: by the same rules as the door."""

import socket

import pytest

from offhook.net.sockets import connect
from tests.helpers.scripted_peer import Peer


async def waits(line):
    await line.until_closed()


def names(*addresses):
    async def resolve(host, port):
        return addresses

    return resolve


async def test_it_connects_to_the_address_that_was_checked():
    async with Peer(waits) as peer:
        made = await connect("mail.example", peer.port, 2.0, names("127.0.0.1"))
        assert isinstance(made, socket.socket)
        assert made.getpeername() == ("127.0.0.1", peer.port)
        made.close()


async def test_an_address_that_does_not_answer_leaves_time_for_the_next():
    async with Peer(waits) as peer:
        made = await connect("mail.example", peer.port, 2.0, names("127.0.0.2", "127.0.0.1"))
        assert isinstance(made, socket.socket)
        made.close()


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("mail.example", ["169.254.169.254"]),
        ("mail.example", ["127.0.0.1", "::ffff:169.254.169.254"]),
        ("mail.example", ["fd00:ec2::254"]),
        ("metadata.google.internal", ["127.0.0.1"]),
        ("169.254.169.254", ["169.254.169.254"]),
    ],
)
async def test_a_clouds_metadata_service_is_never_called(host, addresses):
    async with Peer(waits) as peer:
        refused = await connect(host, peer.port, 2.0, names(*addresses))
        assert isinstance(refused, str)
        assert "metadata service" in refused
        assert peer.connections == 0


async def test_why_there_is_no_connection_is_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert await connect("mail.example", port, 2.0, names("127.0.0.1")) == (
        f"Connecting to mail.example port {port} failed: Connection refused."
    )
    assert await connect("mail.example", port, 2.0, names()) == "mail.example has no address."

    async def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert await connect("mail.example", port, 2.0, unknown) == "Looking up mail.example failed: Name or service not known."
