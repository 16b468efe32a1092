"""A request as bytes: what stands in its head, whatever its names and values hold."""

import pytest

from offhook.net.urls import parse_target
from offhook.net.wire import compose
from offhook.records import Failure, FailureKind, HttpRequest

TARGET = parse_target("http://app.example:8080/a%20b?c=%25s&d=%d")


def written(*headers, method="POST", body=b"x=%s"):
    return compose(HttpRequest(method=method, url="", headers=headers, body=body), TARGET)


def test_percent_signs_are_letters_like_others_wherever_they_stand():
    payload, sent = written(("X-%s", "%d"), ("%", "100 %"), method="P%s")
    assert payload == (
        b"P%s /a%20b?c=%25s&d=%d HTTP/1.1\r\nHost: app.example:8080\r\nX-%s: %d\r\n%: 100 %\r\nContent-Length: 4\r\n\r\nx=%s"
    )
    assert sent == (("Host", "app.example:8080"), ("X-%s", "%d"), ("%", "100 %"), ("Content-Length", "4"))


def test_a_request_without_fields_of_its_own_and_without_a_body():
    assert written(method="GET", body=b"") == (
        b"GET /a%20b?c=%25s&d=%d HTTP/1.1\r\nHost: app.example:8080\r\n\r\n",
        (("Host", "app.example:8080"),),
    )


def test_only_the_values_of_secrets_are_redacted_and_the_next_request_of_the_same_names_is_too():
    for value in ("one", "two"):
        payload, sent = written(("Accept", "*/*"), ("cookie", value), ("Authorization", value), ("X", "1"))
        assert payload.count(value.encode()) == 2
        assert sent[1:5] == (("Accept", "*/*"), ("cookie", "[redacted]"), ("Authorization", "[redacted]"), ("X", "1"))


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b", "\u2028\u20ac"])
def test_no_value_writes_lines_of_its_own_also_where_the_names_have_been_seen(value):
    assert not isinstance(written(("X-A", "fine"), ("X-B", "fine")), Failure)
    refused = written(("X-A", "fine"), ("X-B", value))
    assert isinstance(refused, Failure)
    assert (refused.kind, "X-B" in refused.detail) == (FailureKind.BAD_URL, True)
    assert "Injected" not in refused.detail


@pytest.mark.parametrize("name", ["X A", "", "X:", "X\r\nY", "Host", "content-length", "Transfer-Encoding", "connection", "é"])
def test_no_name_is_broken_or_ours(name):
    for _ in range(2):
        assert isinstance(written(("X-A", "fine"), (name, "1")), Failure)


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\nX: 1\r\n", "G T"])
def test_no_method_writes_a_line_of_its_own(method):
    assert isinstance(written(method=method), Failure)
