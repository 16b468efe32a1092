"""A sink's configuration is checked by its kind, and leaves with references where secrets were."""

import pytest

from offhook.streams.configuration import check, shown
from offhook.streams.model import SinkField, SinkKind

SID = "DG" + "0" * 32


def text(value):
    if not isinstance(value, str):
        raise ValueError("it is not text")  # noqa: TRY004 - as a kind's reader does
    return value


def numbers(value):
    return int(value)


KIND = SinkKind(
    "bus",
    "a bus",
    (
        SinkField("url", "the address of the bus", text),
        SinkField("topic", "the topic", text, "events"),
        SinkField("size", "how many", numbers, required=False),
        SinkField("username", "who", text, required=False),
        SinkField("password", "the password", text, required=False, secret=True),
        SinkField("headers", "headers", dict, required=False, secret=True),
    ),
    make=lambda *_: None,
)
PLAIN = SinkKind("plain", "no login", (SinkField("url", "the address", text),), make=lambda *_: None)


def test_what_is_no_secret_stays_as_it_was_given():
    given = {"url": "bus://bus.example", "size": "12"}
    assert check(KIND, given, SID) == (given, {})


def test_a_literal_secret_becomes_a_reference_and_a_reference_stays_one():
    assert check(KIND, {"url": "bus://b", "password": "hunter2"}, SID) == (
        {"url": "bus://b", "password": f"kept:{SID}/password"},
        {f"{SID}/password": "hunter2"},
    )
    for reference in ("env:BUS_PASSWORD", "file:/run/secrets/bus"):
        assert check(KIND, {"url": "bus://b", "password": reference}, SID) == ({"url": "bus://b", "password": reference}, {})


def test_each_value_of_a_secret_table_becomes_a_reference():
    given = {"url": "bus://b", "headers": {"Authorization": "Bearer abc", "X-Key": "env:KEY"}}
    configuration, secrets = check(KIND, given, SID)
    assert configuration["headers"] == {"Authorization": f"kept:{SID}/headers/Authorization", "X-Key": "env:KEY"}
    assert secrets == {f"{SID}/headers/Authorization": "Bearer abc"}


def test_user_and_password_in_a_url_move_to_the_fields_for_them():
    configuration, secrets = check(KIND, {"url": "bus://bob:h%40x@bus.example/a?b=c@d"}, SID)
    assert configuration == {"url": "bus://bus.example/a?b=c@d", "username": "bob", "password": f"kept:{SID}/password"}
    assert secrets == {f"{SID}/password": "h@x"}


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (KIND, [], "a configuration is a JSON object with url, topic"),
        (KIND, {}, "url is missing: the address of the bus"),
        (KIND, {"url": ""}, "url is missing"),
        (KIND, {"url": "bus://b", "pasword": "hunter2"}, "Did you mean password?"),
        (KIND, {"url": 5}, "url: it is not text"),
        (KIND, {"url": "bus://b", "password": 123456}, "password is not text"),
        (KIND, {"url": "bus://b", "password": "kept:DG/other"}, "names a secret of another sink"),
        (KIND, {"url": "kept:DG/other"}, "url cannot be one of the secrets"),
        (KIND, {"url": "bus://hunter2@b"}, "a user's name or password"),
        (KIND, {"url": "bus://bob:hunter2@b", "username": "eve"}, "a user's name or password"),
        (KIND, {"url": ["bus://a", "bus://bob:hunter2@b"]}, "a user's name or password"),
        (PLAIN, {"url": "bus://bob:hunter2@b"}, "a user's name or password"),
    ],
)
def test_what_cannot_be_kept_is_refused_without_a_word_of_the_secret(kind, given, words):
    with pytest.raises(ValueError, match=r".") as refusal:
        check(kind, given, SID)
    assert words in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_people_see_the_last_four_of_a_long_secret_and_nothing_of_a_short_one():
    kept = {"a": "0123456789abcdef", "b": "short"}
    configuration = {"url": "bus://b", "password": "kept:a", "headers": {"X": "kept:b", "Y": "env:KEY"}, "list": ["kept:c"]}

    def read(name):
        if name not in kept:
            raise ValueError(name)
        return kept[name]

    assert shown(configuration, read) == {
        "url": "bus://b",
        "password": "****cdef",
        "headers": {"X": "****", "Y": "env:KEY"},
        "list": ["[missing]"],
    }
