"""Help, version and `offhook config check`: what the settings come to, where each comes from, and what is wrong with them."""

import subprocess
import sys
from importlib.abc import MetaPathFinder

import pytest

from offhook import __version__
from offhook.__main__ import main
from offhook.cli import terminal
from offhook.cli.app import build
from offhook.settings import SETTINGS

SECRETS = {"TWILIO_AUTH_TOKEN": "hunter2"}


def leaves(command, *path):
    if hasattr(command, "commands"):
        for name, child in command.commands.items():
            yield from leaves(child, *path, name)
    else:
        yield path


def lines(result):
    return {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line.split()}


def test_each_setting_is_shown_with_its_value_and_its_source(desk):
    (desk.folder / "offhook.toml").write_text('hold = "3s"\n[endpoints.sms]\nto = "https://joe:pa55@app.example.com/sms"\n')
    result = desk.run("config", "check", "--port", "9000", OFFHOOK_LOG_LEVEL="debug", **SECRETS)
    assert result.exit_code == 0
    shown = lines(result)
    assert shown["port"] == ["9000", "flag", "--port"]
    assert shown["log_level"] == ["debug", "environment", "OFFHOOK_LOG_LEVEL"]
    assert shown["host"] == ["0.0.0.0", "default"]
    assert shown["auth_token"] == ["[secret]", "environment", "TWILIO_AUTH_TOKEN"]
    assert shown["to"] == ["https://[secret]@app.example.com/sms"]
    assert "offhook.toml: hold" in result.stdout
    for secret in ("hunter2", "pa55"):
        assert secret not in result.output
    assert result.stderr == "These settings can be used.\n"


def test_a_setting_of_an_endpoint_is_shown_as_the_setting_itself(desk):
    result = desk.run("config", "check", "--to", "http://127.0.0.1:5000/", "--reply-within", "60m", **SECRETS)
    shown = [line.split()[1] for line in result.stdout.splitlines() if line.strip().startswith(("give_up_after", "reply_within"))]
    assert shown == ["3d", "1h", "3d", "1h"]


def test_the_names_of_settings_are_whole_on_a_narrow_terminal(desk, monkeypatch):
    monkeypatch.setattr(terminal, "_WIDE", 60)
    shown = lines(desk.run("config", "check", "--to", "http://localhost:5000/sms", **SECRETS))
    assert {setting.name for setting in SETTINGS} <= set(shown)


def test_json_has_every_setting(desk, parsed):
    result = desk.run("config", "check", "--json", "--to", "http://localhost:5000/sms", **SECRETS)
    page = parsed(result)
    assert set(page["settings"]) == {setting.name for setting in SETTINGS}
    assert page["settings"]["hold"] == {"value": "10s", "source": "default"}
    assert page["endpoints"][0]["to"] == "http://localhost:5000/sms"
    assert "hunter2" not in result.output


def test_settings_that_are_wrong_are_exit_code_2_with_every_problem(desk):
    (desk.folder / "offhook.toml").write_text("prt = 1\nhold = 99\n")
    result = desk.run("config", "check", "--port", "none", **SECRETS)
    assert result.exit_code == 2
    assert "offhook.toml: prt is not a key: did you mean port?" in result.stderr
    assert "Twilio stops waiting" in result.stderr
    assert "flag --port" in result.stderr


def test_settings_that_would_not_start_are_exit_code_2(desk):
    result = desk.run("config", "check")
    assert result.exit_code == 2
    assert "TWILIO_AUTH_TOKEN" in result.stderr
    assert "add --to" in result.stderr


def test_another_file_can_be_named_and_a_missing_one_is_said(desk):
    (desk.folder / "other.toml").write_text('to = "http://localhost:5000/x"\n')
    assert desk.run("config", "check", "--config", "other.toml", **SECRETS).exit_code == 0
    assert desk.run("config", "check", OFFHOOK_CONFIG="other.toml", **SECRETS).exit_code == 0
    gone = desk.run("config", "check", "--config", "gone.toml", **SECRETS)
    assert gone.exit_code == 2
    assert "gone.toml: it cannot be read" in gone.stderr


