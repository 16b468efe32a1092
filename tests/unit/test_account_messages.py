"""Messages of the simulated account, by its API: what they look like, which are listed, what a message may be, and how it lives."""

import asyncio
import time

import msgspec
import pytest

from offhook.records import Reply, ReplyState
from offhook.simulator.records import Direction, Media, Service, Status
from tests.helpers.account import ACCOUNT, ADA, OTHER, OWN, Api

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
SERVICE = "MG" + "1" * 32


@pytest.fixture
def api():
    return Api()


@pytest.fixture
async def living(api):
    """The same, and its messages end with the test."""
    yield api
    await api.carrier.close()


async def create(api, **given):
    """Ask for a message from the account's number to Ada, with these parameters; None leaves one out."""
    fields = {"To": ADA, "From": OWN, "Body": "Hi", **given}
    return await api.ask("POST", "Messages.json", {name: value for name, value in fields.items() if value is not None})


def with_service(api, *numbers, **given):
    api.book.services[SERVICE] = Service(sid=SERVICE, friendly_name="Pool", numbers=numbers, **given)


# Shapes


async def test_a_message_has_twilios_fields_counts_as_texts_and_its_dates_in_english(api):
    message = api.message(media=(Media(sid="ME1", content_type="image/png"),), error_code=30006, error_message="A landline")
    answer = await api.ask("GET", f"Messages/{message.sid}.json")
    assert answer.status == 200
    assert answer.body == {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Hi",
        "date_created": "Tue, 14 Nov 2023 22:13:20 +0000",
        "date_sent": "Tue, 14 Nov 2023 22:13:20 +0000",
        "date_updated": "Tue, 14 Nov 2023 22:13:20 +0000",
        "direction": "outbound-api",
        "error_code": 30006,
        "error_message": "A landline",
        "from": OWN,
        "messaging_service_sid": None,
        "num_media": "1",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": "delivered",
        "subresource_uris": {"media": f"{MESSAGES}/{message.sid}/Media.json"},
        "to": ADA,
        "uri": f"{MESSAGES}/{message.sid}.json",
    }


async def test_media_are_shown_with_their_type_and_their_bytes_need_no_credentials(api):
    kept = Media(sid="ME1", content_type="image/png", data=b"\x89PNG")
    document = Media(sid="ME2", content_type="text/html", data=b"<script>")
    elsewhere = Media(sid="ME3", content_type="", url="http://app/a.gif?x=1")
    nowhere = Media(sid="ME4", content_type="", url="http://[/a")
    message = api.message(sid="MM1", media=(kept, document, elsewhere, nowhere))
    listed = await api.ask("GET", "Messages/MM1/Media.json")
    assert [media["content_type"] for media in listed.body["media_list"]] == [
        "image/png",
        "text/html",
        "image/gif",
        "application/octet-stream",
    ]
    assert listed.body["media_list"][0]["uri"] == f"{MESSAGES}/MM1/Media/ME1.json"
    answer = await api.ask("GET", "Messages/MM1/Media/ME1", user=None)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/png", b"\x89PNG")
    assert (await api.ask("GET", "Messages/MM1/Media/ME2")).headers["content-disposition"] == "attachment"
    answer = await api.ask("GET", "Messages/MM1/Media/ME3")
    assert (answer.status, answer.headers["location"]) == (307, "http://app/a.gif?x=1")
    assert (await api.ask("GET", "Messages/MM1/Media/ME4")).body == b""
    assert (await api.ask("GET", "Messages/MM1/Media/ME1.json", user=None)).status == 401
    assert message.media[0].sid == "ME1"


# Listing


async def listed(api, **given):
    names = {"after": "DateSent>", "before": "DateSent<", "sent": "DateSent"}
    answer = await api.ask("GET", "Messages.json", {names.get(name, name): value for name, value in given.items()})
    assert answer.status == 200, answer.body
    return [message["body"] for message in answer.body["messages"]]


