"""`offhook console`, and the command line before a server where everybody has to log in."""

import pytest

from offhook.api.server import ConsoleServer
from offhook.cli.archive import key_for
from offhook.console.callers import Callers
from offhook.console.key import ConsoleKey, read_key
from offhook.console.routes import Login, create_console
from offhook.settings import load
from tests.helpers.pages import House
from tests.integration.cli.conftest import Loop


@pytest.fixture
def guarded(desk):
    """A server whose key lies beside its journal; `desk.sessions` are its sessions."""
    with Loop() as loop:
        house = House(journal=desk.store)
        key = ConsoleKey(str(desk.folder / "offhook.db"))
        key.open()
        desk.sessions = house.sessions
        login = Login(house.sessions, always=True, callers=Callers(load({}, {}, None), key))
        server = ConsoleServer(create_console(house, login), "127.0.0.1", 0)
        loop.run(desk.store.open())
        loop.run(server.start())
        desk.flags = ("--console-port", str(server.port))
        desk.url = f"http://127.0.0.1:{server.port}"
        yield desk
        loop.run(server.stop())


def token_of(shown):
    return shown.strip().partition("/login?token=")[2]


def test_it_shows_a_link_that_opens_a_session(guarded):
    shown = guarded.run("console", *guarded.flags)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"{guarded.url}/login?token=")
    assert guarded.sessions.open(token_of(shown.stdout)) is not None
    assert guarded.sessions.open(token_of(shown.stdout)) is None


def test_each_link_is_another_and_it_can_be_had_as_json(guarded, parsed):
    one, other = (parsed(guarded.run("console", "--json", *guarded.flags))["login"] for _ in range(2))
    assert one != other


def test_where_the_console_has_a_name_of_its_own_the_link_has_it(guarded):
    (guarded.folder / "offhook.toml").write_text('console_url = "https://console.example.com"\n')
    shown = guarded.run("console", *guarded.flags)
    assert shown.stdout.startswith("https://console.example.com/login?token=")


def test_it_opens_the_browser(guarded, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    shown = guarded.run("console", "--open", *guarded.flags)
    assert opened == [shown.stdout.strip()]


def test_without_the_key_it_says_what_is_missing(guarded):
    (guarded.folder / "offhook.db.console-key").unlink()
    shown = guarded.run("console", *guarded.flags)
    assert shown.exit_code == 1
    assert "There is no offhook.db.console-key" in shown.stderr


def test_a_wrong_key_gets_no_link(guarded):
    shown = guarded.run("console", *guarded.flags, OFFHOOK_CONSOLE_KEY="another")
    assert shown.exit_code == 1
    assert "does not take this console key" in shown.stderr
    assert "--database" in shown.stderr
    assert guarded.sessions._links == {}


def test_the_other_commands_find_the_key_by_themselves(guarded):
    assert "No webhooks" in guarded.run("webhooks", "list", *guarded.flags).stderr


def test_without_it_they_say_that_they_are_not_known(guarded):
    (guarded.folder / "offhook.db.console-key").unlink()
    shown = guarded.run("webhooks", "list", *guarded.flags)
    assert shown.exit_code == 1
    assert "asks who is there" in shown.stderr
    assert "OFFHOOK_CONSOLE_KEY" in shown.stderr


@pytest.mark.parametrize(
    "url", ["https://console.example.com", "http://127.0.0.1.example.com:8081", "http://10.0.0.5:8081", "nonsense"]
)
def test_another_machine_is_not_told_the_key(guarded, url):
    assert key_for(load({}, {}, None), url) == ""
    assert key_for(load({}, {}, None), guarded.url) == read_key("offhook.db")
