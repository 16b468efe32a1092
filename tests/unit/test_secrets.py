"""What looks like a secret is masked wherever it stands; what is none stays as it is; and no text takes long."""

import base64
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from offhook.debugger.catalogue import CODES
from offhook.debugger.secrets import (
    MARK,
    left_out,
    masked,
    masked_below,
    masked_headers,
    masked_line,
    masked_pairs,
    masked_unread,
    without_credentials,
)

SID = "SM" + "5d" * 16


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Authorization: Bearer hunter2secret", "Authorization: Bearer [redacted]"),
        ("{'Authorization': 'Basic dXNlcjpodW50ZXIy'}", "{'Authorization': 'Basic [redacted]'}"),
        ('{"Authorization":"Basic dXNlcjpwdw=="}', '{"Authorization":"Basic [redacted]"}'),
        ("got bearer abc.DEF-123 from it", "got bearer [redacted] from it"),
        ("bearer abcdefghijklmnopqrst", "bearer [redacted]"),
        ("sent Bearer%20abc123 there", "sent Bearer%20[redacted] there"),
        ("auth_token=hunter2&x=1", "auth_token=[redacted]&x=1"),
        ("auth_token%3Dhunter2", "auth_token%3D[redacted]"),
        ("?token=it'shunter2&x=1", "?token=[redacted]&x=1"),
        ("connect(token=hunter2)", "connect(token=[redacted])"),
        ('{"apiKey": "hunter2", "n": 1}', '{"apiKey": "[redacted]", "n": 1}'),
        ('{"password": "it\'s hunter2", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        (r"{\"token\": \"hunter2\", \"n\": 1}", r"{\"token\": \"[redacted]\", \"n\": 1}"),
        ("params['token'] = 'hunter2'", "params['token'] = '[redacted]'"),
        ("DB_PASSWORD = hunter2", "DB_PASSWORD = [redacted]"),
        (r"password=hun\ter2 x", r"password=[redacted]\ter2 x"),
        (r"password=CORP\Hunter2 x", "password=[redacted] x"),
        ("passphrase => hunter2", "passphrase => [redacted]"),
        ("X-Api-Key: hunter2", "X-Api-Key: [redacted]"),
        ("Server=db;Uid=app;Pwd=hunter2;", "Server=db;Uid=app;Pwd=[redacted];"),
        ("AccountKey=aHVudGVyMg==;x", "AccountKey=[redacted];x"),
        ("private key: hunter2", "private key: [redacted]"),
        ('Digest username="jane", nonce="hunter2"', 'Digest username="jane", nonce="[redacted]"'),
        ("the password is hunter2", "the password is [redacted]"),
        ("token HUNTER2hunter2 was refused", "token [redacted] was refused"),
        ("Password:\nhunter2\nnext", "Password:\n[redacted]\nnext"),
        ('"secret":\n  "hunter2",\n', '"secret":\n  "[redacted]",\n'),
        ("Cookie: a=hunter2; b=hunter2", "Cookie: [redacted]"),
        ('{"cookie": "a=\'hunter2\'", "n": 1}', '{"cookie": "[redacted]", "n": 1}'),
        ("curl -b 'session=hunter2' https://a.example", "curl -b [redacted] https://a.example"),
        ("curl -u jane:hunter2 https://a.example", "curl -u [redacted] https://a.example"),
        ("https://a.example/?sig=hunter2&x=1", "https://a.example/?sig=[redacted]&x=1"),
        ("postgres://app:hunter2@db:5432/app", "postgres://[redacted]@db:5432/app"),
        ("postgres://app:hun#ter2@db:5432/app", "postgres://[redacted]@db:5432/app"),
        ("https://jane:hun'ter@2@a.example/x", "https://[redacted]@a.example/x"),
        ("no key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln fits", "no key [redacted] fits"),
        ("with sk_live_0123456789abcdef it goes", "with [redacted] it goes"),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted]"),
    ],
)
def test_what_looks_like_a_secret_is_masked(said, shown):
    assert masked(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "KeyError: 'menu'",
        'WWW-Authenticate: Basic realm="staging"',
        'WWW-Authenticate: Bearer realm="api", error="x"',
        "Basic authentication is wanted",
        "HTTP Basic 401",
        "This needs Bearer authentication.",
        "Bearer token is missing",
        "SyntaxError: Unexpected token < in JSON at position 0",
        "Check the token. It is a secret.",
        "CSRF verification failed. CSRF token missing or incorrect.",
        "CSRF token: missing (or incorrect)",
        '"secret": false, "token": null, "password": "required"',
        "I-Twilio-Idempotency-Token: b00cd941-9b6e-49c3-84fb-e2af2cf92cc7",
        "KeyError: TWILIO_AUTH_TOKEN TWILIO_ACCOUNT_SID",
        "Uncaught Error: Call to undefined method App\\Token::decode()",
        '<input type="password" name="password" id="password1">',
        '<div class="sk-loading-indicator">',
        f"Password\nError - 11200\n{SID}",
        "Password:\n\n\nForgotten?",
        "https://app.example/sms/?next=1",
        "https://app.example:8080?to=me@b.example",
        "https://registry.example/@scope/package@1.2.3",
        "jane@app.example",
    ],
)
def test_what_is_no_secret_stays(said):
    assert masked(said) == masked_line(said) == masked_unread(said) == said