def test_connection_overrides_that_twilio_would_not_take_are_said(desk, parsed):
    result = desk.run("config", "check", "--to", "http://localhost:5000/sms#rc=9", **SECRETS)
    assert result.exit_code == 0
    assert "endpoint sms: #rc=9" in result.stderr
    page = parsed(desk.run("config", "check", "--json", "--to", "http://localhost:5000/sms#rc=9", **SECRETS))
    assert [each for each in page["warnings"] if "#rc=9" in each]


def test_a_variable_that_means_nothing_is_said_and_borne(desk):
    result = desk.run("config", "check", "--to", "http://localhost:5000/sms", OFFHOOK_HOLDD="5s", **SECRETS)
    assert result.exit_code == 0
    assert "OFFHOOK_HOLDD: there is no such setting: did you mean OFFHOOK_HOLD?" in result.stderr


@pytest.mark.parametrize("path", list(leaves(build())), ids=" ".join)
def test_every_command_explains_itself(desk, path):
    result = desk.run(*path, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: offhook {' '.join(path)} [OPTIONS]")
    assert len(result.stdout.splitlines()[2]) > 10


@pytest.mark.parametrize("group", [(), ("alarms",), ("sinks",), ("webhooks",), ("issues",)], ids=str)
def test_what_commands_do_is_said_in_whole_sentences(desk, group):
    _, _, listed = desk.run(*group, "--help").stdout.partition("Commands:\n")
    listed, _, _ = listed.partition("Examples:")
    assert "..." not in listed
    assert listed.strip().endswith(".")


def test_every_setting_is_a_flag_of_serve_and_its_help_names_default_and_variable(desk):
    text = " ".join(desk.run("serve", "--help").stdout.split())
    for setting in SETTINGS:
        assert f"{setting.flag} " in text
        assert setting.variable in text.replace("- ", "-")
    assert "[default: 10s; env: OFFHOOK_HOLD]" in text


def test_the_version_and_a_slip_of_the_finger(desk):
    assert desk.run("--version").stdout == f"offhook, version {__version__}\n"
    slip = desk.run("webhook", "list")
    assert slip.exit_code == 2
    assert "Did you mean 'webhooks'?" in slip.stderr


LOADED = """
import sys
from offhook.main import main
sys.argv = ["offhook", *sys.argv[1:]]
try:
    main()
except SystemExit:
    print("loaded:", *sorted(name for name in sys.modules if name.startswith("offhook.")))
"""


@pytest.mark.parametrize(
    "words", [("send", "http://127.0.0.1:1/", "--unsigned"), ("webhooks", "list", "--console-url", "http://127.0.0.1:1")]
)
def test_a_command_loads_what_it_needs_and_not_the_whole_house(tmp_path, words):
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(result.stdout.partition("loaded:")[2].split())
    assert "offhook.net.transport" in loaded, result.stderr
    assert not loaded & {
        "offhook.house",
        "offhook.console.routes",
        "offhook.doctor.checks",
        "offhook.stores.sqlite.journal",
        "offhook.streams.registry",
    }


def test_ctrl_c_while_it_is_being_loaded_ends_it_without_a_traceback(monkeypatch):
    class Interrupted(MetaPathFinder):
        def find_spec(self, name, *_):
            if name == "offhook.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "offhook.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_python_m_offhook_is_the_same_program(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "offhook", "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
    )
    assert result.stdout == f"offhook, version {__version__}\n"


def test_an_endpoint_for_offhook_itself_says_what_it_is(desk, parsed):
    (desk.folder / "offhook.toml").write_text('[endpoints.debugger]\nprovider = "twilio-debugger"\n')
    result = desk.run("config", "check", **SECRETS)
    assert result.exit_code == 0, result.stderr
    shown = result.stdout.partition("endpoint debugger")[2]
    assert "provider           twilio-debugger" in shown
    assert "Twilio's Error Webhook and alarms: Offhook reads them itself" in shown
    assert "schedule" not in shown
    (debugger,) = parsed(desk.run("config", "check", "--json", **SECRETS))["endpoints"]
    assert (debugger["name"], debugger["provider"]) == ("debugger", "twilio-debugger")


def test_an_endpoint_for_offhook_itself_with_an_app_is_exit_code_2(desk):
    (desk.folder / "offhook.toml").write_text('[endpoints.debugger]\nprovider = "twilio-debugger"\nto = "http://localhost/"\n')
    result = desk.run("config", "check", **SECRETS)
    assert result.exit_code == 2
    assert "leave to out" in result.stderr


ALARMS = """
to = "http://localhost:5000/sms"
[alarms.app-down]
code = [11200, 11205]
at_least = 5
within = "15m"
email = "dev@example.com"
notify = ["env:SLACK_URL"]
[alarms.quiet]
silence = "2h"
"""


def test_alarms_of_the_file_are_shown_with_what_they_watch(desk, parsed):
    (desk.folder / "offhook.toml").write_text(ALARMS)
    shown = desk.run(
        "config",
        "check",
        SLACK_URL="slack://hunter2",
        OFFHOOK_SMTP_HOST="mail.example.com",
        OFFHOOK_SMTP_FROM="a@example.com",
        **SECRETS,
    )
    assert shown.exit_code == 0
    assert "alarm app-down: fires when 5 or more of 11200, 11205 within 15m" in shown.stdout
    assert "dev@example.com" in shown.stdout
    assert shown.stderr == "These settings can be used.\n"
    assert "hunter2" not in shown.output
    page = parsed(desk.run("config", "check", "--json", **SECRETS))
    assert page["alarms"][1] == {"name": "quiet", "silence": "2h"}


def test_an_alarm_that_could_not_tell_anybody_is_said_and_borne(desk):
    (desk.folder / "offhook.toml").write_text(ALARMS)
    shown = desk.run("config", "check", **SECRETS)
    assert shown.exit_code == 0
    assert "alarm app-down: email needs smtp_host" in shown.stderr
    assert "alarm app-down: env:SLACK_URL means the environment variable SLACK_URL, which is not set" in shown.stderr


def test_an_alarm_for_a_cause_that_no_error_can_have_is_said_and_borne(desk):
    file = 'to = "http://127.0.0.1:5000/"\n[alarms.tls]\ncause = ["tls.expird", "tls.expired"]\n'
    (desk.folder / "offhook.toml").write_text(file)
    shown = desk.run("config", "check", **SECRETS)
    assert shown.exit_code == 0
    assert "alarm tls: cause: there is no cause tls.expird. Did you mean tls.expired?\n" in shown.stderr


@pytest.mark.parametrize(
    ("to", "webhook", "words"),
    [
        ("http://127.1/", "https://hooks.example/", "endpoint sms: http://127.1/ cannot be called"),
        ("http://localhost:5000/", "http://169.254.169.254/", "alarm a: webhook: 169.254.169.254 is not called"),
    ],
)
def test_a_url_that_would_never_be_called_is_exit_code_2(desk, to, webhook, words):
    (desk.folder / "offhook.toml").write_text(f'to = "{to}"\n[alarms.a]\nwebhook = "{webhook}"\n')
    refused = desk.run("config", "check", **SECRETS)
    assert refused.exit_code == 2
    assert words in refused.stderr


def test_an_alarm_that_cannot_be_meant_is_exit_code_2_with_every_problem(desk):
    (desk.folder / "offhook.toml").write_text('[alarms.a]\ncodes = 1\nwithin = "7m"\n[alarms.b]\nsilence = "2h"\nbacklog = 3\n')
    refused = desk.run("config", "check", **SECRETS)
    assert refused.exit_code == 2
    for words in ("did you mean code?", "one of 5m, 15m, 1h, 12h, 24h", "backlog and silence are watched by one alarm each"):
        assert words in refused.stderr
