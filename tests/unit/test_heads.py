"""What a reader remembers of earlier heads must never change what a later one means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.intake import limits
from offhook.intake.heads import Head, HeadReader
from offhook.intake.limits import IntakeLimits

TWILIO = (
    b"Host: hooks.example",
    b"User-Agent: TwilioProxy/1.1",
    b"Content-Length: 468",
    b"Accept: */*",
    b"Content-Type: application/x-www-form-urlencoded",
    b"I-Twilio-Idempotency-Token: b00cd941-9b6e-49c3-84fb-e2af2cf92cc7",
    b"X-Home-Region: us1",
    b"X-Twilio-Signature: IJE/ao63CwJRr07hdmuL/F/jIgw=",
)
ODD = (
    b"Transfer-Encoding: chunked",
    b"Content-Length: 469",
    b"Content-Length: +468",
    b"Content-Length : 468",
    b"content-length: 468",
    b"Content-Encoding: gzip",
    b"Connection: close",
    b"Connection: keep-alive",
    b"Expect: 100-continue",
    b"Cookie: session=secret",
    b"Authorization: Basic c2VjcmV0",
    b"Host: other.example",
    b" folded: yes",
    b"\tfolded",
    b"X-Home-Region: us1\nTransfer-Encoding: chunked",
    b"X-Home-Region: us1\rX: y",
    b"X-Home-Region: \x00",
    b"X-Home-Region: caf\xe9",
    b"X-Home-Region:\tus1\t",
    b"X-Home-Region: us1  ",
    b"X-Home-Region:",
    b"X-Home-Region us1",
    b"X-Twilio-Signature: other",
    b"Upgrade: websocket",
    b"",
)
STARTS = (
    b"POST /sms HTTP/1.1",
    b"GET /sms HTTP/1.1",
    b"HEAD /sms HTTP/1.1",
    b"POST /sms HTTP/1.0",
    b"POST /sms HTTP/1.1 ",
    b"POST  /sms HTTP/1.1",
    b"BREW /sms HTTP/1.1",
)


def head(*lines):
    return b"\r\n".join(lines) + b"\r\n\r\n"


def fresh():
    return HeadReader(IntakeLimits())


def taught():
    """A reader that has seen all there is to remember of the lines below."""
    reader = fresh()
    for start in STARTS:
        for _ in range(3):
            reader.read(head(start, *TWILIO))
            for line in ODD:
                reader.read(head(start, *TWILIO, line))
    return reader


def moulded(raw):
    """A reader that knows heads of just this length, for each way in which such a head can be spoilt."""
    reader = fresh()
    for _ in range(3):
        reader.read(raw)
    return reader


@given(
    start=st.sampled_from(STARTS),
    lines=st.lists(st.sampled_from([*TWILIO, *ODD]), max_size=12),
    also=st.sampled_from([(), TWILIO]),
)
def test_a_head_means_the_same_whatever_came_before_it(start, lines, also):
    raw = head(start, *also, *lines)
    assert taught().read(raw) == fresh().read(raw)


def test_a_recognised_head_is_read_like_the_first_one():
    reader = fresh()
    reader.read(head(b"POST /sms HTTP/1.1", *TWILIO))
    other = head(b"POST /sms HTTP/1.1", *TWILIO[:-1], b"X-Twilio-Signature: another+one/that=")
    read = reader.read(other)
    assert isinstance(read, Head)
    assert read == fresh().read(other)
    assert read.headers[b"x-twilio-signature"] == b"another+one/that="
    assert read.length == 468


def test_credentials_are_blanked_in_every_head_not_only_in_the_first():
    reader = fresh()
    raw = head(b"POST /sms HTTP/1.1", *TWILIO, b"Cookie: session=secret", b"Authorization: Basic c2VjcmV0")
    for _ in range(3):
        kept = reader.read(raw).raw
        assert b"secret" not in kept
        assert b"c2VjcmV0" not in kept


def test_more_fields_than_allowed_are_refused_though_each_is_known():
    reader = HeadReader(IntakeLimits(fields=9))
    known = [*TWILIO, b"X-One: 1", b"X-Two: 2"]
    for line in known:
        reader.read(head(b"POST /sms HTTP/1.1", b"Host: hooks.example", line))
    assert reader.read(head(b"POST /sms HTTP/1.1", *known)) is limits.TOO_MANY_FIELDS


@pytest.mark.parametrize("count", [3, 9000])
def test_a_flood_of_different_heads_is_forgotten_and_harms_nobody(count):
    reader = fresh()
    for n in range(count):
        reader.read(head(b"POST /%d HTTP/1.1" % n, b"Host: h%d" % n, b"X-%d: %d" % (n, n)))
    assert max(len(reader._fields), len(reader._starts), len(reader._names)) <= 4100
    raw = head(b"POST /sms HTTP/1.1", *TWILIO)
    assert reader.read(raw) == reader.read(raw) == fresh().read(raw)


GOOD = head(b"POST /sms HTTP/1.1", *TWILIO)


@given(
    st.integers(0, len(GOOD) - 5),
    st.sampled_from([b"\0", b"\r", b"\n", b" ", b"\t", b"\xff", b"0", b"9", b"+", b"a", b":", b"-"]),
)
def test_one_byte_that_is_another_means_to_a_taught_reader_what_it_means_to_a_fresh_one(at, byte):
    spoilt = GOOD[:at] + byte + GOOD[at + 1 :]
    assert moulded(GOOD).read(spoilt) == fresh().read(spoilt)


@pytest.mark.parametrize("length", [b"000", b"9 9", b"+99", b"-01", b"1e3", b"0x1"])
def test_a_length_of_the_same_width_is_still_looked_at(length):
    other = GOOD.replace(b"Content-Length: 468", b"Content-Length: " + length)
    assert moulded(GOOD).read(other) == fresh().read(other)


def test_a_known_length_cannot_grow_beyond_the_limit():
    reader = HeadReader(IntakeLimits(body=500))
    for _ in range(3):
        reader.read(GOOD)
    assert reader.read(GOOD.replace(b"468", b"501")) is limits.BODY_TOO_LARGE


BODY = b"x" * 468


@given(
    st.integers(0, len(GOOD) + len(BODY)),
    st.integers(0, 2),
    st.sampled_from([b"", b"\0", b"\r\n", b"\n", b" ", b"\xff", b"0", b"+", b"a", b":", b"\r\n\r\n", GOOD]),
)
def test_what_is_taken_for_a_whole_request_is_what_a_fresh_reader_reads(at, cut, put):
    data = GOOD + BODY
    data = data[:at] + put + data[at + cut :]
    request = moulded(GOOD).whole(data, "192.0.2.1", secure=False)
    end = data.find(b"\r\n\r\n") + 4
    head = fresh().read(data[:end]) if end > 3 else None
    if request is None:
        assert data != GOOD + BODY
        return
    assert isinstance(head, Head)
    assert (request.method, request.target, request.headers, request.head) == (head.method, head.target, head.headers, head.raw)
    assert (request.body, head.length) == (data[end:], len(data) - end)
    assert (head.keep_alive, head.modern, head.expects, head.bodiless, head.repeated) == (True, True, False, False, frozenset())


@pytest.mark.parametrize(
    "data",
    [b"", b"POST", GOOD, GOOD + BODY[1:], GOOD + BODY + b"x", GOOD.replace(b"468", b"0468") + BODY, GOOD[:-2] + BODY, BODY],
    ids=["nothing", "a beginning", "no body", "a short body", "more than a body", "a length with a zero", "no end", "no head"],
)
def test_what_is_not_one_whole_request_is_left_to_be_read_piece_by_piece(data):
    assert moulded(GOOD).whole(data, "192.0.2.1", secure=False) is None


def test_a_whole_request_may_not_be_larger_than_the_limit():
    reader = HeadReader(IntakeLimits(body=500))
    for _ in range(3):
        reader.read(GOOD)
    assert reader.whole(GOOD + BODY, "192.0.2.1", secure=False) is not None
    assert reader.whole(GOOD.replace(b"468", b"501") + b"x" * 501, "192.0.2.1", secure=False) is None


def test_a_head_without_anything_that_varies_is_recognised_too():
    plain = head(b"GET /sms HTTP/1.1", b"Host: hooks.example")
    reader = moulded(plain)
    assert reader.read(plain) == fresh().read(plain)
    request = reader.whole(plain, "192.0.2.1", secure=True)
    assert request is not None
    assert (request.target, request.body, request.secure) == (b"/sms", b"", True)


def test_a_flood_of_large_heads_that_are_recognised_does_not_fill_the_memory_with_them():
    reader = fresh()
    for n in range(300):
        for _ in range(3):
            read = reader.read(
                head(b"POST /sms HTTP/1.1", b"Host: h", *[b"X-%d: " % each + b"v" * (150 + n) for each in range(90)])
            )
            assert isinstance(read, Head)
    assert sum(reader._moulds) < 512 * 4096
    raw = head(b"POST /sms HTTP/1.1", b"Host: h", *[b"X-%d: " % each + b"w" * 300 for each in range(90)])
    assert reader.read(raw) == fresh().read(raw)
