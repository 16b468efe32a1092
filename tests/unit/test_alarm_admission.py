"""What an alarm must be among the others and in this house: an endpoint that there is, a name of its own, a webhook that may be called."""

import pytest
from msgspec.structs import replace

from offhook.alarms.admission import NameTakenError, admitted
from offhook.alarms.book import AlarmBook
from offhook.alarms.checks import UnusableAlarmError
from offhook.alarms.configured import check_tellable
from offhook.alarms.model import Alarm, Channels, Maintenance
from offhook.errors import SettingsError
from offhook.settings import load
from tests.helpers.watched import House, an_alarm

HERE = ("sms", "voice")
OTHER = Alarm(sid="AK" + "1" * 32, name="App down")


def hooked(url):
    return an_alarm(channels=Channels(webhook=url))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smss", "endpoint: there is no endpoint smss. Did you mean sms?"),
        ("SMS", "endpoint: there is no endpoint SMS. Did you mean sms?"),
        ("orders", "endpoint: there is no endpoint orders. There are sms, voice."),
    ],
)
def test_an_endpoint_that_there_is_not_is_refused_with_what_may_be_meant(name, words):
    with pytest.raises(UnusableAlarmError) as refused:
        admitted(an_alarm(endpoints=("voice", name)), (), HERE)
    assert str(refused.value) == words


def test_where_nobody_knows_which_endpoints_there_are_each_may_be():
    alarm = an_alarm(endpoints=("orders",))
    assert admitted(alarm, (), None) == alarm


def test_an_endpoint_that_has_gone_meanwhile_is_no_fault_of_a_change():
    before = an_alarm(endpoints=("gone",))
    assert admitted(replace(before, threshold=3.0), (), HERE, before).threshold == 3.0
    with pytest.raises(UnusableAlarmError, match="no endpoint other"):
        admitted(replace(before, endpoints=("gone", "other")), (), HERE, before)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tls.expird", "cause: there is no cause tls.expird. Did you mean tls.expired?"),
        ("TLS.expired", "cause: there is no cause TLS.expired. Did you mean tls.expired?"),
        ("rain", "cause: there is no cause rain. An error's page, and `offhook errors show`, say what its cause is called."),
    ],
)
def test_a_cause_that_no_error_can_have_is_refused_with_what_may_be_meant(name, words):
    with pytest.raises(UnusableAlarmError) as refused:
        admitted(an_alarm(causes=("tls.expired", "twilio.11205", name)), (), HERE)
    assert str(refused.value) == words
    assert admitted(an_alarm(causes=(name,)), (), HERE, seen=[name]).causes == (name,)
    assert admitted(an_alarm(causes=(name,), threshold=3.0), (), HERE, an_alarm(causes=(name,))).threshold == 3.0


@pytest.mark.parametrize("name", ["App down", "APP DOWN", " app down "])
def test_a_name_that_another_alarm_has_is_refused_with_the_others_id(name):
    with pytest.raises(NameTakenError, match=OTHER.sid) as refused:
        admitted(an_alarm(name), [OTHER], HERE)
    assert str(refused.value).startswith("name: there is an alarm App down already")


def test_of_a_name_that_the_file_has_that_is_said():
    with pytest.raises(NameTakenError, match="it is in the settings' file"):
        admitted(an_alarm("app down"), [replace(OTHER, origin="file")], HERE)


