"""What an operator may write, what it comes to, and what they are told when it cannot be meant."""

import pickle
from pathlib import Path

import pytest

from offhook.errors import SettingsError
from offhook.records import AnswerMode
from offhook.settings import SETTINGS, Secret, Settings, check_startable, config_path, load, spell, without_credentials

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = {"TWILIO_AUTH_TOKEN": "t1"}
OTHER = "AC" + "0" * 31 + "2"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "offhook.toml"
        path.write_text(text)
        return path

    return write


def problems(flags=None, environ=None, path=None):
    with pytest.raises(SettingsError) as caught:
        load(flags or {}, environ or {}, path)
    return str(caught.value).splitlines()


def why_not(**flags):
    environ = flags.pop("environ", {})
    with pytest.raises(SettingsError) as caught:
        check_startable(load(flags, environ, None))
    return str(caught.value)


class TestTheTable:
    def test_every_attribute_has_a_row_and_every_row_an_attribute(self):
        computed = {"endpoints", "accounts", "shared_keys", "alarms", "origins", "warnings"}
        assert {setting.name for setting in SETTINGS} == set(Settings.__struct_fields__) - computed

    def test_every_default_is_a_value_that_its_own_kind_accepts(self):
        for setting in SETTINGS:
            if setting.default is not None:
                setting.kind.read(setting.default)

    def test_every_row_says_what_it_means_in_one_short_line(self):
        for setting in SETTINGS:
            assert 10 < len(setting.meaning) < 110, setting.name
            assert not setting.meaning.endswith("."), setting.name

    def test_nothing_given_is_the_defaults(self):
        settings = load({}, {}, None)
        assert (settings.host, settings.port, settings.console_host, settings.console_port) == (
            "0.0.0.0",
            8080,
            "127.0.0.1",
            8081,
        )
        assert (settings.hold, settings.reply_within, settings.give_up_after, settings.retention) == (
            10,
            14_400,
            259_200,
            2_592_000,
        )
        assert settings.schedule == (5, 30, 120, 600, 1800, 3600, 7200, 14_400)
        assert (settings.database, settings.max_body, settings.twilio_code_for_status) == ("offhook.db", 1_048_576, 11_200)
        assert (settings.endpoints, settings.accounts, settings.trusted_proxies, settings.warnings) == ((), (), (), ())


