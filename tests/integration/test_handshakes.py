"""Handshakes that only look: what each manner of them shows of a real server."""

import asyncio
import ssl
import sys
import threading
import time
from ipaddress import ip_address

import pytest

from offhook.net.chains import read_chain
from offhook.net.handshakes import ANY, AS_TWILIO, AS_TWILIO_NAMELESS, NAMELESS, OLD, TLS_1_2, TLS_1_3, Handshakes, Place
from offhook.records import FailureKind
from tests.helpers.certificates import MISSING, House, serving
from tests.helpers.scripted_peer import Line, Peer, come_true, on_both_loops

V = ssl.TLSVersion


@pytest.fixture(scope="module")
def house():
    return House("app.example")


@pytest.fixture
def look(house, tmp_path):
    """Make handshakes in these manners with a peer at loopback; gives what they came to."""
    ca_file = tmp_path / "root.pem"
    house.root.cert_pem.write_to_path(ca_file)

    async def shake(context, *manners, script=None, within=3.0, trusted=True):
        async def hold(line: Line) -> None:
            await line.until_closed()

        means = Handshakes(str(ca_file))
        async with Peer(script or hold, tls=context) as peer:
            place = Place(host="app.example", address=ip_address("127.0.0.1"), port=peer.port)
            return await asyncio.gather(*(means.shake(place, manner, within, trusted=trusted) for manner in manners))

    return shake


@on_both_loops
async def test_a_good_server_is_verified_and_its_chain_is_shown(look, house, tmp_path):
    verified, looked = await look(serving(house.good(), tmp_path), AS_TWILIO, ANY)
    assert (verified.failure, verified.connected) == (None, True)
    assert verified.certificate.version == "TLSv1.3"
    assert verified.certificate.names == ("app.example",)
    assert 0 < verified.seconds < 2
    assert len(verified.chain) == len(looked.chain) == 2
    path = read_chain(looked.chain).path
    assert [link.issuer for link in path] == ["Test Middle", "Test Root"]
    assert path[0].names == ("app.example",)
    assert not path[0].self_signed


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("expired", FailureKind.TLS_EXPIRED),
        ("early", FailureKind.TLS_EXPIRED),
        ("self_signed", FailureKind.TLS_UNTRUSTED),
        ("incomplete", FailureKind.TLS_UNTRUSTED),
        ("unknown", FailureKind.TLS_UNTRUSTED),
    ],
)
@on_both_loops
async def test_a_bad_certificate_is_refused_and_shown_all_the_same(look, house, tmp_path, kind, failure):
    verified, looked = await look(serving(getattr(house, kind)(), tmp_path), AS_TWILIO, ANY)
    assert verified.failure.kind is failure
    assert verified.verify_code > 0
    assert verified.chain == ()
    assert looked.failure is None
    assert looked.chain


@on_both_loops
async def test_a_certificate_for_somebody_else_is_refused_with_and_without_the_server_name(look, house, tmp_path):
    found = await look(serving(house.good("other.example"), tmp_path), AS_TWILIO, AS_TWILIO_NAMELESS)
    assert [each.failure.kind for each in found] == [FailureKind.TLS_NAME] * 2


@on_both_loops
async def test_the_server_name_is_sent_unless_the_manner_leaves_it_out(look, house, tmp_path):
    names = []
    context = serving(house.good(), tmp_path)
    context.sni_callback = lambda connection, name, context: names.append(name)
    for manner in (AS_TWILIO, ANY, TLS_1_2, NAMELESS, AS_TWILIO_NAMELESS):
        (found,) = await look(context, manner)
        assert found.failure is None
    assert names == ["app.example"] * 3 + [None] * 2


@pytest.mark.parametrize(
    ("bounds", "spoken"),
    [
        ((V.TLSv1_2, V.TLSv1_2), [ANY, TLS_1_2]),
        ((V.TLSv1_3, V.TLSv1_3), [ANY, TLS_1_3]),
        ((V.TLSv1, V.TLSv1), [OLD]),
        ((V.TLSv1, V.TLSv1_3), [ANY, TLS_1_2, TLS_1_3, OLD]),
    ],
)
@on_both_loops
async def test_each_version_is_told_apart(look, house, tmp_path, bounds, spoken):
    manners = [ANY, TLS_1_2, TLS_1_3, OLD]
    found = await look(serving(house.good(), tmp_path, least=bounds[0], most=bounds[1]), *manners)
    assert [manner for manner, each in zip(manners, found, strict=True) if each.failure is None] == spoken
    assert all(each.declined for manner, each in zip(manners, found, strict=True) if manner not in spoken)