def test_our_own_words_on_every_code_stay():
    for code in CODES.values():
        for words in (code.name, code.raised_when, *code.causes, *code.solutions):
            assert masked_unread(words) == words


def test_in_a_line_all_is_masked_behind_the_name_of_a_field_that_holds_secrets():
    assert masked_line("sent Cookie: a=hunter2; b=hunter2") == "sent Cookie: [redacted]"
    assert masked('<script>document.cookie="a=1";f()</script>') == '<script>document.cookie="a=1";f()</script>'


def test_in_a_line_of_which_nothing_is_known_what_could_be_a_key_is_masked():
    key = "0123456789abcdef" * 2
    assert masked_unread(f"x {key} {SID}") == f"x [redacted] {SID}"
    assert masked_line(key) == key


def test_before_lines_are_parted_only_what_stands_below_its_name_is_masked():
    assert masked_below("token=abc\nPassword\nhunter2\nnext") == "token=abc\nPassword\n[redacted]\nnext"


def test_pairs_are_masked_by_their_names_and_in_their_values():
    pairs = (("AuthToken", "any words"), ("Body", "my password=hunter2"), ("Secret", ""), ("To", "+1"))
    assert masked_pairs(pairs) == (("AuthToken", MARK), ("Body", f"my password={MARK}"), ("Secret", ""), ("To", "+1"))


def test_header_fields_are_masked_and_the_name_of_a_cookie_stays():
    headers = (
        ("Proxy-Authorization", "Basic x"),
        ("COOKIE", "a=b"),
        ("x_api_key", "x"),
        ("Set-Cookie", "session=a=b; Path=/"),
        ("Location", "https://jane:hunter2@a.example/?access_token=hunter2"),
        ("X-Twilio-Signature", "IJE/ao63CwJRr07hdmuL/F/jIgw="),
    )
    assert masked_headers(headers) == (
        ("Proxy-Authorization", MARK),
        ("COOKIE", MARK),
        ("x_api_key", MARK),
        ("Set-Cookie", f"session={MARK}; Path=/"),
        ("Location", f"https://{MARK}@a.example/?access_token={MARK}"),
        headers[-1],
    )


@pytest.mark.parametrize(
    "url", ["https://jane:hunter2@a.example/x?y=1", "https://jane@a.example/x?y=1", f"https://{MARK}@a.example/x?y=1"]
)
def test_an_address_without_credentials_can_be_called(url):
    assert without_credentials(url) == "https://a.example/x?y=1"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://a.example/sms?tenant=7", ""),
        ("https://a.example/sms?access_token=hunter2&x=1", "the value of access_token"),
        (
            "https://jane:hunter2@a.example/?key=hunter2&sig=hunter2",
            "the user and password and the value of key and the value of sig",
        ),
        ("https://a.example/ghp_0123456789abcdef/sms", "what was cut out"),
    ],
)
def test_what_a_masked_address_lacks_can_be_named(url, what):
    assert left_out(masked(url)) == what


# Keys as machines make them, of letters, digits and marks that part values nowhere. None begins as a code, a date or a name does.
KEYS = st.from_regex(r"[a-z][A-Za-z0-9_+/~.-]{10,40}[A-Za-z][0-9]", fullmatch=True)
HEX = st.from_regex(r"[0-9a-f]{32}", fullmatch=True).filter(lambda key: any(map(str.isdigit, key)))
PASSWORDS = st.from_regex(r"[A-Za-z0-9!$%*+._~-]{6,30}[0-9]", fullmatch=True)
NAMES = st.sampled_from(
    [
        *("token", "TWILIO_AUTH_TOKEN", "access_token", "authToken", "X-Csrf-Token", "client_secret", "Secret"),
        *("password", "DB_PASSWORD", "passwd", "passphrase", "pwd", "nonce", "api_key", "apiKey", "x-api-key", "API key"),
        *("access key", "AccountKey", "private_key", "privateKey", "Authorization", "proxy-authorization"),
    ]
)
MARKS = st.sampled_from([": ", ":", "=", " = ", "=>", " => ", "%3D", '="', ": '", '": "', "': '", '\\": \\"', "'] = '", " == "])
SCHEMES = st.sampled_from(["Bearer ", "bearer ", "Basic ", "BASIC  ", "bearer%20", "Basic+"])


def shape(*before, secret, after=("",)):
    """Texts in three parts, the secret in the middle; what is not a strategy is a choice."""
    parts = [each if isinstance(each, st.SearchStrategy) else st.sampled_from(each) for each in before]
    return st.tuples(st.tuples(*parts).map("".join), secret, st.sampled_from(after))


