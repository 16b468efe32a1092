"""From the doctor's report to what the API and `--json` show."""

from typing import Any

import msgspec

from offhook.api.shapes import iso
from offhook.doctor.findings import Report, Row


def report_shape(report: Report) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "url": report.url,
        "product": report.product,
        "verdict": report.verdict.value,
        "signed": report.signed,
        "started_at": iso(report.started_at),
        "seconds": round(report.seconds, 3),
        "requests": report.requests,
        "interrupted": report.interrupted,
        "findings": [_finding(row) for row in report.worst_first],
        "steps": list(report.steps),
        "messages": None
        if report.messages is None
        else [{"body": each.body, "media": list(each.media)} for each in report.messages],
    }


def _finding(row: Row) -> dict[str, Any]:
    return {"check": row.check, "asks": row.asks, **msgspec.to_builtins(row.finding)}