class TestPrecedence:
    def test_a_flag_comes_before_a_variable_that_before_the_file_and_that_before_the_default(self, file):
        path = file('log_level = "error"\nport = 1003')
        assert load({}, {}, path).port == 1003
        assert load({}, {"PORT": "1002"}, path).port == 1002
        assert load({}, {"PORT": "1002", "OFFHOOK_PORT": "1001"}, path).port == 1001
        assert load({"port": "1000"}, {"PORT": "1002", "OFFHOOK_PORT": "1001"}, path).port == 1000
        assert load({"port": None}, {"OFFHOOK_PORT": ""}, path).port == 1003
        assert load({}, {}, path).log_level == "error"

    def test_each_value_remembers_where_it_came_from(self, file):
        settings = load({"host": "::1"}, {"PORT": "1002"}, file("hold = 5"))
        assert settings.origins["host"] == ("::1", "flag --host")
        assert settings.origins["port"] == ("1002", "environment PORT")
        assert settings.origins["hold"].source.endswith("offhook.toml: hold")
        assert settings.origins["answer"] == ("relay", "default")

    def test_a_length_of_time_is_shown_in_one_way_however_it_is_written(self, file):
        settings = load({}, {"OFFHOOK_RETENTION": "48h"}, file('hold = 5\nschedule = ["90s", "60m"]'))
        assert settings.origins["retention"].shown == "2d"
        assert settings.origins["hold"].shown == "5s"
        assert settings.origins["schedule"].shown == "1m30s,1h"

    def test_the_defaults_are_written_as_they_are_shown(self):
        origins = load({}, {}, None).origins
        assert [each.name for each in SETTINGS if origins[each.name].shown != (each.default or "")] == []

    def test_a_no_of_higher_precedence_beats_a_yes(self, file):
        assert load({"verify_tls": False}, {}, file("verify_tls = true")).verify_tls is False

    def test_the_file_is_the_one_that_is_named_or_the_one_that_lies_there(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert config_path(None, {}) is None
        (tmp_path / "offhook.toml").touch()
        assert config_path(None, {}) == Path("offhook.toml")
        assert config_path(None, {"OFFHOOK_CONFIG": "b.toml"}) == Path("b.toml")
        assert config_path("a.toml", {"OFFHOOK_CONFIG": "b.toml"}) == Path("a.toml")


class TestKinds:
    @pytest.mark.parametrize(
        ("written", "meant"), [("10s", 10), ("500ms", 0.5), ("1m", 60), ("1h30m", 5400), ("30d", 2_592_000), ("90", 90)]
    )
    def test_a_length_of_time_has_units_or_is_seconds(self, written, meant):
        name = "retention" if meant >= 60 else "hold"
        assert getattr(load({name: written}, {}, None), name) == meant

    @pytest.mark.parametrize("written", ["", "ten", "10 parsecs", "-5s", "5s-", True, "nan", "1e3"])
    def test_anything_else_is_no_length_of_time(self, written):
        (line,) = problems({"hold": written})
        assert line.startswith("flag --hold:")
        assert "write" in line

    def test_a_hold_beyond_twilios_patience_is_refused_with_the_reason(self):
        assert problems({"hold": "15s"}) == [
            "flag --hold: '15s' is not usable (Twilio stops waiting after 15 s): write something from 100ms to 14s"
        ]

    @pytest.mark.parametrize(
        ("seconds", "spelled"), [(0.5, "500ms"), (10, "10s"), (90, "1m30s"), (5400, "1h30m"), (2_592_000, "30d"), (0, "0s")]
    )
    def test_a_length_of_time_is_spelled_as_it_would_be_written(self, seconds, spelled):
        assert spell(seconds) == spelled

    def test_sizes_take_units(self):
        assert load({"max_body": "64KiB"}, {}, None).max_body == 65_536
        assert "write 1MiB" in problems({"max_body": "big"})[0]

    def test_networks_are_lists_or_text_with_commas_and_become_canonical(self, file):
        assert load({"trusted_proxies": "10.1.2.3/8, ::1"}, {}, None).trusted_proxies == ("10.0.0.0/8", "::1/128")
        assert load({}, {}, file('trusted_proxies = ["192.168.0.1"]')).trusted_proxies == ("192.168.0.1/32",)
        assert "neither an address nor a network" in problems({"trusted_proxies": "everyone"})[0]

    @pytest.mark.parametrize(
        "url",
        ["localhost:5000/sms", "/sms", "ftp://h/x", "http://", "http://h:0/", "http://h:99999/", "http://a b/", "http://a\\b/"],
    )
    def test_an_app_url_that_is_not_absolute_http_is_refused(self, url):
        (line,) = problems({"to": url})
        assert line.startswith("flag --to:")

    def test_an_app_url_keeps_its_credentials_and_overrides_and_shows_neither_password_nor_user(self):
        url = "https://joe:hunter2@app.example.com/sms?x=1#rc=3&rp=5xx"
        settings = load({"to": url}, {}, None)
        assert settings.endpoints[0].app_url == url
        assert settings.origins["to"].shown == "https://[secret]@app.example.com/sms?x=1#rc=3&rp=5xx"
        assert "hunter2" not in problems({"to": "https://joe:hunter2@app.example.com:0/"})[0]
        assert without_credentials("https://h/a@b") == "https://h/a@b"

    def test_a_public_url_is_a_base(self):
        assert load({"public_url": "https://sms.example.com/"}, {}, None).public_url == "https://sms.example.com"
        assert "says too much" in problems({"public_url": "https://sms.example.com/?x=1"})[0]

    @pytest.mark.parametrize("twiml", ["<Response>", "<Message/>", "Hello", "<Response/><Response/>", "<?xml version='1.0'?>"])
    def test_a_stand_in_that_is_not_a_twiml_document_is_refused(self, twiml):
        assert "flag --fallback-twiml:" in problems({"fallback_twiml": twiml})[0]

    def test_a_database_is_a_path_or_memory_and_postgres_is_told_apart(self):
        assert load({"database": ":memory:"}, {}, None).database == "memory:"
        assert load({"database": "/var/lib/offhook/offhook.db"}, {}, None).database == "/var/lib/offhook/offhook.db"
        assert "PostgreSQL is not available in this version" in problems({"database": "postgres://u:pw@h/db"})[0]
        assert "pw" not in problems({"database": "mysql://u:pw@h/db"})[0]


class TestProblems:
    def test_all_of_them_are_named_at_once_each_with_its_place_and_what_to_write(self, file):
        lines = problems({"port": "http"}, {"OFFHOOK_HOLD": "long"}, file('answer = "never"\n[endpoints.sms]\nto = "nowhere"'))
        text = "\n".join(lines)
        for part in (
            "flag --port: 'http'",
            "environment OFFHOOK_HOLD: 'long'",
            "answer: 'never' is not one of them: write relay or ack",
            "[endpoints.sms] to",
        ):
            assert part in text
        assert len(lines) == 4

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("publc_url = 'https://x'", "publc_url is not a key: did you mean public_url?"),
            ("public-url = 'https://x'", "did you mean public_url?"),
            ("[endpoint.sms]\nto = 'http://x'", "endpoint is not a key: did you mean endpoints?"),
            ("[endpoints.sms]\nto = 'http://x'\napp_url = 'http://x'", "app_url is not a key: did you mean to?"),
            ("[endpoint.sms]\nto = 'http://x'", "endpoint is not a key"),
            ("zebra = 1", "zebra is not a key: `offhook serve --help` lists them"),
        ],
    )
    def test_an_unknown_key_of_the_file_is_refused_with_a_suggestion(self, file, text, hint):
        assert hint in "\n".join(problems(path=file(text)))

    def test_an_unknown_variable_is_a_warning_with_a_suggestion(self):
        settings = load({}, {"OFFHOOK_PUBLC_URL": "x", "OFFHOOK_CONFIG": "y"}, None)
        assert settings.warnings == ("environment OFFHOOK_PUBLC_URL: there is no such setting: did you mean OFFHOOK_PUBLIC_URL?",)

    def test_a_file_that_is_missing_or_no_toml_says_so(self, file, tmp_path):
        assert "cannot be read" in problems(path=tmp_path / "gone.toml")[0]
        assert "it is not TOML" in problems(path=file("port = "))[0]
        assert "it holds tables" in problems(path=file("endpoints = 3"))[0]

    def test_half_of_a_pair_is_refused(self):
        assert problems({"tls_cert": "a.pem"}) == ["flag --tls-cert: it needs tls_key as well: give both, or neither"]