def test_an_alarm_keeps_its_name_also_where_another_one_has_had_it_all_along():
    twin = replace(OTHER, sid="AK" + "2" * 32)
    assert admitted(replace(twin, name="APP down"), [OTHER, twin], HERE, twin).name == "APP down"
    with pytest.raises(NameTakenError):
        admitted(replace(twin, name="App down"), [OTHER, twin], HERE, replace(twin, name="Other"))


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(UnusableAlarmError) as refused:
        admitted(an_alarm("App down", threshold=0.0, endpoints=("smss",)), [OTHER], HERE)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["threshold", "endpoint", "name"]
    assert not isinstance(refused.value, NameTakenError)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "http://169.254.169.254/latest",
            "webhook: 169.254.169.254 is not called: a cloud's metadata service (169.254.169.254/32).",
        ),
        (
            "http://[::ffff:169.254.169.254]/",
            "webhook: ::ffff:169.254.169.254 is not called: IPv4-mapped form of 169.254.169.254",
        ),
        ("http://metadata.google.internal/", "webhook: metadata.google.internal is not called: a cloud's metadata service."),
        ("http://127.1/", "webhook: The host is a number but not an IPv4 address in its canonical form"),
    ],
)
def test_a_webhook_that_would_be_refused_at_each_firing_is_refused_in_the_same_words(url, words):
    with pytest.raises(UnusableAlarmError) as refused:
        admitted(hooked(url), (), HERE)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://localhost:9000/", "https://no-such-name.invalid/hook"])
def test_a_webhook_in_the_operators_own_network_or_of_a_name_that_is_not_known_yet_may_be(url):
    assert admitted(hooked(url), (), HERE).channels.webhook == url


# -- in the book


@pytest.fixture
async def book():
    house = House()
    await house.journal.open()
    return AlarmBook(house.journal, house.clock, house.ids, HERE)


async def test_the_book_refuses_both_for_new_alarms_and_for_changes(book):
    one, two = await book.create(an_alarm("one")), await book.create(an_alarm("two", endpoints=("sms",)))
    for refused in (an_alarm("TWO"), an_alarm("three", endpoints=("smss",))):
        with pytest.raises(UnusableAlarmError):
            await book.create(refused)
    for refused in (
        replace(one, name="Two"),
        replace(one, endpoints=("smss",)),
        replace(one, channels=hooked("http://1/").channels),
    ):
        with pytest.raises(UnusableAlarmError):
            await book.update(refused)
    assert await book.alarms() == [one, two]


async def test_maintenance_of_what_there_is_not_is_refused(book):
    window = Maintenance(id="", starts_at=1.0, ends_at=2.0, alarms=("AK0",), endpoints=("smss",))
    with pytest.raises(UnusableAlarmError) as refused:
        await book.add_maintenance(window)
    assert refused.value.problems == ("alarms: there is no alarm AK0.", "endpoints: there is no endpoint smss. Did you mean sms?")
    assert await book.maintenance() == []


async def test_the_files_alarm_is_taken_in_also_where_its_name_is_taken_and_that_is_logged(book, monkeypatch):
    by_hand = await book.create(an_alarm("one"))
    said = []
    monkeypatch.setattr("offhook.alarms.book.log.warning", lambda event, **fields: said.append((event, fields["other"])))
    (filed,) = await book.adopt([an_alarm("One")])
    assert {alarm.sid for alarm in await book.alarms()} == {by_hand.sid, filed.sid}
    assert said == [("alarms.name_twice", by_hand.sid)]


# -- in the file


def loaded(tmp_path, text):
    path = tmp_path / "offhook.toml"
    path.write_text(text)
    return load({}, {}, path)


def test_a_webhook_of_the_file_that_is_never_called_keeps_the_server_from_starting(tmp_path):
    with pytest.raises(SettingsError, match=r"alarm hook: webhook: 169\.254\.169\.254 is not called"):
        check_tellable(loaded(tmp_path, '[alarms.hook]\nwebhook = "http://169.254.169.254/"\n'))
    check_tellable(loaded(tmp_path, '[alarms.hook]\nwebhook = "http://10.0.0.1/"\n'))


def test_two_alarms_of_the_file_have_two_names(tmp_path):
    with pytest.raises(SettingsError, match=r"\[alarms\.App-Down\]: there is an alarm app-down already"):
        loaded(tmp_path, "[alarms.app-down]\n[alarms.App-Down]\n")
