"""The hello of a TLS client, read without a handshake: what OpenSSL says, cut and broken in every way."""

import contextlib
import ssl
import warnings

import pytest

from offhook.doctor.hello import LONGEST, Hello, NotAHelloError, read_hello


def hello(name="sms.example.com", *, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3, alpn=("http/1.1",)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = least, most
    if alpn:
        context.set_alpn_protocols(list(alpn))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def test_name_versions_and_protocols_are_read():
    assert read_hello(hello()) == Hello(server_name="sms.example.com", versions=("TLS 1.3", "TLS 1.2"), protocols=("http/1.1",))


def test_an_old_client_without_a_name_is_read():
    old = hello(None, least=ssl.TLSVersion.TLSv1, most=ssl.TLSVersion.TLSv1, alpn=())
    assert read_hello(old) == Hello(versions=("TLS 1.0",))


def test_a_hello_that_is_not_whole_is_waited_for():
    whole = hello()
    assert {read_hello(whole[:size]) for size in range(len(whole))} == {None}


def test_a_hello_in_several_records_is_put_together():
    message = hello()[5:]
    records = b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2) + piece for piece in (message[:3], message[3:50], message[50:]))
    assert read_hello(records).server_name == "sms.example.com"


def test_what_follows_the_hello_is_let_be():
    assert read_hello(hello() + b"\x17\x03\x03\x00\x01x").server_name == "sms.example.com"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x02\x00\x00\x05abcde",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01a",
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02ab",
        b"\x16\x03\x01\xff\xff" + b"\x01\xff\xff\xff" + b"a" * LONGEST,
    ],
)
def test_what_is_no_hello_is_refused(data):
    with pytest.raises(NotAHelloError):
        read_hello(data)


def test_a_hello_with_any_byte_changed_is_read_or_refused_and_nothing_else_happens():
    whole = hello()
    for at in range(len(whole)):
        for value in (0, 0xFF):
            with contextlib.suppress(NotAHelloError):
                read_hello(whole[:at] + bytes([value]) + whole[at + 1 :])