class TestEndpoints:
    def test_to_makes_one_endpoint_called_sms(self):
        (endpoint,) = load(
            {"to": "http://localhost:5000/sms", "answer": "ack", "hold": "2s", "fallback": "http://b/"}, {}, None
        ).endpoints
        assert (endpoint.name, endpoint.app_url, endpoint.fallback_url) == ("sms", "http://localhost:5000/sms", "http://b/")
        assert (endpoint.answer, endpoint.hold) == (AnswerMode.ACK, 2)

    def test_the_files_tables_are_endpoints_and_its_general_keys_their_defaults(self, file):
        path = file(
            'hold = "3s"\n[endpoints.sms]\nto = "http://a/"\n[endpoints.status]\nto = "http://b/"\nhold = 4\nanswer = "ack"\nschedule = ["1s", 2]'
        )
        sms, status = load({}, {}, path).endpoints
        assert (sms.name, sms.hold, sms.answer) == ("sms", 3, AnswerMode.RELAY)
        assert (status.name, status.hold, status.answer, status.schedule) == ("status", 4, AnswerMode.ACK, (1, 2))

    def test_a_flag_without_to_holds_for_every_endpoint(self, file):
        path = file('[endpoints.sms]\nto = "http://a/"\n[endpoints.status]\nto = "http://b/"\nhold = 4')
        assert [endpoint.hold for endpoint in load({"hold": "5s"}, {}, path).endpoints] == [5, 5]

    def test_a_flag_with_to_describes_that_endpoint_alone(self, file):
        path = file('[endpoints.sms]\nto = "http://a/"\n[endpoints.status]\nto = "http://b/"\nhold = 4')
        sms, status = load({"to": "http://c/", "hold": "5s"}, {}, path).endpoints
        assert (sms.app_url, sms.hold) == ("http://c/", 5)
        assert (status.app_url, status.hold) == ("http://b/", 4)

    def test_a_named_endpoint_comes_beside_those_of_the_file(self, file):
        path = file('[endpoints.sms]\nto = "http://a/"')
        assert [each.name for each in load({"to": "http://c/", "name": "extra"}, {}, path).endpoints] == ["sms", "extra"]

    @pytest.mark.parametrize("name", ["SMS", "-sms", "_offhook", "a/b", "a" * 65, ""])
    def test_a_name_that_could_not_be_a_path_is_refused(self, file, name):
        assert problems({"to": "http://a/", "name": name})[0].startswith("flag --name:")
        assert "[endpoints." in problems(path=file(f'[endpoints."{name}"]\nto = "http://a/"'))[0]

    def test_an_endpoint_without_an_app_and_a_fallback_without_an_endpoint_are_refused(self, file):
        assert "[endpoints.sms]: it has no app URL" in problems(path=file("[endpoints.sms]\nhold = 3"))[0]
        assert "there is no endpoint sms for it" in problems({"fallback": "http://b/"})[0]

    def test_two_answers_of_the_file_to_one_question_are_refused(self, file):
        assert "keep one of the two" in problems(path=file('to = "http://a/"\n[endpoints.sms]\nto = "http://b/"'))[0]


