"""`offhook dev --chaos` as a process: a run that can be repeated, and flags that say what is wrong with them."""

import pytest

from tests.helpers.processes import get_json, wait_until
from tests.helpers.simulated import App, Dev

FLAGS = ("--chaos", "refused=20%,5xx=20%,duplicate=20%", "--chaos-seed", "7")


def run(folder, *flags):
    """What an app has seen of twenty texts, and what was logged."""
    folder.mkdir()
    with App("<Response><Message>hello</Message></Response>") as app:
        dev = Dev(folder, app.url + "/sms", *flags)
        for number in range(20):
            text = dev.text(f"+1312555{number:04}", f"text {number}")
            wait_until(lambda sid=text["sid"]: any(each["webhook_id"] for each in dev.messages() if each["sid"] == sid))
        bodies = [form["Body"] for form in app.at("/sms")]
        errors = get_json(f"{dev.url}/api/errors?limit=100")["errors"]
        assert dev.stop() == 0
    return bodies, [error["code"] for error in errors]


def test_the_same_seed_gives_the_same_run(tmp_path):
    first, second = run(tmp_path / "first", *FLAGS), run(tmp_path / "second", *FLAGS)
    assert first == second
    bodies, codes = first
    assert len(bodies) > len(set(bodies))
    assert {11202, 11217} == set(codes)
    calm, _ = run(tmp_path / "calm", *FLAGS, "--chaos-for", "+12125550000")
    assert calm == [f"text {number}" for number in range(20)]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--chaos", "refuse=10%"), "Did you mean refused?"),
        (("--chaos", "refused=110%"), "a rate is from 0% to 100%"),
        (("--chaos-seed", "7"), "Say which chaos"),
    ],
)
def test_flags_that_are_not_usable_end_it_with_a_sentence(run_offhook, flags, says):
    done = run_offhook("dev", "--to", "http://127.0.0.1:9/sms", *flags)
    assert done.returncode == 2
    assert says in done.stderr