async def test_messages_are_listed_by_number_and_by_time(api):
    api.message(body="inbound", sender=ADA, to=OWN)
    api.message(body="yesterday", sent_at=api.clock.now() - 24 * 3600)
    api.message(body="half", sent_at=api.clock.now() + 0.5)
    api.message(body="later", sent_at=api.clock.now() + 3600)
    now, day = "2023-11-14T22:13:20Z", "2023-11-14"
    assert await listed(api, To=OWN) == ["inbound"]
    assert await listed(api, To=OWN.replace("+", " ")) == ["inbound"]  # a plus sign that was not encoded
    assert await listed(api, From=OWN, To=ADA) == ["later", "half", "yesterday"]
    assert await listed(api, sent=now) == ["half", "inbound"]
    assert await listed(api, sent=day) == await listed(api, sent=f"{day}T00:00:00Z") == ["later", "half", "inbound"]
    assert await listed(api, after=now) == ["later", "half", "inbound"]
    assert await listed(api, before=now) == ["half", "yesterday", "inbound"]
    assert await listed(api, after="2023-11-15") == []
    assert await listed(api, before="2023-11-13", To=ADA) == ["yesterday"]
    assert await listed(api, after=day, before=now) == ["half", "inbound"]
    assert await listed(api, After=now) == ["later", "half", "yesterday", "inbound"]  # unknown, so of no account


@pytest.mark.parametrize("given", ["DateSent=monday", "DateSent%3E=2023-13-01", "PageSize=0", "Page=-1", "PageToken=x"])
async def test_a_listing_that_makes_no_sense_is_refused(api, given):
    answer = await api.ask("GET", f"Messages.json?{given}")
    assert (answer.status, answer.body["code"]) == (400, 20001)


async def test_pages_name_each_other_as_twilio_writes_them(api):
    for number in range(5):
        api.message(body=str(number))
    query = f"{MESSAGES}.json?To=%2B12025550101&PageSize=2"
    first = (await api.ask("GET", f"{query}&Nonsense=1")).body
    assert (first["uri"], first["first_page_uri"]) == (f"{query}&Page=0", f"{query}&Page=0")
    assert (first["page"], first["page_size"], first["start"], first["end"]) == (0, 2, 0, 1)
    assert first["previous_page_uri"] is None
    second = (await api.ask("GET", first["next_page_uri"])).body
    assert second["uri"] == first["next_page_uri"]
    assert [each["body"] for each in second["messages"]] == ["2", "1"]
    third = (await api.ask("GET", second["next_page_uri"])).body
    assert (third["start"], third["end"], third["next_page_uri"]) == (4, 4, None)
    back = (await api.ask("GET", third["previous_page_uri"])).body
    assert (back["messages"], back["next_page_uri"]) == (second["messages"], second["next_page_uri"])
    assert (await api.ask("GET", back["previous_page_uri"])).body["messages"] == first["messages"]


async def test_the_last_of_a_page_may_be_deleted_before_the_next_is_asked_for(api):
    made = [api.message(body=str(number)) for number in range(4)]
    first = (await api.ask("GET", "Messages.json", {"PageSize": 2})).body
    api.book.forget(made[2].sid)
    api.message(body="new")
    assert [each["body"] for each in (await api.ask("GET", first["next_page_uri"])).body["messages"]] == ["1", "0"]


@pytest.mark.parametrize("token", ["PA999999999999999", "PB999999999999999", "PA0", "PB0"])
async def test_a_token_of_no_page_of_ours_does_no_harm(api, token):
    api.message()
    answer = await api.ask("GET", "Messages.json", {"PageToken": token, "Page": "999999999"})
    assert (answer.status, len(answer.body["messages"])) == (200, 1 if token.startswith("PA9") else 0)


async def test_an_empty_listing_is_a_page_without_others(api):
    page = (await api.ask("GET", "Messages.json")).body
    assert (page["messages"], page["start"], page["end"], page["page_size"], page["next_page_uri"]) == ([], 0, 0, 50, None)


async def test_more_than_a_thousand_rows_means_a_thousand():
    api = Api(most_messages=20_000)
    for number in range(20_000):
        api.message(to=ADA if number % 10 == 0 else OTHER)
    began, uri, found = time.process_time(), f"{MESSAGES}.json?To=%2B12025550101&PageSize=5000", []
    while uri:
        page = (await api.ask("GET", uri)).body
        found.append(len(page["messages"]))
        uri = page["next_page_uri"]
    assert found == [1000, 1000]
    assert time.process_time() - began < 2


# Creating


