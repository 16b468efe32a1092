import pytest

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


def test_what_is_kept_is_bounded_by_its_cap_and_what_is_read_by_another():
    reader = AnswerReader()
    reader.begin(head_only=False, limits=Limits(read_cap=30, keep_cap=10))
    assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 20)
    assert (reader.body, reader.body_size, reader.body_cut) == (b"a" * 10, 20, True)
    assert reader.feed(b"b" * 20)
    assert (reader.body, reader.body_size, reader.keep_alive) == (b"a" * 10, 30, False)
    assert reader.problem == ""
