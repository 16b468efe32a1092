"""Events into a file: whole lines on the disk, whatever crashes; turned over by size; and no harm to anybody else's file."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from offhook.streams.model import SinkParts
from offhook.streams.sinks.file import KIND
from offhook.streams.sinks.lines import LineFile
from tests.helpers.sinks import hand_over, make_event, make_events


def in_folder(folder):
    """The parts of a sink whose journal is in that folder; a file needs no others."""
    return SinkParts(None, None, None, None, None, folder=folder)


def sink(path, **configuration):
    return KIND.make({"path": str(path), **configuration}, in_folder(path.parent))


def lines(*paths):
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def ids(events):
    return [event.id for event in events]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


async def test_each_event_is_a_line_in_order_and_nobody_else_may_read_it(path):
    client = sink(path)
    events = make_events(50)
    assert (await client.deliver(events[:20])).taken == 20
    assert (await client.deliver(events[20:])).taken == 30
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events)
    assert path.read_bytes() == b"".join(event.body + b"\n" for event in events)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_what_is_taken_is_on_the_disk_before_it_is_said(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    client = sink(path)
    await client.deliver(make_events(3))
    assert synced[-1] == path.stat().st_size > 0
    await client.close()


async def test_without_fsync_nothing_waits_for_the_disk(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: pytest.fail("waited for the disk"))
    client = sink(path, fsync=False)
    assert (await client.deliver(make_events(3))).taken == 3
    await client.close()


async def test_a_body_over_several_lines_is_still_one_line(path):
    event = make_event(1)
    pretty = json.dumps(json.loads(event.body), indent=1).encode()
    client = sink(path)
    await client.deliver([type(event)(**{**{name: getattr(event, name) for name in event.__struct_fields__}, "body": pretty})])
    await client.close()
    assert lines(path) == [json.loads(event.body)]


async def test_a_full_file_is_turned_over_and_only_so_many_are_kept(path):
    client = sink(path, rotate_bytes=2048, keep=3)
    events = make_events(60)
    assert (await hand_over(client, events, batch=7)).taken == events
    await client.close()
    files = [path.with_name(f"events.jsonl.{number}") for number in (3, 2, 1)] + [path]
    assert sorted(path.parent.iterdir()) == sorted(files)
    assert all(file.stat().st_size <= 2048 for file in files)
    kept = [line["id"] for line in lines(*files)]
    assert kept == ids(events)[-len(kept) :]
    assert len(kept) > 15


async def test_a_line_that_is_longer_than_a_file_gets_one_of_its_own(path):
    client = sink(path, rotate_bytes=1024)
    events = [make_event(1), make_event(2, data={"text": "x" * 5000}), make_event(3)]
    assert (await client.deliver(events)).taken == 3
    await client.close()
    files = [path.with_name("events.jsonl.2"), path.with_name("events.jsonl.1"), path]
    assert [[line["id"] for line in lines(file)] for file in files] == [[event.id] for event in events]


async def test_an_older_file_that_was_taken_away_costs_no_other(path):
    client = sink(path, rotate_bytes=1024, keep=3)
    await hand_over(client, make_events(20), batch=3)
    path.with_name("events.jsonl.1").unlink()
    oldest = path.with_name("events.jsonl.3").read_bytes()
    await hand_over(client, make_events(2, first=21), batch=3)
    await client.close()
    assert path.with_name("events.jsonl.3").read_bytes() == oldest
    assert path.with_name("events.jsonl.1").exists()


@pytest.mark.parametrize("torn", [b'{"specversion":"1.0","id":"EV', b"\0" * 40, b'{"specversion"', b"{"])
async def test_a_last_line_that_a_crash_left_half_written_is_cut_off(path, torn):
    events = make_events(5)
    path.write_bytes(b"".join(event.body + b"\n" for event in events[:3]) + torn)
    client = sink(path)
    await client.deliver(events[3:])
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events)


async def test_a_last_line_that_only_lacks_its_end_is_completed(path):
    events = make_events(3)
    path.write_bytes(events[0].body + b"\n" + events[1].body)
    client = sink(path)
    await client.deliver(events[2:])
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events)


@pytest.mark.parametrize("torn", [b'{"specversion":"1.0","type":"com', b"\0" * 5000])
async def test_a_very_first_line_that_was_torn_is_cut_off_too(path, torn):
    path.write_bytes(torn)
    client = sink(path)
    assert (await client.deliver(make_events(1))).taken == 1
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(make_events(1))


@pytest.mark.parametrize(
    "foreign",
    [b"SQLite format 3\0", b"root:x:0:0\n", b'{"name": "a package"}', b'{\n  "name": "x"\n}', b'{"name": 1}\n{"na', b"\n"],
)
async def test_somebody_elses_file_is_left_as_it_is(path, foreign):
    path.write_bytes(foreign)
    client = sink(path)
    delivery = await client.deliver(make_events(1))
    await client.close()
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91304, True)
    assert "something else than an event" in delivery.fault.message
    assert path.read_bytes() == foreign


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
async def test_a_link_a_pipe_a_folder_and_a_device_are_not_written_to(path, kind):
    target = path.with_name("target.jsonl")
    if kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/null")
    client = sink(path)
    delivery = await client.deliver(make_events(1))
    await client.close()
    assert (delivery.taken, delivery.fault.code) == (0, 91304)
    assert "ordinary file" in delivery.fault.message
    assert not target.exists()


async def test_two_sinks_do_not_write_to_one_file(path):
    first, second = sink(path), sink(path)
    assert (await first.deliver(make_events(1))).taken == 1
    fault = (await second.deliver(make_events(1))).fault
    assert "another sink or process" in fault.message
    await first.close()
    assert (await second.deliver(make_events(1))).taken == 1
    await second.close()


async def test_a_file_that_somebody_takes_away_is_begun_anew(path):
    client = sink(path)
    events = make_events(4)
    await client.deliver(events[:2])
    path.rename(path.with_name("taken-away.jsonl"))
    await client.deliver(events[2:])
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events[2:])


async def test_a_full_disk_leaves_no_half_line_and_nothing_is_lost_when_there_is_room_again(path, monkeypatch):
    client = sink(path)
    events = make_events(30)
    await client.deliver(events[:10])
    write, room = os.write, [150]

    def short(file, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        wrote = write(file, data[: room[0]])
        room[0] -= wrote
        return wrote

    monkeypatch.setattr(os, "write", short)
    delivery = await client.deliver(events[10:])
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, 91304, True)
    assert "No space left" in delivery.fault.message
    assert [line["id"] for line in lines(path)] == ids(events[:10])
    monkeypatch.setattr(os, "write", write)
    assert (await client.deliver(events[10:])).taken == 20
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events)


async def test_lines_that_the_disk_did_not_confirm_do_not_count_and_are_there_once(path, monkeypatch):
    client = sink(path)
    events = make_events(6)
    await client.deliver(events[:3])
    sync = os.fsync

    def broken(file):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    assert (await client.deliver(events[3:])).taken == 0
    monkeypatch.setattr(os, "fsync", sync)
    assert (await client.deliver(events[3:])).taken == 3
    await client.close()
    assert [line["id"] for line in lines(path)] == ids(events)


async def test_while_a_disk_hangs_the_sink_says_so_at_once_and_goes_on_when_it_is_over(path, monkeypatch):
    client, events = sink(path), make_events(4)
    await client.deliver(events[:1])
    hangs, sync = threading.Event(), os.fsync

    def slow(file):
        assert hangs.wait(30)
        sync(file)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.deliver(events[1:]), 0.05)
    fault = (await client.deliver(events[1:])).fault
    assert (fault.code, fault.retry) == (91308, True)
    hangs.set()
    came = await hand_over(client, events[1:], on_fault=lambda _: asyncio.sleep(0.01))
    assert came.taken == events[1:]
    await client.close()
    assert list(dict.fromkeys(line["id"] for line in lines(path))) == ids(events)


def test_what_was_written_before_a_turn_over_failed_counts(path, tmp_path):
    file = LineFile(path, rotate_bytes=1024, keep=1, fsync=True)
    (tmp_path / "events.jsonl.1").mkdir()
    written = [event.body + b"\n" for event in make_events(20)]
    taken, error = file.append(written)
    assert 0 < taken < 20
    assert isinstance(error, OSError)
    file.close()
    assert path.read_bytes() == b"".join(written[:taken])


WRITER = """
import sys
from pathlib import Path
from offhook.streams.sinks.lines import LineFile
from tests.helpers.sinks import make_event

