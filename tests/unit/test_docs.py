"""The documents say what the code does: their tables are made from it, and their prose names nothing that does not exist."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from offhook.api.alarm_v2_body import QUERY_TYPES
from offhook.api.alarm_v2_shapes import WINDOWS, TwilioAlarmProblem
from offhook.api.problems import CODES as PROBLEMS
from offhook.api.routes import OPERATIONS
from offhook.debugger.catalogue import CODES
from offhook.intake.limits import REFUSALS
from offhook.metrics import METRICS
from offhook.settings import SETTINGS, load
from offhook.settings.alarm_keys import ALARM_KEYS
from offhook.streams.sinks.table import KINDS as SINK_KINDS
from offhook.testing import plugin

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()
LEAVES = dict(generate.leaves(generate.build()))
FLAGS = {name for command in LEAVES.values() for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
    "--help"
}


def doc(name):
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def first_cells(text):
    """What stands between backticks in the first cell of each table row."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def commands_in(text):
    """Every `offhook …` that a reader could copy, up to its first option or value."""
    return re.findall(
        r"(?:^|[`/ ])offhook((?: [a-z][a-z-]+)+)", "\n".join(re.findall(r"```\n.*?```|`[^`\n]+`", text, re.DOTALL)), re.MULTILINE
    )


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_document_holds_what_make_docs_would_write(path):
    text = path.read_text(encoding="utf-8")
    assert generate.written(text) == text, "run `make docs`"


@pytest.mark.parametrize("name", generate.FILES)
def test_a_file_that_is_made_as_a_whole_is_what_make_docs_would_write(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generate.FILES[name](), "run `make docs`"


def test_every_table_that_can_be_written_stands_in_exactly_one_document():
    found = [block for path in (ROOT / "docs").glob("*.md") for block in re.findall(r"<!-- begin ([\w-]+) -->", path.read_text())]
    assert sorted(found) == sorted(generate.WRITERS)


def test_the_settings_in_the_docs_are_those_in_the_code():
    assert first_cells(doc("settings")) == [setting.name for setting in SETTINGS]


def test_the_file_in_the_docs_is_one_that_offhook_takes(tmp_path, monkeypatch):
    example = re.search(r"```toml\n(.*?)```", doc("settings"), re.DOTALL)[1]
    for name in re.findall(r'"file:([^"]+)"', example):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("secret")
    (tmp_path / "offhook.toml").write_text(example)
    monkeypatch.chdir(tmp_path)
    settings = load({}, dict.fromkeys(re.findall(r'"env:(\w+)"', example), "secret"), Path("offhook.toml"))
    assert [endpoint.name for endpoint in settings.endpoints] == ["sms", "status", "debugger"]
    assert settings.shared_keys


def test_the_keys_of_an_alarm_in_the_docs_are_those_in_the_code():
    table = doc("alarms").partition("<!-- begin alarm-keys -->")[2].partition("<!-- end alarm-keys -->")[0]
    assert sorted(first_cells(table)) == sorted(key.name for key in ALARM_KEYS)


def test_the_alarms_in_the_docs_are_ones_that_offhook_takes(tmp_path):
    example = re.search(r"```toml\n(.*?)```", doc("alarms"), re.DOTALL)[1]
    (tmp_path / "offhook.toml").write_text(example)
    assert [alarm.name for alarm in load({}, {}, tmp_path / "offhook.toml").alarms] == ["app-down", "Slow app", "nobody-writes"]


def test_twilios_words_for_alarms_in_the_docs_are_those_in_the_code():
    prose = doc("alarms").partition("## Twilio's API")[2]
    words = {*QUERY_TYPES, *WINDOWS, *TwilioAlarmProblem.__annotations__}
    assert {word for word in words if f"`{word}`" not in prose and f'"{word}"' not in prose} == set()


def test_the_metrics_in_the_docs_are_those_in_the_code():
    assert first_cells(doc("metrics")) == [metric.name for metric in METRICS]


def test_the_routes_in_the_docs_are_those_in_the_code():
    table = doc("api").partition("<!-- begin routes -->")[2].partition("<!-- end routes -->")[0]
    assert first_cells(table) == [f"{each.method} {each.path}" for each in OPERATIONS]


def test_the_refusals_in_the_docs_are_those_in_the_code():
    table = doc("api").partition("<!-- begin refusals -->")[2].partition("<!-- end refusals -->")[0]
    assert first_cells(table) == [each.name for each in REFUSALS]


def test_the_commands_in_the_docs_are_those_in_the_code():
    assert re.findall(r"^### (.+)$", doc("commands"), re.MULTILINE) == list(LEAVES)


def test_every_code_that_the_code_names_has_its_place_in_the_docs():
    documented = {int(code) for code in re.findall(r'<a id="(\d+)">', doc("errors"))}
    assert documented == generate.codes_in_use()
    assert {11200, 11210, 11217} <= documented <= set(CODES)


def test_what_more_info_points_to_is_there_for_every_code_of_the_api():
    assert [int(code) for code in re.findall(r'<a id="(\d+)">', doc("api"))] == list(PROBLEMS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_prose_names_only_flags_that_exist(path):
    ours = re.sub(
        r"^.*(apt-get|ssh |examples/run\.py|pip |npm |uv ).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", re.sub(r"<!--|-->", "", ours))) <= FLAGS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_prose_names_only_variables_that_exist(path):
    known = {name for setting in SETTINGS for name in (setting.variable, *setting.also)} | {
        "OFFHOOK_CONFIG",
        "OFFHOOK_CONSOLE_URL",
        "OFFHOOK_CONSOLE_KEY",
    }
    named = set(re.findall(r"\b(?:OFFHOOK|TWILIO)_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert named <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_prose_names_only_metrics_that_exist(path):
    known = {metric.name for metric in METRICS} | {name for name in vars(plugin) if name.startswith("offhook_")}
    known |= {str(field.default) for kind in SINK_KINDS for field in kind.fields}
    assert set(re.findall(r"\boffhook_[a-z_]+\b", path.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_prose_names_only_commands_that_exist(path):
    def known(words):
        return any(" ".join(["offhook", *words[:length]]) in LEAVES for length in range(1, len(words) + 1)) or any(
            leaf.startswith(" ".join(["offhook", *words]) + " ") for leaf in LEAVES
        )

    assert [words for words in commands_in(path.read_text(encoding="utf-8")) if not known(words.split())] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_prose_names_only_make_targets_that_exist(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8"))) <= targets


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^  make (\w+)", listed, re.MULTILINE)) == set(phony[1].split())
