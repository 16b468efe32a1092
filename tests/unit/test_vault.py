"""Literal secrets of sinks are in a private file, whole or not at all, and end with their sink."""

import json
import stat

import pytest

from offhook.errors import OffhookError
from offhook.streams.vault import FileVault, MemoryVault, resolver, vault_beside

ONE, OTHER = "DG" + "1" * 32, "DG" + "2" * 32


@pytest.fixture
def path(tmp_path):
    return tmp_path / "offhook.db.secrets"


@pytest.fixture(params=["file", "memory"])
def vault(request, path):
    return FileVault(path) if request.param == "file" else MemoryVault()


async def test_what_is_kept_can_be_read_and_what_is_not_cannot(vault):
    await vault.keep({f"{ONE}/password": "hunter2"})
    assert vault.read(f"{ONE}/password") == "hunter2"
    with pytest.raises(ValueError, match="is not kept any more"):
        vault.read(f"{OTHER}/password")


async def test_a_sinks_secrets_go_with_it(vault):
    await vault.keep({f"{ONE}/password": "a", f"{ONE}/headers/X": "b", f"{OTHER}/password": "c"})
    await vault.drop(ONE)
    assert vault.read(f"{OTHER}/password") == "c"
    for name in ("password", "headers/X"):
        with pytest.raises(ValueError, match="not kept"):
            vault.read(f"{ONE}/{name}")


async def test_a_sweep_leaves_what_a_sink_owns(vault):
    await vault.keep({f"{ONE}/password": "a", f"{OTHER}/password": "c"})
    await vault.sweep({OTHER})
    assert vault.read(f"{OTHER}/password") == "c"
    with pytest.raises(ValueError, match="not kept"):
        vault.read(f"{ONE}/password")


async def test_the_file_is_its_users_alone_and_another_process_reads_it(path):
    vault = vault_beside(str(path).removesuffix(".secrets"))
    await vault.keep({f"{ONE}/password": "žluťoučký kůň"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileVault(path).read(f"{ONE}/password") == "žluťoučký kůň"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_nothing_is_written_where_nothing_changes(path):
    vault = FileVault(path)
    await vault.keep({})
    await vault.drop(ONE)
    await vault.sweep(set())
    assert not path.exists()


async def test_a_link_in_the_files_place_is_not_followed(path, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    path.symlink_to(elsewhere)
    with pytest.raises(OffhookError, match="cannot be read"):
        FileVault(path).read("x")


@pytest.mark.parametrize("content", ["", "{", "[1]", "5"])
def test_a_file_that_is_not_ours_is_said_to_be_so(path, content):
    path.write_text(content)
    with pytest.raises(OffhookError, match="it is not what Offhook has written"):
        FileVault(path).read("x")


async def test_a_folder_that_cannot_be_written_is_an_error_and_changes_nothing(tmp_path):
    vault = FileVault(tmp_path / "none" / "offhook.db.secrets")
    with pytest.raises(OffhookError, match="cannot be written"):
        await vault.keep({f"{ONE}/password": "hunter2"})
    with pytest.raises(ValueError, match="not kept"):
        vault.read(f"{ONE}/password")


async def test_a_reference_leads_to_its_secret(path, tmp_path):
    vault = MemoryVault()
    await vault.keep({f"{ONE}/password": "kept"})
    (tmp_path / "one").write_text("filed\n")
    (tmp_path / "two").write_text("filed\nagain\n")
    value_of = resolver(vault, {"BUS": "from the environment"})
    assert value_of(f"kept:{ONE}/password") == "kept"
    assert value_of("env:BUS") == "from the environment"
    assert value_of(f"file:{tmp_path}/one") == "filed"
    for reference in ("kept:none", "env:NONE", "file:/none", f"file:{tmp_path}/two", "hunter2"):
        with pytest.raises(ValueError, match=r".") as refusal:
            value_of(reference)
        assert "hunter2" not in str(refusal.value)


async def test_the_file_is_json(path):
    await FileVault(path).keep({f"{ONE}/password": "a"})
    assert json.loads(path.read_text()) == {f"{ONE}/password": "a"}