class TestSecrets:
    def test_who_does_not_sign_is_not_asked_for_them(self, file):
        path = file(f'auth_token = "env:GONE"\ndatabase = "a.db"\n[accounts.{ACCOUNT}]\nauth_token = "env:GONE_TOO"')
        assert len(problems(path=path)) == 2
        settings = load({}, {"TWILIO_API_KEY": "SK" + "0" * 32}, path, secrets=False)
        assert (settings.database, settings.auth_token, settings.accounts, settings.warnings) == ("a.db", None, (), ())

    def test_a_secret_never_shows_itself(self):
        secret = Secret("hunter2")
        assert f"{secret} {secret!r} {[secret]} {secret:}" == "[secret] [secret] [[secret]] [secret]"
        assert secret.reveal() == "hunter2"
        assert secret == Secret("hunter2") != Secret("hunter3")
        with pytest.raises(TypeError):
            pickle.dumps(secret)

    def test_twilios_own_variables_hold_it_as_it_is(self):
        environ = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t1"}
        settings = load({}, environ, None)
        assert settings.auth_token == Secret("t1")
        assert [(account.sid, account.auth_tokens) for account in settings.accounts] == [(ACCOUNT, (Secret("t1"),))]
        assert "t1" not in repr(settings)
        assert settings.origins["auth_token"] == ("[secret]", "environment TWILIO_AUTH_TOKEN")

    def test_references_name_a_variable_or_a_file(self, file, tmp_path):
        (tmp_path / "tokens").write_text("t2\nt3\n")
        path = file(f'auth_token = "env:MINE"\nauth_tokens = "file:{tmp_path}/tokens"')
        settings = load({}, {"MINE": "t1"}, path)
        assert settings.accounts[0].auth_tokens == (Secret("t1"), Secret("t2"), Secret("t3"))
        assert load({}, {"OFFHOOK_AUTH_TOKEN": "env:MINE", "MINE": "t9"}, None).auth_token == Secret("t9")

    def test_a_literal_secret_on_the_command_line_or_in_the_file_is_refused_with_the_way_to_do_it(self, file):
        for lines in (problems({"auth_token": "hunter2"}), problems(path=file('api_secret = "hunter2"\n'))):
            assert "write env:NAME or file:PATH instead" in lines[0]
            assert "hunter2" not in lines[0]

    def test_a_reference_to_nothing_is_a_problem_that_names_it(self, tmp_path):
        (tmp_path / "empty").touch()
        assert "env:NOPE" in problems({"auth_token": "env:NOPE"})[0]
        assert "cannot be read" in problems({"auth_token": f"file:{tmp_path}/gone"})[0]
        assert "is empty" in problems({"auth_token": f"file:{tmp_path}/empty"})[0]

    def test_further_accounts_and_their_rotation_are_tables_of_the_file(self, file):
        path = file(f'[accounts.{ACCOUNT}]\nauth_token = "env:ONE"\n[accounts.{OTHER}]\nauth_token = ["env:TWO", "env:ONE"]')
        settings = load({}, {"ONE": "t1", "TWO": "t2"}, path)
        assert [(account.sid, len(account.auth_tokens)) for account in settings.accounts] == [(ACCOUNT, 1), (OTHER, 2)]

    def test_an_account_table_is_checked_like_everything_else(self, file):
        text = "\n".join(problems(path=file(f'[accounts.joe]\nauth_token = "env:A"\n[accounts.{ACCOUNT}]\ntoken = "env:A"')))
        assert "an account SID is AC and 32 hex digits" in text
        assert "token is not a key: write auth_token" in text

    def test_shared_keys_have_an_algorithm_and_a_secret(self, file):
        (key,) = load({}, {"KEY": "k1"}, file('[shared_keys.SK1]\nalgorithm = "HMAC-SHA256"\nsecret = "env:KEY"')).shared_keys
        assert (key.key_id, key.algorithm, key.secret) == ("SK1", "hmac-sha256", Secret("k1"))
        assert (
            "algorithm is missing or unknown"
            in problems(path=file('[shared_keys.SK1]\nsecret = "env:KEY"'), environ={"KEY": "k"})[0]
        )
        assert "does not belong here" in problems(path=file('[shared_keys.SK1]\nalgorithm = "hmac-sha1"\nsecret = "k1"'))[0]

    def test_half_an_api_key_is_a_warning(self):
        assert "only one of api_key and api_secret" in load({}, {"TWILIO_API_SECRET": "x"}, None).warnings[0]


