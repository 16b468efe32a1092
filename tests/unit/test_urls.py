from ipaddress import IPv4Address, IPv6Address

import pytest

from offhook.net.urls import Target, parse_target, without_credentials
from offhook.records import Failure, FailureKind


def good(url: str) -> Target:
    target = parse_target(url)
    assert isinstance(target, Target), target
    return target


def refused(url: str) -> str:
    failure = parse_target(url)
    assert isinstance(failure, Failure), failure
    assert failure.kind is FailureKind.BAD_URL
    return failure.detail


def test_a_plain_url_gives_all_its_parts():
    assert good("https://App.Example/sms?a=1&b=%20") == Target(
        scheme="https",
        host="app.example",
        port=443,
        path_and_query="/sms?a=1&b=%20",
        origin="https://app.example",
        authority="app.example",
    )


@pytest.mark.parametrize(
    ("url", "path_and_query"),
    [
        ("http://a.example", "/"),
        ("http://a.example?x=1", "/?x=1"),
        ("http://a.example/?", "/?"),
        ("http://a.example//double/%2e%2E/raw?q=a+b&&c=", "//double/%2e%2E/raw?q=a+b&&c="),
        ("http://a.example/@user:pass@", "/@user:pass@"),
        ("http://a.example/a?u=http://b.example/#c", "/a?u=http://b.example/"),
    ],
)
def test_the_path_and_the_query_stay_raw_and_begin_with_a_slash(url, path_and_query):
    assert good(url).path_and_query == path_and_query


def test_the_fragment_of_connection_overrides_never_reaches_the_wire():
    assert good("https://a.example/sms#rc=3&rp=5xx").path_and_query == "/sms"
    assert good("https://a.example#rc=3").path_and_query == "/"


@pytest.mark.parametrize(
    ("url", "port", "authority", "origin"),
    [
        ("http://a.example/", 80, "a.example", "http://a.example"),
        ("http://a.example:80/", 80, "a.example:80", "http://a.example"),
        ("https://a.example:8443/", 8443, "a.example:8443", "https://a.example:8443"),
        ("HTTPS://A.example:443/", 443, "a.example:443", "https://a.example"),
        ("http://a.example:65535/", 65535, "a.example:65535", "http://a.example:65535"),
    ],
)
def test_the_host_header_says_the_port_that_was_written_and_the_origin_leaves_the_default_out(url, port, authority, origin):
    target = good(url)
    assert (target.port, target.authority, target.origin) == (port, authority, origin)


def test_literal_addresses_are_recognised():
    assert good("http://8.8.8.8/").address == IPv4Address("8.8.8.8")
    target = good("http://[2606:4700:4700::1111]:8080/x")
    assert target.address == IPv6Address("2606:4700:4700::1111")
    assert (target.host, target.authority) == ("2606:4700:4700::1111", "[2606:4700:4700::1111]:8080")
    assert good("http://a.example/").address is None


def test_a_name_of_digits_that_does_not_end_in_a_number_is_a_name():
    assert good("http://1.2.3.4.example/").address is None
    assert good("http://0x7f.example/").address is None
    assert good("http://my_app:3000/").host == "my_app"
    assert good("http://a.example./").host == "a.example."


def test_an_international_name_is_called_by_its_ascii_form():
    target = good("https://Bücher.example/")
    assert (target.host, target.authority) == ("xn--bcher-kva.example", "xn--bcher-kva.example")


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0",
        "2130706433",
        "2852039166",
        "0x7f000001",
        "0X7F000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "127.0.0.0x1",
        "127.0.1",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x",
        "example.0",
        "\uff11\uff12\uff17.1",
        "127。1",
        "0x7f。1",
    ],
)
def test_a_numeric_host_in_any_but_the_canonical_form_is_refused(host):
    assert "canonical form" in refused(f"http://{host}/")
    assert "canonical form" in refused(f"http://{host}:80/")


def test_wide_digits_are_the_address_that_they_normalise_to():
    assert good("http://\uff11\uff12\uff17.0.0.1/").address == IPv4Address("127.0.0.1")
    assert good("http://127。0。0。1/").address == IPv4Address("127.0.0.1")
    assert good("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/").host == "localhost"


@pytest.mark.parametrize(
    "url",
    [
        "http://ok.example@127.0.0.1/",
        "http://user:secret@app.example/",
        "http://@app.example/",
        "http://app.example%40evil.example@127.0.0.1",
    ],
)
def test_user_and_password_are_refused_and_not_quoted(url):
    detail = refused(url)
    assert "user name or password" in detail
    assert "secret" not in detail


@pytest.mark.parametrize(
    "url",
    [
        r"http://ok.example\@127.0.0.1/",
        r"http:\\127.0.0.1/",
        "http://a.example/a b",
        "http://a.ex\tample/",
        "http://a.example\r\nX: y/",
        "http://a.example/\n",
        "\nhttp://a.example/",
        " http://a.example/",
        "http://a.example/\x7f",
        "http://a.example/\x00",
        "http://a.example/\x85",
        "http://a.example/\xa0",
    ],
)
def test_control_characters_spaces_and_backslashes_are_refused(url):
    assert "control character" in refused(url)


@pytest.mark.parametrize(
    "url", ["", "sms", "/sms", "//a.example/", "http:127.0.0.1/", "http:/a.example/", "a.example:80/", "://a.example"]
)
def test_a_url_that_is_not_absolute_is_refused(url):
    assert "not absolute" in refused(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "unix://run/x", "httpx://a.example/"]
)
def test_other_schemes_are_refused(url):
    assert "only http and https" in refused(url)


def test_a_data_url_is_refused():
    assert refused("data:text/plain,x")


@pytest.mark.parametrize(
    "host", ["[example.com]", "[127.0.0.1]", "[::1", "[]", "[::1]x", "[fe80::1%25lo]", "[fe80::1%lo]", "[1::2::3]", "[v1.x]"]
)
def test_brackets_hold_a_real_ipv6_address_without_a_zone_or_nothing(host):
    assert refused(f"http://{host}/")


@pytest.mark.parametrize("port", ["0", "65536", "99999", "000080", "", "8a", "-1", "+80", "\uff18\uff10", "80:80"])
def test_a_port_outside_1_to_65535_is_refused(port):
    assert "1 to 65535" in refused(f"http://a.example:{port}/")
    assert "1 to 65535" in refused(f"http://[2606:4700:4700::1111]:{port}/")


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        ".a.example",
        "a.example..",
        "a%2eexample",
        "127%2e0%2e0%2e1",
        "a,b",
        "a*b",
        "a'b",
        "::1",
        "℀.example",
        "x" * 64,
        ".".join(["x" * 63] * 4) + ".example",
        "ü" * 64,
    ],
)
def test_what_is_no_host_name_is_refused(host):
    assert refused(f"http://{host}/")


def test_a_path_that_needs_percent_encoding_is_refused():
    assert "percent-encoded" in refused("http://a.example/grüße")


def test_a_url_for_the_evidence_loses_its_credentials():
    assert without_credentials("https://me:secret@a.example/x") == "https://[redacted]@a.example/x"
    assert without_credentials("http:\\\\me:se@cret@a.example/x") == "http:\\\\[redacted]@a.example/x"
    assert without_credentials("me:secret\n@a.example") == "[redacted]@a.example"
    assert without_credentials("http://a.example/plain") == "http://a.example/plain"