SHAPES = st.one_of(
    shape(NAMES, MARKS, ["", "Bearer ", "Basic ", "Token "], secret=KEYS | HEX | PASSWORDS),
    shape(NAMES, [" is ", " was ", " "], secret=KEYS | HEX),
    shape(NAMES, ["\n", ":\n", "\n\n  ", " \n\t", "=\n", ': \n"'], secret=KEYS, after=["\n", '",\n', " \n"]),
    shape(["Bearer ", "bearer ", "Basic ", "BASIC  ", "bearer%20", "Basic+"], secret=KEYS | HEX),
    shape(["Basic "], secret=st.binary(min_size=9, max_size=30).map(lambda raw: base64.b64encode(b"u:" + raw).decode())),
    shape(["postgres://app:", "https://jane:", "//", "redis://:"], secret=PASSWORDS, after=["@h.example/x", "@[::1]:80"]),
    shape(["?sig=", "&signature=", "?a=1&key=", "?auth="], secret=KEYS | HEX),
    shape([" -u jane:", ' --user "jane:', "\n--proxy-user=jane:"], secret=PASSWORDS),
    shape([" -b session=", " --cookie 'a=1; session="], secret=KEYS | HEX, after=["'"]),
    shape(["\nCookie: a=1; b=", "\n< Set-Cookie: a=", "\nX-Api-Key: x ", '{"cookie": "a=1; b='], secret=KEYS | HEX),
    shape(
        ["with "], secret=st.tuples(st.sampled_from(["eyJ", "sk_live_", "sk-", "rk_", "xoxb-", "ghp_", "AIza"]), HEX).map("".join)
    ),
    shape(["with "], secret=st.tuples(HEX, HEX, HEX).map(lambda parts: f"eyJ{'.'.join(parts)}")),
)
BEFORE = st.sampled_from(
    ["", " ", "\n", "Error: ", "ValueError: it said ", "<p>", "{ ", "* 11200: ", "é\n", "at x (", "[redacted] "]
)
AFTER = st.sampled_from(["", " ", "\n", "\nand so on", " and so on", '"', "' }", "<br>", "&x=1", ", x", ";", "\r\n", "\\n"])


@given(st.lists(st.tuples(BEFORE, SHAPES, AFTER), min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_no_secret_of_a_known_shape_survives(pieces):
    text = "\n".join("".join((before, *each, after)) for before, each, after in pieces)
    for each in (masked, masked_line, masked_unread):
        assert not [secret for _, (_, secret, _), _ in pieces if secret in each(text)]


PIECES = st.sampled_from(
    [
        *(
            "token",
            "secret",
            "Password",
            "pwd",
            "nonce",
            "authorization",
            "api key",
            "X-Api-Key",
            "AccountKey",
            "Cookie",
            "Set-Cookie",
        ),
        *("bearer ", "Basic ", "Digest ", "Bearer%20", "is ", "was ", "missing", "null", "the", "realm=", "user", "host.example"),
        *(": ", ":", "=", "==", "=>", "%3D", '"', "'", '\\"', "\\'", "\\", *"(){}[]<>,;&?#/@.!-_~+%* \t\n"),
        *("//", "https://", "postgres://", " -u ", " --user ", " -b ", " --cookie=", "?sig=", "&key="),
        *("eyJ", "sk_", "ghp_", "AKIA", "AIza", "xoxb-", "0123456789abcdef" * 2, "ABCDEFGHIJKLM", "abcdefghijklmnopqrst"),
        *("a", "B", "x9", "hunter2", "HUNTER2", "it's", "é", "\u2019", "12345", MARK, SID),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=80))
@settings(max_examples=600, deadline=None)
@example("-b 'a'b=c")
@example("AKIAABCDEFGHIJKLxoxb-abcdefghijkl1")
def test_masking_twice_is_masking_once(text):
    for each in (masked, masked_line, masked_unread, masked_below):
        assert each(each(text)) == each(text)


WORDS = st.from_regex(r"[a-z]{1,14}", fullmatch=True) | st.sampled_from(
    ["token", "secret", "password", "Bearer", "Basic", "nonce", "API", "key", "cookie", "authorization", "Twilio", "11200", "é"]
)


@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", ", ", ". ", "? ", " (", ") ", "\n", "! ", "; "])), max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_text_of_plain_words_is_unchanged(words):
    text = "".join(word + mark for word, mark in words)
    assert masked(text) == masked_line(text) == masked_unread(text) == text


@given(st.lists(PIECES, min_size=1, max_size=5).map("".join) | st.text(min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
@example("password")
@example("token: ")
@example("//a:")
@example(" -b '")
@example("?key=a'")
def test_64_kb_of_any_text_take_no_long_time(piece):
    text = (piece * (65536 // len(piece) + 1))[:65536]
    start = time.process_time()
    for each in (masked_unread, without_credentials):
        each(text)
    assert time.process_time() - start < 3
