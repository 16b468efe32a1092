"""The console's key: made once, for its owner's eyes alone."""

import os

import pytest

from offhook.console.key import ConsoleKey, key_path, read_key
from offhook.errors import OffhookError


def key_at(path):
    key = ConsoleKey(str(path))
    key.open()
    return key


def test_it_is_made_at_the_first_start_and_stays(tmp_path):
    first = key_at(tmp_path / "offhook.db")
    written = read_key(str(tmp_path / "offhook.db"))
    assert len(written) >= 32
    assert first.fits(written)
    assert key_at(tmp_path / "offhook.db").fits(written)
    assert not first.fits("")
    assert not first.fits(written[:-1])
    assert not first.fits("ké\udcff")


def test_nobody_else_can_read_it(tmp_path):
    key_at(tmp_path / "offhook.db")
    assert (tmp_path / "offhook.db.console-key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["offhook.db.console-key"]


@pytest.mark.parametrize("content", ["", "short", "two words " * 10, "\x00" * 40, "ü" * 40, "x" * 300])
def test_what_is_no_key_is_replaced(tmp_path, content):
    path = tmp_path / "offhook.db.console-key"
    path.write_text(content)
    path.chmod(0o600)
    assert read_key(str(tmp_path / "offhook.db")) == ""
    assert key_at(tmp_path / "offhook.db").fits(read_key(str(tmp_path / "offhook.db")))


def test_one_that_others_could_read_is_replaced(tmp_path):
    path = tmp_path / "offhook.db.console-key"
    path.write_text("k" * 43)
    path.chmod(0o644)
    key = key_at(tmp_path / "offhook.db")
    assert not key.fits("k" * 43)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_not_followed_to_somebody_elses_file(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("k" * 43)
    elsewhere.chmod(0o600)
    (tmp_path / "offhook.db.console-key").symlink_to(elsewhere)
    key = key_at(tmp_path / "offhook.db")
    assert not key.fits("k" * 43)
    assert elsewhere.read_text() == "k" * 43


def test_for_a_journal_in_memory_it_is_nowhere_to_be_found():
    assert key_path("memory:") is None
    assert read_key("memory:") == ""
    key_at("memory:")


def test_where_it_cannot_be_written_the_sentence_says_so(tmp_path):
    with pytest.raises(OffhookError, match="cannot be written"):
        key_at(tmp_path / "nowhere" / "offhook.db")


def test_what_a_killed_start_has_left_is_in_nobodys_way(tmp_path):
    (tmp_path / f"offhook.db.console-key.{os.getpid()}").write_text("half")
    key_at(tmp_path / "offhook.db")
    assert read_key(str(tmp_path / "offhook.db"))
