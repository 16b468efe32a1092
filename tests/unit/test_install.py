"""What `make` installs: once, again when something has changed, and one list for another where it holds it."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def install(tmp_path):
    spec = importlib.util.spec_from_file_location("install", ROOT / "requirements" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    for name in module.SETS:
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1")
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.VENV_PYTHON = module.VENV / "bin" / "python"
    module.VENV_PYTHON.parent.mkdir(parents=True)
    module.VENV_PYTHON.touch()
    return module


def stamp(install, name):
    (install.VENV / f".installed-{name}").write_text(install.wanted(name))


def test_nothing_is_installed_in_a_new_environment(install):
    assert not any(install.installed(name) for name in install.SETS)


def test_a_bigger_list_serves_the_smaller_ones_and_not_the_other_way_round(install):
    stamp(install, "dev")
    assert [install.installed(name) for name in ("example", "dev", "bench")] == [True, True, False]


@pytest.mark.parametrize("changed", ["requirements/dev.txt", "pyproject.toml"])
def test_a_changed_list_or_package_is_installed_again(install, changed):
    stamp(install, "dev")
    (install.ROOT / changed).write_text("other")
    assert not install.installed("dev")


def test_a_list_is_installed_again_when_the_environments_python_is_gone(install):
    stamp(install, "dev")
    install.VENV_PYTHON.unlink()
    assert not install.installed("dev")


def test_an_interpreter_that_does_not_run_has_no_version(install):
    assert install.version_of(install.ROOT / "nowhere") == ""


def test_a_python_without_ensurepip_is_told_how_to_get_it(install, monkeypatch):
    monkeypatch.setattr(install, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        install.make_environment()


def test_an_unknown_list_is_refused(install, monkeypatch):
    monkeypatch.setattr("sys.argv", ["install.py", "everything"])
    with pytest.raises(SystemExit, match=r"usage: install\.py"):
        install.main()
