"""What is said of a handshake that was not done, from what the others showed."""

from ipaddress import ip_address

import pytest

from offhook.doctor.findings import Verdict
from offhook.doctor.protocols import Spoken, handshake_fault, needs_server_name, version_findings
from offhook.net.handshakes import Handshake, Place
from offhook.records import Certificate, Failure, FailureKind

PLACE = Place(host="app.example", address=ip_address("203.0.113.7"), port=443)


def done(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", chain=()):
    return Handshake(place=PLACE, connected=True, certificate=Certificate(version=version, cipher=cipher), chain=chain)


def failed(detail="The TLS handshake failed: SSLV3_ALERT_HANDSHAKE_FAILURE.", **more):
    return Handshake(place=PLACE, connected=True, failure=Failure(kind=FailureKind.TLS, detail=detail), **more)


def fault(verified, looked, **more):
    spoken = Spoken(url="https://app.example/sms", host="app.example", verified=verified, looked=looked, **more)
    return handshake_fault(spoken, verified.failure)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (fault(failed(), failed(), old=done("TLSv1")), "nothing newer than TLS 1.0"),
        (fault(failed(), done("TLSv1.2", "AES128-SHA"), again=failed()), "too weak"),
        (fault(failed(), done(), again=done()), "now and then"),
        (fault(failed("The TLS handshake was not done within 5 s.", late=True), done()), "in time"),
        (fault(failed("The peer closed the connection during the TLS handshake."), failed()), "closed the connection"),
        (fault(failed(), failed()), "could not agree on TLS"),
    ],
)
def test_each_way_of_failing_has_its_own_words_and_one_cause(found, words):
    assert words in found.title
    assert (found.verdict, found.cause, found.codes) == (Verdict.FAULT, "tls.handshake", (11220, 11200))
    assert found.fix


@pytest.mark.parametrize(
    ("raw", "words"), [(b"HTTP/1.1 400 Bad Request\r\n", "plain http"), (b"SSH-2.0-OpenSSH_9.2\r\n", "something else")]
)
def test_what_speaks_at_a_port_without_tls_is_told_by_its_first_bytes(raw, words):
    found = fault(
        failed("The peer does not speak TLS on this port; is it a plain http port? (WRONG_VERSION_NUMBER)", raw=raw), failed()
    )
    assert words in found.title
    assert found.cause == "tls.plain-port"
    assert raw.decode().strip() in found.evidence[0]


def test_an_alert_is_not_taken_for_an_answer_to_plain_http():
    found = fault(failed(raw=b"\x15\x03\x03\x00\x02\x02\x28"), failed())
    assert found.cause == "tls.handshake"
    assert not any("first bytes" in each for each in found.evidence)


def test_a_front_end_that_does_not_know_the_name_is_told_of():
    found = fault(failed(), failed(), nameless=done())
    assert any("does not know this host" in each for each in found.evidence)


def test_nothing_is_said_of_versions_and_names_that_were_not_tried():
    spoken = Spoken(url="https://app.example/", host="app.example", verified=done(), looked=done())
    assert list(version_findings(spoken)) == []
    assert needs_server_name(spoken) == ""


def test_a_hello_with_tls_1_2_that_timed_out_is_no_refusal():
    spoken = Spoken(url="https://app.example/", host="app.example", verified=done(), looked=done(), tls_1_2=failed(late=True))
    assert list(version_findings(spoken)) == []