file = LineFile(Path(sys.argv[1]), rotate_bytes=400_000, keep=50, fsync=True)
number = int(sys.argv[2])
while True:
    batch = [make_event(each, data={"text": "x" * 9000}) for each in range(number, number + 40)]
    assert file.append([event.body + b"\\n" for event in batch]) == (40, None)
    number += 40
    print(number, flush=True)
"""


def test_a_writer_killed_three_times_has_lost_nothing_that_it_took_and_left_no_half_line(path):
    """Each starts from the first that was not said to be taken, as a cursor does."""
    following, environment = 1, {**os.environ, "PYTHONPATH": os.pathsep.join(["src", ".", *sys.path])}
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(path), str(following)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
            for _ in range(5):
                following = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            following = int((writer.stdout.read().split() or [following])[-1])
    file = LineFile(path, rotate_bytes=400_000, keep=50, fsync=True)
    assert file.append([make_event(following).body + b"\n"]) == (1, None)
    file.close()
    older = sorted(path.parent.glob("events.jsonl.*"), key=lambda each: -int(each.suffix[1:]))
    numbers = [int(line["id"].removeprefix("EV"), base=16) for line in lines(*older, path)]
    written = sorted(set(numbers))
    # Of the batch that the last one was killed over, some may stand there without its having been said.
    assert written == list(range(1, written[-1] + 1))
    assert following <= written[-1] < following + 40
    assert len(numbers) - len(written) <= 3 * 40
    assert list(dict.fromkeys(numbers)) == written


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, "path is missing"),
        ({"path": "../events.jsonl"}, "leads elsewhere"),
        ({"path": "~/events.jsonl"}, "leads elsewhere"),
        ({"path": "/var/../etc/events.jsonl"}, "leads elsewhere"),
        ({"path": "nowhere/events.jsonl"}, "there is no folder .*/nowhere"),
        ({"path": "link/events.jsonl"}, "a link leads from .*/link"),
        ({"path": "/etc/cron.d/events"}, "no name for lines of JSON"),
        ({"path": "/var/.log"}, "no name for lines of JSON"),
        ({"path": "/no/such/folder/events.jsonl"}, "there is no folder /no/such/folder"),
        ({"path": "/dev/events.jsonl", "rotate_bytes": "1"}, "rotate_bytes: "),
        ({"path": "/dev/events.jsonl", "keep": 0}, "keep: "),
        ({"path": "/dev/events.jsonl", "fsync": "perhaps"}, "fsync: "),
        ({"path": "/dev/events.jsonl", "colour": "red"}, "colour is no key of this sink"),
    ],
)
def test_a_configuration_that_cannot_work_says_what_to_write_instead(tmp_path, configuration, words):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=words):
        KIND.make(configuration, in_folder(tmp_path / "journal"))


@pytest.mark.parametrize("path", ["events.jsonl", "events/of/today.jsonl"])
async def test_a_relative_path_begins_at_the_journals_folder(tmp_path, path):
    (tmp_path / "events" / "of").mkdir(parents=True)
    client = KIND.make({"path": path}, in_folder(tmp_path))
    assert (await client.deliver(make_events(1))).taken == 1
    await client.close()
    assert [line["id"] for line in lines(tmp_path / path)] == ids(make_events(1))
