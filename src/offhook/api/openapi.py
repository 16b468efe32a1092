"""The OpenAPI document, made from the route table and the types of what the routes answer."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from offhook import __version__
from offhook.api import resources
from offhook.api.fields import Field, id_schema
from offhook.api.forms import FORM
from offhook.api.operation import JSON, Operation
from offhook.api.problems import CODES

_PREFIX_OF = {
    "webhooks": "WH",
    "replies": "RP",
    "errors": "NO",
    "issues": "IS",
    "Alerts": "NO",
    "Alarms": "AK",
    "alarms": "AK",
    "firings": "AF",
    "maintenance": "AM",
    "sinks": "DG",
    "Sinks": "DG",
    "Subscriptions": "DF",
}
# Answers to any request: parameters that are not acceptable, a name that is not the console's, a fault of ours.
_ALWAYS = (20001, 20421, 20500)
_UNREADY = "/readyz"


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document (OpenAPI 3.1)."""
    answers = [operation.answer for operation in operations if operation.answer is not None]
    others = [operation.problem for operation in operations if operation.problem is not None]
    types: list[Any] = [*answers, *others, resources.Problem, resources.Unready]
    refs, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(id, types), refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        answer = schema_of[id(operation.answer)] if operation.answer is not None else {"type": "string"}
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Offhook",
            "version": __version__,
            "description": "Webhooks that were received, what became of them, and why. Errors have one shape; so have times: ISO 8601, UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(operation: Operation, answer: dict[str, Any]) -> dict[str, Any]:
    content = {} if operation.status == 204 else {"content": {operation.media_type: {"schema": answer}}}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation.path),
            *map(_query_parameter, operation.query),
            *({**_query_parameter(field), "in": "header", "required": True} for field in operation.headers),
        ],
        "responses": {
            str(operation.status): {"description": operation.summary, **content},
            **_problems(operation),
        },
    }
    if operation.body:
        properties = {field.name: _body_schema(field) for field in operation.body}
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        described["requestBody"] = {"required": False, "content": {JSON: {"schema": schema}}}
    if operation.form:
        described["requestBody"] = {"required": False, "content": {FORM: {"schema": _form_schema(operation.form)}}}
    if operation.takes is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": dict(operation.takes)}}}
    return described


def _form_schema(fields: Sequence[Field]) -> dict[str, Any]:
    return {"type": "object", "properties": {field.name: _body_schema(field) for field in fields}, "additionalProperties": False}


def _path_parameters(path: str) -> Iterable[dict[str, Any]]:
    for collection, name in re.findall(r"(\w+)/{(\w+)}", path):
        prefix = _PREFIX_OF.get(collection, "")
        described = ("Its id.", id_schema(prefix)) if prefix else ("Its name or number.", {"type": "string"})
        yield {"name": name, "in": "path", "required": True, "description": described[0], "schema": described[1]}


def _query_parameter(field: Field) -> dict[str, Any]:
    return {"name": field.name, "in": "query", "required": False, "description": field.meaning, "schema": dict(field.schema)}


def _body_schema(field: Field) -> dict[str, Any]:
    return {"description": field.meaning, **field.schema}


def _problems(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code in sorted({*operation.problems, *_ALWAYS}):
        status, meaning = CODES[code]
        usual = operation.problem.__name__ if operation.problem is not None else "Problem"
        name = "Unready" if operation.path == _UNREADY and status == 503 else usual
        schema = {"$ref": f"#/components/schemas/{name}"}
        before = found[str(status)]["description"] + " " if str(status) in found else ""
        found[str(status)] = {"description": f"{before}{code}: {meaning}", "content": {JSON: {"schema": schema}}}
    return found
