"""The report as JSON is what its published schema says, whatever is in it."""

import json

import jsonschema
import msgspec
import pytest

from offhook.api.doctor_shapes import report_schema, report_shape
from offhook.doctor.question import Product
from tests.helpers.reports import hostile, ill, report, well

JUDGE = jsonschema.Draft202012Validator(report_schema())


def published(of):
    return json.loads(msgspec.json.encode(report_shape(of)))


def test_the_schema_is_a_sound_one():
    jsonschema.Draft202012Validator.check_schema(report_schema())


@pytest.mark.parametrize("of", [ill, well, hostile, report])
@pytest.mark.parametrize("product", Product)
def test_every_report_is_valid(of, product):
    JUDGE.validate(published(of(product=product)))
    JUDGE.validate(published(of(product=product.value, interrupted=True, messages=None)))


def test_the_findings_are_the_worst_first():
    assert [each["verdict"] for each in published(ill())["findings"]] == [
        "fault",
        "warning",
        "could-not-tell",
        "good",
        "good",
        "not-applicable",
        "not-applicable",
    ]


def test_a_lost_try_is_null():
    assert published(ill())["findings"][1]["plots"][0]["values"][3] is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.pop("verdict"),
        lambda value: value.update(more=1),
        lambda value: value.update(verdict="splendid"),
        lambda value: value.update(product="fax"),
        lambda value: value.update(requests=-1),
        lambda value: value["findings"][0].update(more=1),
        lambda value: value["findings"][1]["plots"][0].update(more=1),
        lambda value: value["messages"][0].pop("media"),
    ],
)
def test_what_is_not_a_report_is_not_valid(spoil):
    value = published(ill())
    spoil(value)
    assert not JUDGE.is_valid(value)


def test_every_member_is_described():
    schema = report_schema()
    for each in (schema, *schema["$defs"].values()):
        assert all(member["description"] for member in each.get("properties", {}).values())
        assert each.get("additionalProperties", False) is False
