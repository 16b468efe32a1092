"""What machines ask: alive, ready, counted; and the endpoints."""

from prometheus_client.parser import text_string_to_metric_families

from offhook.records import Kind, State


async def test_health_is_good_whenever_there_is_an_answer(console):
    console.house.troubles["store"] = "The disk is full."
    console.journal.broken = "The disk is full."
    answer = await console.get("/healthz")
    assert answer.status == 200
    assert answer.json["alive"] is True


async def test_readiness_is_good_when_both_parts_work(console):
    answer = await console.get("/readyz")
    assert (answer.status, answer.json) == (200, {"ready": True, "checks": {"store": "", "deliver": ""}})


async def test_readiness_says_which_part_does_not_work_and_why(console):
    console.house.troubles["deliver"] = "The courier has stopped."
    answer = await console.get("/readyz")
    assert answer.status == 503
    assert answer.json == {
        "code": 20503,
        "message": "The courier has stopped.",
        "more_info": "docs/api.md#20503",
        "status": 503,
        "ready": False,
        "checks": {"store": "", "deliver": "The courier has stopped."},
    }


async def scrape(console):
    answer = await console.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics_show_what_the_core_counted_and_what_the_journal_holds(console):
    console.house.metrics.received("sms", Kind.MESSAGE)
    console.house.troubles["deliver"] = "The courier has stopped."
    await console.webhook(state=State.FAILED)
    seen = await scrape(console)
    assert seen["offhook_webhooks_received_total", (("endpoint", "sms"), ("kind", "message"))] == 1
    assert seen["offhook_webhooks", (("endpoint", "sms"), ("state", "failed"))] == 1
    assert seen["offhook_webhooks", (("endpoint", "sms"), ("state", "waiting"))] == 0
    assert seen["offhook_ready", (("part", "store"),)] == 1
    assert seen["offhook_ready", (("part", "deliver"),)] == 0


async def test_metrics_are_there_even_when_the_journal_is_not(console):
    console.journal.broken = "The disk is full."
    console.house.metrics.refused("signature")
    seen = await scrape(console)
    assert seen["offhook_refused_total", (("reason", "signature"),)] == 1
    assert not [name for name, _ in seen if name == "offhook_webhooks"]


async def test_endpoints_show_their_counts_and_no_password(console):
    await console.webhook(state=State.FAILED)
    await console.webhook(state=State.FAILED)
    await console.webhook(state=State.DELIVERED, endpoint="old")
    answer = await console.get("/api/endpoints")
    (sms,) = answer.json["endpoints"]
    assert sms["name"] == "sms"
    assert sms["app_url"] == "https://app.example/sms#rc=3"
    assert sms["fallback_url"] == "https://spare.example/"
    assert sms["counts"] == {"waiting": 0, "delivering": 0, "delivered": 0, "failed": 2, "dismissed": 0}
    assert [(each["name"], each["counts"]["delivered"]) for each in answer.json["former"]] == [("old", 1)]
    assert "hunter2" not in answer.text
    assert "s3cret" not in answer.text