class TestStarting:
    def test_a_token_and_a_place_to_deliver_to_are_enough(self):
        check_startable(load({"to": "http://localhost:5000/sms"}, TOKEN, None))

    def test_without_a_token_it_refuses_and_says_both_ways_out(self):
        text = why_not(to="http://a/")
        assert "set the environment variable TWILIO_AUTH_TOKEN" in text
        assert "--allow-unsigned --host 127.0.0.1" in text

    def test_unsigned_is_for_loopback_only(self):
        assert "add --host 127.0.0.1" in why_not(to="http://a/", allow_unsigned=True)
        assert "set host to 127.0.0.1" in why_not(to="http://a/", allow_unsigned=True, host="192.168.1.2")
        for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
            check_startable(load({"to": "http://a/", "allow_unsigned": True, "host": host}, {}, None))

    def test_nowhere_to_deliver_to_is_said_with_the_flag(self):
        assert "add --to http://localhost:5000/sms" in why_not(environ=TOKEN)

    def test_one_port_for_two_is_refused_and_a_console_for_others_is_not(self):
        text = why_not(to="http://a/", environ=TOKEN, console_host="0.0.0.0", console_port="8080")
        assert "login" not in text
        assert "8080 is the port of the webhooks already" in text

    def test_a_console_for_others_without_https_is_said_and_borne(self):
        alone = load({"to": "http://a/", "console_host": "0.0.0.0"}, TOKEN, None)
        assert "logins and messages cross the network in the clear" in alone.warnings[0]
        check_startable(alone)
        named = load({"to": "http://a/", "console_host": "0.0.0.0", "console_url": "https://console.example.com"}, TOKEN, None)
        assert named.warnings == ()

    def test_files_that_are_not_there_are_named(self, tmp_path):
        text = why_not(
            to="http://a/",
            environ=TOKEN,
            tls_cert=f"{tmp_path}/c.pem",
            tls_key=f"{tmp_path}/k.pem",
            database=f"{tmp_path}/gone/x.db",
        )
        assert text.count("there is no file") == 2
        assert "there is no directory" in text


