"""Questions that a command asks while its event loop runs."""

import asyncio
import signal

import click
import pytest

from offhook.cli.terminal import ask


async def asked():
    ask("Replay 2 webhooks?")
    return "went on"


def test_ctrl_c_at_a_question_ends_the_command_at_once(monkeypatch, capsys):
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: signal.raise_signal(signal.SIGINT) or "y")
    with pytest.raises(click.exceptions.Exit) as ended:
        asyncio.run(asked())
    assert ended.value.exit_code == 1
    assert "Nothing was done" in capsys.readouterr().err


def test_a_yes_goes_on_and_ctrl_c_is_the_loops_again(monkeypatch):
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "y")
    before = signal.getsignal(signal.SIGINT)
    assert asyncio.run(asked()) == "went on"
    assert signal.getsignal(signal.SIGINT) is before
