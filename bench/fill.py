"""A journal as it is after days of traffic: delivered webhooks with an attempt each. `python -m bench.fill PATH COUNT`.

Written past the journal's own front (2,000,000 in minutes), by its own statements and with the evidence of a real attempt, so that its
rows, indexes and marks are those that the journal would have left.
"""

import os
import sys
import time
from pathlib import Path

import apsw
from msgspec.structs import replace

from bench.messages import TO, build
from offhook.records import (
    Answer,
    Arrival,
    Attempt,
    Exchange,
    Kind,
    Outcome,
    Role,
    Settlement,
    State,
    Timings,
)
from offhook.stores.rules import underived
from offhook.stores.sqlite.codec import KEY_COLUMNS
from offhook.stores.sqlite.database import make_private, open_writer
from offhook.stores.sqlite.group import Batch, Changes, Group, Pending, Settling
from offhook.stores.sqlite.search import index_some
from offhook.stores.sqlite.statements import execute, execute_rows
from offhook.stores.sqlite.transaction import write
from offhook.system import id_floor

AT_ONCE = 250
NOBODY = Batch(print, [], 0)
DAY = 86_400.0
URL = "https://hooks.example/sms"
APP = "http://127.0.0.1:5000/sms"
SENDER = b"&From=%2B"
ANSWER = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>", source="ack")


def fill(path: Path | str, count: int, days: float = 10) -> None:
    """Make a journal at `path`, which must not exist, with `count` delivered webhooks spread evenly over the last `days`."""
    path = Path(path)
    if path.exists():
        raise FileExistsError(path)
    make_private(path)
    db = open_writer(path, synchronous="OFF", vfs=None)
    db.pragma("wal_autocheckpoint", 4_000)
    changes = Changes(1, (0.0, 0.0))
    keys: list[tuple[bytes, int]] = []
    began, step = time.time() - days * DAY, days * DAY / max(1, count)
    for start in range(0, count, AT_ONCE):
        arrivals = [_arrival(began + (start + place) * step, request) for place, request in enumerate(_requests(start, count))]
        changes = changes.following()
        appends = [Pending(arrival, NOBODY) for arrival in arrivals]
        write(db, Group(appends, [_settling(arrival, start + place + 1) for place, arrival in enumerate(arrivals)]), changes)
        keys.extend((arrival.dedupe_key, start + place + 1) for place, arrival in enumerate(arrivals))
    _write_keys(db, keys)
    execute(db, "mark_settled", settled_below=count + 1)
    execute(db, "mark_deduped", deduped_below=count + 1)
    db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    db.close()
    index(path)


def index(path: Path | str) -> None:
    """Put the words of all settled webhooks into their index, which Offhook does little by little, behind the deliveries."""
    db = open_writer(path, synchronous="OFF", vfs=None)
    (settled_below,) = db.execute("SELECT settled_below FROM marks").fetchall()[0]
    more = True
    while more:
        with db:
            more = all(index_some(db, Changes(1, (0.0, 0.0)), settled_below) for _ in range(AT_ONCE))
    db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    db.close()


def _requests(start: int, count: int) -> list[bytes]:
    return build(URL, min(AT_ONCE, count - start)).requests


def _write_keys(db: apsw.Connection, keys: list[tuple[bytes, int]]) -> None:
    keys.sort()
    for start in range(0, len(keys), 25_000):
        with db:
            execute_rows(db, "insert_keys", keys[start : start + 25_000], KEY_COLUMNS)


def identifier(prefix: str, at: float) -> str:
    """An id as the house would have made it at that time."""
    chance = os.urandom(10).hex()
    return f"{id_floor(prefix, at)[:14]}7{chance[:3]}8{chance[3:18]}"


def _arrival(at: float, request: bytes) -> Arrival:
    head, _, body = request.partition(b"\r\n\r\n")
    return Arrival(
        id=identifier("WH", at),
        endpoint="sms",
        received_at=at,
        peer="127.0.0.1:40000",
        url=URL,
        kind=Kind.MESSAGE,
        dedupe_key=os.urandom(16),
        head=head,
        body=body,
    )


def _settling(arrival: Arrival, seq: int) -> Settling:
    at = arrival.body.find(SENDER) + len(SENDER)
    sender = "+" + arrival.body[at : at + 11].decode()
    webhook = replace(
        underived(arrival),
        provider_id="SM" + arrival.id[2:],
        sender=sender,
        recipient=TO,
        conversation=f"{sender} {TO}",
        state=State.DELIVERED,
        attempts=1,
        answer=ANSWER,
    )
    return Settling(Settlement(webhook=webhook, attempts=(_attempt(webhook.id, arrival),)), seq, None)


def _attempt(webhook_id: str, arrival: Arrival) -> Attempt:
    lines = arrival.head.decode().split("\r\n")[1:]
    exchange = Exchange(
        method="POST",
        url=APP,
        started_at=arrival.received_at,
        timings=Timings(sent=0.1, first_byte=2.4, total=2.5),
        request_headers=tuple((line.partition(": ")[0], line.partition(": ")[2]) for line in lines),
        peer="127.0.0.1:5000",
        reused=True,
        status=200,
        headers=(("Content-Type", "text/xml"), ("Content-Length", "11"), ("Date", "Sun, 23 Nov 2025 12:00:00 GMT")),
        body=b"<Response/>",
        body_size=11,
    )
    return Attempt(
        id=identifier("AT", arrival.received_at),
        webhook_id=webhook_id,
        number=1,
        role=Role.PRIMARY,
        url=APP,
        started_at=arrival.received_at,
        duration_ms=2.5,
        outcome=Outcome(delivered=True),
        exchanges=(exchange,),
    )


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
