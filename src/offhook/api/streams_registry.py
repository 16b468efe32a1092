"""Event types and their schemas by Twilio's Events API."""

from starlette.responses import Response

from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.api.streams_pages import answer_of, page_of, root_of
from offhook.api.streams_shapes import schema_shape, type_shape, version_shape

SCHEMA_TYPE = "application/schema+json"


async def list_stream_types(house: House, call: Call) -> Response:
    """A page of event types, by name."""
    schema_id, root = call.values.get("SchemaId"), root_of(call.url)
    chosen = [each for each in house.streams.catalogue.types if schema_id in {None, each.schema_id}]
    page = page_of(call, "types", chosen, lambda listed: listed.name)
    return json_answer(answer_of(page, lambda listed: type_shape(listed, root)))


async def fetch_stream_type(house: House, call: Call) -> Response:
    """One event type."""
    catalogue, name = house.streams.catalogue, call.path["type"]
    found = catalogue.find(name)
    if found is None:
        raise Problem(91202, f"There is no event type {name[:100]!r}.{catalogue.near(name)}")
    return json_answer(type_shape(found, root_of(call.url)))


async def fetch_schema(house: House, call: Call) -> Response:
    """One schema."""
    return json_answer(schema_shape(call.identifier, _versions(house, call.identifier)[-1], root_of(call.url)))


async def list_schema_versions(house: House, call: Call) -> Response:
    """A page of a schema's versions, the first one first."""
    root = root_of(call.url)
    # Named so that they sort as the numbers do.
    page = page_of(call, "schema_versions", _versions(house, call.identifier), lambda version: f"{version:04}")
    return json_answer(answer_of(page, lambda version: version_shape(call.identifier, version, root)))


async def fetch_schema_version(house: House, call: Call) -> Response:
    """One version of a schema."""
    return json_answer(version_shape(call.identifier, _version(house, call), root_of(call.url)))


async def fetch_raw_schema(house: House, call: Call) -> Response:
    """The JSON Schema itself."""
    found = house.streams.catalogue.schema(call.identifier, _version(house, call))
    if found is None:
        raise Problem(91202, f"The schema {call.identifier[:100]} is not here.")
    return Response(found, media_type=SCHEMA_TYPE)


def _versions(house: House, schema_id: str) -> tuple[int, ...]:
    versions = house.streams.catalogue.schemas.get(schema_id)
    if versions is None:
        raise Problem(91202, f"There is no schema {schema_id[:100]!r}.")
    return versions


def _version(house: House, call: Call) -> int:
    versions, asked = _versions(house, call.identifier), call.path["version"]
    found = next((version for version in versions if str(version) == asked), None)
    if found is None:
        raise Problem(91202, f"{call.identifier} has no version {asked[:20]}: it has {', '.join(map(str, versions))}.")
    return found
