"""Whatever goes wrong, the answer has one shape and says what would have been right."""

import pytest

from offhook.api.problems import CODES, OURS

KEYS = {"code", "message", "more_info", "status"}


def assert_problem(answer, status, code):
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert set(answer.json) == KEYS
    assert answer.json["status"] == status
    assert answer.json["more_info"] == f"docs/api.md#{code}"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/webhooks?stat=failed", "Did you mean state? Known are state, endpoint, code, since, until, q, limit, cursor."),
        ("/api/webhooks?zzz=1", "Unknown parameter 'zzz'. Known are state,"),
        ("/api/webhooks?state=broken", "one of waiting, delivering, delivered, failed, dismissed"),
        ("/api/webhooks?limit=0", "from 1 to 1000"),
        ("/api/webhooks?limit=1001", "from 1 to 1000"),
        ("/api/webhooks?limit=-1", "from 1 to 1000"),
        ("/api/webhooks?limit=ten", "from 1 to 1000"),
        ("/api/webhooks?limit=%D9%A3", "from 1 to 1000"),
        ("/api/webhooks?limit=1&limit=2", "given twice"),
        ("/api/webhooks?cursor=WH1", "WH and 32 hex digits"),
        ("/api/webhooks?cursor=NO" + "0" * 32, "WH and 32 hex digits"),
        ("/api/webhooks?since=yesterday", "2026-11-23T15:00:00Z"),
        ("/api/webhooks?since=-5", "between 1970 and 9999"),
        ("/api/webhooks?since=" + "9" * 400, "between 1970 and 9999"),
        ("/api/webhooks?since=2025-13-01", "2026-11-23T15:00:00Z"),
        ("/api/webhooks?until=nan", "2026-11-23T15:00:00Z"),
        ("/api/webhooks?until=0001-01-01T00:00:00%2B23:59", "a time"),
        ("/api/webhooks?q=" + "x" * 201, "up to 200 characters"),
        ("/api/webhooks?q=%00", "up to 200 characters"),
        ("/api/errors?code=1", "such as 11200"),
        ("/api/errors?level=fatal", "one of ERROR, WARNING, INFO"),
        ("/api/errors?webhook=SM1", "WH and 32 hex digits"),
        ("/api/endpoints?x=1", "None is known here."),
        ("/healthz?x=1", "None is known here."),
    ],
)
async def test_a_parameter_that_is_not_acceptable_is_refused_with_what_is(console, path, said):
    answer = await console.get(path)
    assert_problem(answer, 400, 20001)
    assert said in answer.json["message"]


async def test_an_unknown_path_is_a_404_that_names_the_nearest_one(console):
    answer = await console.get("/api/webhook")
    assert_problem(answer, 404, 20404)
    assert "Did you mean /api/webhooks?" in answer.json["message"]


@pytest.mark.parametrize(
    "path", ["/api/webhooks/", "//", "/api", "/api/webhooks/WH1/nothing", "/static/../metrics.py", "/static/%2e%2e/html.py"]
)
async def test_a_path_near_a_route_is_not_that_route(console, path):
    assert_problem(await console.get(path), 404, 20404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/webhooks", "GET"),
        ("GET", "/api/replays", "POST"),
        ("POST", "/healthz", "GET"),
        ("OPTIONS", "/api/webhooks", "GET"),
        ("PATCH", "/monitor/v2/Alarms", "GET, HEAD, POST"),
        ("PATCH", "/monitor/v2/Alarms/AK1", "DELETE, GET, HEAD, PUT"),
    ],
)
async def test_a_wrong_method_is_a_405_that_names_the_right_one(console, method, path, allowed):
    answer = await console.ask(method, path)
    assert_problem(answer, 405, 20004)
    assert allowed in answer.headers["allow"]
    assert allowed in answer.json["message"]


async def test_a_head_has_the_status_and_the_headers_of_the_get_and_no_body(console):
    answer = await console.ask("HEAD", "/api/webhooks")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 10


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'"text"',
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"endpoint": "\xff"}',
        b'{"since": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"since": ' + b"1" * 50_000 + b"}",
    ],
)
async def test_a_body_that_is_not_a_usable_json_object_is_refused(console, body):
    answer = await console.ask("POST", "/api/replays", headers={"content-type": "application/json"}, body=body)
    assert_problem(answer, 400, 20001)


async def test_a_body_of_another_type_than_json_is_refused(console):
    answer = await console.ask("POST", "/api/replays", headers={"content-type": "text/plain"}, body=b'{"state":"failed"}')
    assert_problem(answer, 415, 20415)


async def test_a_journal_that_cannot_be_read_is_a_503_with_its_reason(console):
    console.journal.broken = "The disk is full."
    answer = await console.get("/api/webhooks")
    assert_problem(answer, 503, 20503)
    assert "The disk is full." in answer.json["message"]


async def test_a_fault_of_ours_is_a_500_that_tells_nothing_of_the_inside(console):
    async def faulty(*_):
        raise RuntimeError("secret detail")

    console.journal.events = faulty
    answer = await console.get("/api/errors")
    assert_problem(answer, 500, 20500)
    assert "secret" not in answer.text
    assert (await console.get("/healthz")).status == 200


def test_every_code_of_ours_has_its_own_status_and_all_have_a_sentence():
    ours = [meaning.status for code, meaning in CODES.items() if code < OURS]
    assert len(set(ours)) == len(ours)
    assert all(meaning.meaning.endswith(".") for meaning in CODES.values())
