"""One measured run: the load generator in its own process against a server that is already up."""

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from bench.children import Child
from bench.load import Plan, Report
from bench.messages import build


class Run(msgspec.Struct):
    """What one run found: the generator's report, and the CPU time that the server took for it (None where it can't be read)."""

    report: Report
    cpu_seconds: float | None

    @property
    def cpu_us(self) -> float | None:
        """CPU µs of the server for each good answer."""
        return cpu_us(self.cpu_seconds, self.report.good)

    def readings(self) -> dict[str, float | None]:
        """The figures of one run, as the tables name them."""
        report, cpu = self.report, self.cpu_us
        return {
            "acks/s": report.rate,
            "CPU µs": cpu,
            "per CPU s": 1e6 / cpu if cpu else None,
            "p50 ms": report.latency.get("p50"),
            "p99 ms": report.latency.get("p99"),
            "p99.9 ms": report.latency.get("p99.9"),
            "max ms": report.latency.get("max"),
        }

    def trouble(self) -> str:
        """What a reader must know of this run; empty when all went as it should."""
        report = self.report
        bad = [f"{count} x {status}" for status, count in report.statuses.items() if not status.startswith("2")]
        bad += [f"{report.broken} broken"] if report.broken else []
        bad += [f"{report.unanswered} unanswered"] if report.unanswered else []
        bad += ["load generator at its limit"] if report.busy > 0.97 else []
        return ", ".join(bad)


def cpu_us(seconds: float | None, items: int) -> float | None:
    """CPU seconds over a number of items, in µs each."""
    return seconds / items * 1e6 if seconds is not None and items else None


def drive(plan: Plan, servers: list[Child], directory: Path, core: int | None) -> Run:
    """Build, warm up, then send; the servers' CPU time is read right before the first request and right after the last answer."""
    with Child.python("bench.load", msgspec.json.encode(plan).decode(), directory=directory, core=core) as load:
        load.json(timeout=plan.seconds + 60)
        before = [server.cpu() for server in servers]
        load.say("go")
        report = msgspec.json.decode(load.line(timeout=plan.seconds + 60), type=Report)
        spent = [less(server.cpu(), start) for server, start in zip(servers, before, strict=True)]
    return Run(report, None if None in spent else sum(part for part in spent if part is not None))


def get(port: int, path: str, headers: dict[str, str] | None = None) -> bytes:
    """One GET on loopback. Raises OSError when nobody answers, RuntimeError for anything but a 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"GET {path}: {answer.status} {body[:200]!r}")
    return body


def post_form(port: int, path: str, fields: dict[str, str | list[str]]) -> Any:
    """One POST of a form on loopback; gives the JSON that came back. Raises RuntimeError for anything but a 2xx."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, urlencode(fields, doseq=True), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status // 100 != 2:
        raise RuntimeError(f"POST {path}: {answer.status} {body[:200]!r}")
    return json.loads(body)


def get_json(port: int, path: str) -> Any:
    return json.loads(get(port, path))


def prove(port: int, path: str) -> None:
    """One signed request must be accepted and one with a wrong signature refused: a receiver that skips the check has no figures here.

    Raises RuntimeError otherwise.
    """
    right = build(f"http://127.0.0.1:{port}{path}", 1).requests[0]
    wrong = build(f"http://127.0.0.1:{port}{path}", 1, token="another token").requests[0]
    statuses = [_post(port, path, request) for request in (right, wrong)]
    if statuses[0] != 200 or statuses[1] != 403:
        raise RuntimeError(f"a right and a wrong signature were answered {statuses[0]} and {statuses[1]}, not 200 and 403")


def _post(port: int, path: str, request: bytes) -> int:
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def less(now: float | None, before: float | None) -> float | None:
    """A difference, where both can be measured."""
    return None if now is None or before is None else now - before
