"""What the repository may hold: pinned and hashed requirements, no addresses of a registry, no traces of the machine that wrote it."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTS = ("run", "example", "dev", "bench")
NODE_LOCK = "package-lock.json"
LOCK_FILES = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
    "yarn.lock",
    "pnpm-lock.yaml",
}
# Written so that this file does not name what it looks for.
REGISTRY = re.compile(
    r"py[p]i\.(org|python)|python[h]osted|registry\.(npmjs|yarnpkg)|--(extra-)?index-url|--find-links|--trusted-host|^\s*(-i|-f)\s+\S+://",
    re.IGNORECASE | re.MULTILINE,
)
MACHINE = re.compile(r"(?<![\w.])(/root/|/work/|/home/\w+/|/Users/\w+/|/tmp/\w|/private/var/|/opt/wheels)")


def files():
    """Every file that is, or is about to be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in found if path.is_file() and path != Path(__file__)]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def pins(name):
    """Every (package, version) of one locked list."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return set(re.findall(r"^([A-Za-z0-9_.\[\],-]+)==([^\s;\\]+)", text, re.MULTILINE))


def test_no_file_names_a_package_registry_or_an_index():
    named = {str(path.relative_to(ROOT)): match[0] for path in files() if (match := REGISTRY.search(text_of(path)))}
    assert named == {}


def test_no_file_holds_a_path_of_the_machine_that_wrote_it():
    named = {str(path.relative_to(ROOT)): match[0] for path in files() if (match := MACHINE.search(text_of(path)))}
    assert named == {}


@pytest.mark.parametrize("line", ["x = '/root/a'", "see /work/b", "`/home/me/c`", "/tmp/x1"])
def test_a_path_of_a_machine_would_be_found(line):
    assert MACHINE.search(line)


@pytest.mark.parametrize("line", ["--index" + "-url https://x", "files.python" + "hosted.org", "-i https://mirror/simple"])
def test_an_address_of_a_registry_would_be_found(line):
    assert REGISTRY.search(line)


def test_no_lock_file_that_records_addresses_is_kept():
    assert [path.name for path in files() if path.name in LOCK_FILES] == []


def test_a_lock_of_node_packages_has_hashes_and_no_addresses():
    """`npm install --package-lock-only --omit-lockfile-registry-resolved` makes such a one."""
    locks = [path for path in files() if path.name == NODE_LOCK]
    assert locks
    for path in locks:
        packages = {name: each for name, each in json.loads(text_of(path))["packages"].items() if name}
        assert [name for name, each in packages.items() if "resolved" in each] == []
        assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
        asked = json.loads(text_of(path.with_name("package.json")))["dependencies"]
        assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_is_pinned_and_every_pin_has_hashes(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(requirements) > 10
    for line in requirements:
        assert re.match(r"^[A-Za-z0-9_.\[\],-]+==\S+", line), line[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line[:80]


@pytest.mark.parametrize("name", LISTS)
def test_every_direct_requirement_is_in_its_locked_list(name):
    def direct(of):
        for line in (ROOT / "requirements" / f"{of}.in").read_text().splitlines():
            if line.startswith("-r "):
                yield from direct(line[3:].strip().removesuffix(".in"))
            elif line and not line.startswith("#"):
                yield re.split(r"[\s;\[<>=]", line)[0].lower()

    locked = {package.split("[")[0].lower() for package, _ in pins(name)}
    assert set(direct(name)) <= locked


@pytest.mark.parametrize(("smaller", "larger"), [("run", "example"), ("example", "dev"), ("dev", "bench")])
def test_one_environment_can_hold_all_lists_because_their_pins_agree(smaller, larger):
    assert pins(smaller) <= pins(larger)


def test_what_the_package_depends_on_is_what_is_locked_for_running_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\s;\[<>=]", dependency)[0] for dependency in project["dependencies"]}
    wanted = {
        re.split(r"[\s;\[<>=]", line)[0]
        for line in (ROOT / "requirements" / "run.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert names == wanted


def test_every_module_says_what_it_is():
    modules = [path for path in files() if path.suffix == ".py" and ROOT / "tests" not in path.parents]
    assert len(modules) > 20
    assert [str(path.relative_to(ROOT)) for path in modules if not ast.get_docstring(ast.parse(text_of(path)))] == []


def test_the_licence_is_there_whole_and_is_the_one_that_the_package_names():
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


def test_every_link_between_the_documents_leads_to_a_file():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text_of(path))
        if not (path.parent / target).exists()
    ]
    assert broken == []