@on_both_loops
async def test_what_is_too_weak_for_twilio_can_be_looked_at(look, house, tmp_path):
    verified, looked = await look(serving(house.weak(), tmp_path), AS_TWILIO, ANY)
    assert verified.failure is not None
    assert "1024" in read_chain(looked.chain).own.weakness


@on_both_loops
async def test_plain_http_another_protocol_a_hang_up_and_silence_are_told_apart(look):
    async def plain(line: Line) -> None:
        await line.reader.read(10)
        await line.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    async def hang_up(line: Line) -> None:
        await line.reader.read(10)

    async def reset(line: Line) -> None:
        await line.reader.read(10)
        line.reset()

    (spoke,) = await look(None, AS_TWILIO, script=plain)
    assert spoke.raw.startswith(b"HTTP/1.1 400")
    assert "plain http" in spoke.failure.detail
    (mail,) = await look(None, AS_TWILIO, script=lambda line: line.say(b"220 mail.example ESMTP\r\n", pause=0.2))
    assert mail.raw.startswith(b"220 mail")
    for script in (hang_up, reset):
        (closed,) = await look(None, AS_TWILIO, script=script)
        assert closed.declined
        assert "closed the connection" in closed.failure.detail


@on_both_loops
async def test_a_handshake_that_hangs_ends_in_its_time_and_closes(look):
    closed = asyncio.Event()

    async def hang(line: Line) -> None:
        await line.until_closed()
        closed.set()

    began = time.monotonic()
    (found,) = await look(None, AS_TWILIO, script=hang, within=0.3)
    assert 0.25 < time.monotonic() - began < 5
    assert (found.connected, found.late, found.declined) == (True, True, False)
    assert found.failure.kind is FailureKind.TLS
    await come_true(closed.is_set)


@on_both_loops
async def test_a_private_address_is_not_called_unless_somebody_here_has_named_it(look, house, tmp_path):
    (found,) = await look(serving(house.good(), tmp_path), AS_TWILIO, trusted=False)
    assert found.failure.kind is FailureKind.BLOCKED
    assert not found.connected


@on_both_loops
async def test_a_port_at_which_nobody_listens(unused_tcp_port):
    place = Place(host="app.example", address=ip_address("127.0.0.1"), port=unused_tcp_port)
    found = await Handshakes().shake(place, ANY, 2, trusted=True)
    assert (found.connected, found.failure.kind) == (False, FailureKind.REFUSED)


@on_both_loops
async def test_reading_the_trust_store_does_not_hold_up_the_loop(look, house, tmp_path, monkeypatch):
    readers, read = [], ssl.SSLContext.load_default_certs

    def told(context, *purpose):
        readers.append(threading.current_thread())
        return read(context, *purpose)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", told)
    # The context with the server's name has been made at the start, with the file.
    (found,) = await look(serving(house.good(), tmp_path), AS_TWILIO_NAMELESS)
    assert found.failure is None
    assert readers[-1] is not threading.current_thread()


def test_the_private_way_to_the_chain_is_taken_only_before_python_3_13():
    assert hasattr(ssl.SSLObject, "get_unverified_chain") is (sys.version_info >= (3, 13))


def test_a_chain_is_put_in_order_and_says_where_its_missing_link_is(house):
    middle, stranger, root = (
        ssl.PEM_cert_to_DER_cert(each.cert_pem.bytes().decode()) for each in (house.middle, house.stranger, house.root)
    )
    alone = ssl.PEM_cert_to_DER_cert(house.incomplete().chain.decode())
    chain = read_chain([alone, stranger, root, middle])
    assert [link.subject for link in chain.path] == ["app.example", "Test Middle", "Test Root"]
    assert [link.subject for link in chain.strays] == ["Test Stranger"]
    assert chain.own.issuer_urls == (MISSING,)
    assert chain.top.self_signed
    assert read_chain([alone]).top is not None
    assert read_chain([b"no certificate"]).path == ()
