import pytest

from offhook.net import answer as answer_module
from offhook.net.answer import AnswerReader
from offhook.records import Limits

ANSWERS = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml \r\nContent-Length: 11\r\n\r\n<Response/>",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Resp\r\n6;x=y\r\nonse/>\r\n0\r\nX-Late: 1\r\n\r\n",
    "after interim ones": b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<Response/>",
}


def seen(reader: AnswerReader) -> tuple:
    return reader.done, reader.problem, reader.status, reader.headers, reader.body, reader.body_size, reader.keep_alive


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_split_anywhere_reads_the_same(name):
    answer = ANSWERS[name]
    whole = AnswerReader()
    whole.begin(head_only=False, limits=Limits())
    assert whole.feed(answer)
    assert seen(whole)[:3] == (True, "", 200)
    assert whole.body == b"<Response/>"
    for split in range(1, len(answer)):
        reader = AnswerReader()
        reader.begin(head_only=False, limits=Limits())
        assert not reader.feed(answer[:split])
        assert reader.feed(answer[split:])
        assert seen(reader) == seen(whole)


@pytest.mark.parametrize(
    "spoiler", [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"]
)
def test_an_answer_that_was_left_halfway_does_not_reach_into_the_next(spoiler):
    reader = AnswerReader()
    reader.begin(head_only=True, limits=Limits())
    assert reader.feed(spoiler)
    reader.forget()
    reader.begin(head_only=False, limits=Limits())
    assert reader.feed(ANSWERS["with a length"])
    assert (reader.problem, reader.body) == ("", b"<Response/>")


def test_trailers_never_become_headers_of_the_next_answer():
    reader = AnswerReader()
    for name in ("in chunks", "with a length"):
        reader.begin(head_only=False, limits=Limits())
        assert reader.feed(ANSWERS[name])
        assert "X-Late" not in dict(reader.headers)
        reader.forget()


# Each of these comes once, to be remembered where it may be, and then again.
HEADS = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a length and a body of another": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: 1\r\n\r\nhello, and more",
    "a length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a length with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
    "a length with a zero before": b"HTTP/1.1 200 OK\r\nContent-Length: 05\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunks and a length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
    "nothing allowed": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
    "an interim one before": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "an interim one with a length": b"HTTP/1.1 100 Continue\r\nContent-Length: 43\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nhello",
    "an old peer": b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a peer that will close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    "two answers": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld",
    "garbage": b"HTTP/1.1 2x0 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a folded field": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
}


def read_once(head_only, data, limits):
    reader = AnswerReader()
    reader.begin(head_only=head_only, limits=limits)
    reader.feed(data)
    return (*seen(reader), reader.body_cut)


@pytest.mark.parametrize("limits", [Limits(), Limits(read_cap=3), Limits(keep_cap=3), Limits(read_cap=3, keep_cap=2)])
@pytest.mark.parametrize("head_only", [False, True])
@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_has_come_before_is_read_as_the_first_time(name, head_only, limits, monkeypatch):
    monkeypatch.setattr(answer_module, "_known", {})
    data = HEADS[name]
    pieces = [data, data[:-1], data + b"x", data.replace(b"hello", b"other"), data + data]
    fresh = []
    for piece in pieces:
        answer_module._known.clear()
        fresh.append(read_once(head_only, piece, limits))
    for other in HEADS.values():
        read_once(False, other, Limits())
    assert [read_once(head_only, piece, limits) for piece in pieces] == fresh


def test_heads_that_differ_each_time_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(answer_module, "_known", {})
    for number in range(1_000):
        read_once(False, b"HTTP/1.1 200 OK\r\nX: %d\r\nContent-Length: 0\r\n\r\n" % number, Limits())
    assert 0 < len(answer_module._known) <= answer_module.MOST_KNOWN


def test_what_is_kept_is_bounded_by_its_cap_and_what_is_read_by_another():
    reader = AnswerReader()
    reader.begin(head_only=False, limits=Limits(read_cap=30, keep_cap=10))
    assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 20)
    assert (reader.body, reader.body_size, reader.body_cut) == (b"a" * 10, 20, True)
    assert reader.feed(b"b" * 20)
    assert (reader.body, reader.body_size, reader.keep_alive) == (b"a" * 10, 30, False)
    assert reader.problem == ""