async def test_a_new_message_is_queued_and_lives_through_its_states(living):
    answer = await create(living, StatusCallback="http://app/told#rc=2")
    assert (answer.status, answer.body["status"], answer.body["date_sent"]) == (201, "queued", None)
    await living.clock.advance(1)
    assert living.book.message(answer.body["sid"]).status is Status.DELIVERED
    assert [status for _, status in living.calls.told] == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"To": "(202) 555-0101"}, {"to": ADA}),
        ({"To": f" {ADA} "}, {"to": ADA}),
        ({"To": ADA.replace("+", " "), "From": OWN.replace("+", " ")}, {"to": ADA, "from": OWN}),
        ({"To": "whatsapp:+12025550101", "From": f"whatsapp:{OWN}"}, {"to": "whatsapp:+12025550101", "from": f"whatsapp:{OWN}"}),
        ({"To": "+447700900123", "From": "Offhook"}, {"from": "Offhook"}),
        ({"Body": "x" * 1600}, {"num_segments": "11"}),
        ({"Body": "Grüße ✓"}, {"num_segments": "1"}),
        (
            {"Body": "", "ContentSid": "HX" + "a" * 32, "ContentVariables": '{"1":"x"}'},
            {"body": "[HX" + "a" * 32 + ' {"1":"x"}]'},
        ),
        ({"Nonsense": "1", "MaxPrice": "0.1", "ProvideFeedback": "true", "SmartEncoded": "true"}, {"status": "queued"}),
        ({"ValidityPeriod": "36000", "RiskCheck": "disable", "SendAsMms": "false"}, {"num_media": "0"}),
    ],
    ids=str,
)
async def test_what_a_message_may_be(living, given, expected):
    answer = await create(living, **given)
    assert answer.status == 201, answer.body
    assert {name: answer.body[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"To": "", "From": "", "Body": ""}, 21604),
        ({"From": "", "Body": ""}, 21603),
        ({"To": "whatsapp:Ada"}, 21211),
        ({"To": "+0123456789"}, 21211),
        ({"From": "whatsapp:+12025550100", "To": f"whatsapp:{ADA}"}, 21606),
        ({"From": "A name that is too long"}, 21212),
        ({"From": "Offhook"}, 21612),
        ({"MediaUrl": "ftp://app/a.png"}, 21620),
        ({"MediaUrl": "http://"}, 21620),
        ({"StatusCallback": "http://a b/"}, 21609),
        ({"StatusCallback": "http://[::1/"}, 21609),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "soon"}, 21624),
        ({"ContentSid": "HX" + "a" * 32, "ContentVariables": "[1]"}, 21656),
    ],
    ids=str,
)
async def test_what_a_message_may_not_be(api, given, code):
    answer = await create(api, **given)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert answer.body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert list(api.book.messages()) == []


async def test_a_body_that_is_no_form_has_no_parameters(api):
    answer = await api.ask("POST", "Messages.json", {"To": ADA}, content_type="application/json")
    assert answer.body["code"] == 21604


@pytest.mark.parametrize(("ahead", "status"), [(299, 400), (300, 201), (35 * 86400, 201), (35 * 86400 + 1, 400)])
async def test_a_message_is_scheduled_from_five_minutes_to_thirty_five_days_ahead(living, ahead, status):
    with_service(living, OWN)
    given = {"From": None, "MessagingServiceSid": SERVICE, "ScheduleType": "fixed", "SendAt": str(living.clock.now() + ahead)}
    answer = await create(living, **given)
    assert (answer.status, answer.body.get("code", 35114)) == (status, 35114)


async def test_a_scheduled_message_goes_out_when_it_is_time(living):
    with_service(living, OWN)
    at = str(living.clock.now() + 600)
    answer = await create(living, From=None, MessagingServiceSid=SERVICE, ScheduleType="fixed", SendAt=at)
    assert (answer.body["status"], answer.body["from"]) == ("scheduled", None)
    await living.clock.advance(599)
    assert living.book.message(answer.body["sid"]).status is Status.SCHEDULED
    await living.clock.advance(5)
    sent = living.book.message(answer.body["sid"])
    assert (sent.status, sent.sender) == (Status.DELIVERED, OWN)


async def test_a_scheduled_message_needs_its_time_and_a_service(living):
    with_service(living, OWN)
    assert (await create(living, ScheduleType="fixed", SendAt="2023-11-15")).body["code"] == 35118
    assert (await create(living, From=SERVICE, ScheduleType="fixed")).body["code"] == 35111
    assert (await create(living, From=SERVICE, ScheduleType="fixed", SendAt="noon")).body["code"] == 35114


# Services


async def test_a_service_sends_from_the_number_that_a_person_knows(living):
    with_service(living, OWN, OTHER, status_callback="http://app/told")
    living.message(sender=OTHER, to=ADA)
    answer = await create(living, From=None, MessagingServiceSid=SERVICE)
    assert (answer.body["status"], answer.body["from"], answer.body["num_segments"]) == ("accepted", None, "0")
    await living.clock.advance(1)
    sent = living.book.message(answer.body["sid"])
    assert (sent.sender, sent.segments, sent.status) == (OTHER, 1, Status.DELIVERED)
    assert [status for _, status in living.calls.told] == ["queued", "sent", "delivered"]


