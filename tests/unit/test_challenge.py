"""Credentials given when asked."""

from offhook.delivery.challenge import Credentials, authorization

MUFASA = Credentials("Mufasa", "Circle of Life")


def test_basic_is_answered_with_the_pair():
    assert (
        authorization((("WWW-Authenticate", 'Basic realm="x"'),), Credentials("a", "b"), "POST", "http://h/", "n") == "Basic YTpi"
    )


def test_digest_is_answered_as_in_the_rfc():
    """RFC 7616 §3.9.1, MD5 and SHA-256."""
    offer = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    url = "http://www.example.org/dir/index.html"
    for algorithm, response in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        value = authorization((("www-authenticate", offer.format(algorithm)),), MUFASA, "GET", url, nonce)
        assert f'response="{response}"' in value
        assert 'uri="/dir/index.html"' in value


def test_digest_is_preferred_to_basic():
    headers = (("WWW-Authenticate", 'Basic realm="x"'), ("WWW-Authenticate", 'Digest realm="x", nonce="1", qop="auth"'))
    assert authorization(headers, MUFASA, "GET", "http://h/", "n").startswith("Digest ")


def test_an_unknown_scheme_gets_nothing():
    assert authorization((("WWW-Authenticate", "Bearer"),), MUFASA, "GET", "http://h/", "n") == ""
    assert authorization((("WWW-Authenticate", 'Digest nonce="1", algorithm=X'),), MUFASA, "GET", "http://h/", "n") == ""


def test_credentials_do_not_show_themselves():
    assert "Circle" not in repr(MUFASA)
