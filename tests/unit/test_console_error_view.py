"""What the page of an error shows."""

from offhook.console.error_view import LONGEST_BODY, LONGEST_VALUE, view
from offhook.records import (
    Attempt,
    DebugEvent,
    Exchange,
    Failure,
    FailureKind,
    Kind,
    Level,
    Outcome,
    Role,
    Timings,
    Webhook,
    WebhookStory,
)

HEAD = b"POST /sms HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic Ym9iOg=="
URL = "https://app.example/sms"


def an_event(**fields):
    values = {"id": "NO1", "at": 0.0, "level": Level.ERROR, "code": 11217, "twilio_code": 11200, "message": "It answered 502."}
    return DebugEvent(**(values | {"webhook_id": "WH1", "attempt_id": "AT1", "request_url": URL} | fields))


def a_webhook(body=b"From=%2B15551230001&Body=Hi"):
    values = {"id": "WH1", "endpoint": "sms", "received_at": 0.0, "peer": "203.0.113.9", "url": URL, "kind": Kind.MESSAGE}
    return Webhook(**values, dedupe_key=b"", head=HEAD, body=body)


def an_attempt(*exchanges):
    outcome = Outcome(delivered=False, code=11217, twilio_code=11200, message="m")
    return Attempt(
        id="AT1",
        webhook_id="WH1",
        number=2,
        role=Role.PRIMARY,
        url=URL,
        started_at=0.0,
        duration_ms=1.0,
        outcome=outcome,
        exchanges=exchanges,
    )


def an_exchange(**fields):
    return Exchange(**({"method": "POST", "url": URL, "started_at": 0.0, "timings": Timings(total=12.0)} | fields))


def viewed(event, *exchanges, webhook=None):
    story = WebhookStory(webhook=webhook or a_webhook(), attempts=(an_attempt(*exchanges),) if exchanges else ())
    return view(event, story)


def test_parameters_that_are_phone_numbers_are_known_as_such():
    found = viewed(an_event()).request.parameters
    assert [(each.name, each.value, each.is_number) for each in found] == [("From", "+15551230001", True), ("Body", "Hi", False)]


def test_what_proves_who_somebody_is_is_hidden():
    headers = {each.name: each.value for each in viewed(an_event()).request.headers}
    assert headers["Authorization"] == "[hidden]"


def test_the_last_exchange_of_an_attempt_is_the_answer_and_those_before_are_kept_apart():
    found = viewed(an_event(), an_exchange(status=301), an_exchange(status=502, body=b"no")).response
    assert (found.attempt, found.number) == ("AT1", 2)
    assert (found.last.status, found.last.answer.body.raw) == (502, "no")
    assert [each.status for each in found.before] == [301]


def test_an_answer_that_was_none_says_why():
    failure = Failure(kind=FailureKind.REFUSED, detail="Connection refused")
    assert viewed(an_event(), an_exchange(failure=failure)).response.last.failure == "Connection refused"


def test_an_attempt_without_an_exchange_has_no_answer():
    story = WebhookStory(webhook=a_webhook(), attempts=(an_attempt(),))
    assert view(an_event(), story).response is None


def test_what_is_too_long_for_a_page_is_cut_and_says_so():
    body = b"Body=" + b"x" * (LONGEST_BODY + 5000)
    request = viewed(an_event(), webhook=a_webhook(body)).request
    assert len(request.body.shown) == LONGEST_BODY
    assert request.body.rest == "5,005 more characters are not shown here."
    assert request.parameters[0].value.startswith("x" * LONGEST_VALUE + "…")


def test_a_flood_of_parameters_is_cut_and_says_so():
    body = "&".join(f"a{place}=1" for place in range(500)).encode()
    found = viewed(an_event(), webhook=a_webhook(body)).request.parameters
    assert len(found) == 201
    assert found[-1].value == "300 more are not shown here."


def test_twilios_code_is_told_where_it_differs():
    found = viewed(an_event()).twilio
    assert (found.code, found.differs, found.page) == (11200, True, "https://www.twilio.com/docs/errors/11200")
    assert not viewed(an_event(twilio_code=0)).twilio.differs


def test_an_error_without_a_webhook_has_neither_request_nor_answer():
    event = an_event(webhook_id="", message="")
    found = view(event, None)
    assert (found.request, found.response, found.title) == (None, None, "Error 11217")