async def test_a_sender_and_a_service_is_queued_at_once_where_the_sender_is_of_the_pool(living):
    with_service(living, OWN)
    answer = await create(living, MessagingServiceSid=SERVICE)
    assert (answer.body["status"], answer.body["from"], answer.body["messaging_service_sid"]) == ("queued", OWN, SERVICE)
    assert (await create(living, MessagingServiceSid=SERVICE, From=OTHER)).body["code"] == 21711


async def test_a_service_whose_pool_has_been_emptied_fails_its_message(living):
    with_service(living, OWN)
    answer = await create(living, From=None, MessagingServiceSid=SERVICE, StatusCallback="http://app/told")
    with_service(living)
    await living.clock.advance(1)
    sent = living.book.message(answer.body["sid"])
    assert (sent.status, sent.error_code) == (Status.FAILED, 21703)
    assert living.calls.told == [(sent.sid, "failed")]
    assert (await create(living, From=None, MessagingServiceSid=SERVICE)).body["code"] == 21703


async def test_who_has_opted_out_of_a_number_has_opted_out_of_its_service(living):
    with_service(living, OWN, OTHER)
    living.carrier.text(ADA, OTHER, "stop")
    await living.clock.settle()
    assert (await create(living, From=None, MessagingServiceSid=SERVICE)).body["code"] == 21610
    assert (await create(living)).status == 201


# Updating and deleting


async def test_a_queued_message_is_canceled_and_goes_no_further(living):
    sid = (await create(living, StatusCallback="http://app/told")).body["sid"]
    answer = await living.ask("POST", f"Messages/{sid}.json", {"Status": "canceled"})
    assert (answer.status, answer.body["status"]) == (200, "canceled")
    await living.clock.advance(1)
    assert living.book.message(sid).status is Status.CANCELED
    assert living.calls.told == [(sid, "canceled")]


@pytest.mark.parametrize(
    ("status", "given", "expected", "code"),
    [
        (Status.SENDING, {"Status": "canceled"}, 409, 30409),
        (Status.DELIVERED, {"Status": "canceled"}, 409, 30409),
        (Status.QUEUED, {"Status": "sent"}, 400, 20001),
        (Status.DELIVERED, {"Body": "New"}, 400, 20001),
        (Status.SENT, {"Body": ""}, 409, 20009),
    ],
)
async def test_nothing_else_of_a_message_can_be_changed(api, status, given, expected, code):
    message = api.message(status=status)
    answer = await api.ask("POST", f"Messages/{message.sid}.json", given)
    assert (answer.status, answer.body["code"]) == (expected, code)
    assert api.book.message(message.sid) == message


async def test_a_message_on_its_way_cannot_be_deleted(api):
    sid = api.message(status=Status.SENT).sid
    answer = await api.ask("DELETE", f"Messages/{sid}.json")
    assert (answer.status, answer.body["code"]) == (409, 20009)
    api.book.keep(msgspec.structs.replace(api.book.message(sid), status=Status.DELIVERED))
    answer = await api.ask("DELETE", f"Messages/{sid}.json")
    assert (answer.status, answer.body) == (204, b"")


# To the account's own numbers


async def test_a_message_to_one_of_the_accounts_numbers_arrives_there(living):
    await create(living, To=OTHER)
    await living.clock.advance(1)
    [(url, heard)] = living.calls.heard
    assert (url, heard.direction, heard.sender, heard.to, heard.body) == ("http://app/sms", Direction.INBOUND, OWN, OTHER, "Hi")


async def test_two_numbers_that_answer_each_other_stop_somewhere(living):
    living.calls.answer = lambda message: [
        Reply(
            id="RP" + "0" * 32,
            webhook_id="",
            ordinal=0,
            state=ReplyState.INLINE,
            created_at=living.clock.now(),
            account_sid=ACCOUNT,
            to=message.sender,
            sender=message.to,
            body="And you?",
            status_callback="http://app/told",
        )
    ]
    await create(living, To=OTHER)
    for _ in range(20):
        await living.clock.advance(1)
    await asyncio.sleep(0)
    assert len(living.calls.heard) == 16
    [failed] = [each for each in living.book.messages() if each.status is Status.FAILED]
    assert failed.error_code == 14107
    assert living.calls.told[-1] == (failed.sid, "failed")
