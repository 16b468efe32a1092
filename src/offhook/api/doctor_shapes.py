"""From the doctor's report to what the API and `--json` show, and the JSON Schema that says what that is."""

from typing import Any, Final

import msgspec

from offhook.api.doctor_resources import DoctorFinding, DoctorMessage, DoctorPlot, DoctorReport
from offhook.api.shapes import iso
from offhook.doctor.findings import Report, Row
from offhook.doctor.question import Product
from offhook.twiml import Message

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def report_shape(report: Report) -> DoctorReport:
    """A report as plain values."""
    return {
        "url": report.url,
        "product": Product(report.product),
        "verdict": report.verdict,
        "signed": report.signed,
        "started_at": iso(report.started_at),
        "seconds": round(report.seconds, 3),
        "requests": report.requests,
        "interrupted": report.interrupted,
        "findings": [_finding(row) for row in report.worst_first],
        "steps": list(report.steps),
        "messages": None if report.messages is None else [_message(each) for each in report.messages],
    }


def _finding(row: Row) -> DoctorFinding:
    finding = row.finding
    return {
        "check": row.check,
        "asks": row.asks,
        "verdict": finding.verdict,
        "title": finding.title,
        "evidence": list(finding.evidence),
        "fix": list(finding.fix),
        "codes": list(finding.codes),
        "cause": finding.cause,
        "plots": [DoctorPlot(title=each.title, values=list(each.values), unit=each.unit) for each in finding.plots],
        "figures": msgspec.to_builtins(finding.figures, str_keys=True, enc_hook=str),
    }


def _message(message: Message) -> DoctorMessage:
    return {"body": message.body, "media": list(message.media)}


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report. No member but those named occurs, except among the `figures`."""
    _, found = msgspec.json.schema_components([DoctorReport], ref_template="#/$defs/{name}")
    schemas = {name: _closed(schema) for name, schema in found.items()}
    return {
        "$schema": DIALECT,
        **schemas.pop("DoctorReport"),
        "title": "Report of offhook doctor",
        "$defs": dict(sorted(schemas.items())),
    }


def schema_text() -> str:
    """The same as it is published."""
    return msgspec.json.format(msgspec.json.encode(report_schema()), indent=2).decode() + "\n"


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False} if "properties" in schema else schema