class TestMail:
    @staticmethod
    def start(**flags):
        check_startable(load({"to": "http://a/", "smtp_host": "smtp.example.com", **flags}, {**TOKEN, "MAIL": "hunter2"}, None))

    def why_not(self, **flags):
        with pytest.raises(SettingsError) as caught:
            self.start(**flags)
        assert "hunter2" not in str(caught.value)
        return str(caught.value)

    def test_a_server_needs_a_sender_which_may_be_the_user(self):
        assert "smtp_from: mail needs a sender" in self.why_not()
        self.start(smtp_from="Offhook <alarms@example.com>")
        self.start(smtp_user="alarms@example.com", smtp_password="env:MAIL")

    def test_a_user_needs_a_password_and_a_password_a_user(self):
        assert "smtp_user: it needs smtp_password" in self.why_not(smtp_from="a@b.example", smtp_user="ada")
        assert "smtp_password: it needs smtp_user" in self.why_not(smtp_from="a@b.example", smtp_password="env:MAIL")

    def test_a_password_is_not_sent_in_the_clear_but_on_this_machine(self):
        flags = {"smtp_from": "a@b.example", "smtp_user": "ada", "smtp_password": "env:MAIL", "smtp_tls": "none"}
        assert "would cross the network in the clear" in self.why_not(**flags)
        self.start(**flags, smtp_host="127.0.0.1")

    @pytest.mark.parametrize("sender", ["ada", "a@b.example\r\nBcc: eve@b.example", "a@b, c@d", "Ada <ada>", "x <a@b.example> y"])
    def test_a_sender_is_one_address(self, sender):
        assert "write an address, such as" in problems({"smtp_from": sender})[0]

    @pytest.mark.parametrize("host", ["smtp.example.com:587", "https://smtp.example.com", "smtp example"])
    def test_a_host_is_no_url(self, host):
        (problem,) = problems({"smtp_host": host})
        assert "without a port" in problem

    @pytest.mark.parametrize("number", ["+15551234567", "MG" + "0" * 32, "72975", "Offhook"])
    def test_text_messages_come_from_a_number_a_service_or_a_name(self, number):
        assert load({"sms_from": number}, {}, None).sms_from == number

    def test_an_alarm_that_cannot_be_told_so_is_a_warning(self, file):
        table = '[alarms.{}]\nany = "error"\nat_least = 1\nemail = ["ada@example.com"]\nsms = ["+15551234567"]\n'
        mail, text = load({}, {}, file(table.format("one") + table.format("two"))).warnings
        assert mail.startswith("[alarms.one] email (and 1 more): no mail is sent until smtp_host and smtp_from say")
        assert text.startswith("[alarms.one] sms (and 1 more): no text message is sent until sms_from says")
        server = 'smtp_host = "smtp.example.com"\nsms_from = "+15557654321"\n'
        assert load({}, {}, file(server + table.format("one"))).warnings == ()

    def test_nobody_else_can_be_their_sender(self):
        assert "write one of your Twilio numbers" in problems({"sms_from": "+1 (555) 123-4567"})[0]


class TestAnEndpointForOffhookItself:
    def test_its_table_says_the_provider_and_no_app(self, file):
        path = file(
            '[endpoints.sms]\nto = "http://a/"\n[endpoints.debugger]\nprovider = "twilio-debugger"\nacknowledge_with = "202"'
        )
        sms, debugger = load({}, {}, path).endpoints
        assert (sms.provider, sms.app_url) == ("twilio", "http://a/")
        assert (debugger.provider, debugger.app_url, debugger.fallback_url) == ("twilio-debugger", "", None)
        assert (debugger.answer, debugger.acknowledge_with) == (AnswerMode.ACK, "202")

    def test_flags_make_one_alone_and_leave_the_others_as_they_are(self, file):
        flags = {"provider": "twilio-debugger", "name": "debugger"}
        (debugger,) = load(flags, {}, None).endpoints
        assert (debugger.name, debugger.provider) == ("debugger", "twilio-debugger")
        sms, beside = load(flags, {}, file('[endpoints.sms]\nto = "http://a/"')).endpoints
        assert (sms.provider, beside.provider) == ("twilio", "twilio-debugger")

    @pytest.mark.parametrize("key", ["to", "fallback"])
    def test_an_app_url_is_refused_with_the_way_out(self, file, key):
        (problem,) = problems(path=file(f'[endpoints.debugger]\nprovider = "twilio-debugger"\n{key} = "http://a/"'))
        assert f"[endpoints.debugger] {key}: an endpoint of the provider twilio-debugger has no app" in problem
        assert f"leave {key} out" in problem

    def test_a_provider_that_is_none_is_the_only_thing_that_is_said(self, file):
        (problem,) = problems(path=file('[endpoints.debugger]\nprovider = "twillio"'))
        assert "write twilio or twilio-debugger" in problem
