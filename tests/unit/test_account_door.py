"""Who may use the account's API, and what else it answers: numbers, services, the account, and what is not there."""

import pytest

from offhook.api.account.problems import CODES
from offhook.simulator.records import Service
from tests.helpers.account import ACCOUNT, ADA, OTHER, OWN, TOKEN, Api, basic

SERVICES = "/v1/Services"


@pytest.fixture
def api():
    return Api()


@pytest.mark.parametrize(
    "user", [None, (ACCOUNT, ""), (ACCOUNT, TOKEN + "x"), ("", TOKEN), ("AC" + "b" * 32, TOKEN), (ACCOUNT, "ť" * 9)], ids=str
)
@pytest.mark.parametrize("path", ["Messages.json", "Nonsense.json", "/v1/Services"])
async def test_without_the_accounts_credentials_there_is_nothing(api, user, path):
    answer = await api.ask("GET", path, user=user)
    assert (answer.status, answer.body["code"], answer.body["status"]) == (401, 20003, 401)
    assert answer.headers["www-authenticate"] == 'Basic realm="Twilio API"'


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic ?", "Basic \xe9", "Bearer x", basic(ACCOUNT, TOKEN).replace("Basic", "Digest")]
)
async def test_credentials_that_are_none_are_refused(api, header, monkeypatch):
    monkeypatch.setattr("tests.helpers.account.basic", lambda *_: header)
    assert (await api.ask("GET", "Messages.json")).status == 401


async def test_paths_and_methods_that_are_not_there_are_refused_in_twilios_shape(api):
    for path in (
        "Calls.json",
        "Messages",
        f"/2010-04-01/Accounts/AC{'b' * 32}/Messages.json",
        "/2010-04-01",
        "/v1/Services/MG1/Nope",
    ):
        answer = await api.ask("GET", path)
        assert (answer.status, answer.body["code"], set(answer.body)) == (404, 20404, {"code", "message", "more_info", "status"})
    answer = await api.ask("DELETE", "Messages.json")
    assert (answer.status, answer.body["code"], answer.headers["allow"]) == (405, 20004, "GET, POST")


async def test_a_throttled_request_is_not_processed(api):
    api.carrier.throttle = lambda: True
    answer = await api.ask("POST", "Messages.json", {"To": ADA, "From": OWN, "Body": "Hi"})
    assert (answer.status, answer.body["code"]) == (429, 20429)
    assert list(api.book.messages()) == []


async def test_every_answer_has_twilios_headers(api):
    for answer in (await api.ask("GET", "Messages.json"), await api.ask("GET", "Nope.json")):
        assert answer.headers["twilio-request-id"].startswith("RQ")
        assert float(answer.headers["twilio-request-duration"]) < 1
        assert answer.headers["twilio-concurrent-requests"] == "1"


def test_every_code_says_what_it_means():
    assert all(400 <= status < 500 and meaning.endswith(".") for status, meaning in CODES.values())


async def test_the_account_never_shows_its_token(api):
    answer = await api.ask("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")
    assert (answer.body["sid"], answer.body["auth_token"]) == (ACCOUNT, None)
    assert [each["sid"] for each in (await api.ask("GET", "/2010-04-01/Accounts.json")).body["accounts"]] == [ACCOUNT]


# Numbers


async def numbers(api, **given):
    answer = await api.ask("GET", "IncomingPhoneNumbers.json", given)
    return [each["phone_number"] for each in answer.body["incoming_phone_numbers"]]


async def test_numbers_are_listed_by_number_part_and_name(api):
    await api.ask("POST", f"IncomingPhoneNumbers/{api.own.sid}.json", {"FriendlyName": "Parcels"})
    assert await numbers(api) == [OWN, OTHER]
    assert await numbers(api, PhoneNumber=OWN) == await numbers(api, FriendlyName="Parcels") == [OWN]
    assert await numbers(api, PhoneNumber="0198") == await numbers(api, PhoneNumber="+1*******198") == [OTHER]
    assert await numbers(api, FriendlyName="Letters") == []
    page = (await api.ask("GET", "IncomingPhoneNumbers.json?PageSize=1&FriendlyName=Parcels")).body
    assert page["next_page_uri"] is None
    page = (await api.ask("GET", "IncomingPhoneNumbers.json?PageSize=1")).body
    page = (await api.ask("GET", page["next_page_uri"])).body
    assert ([each["phone_number"] for each in page["incoming_phone_numbers"]], page["next_page_uri"]) == ([OTHER], None)


async def test_a_number_is_changed_where_it_is_said_and_stays_otherwise(api):
    given = {"SmsFallbackUrl": "http://app/fallback#rc=1", "SmsFallbackMethod": "get", "VoiceUrl": "http://app/voice"}
    answer = await api.ask("POST", f"IncomingPhoneNumbers/{api.own.sid}.json", given)
    assert answer.body["sms_url"] == "http://app/sms"
    assert (answer.body["sms_fallback_url"], answer.body["sms_fallback_method"]) == ("http://app/fallback#rc=1", "GET")
    assert answer.body["voice_url"] == "http://app/voice"
    assert answer.body["capabilities"] == {"voice": True, "sms": True, "mms": True, "fax": False}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"SmsUrl": "app/sms"}, 21402),
        ({"VoiceUrl": "javascript:1"}, 21402),
        ({"StatusCallback": "x"}, 21502),
        ({"SmsMethod": "PUT"}, 21403),
        ({"SmsUrl": "", "SmsFallbackUrl": "http://app/f"}, 21406),
        ({"VoiceFallbackUrl": "http://app/f"}, 21405),
    ],
)
async def test_a_number_that_could_not_be_is_refused(api, given, code):
    answer = await api.ask("POST", f"IncomingPhoneNumbers/{api.own.sid}.json", given)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert api.book.numbers[api.own.sid] == api.own


async def test_new_numbers_are_nobodys_until_there_are_none_left(api):
    given = [(await api.ask("POST", "IncomingPhoneNumbers.json", {"AreaCode": "303"})).body["phone_number"] for _ in range(100)]
    assert set(given) == {f"+130355501{line:02}" for line in range(100)}
    assert (await api.ask("POST", "IncomingPhoneNumbers.json", {"AreaCode": "303"})).body["code"] == 21452
    answer = await api.ask("POST", "IncomingPhoneNumbers.json", {"SmsUrl": "http://app/new"})
    assert (answer.status, answer.body["phone_number"], answer.body["sms_url"]) == (201, "+12025550197", "http://app/new")


async def test_a_number_that_is_wanted_is_had_once(api):
    wish = {"PhoneNumber": "+441632960000"}
    assert (await api.ask("POST", "IncomingPhoneNumbers.json", wish)).body["phone_number"] == "+441632960000"
    assert (await api.ask("POST", "IncomingPhoneNumbers.json", wish)).body["code"] == 21422
    for nonsense in ("12", "whatsapp:+12025550150", "Offhook"):
        answer = await api.ask("POST", "IncomingPhoneNumbers.json", {"PhoneNumber": nonsense})
        assert answer.body["code"] == 21421
    assert (await api.ask("POST", "IncomingPhoneNumbers.json", {"AreaCode": "1"})).body["code"] == 20001


async def test_a_number_that_is_given_back_is_in_no_pool(api):
    api.book.services["MG1"] = Service(sid="MG1", numbers=(OWN, OTHER))
    assert (await api.ask("DELETE", f"IncomingPhoneNumbers/{api.own.sid}.json")).status == 204
    assert api.book.services["MG1"].numbers == (OTHER,)
    assert (await api.ask("GET", f"IncomingPhoneNumbers/{api.own.sid}.json")).status == 404


# Services


@pytest.mark.parametrize("base", [SERVICES, "/messaging/v1/Services"])
async def test_services_are_made_listed_changed_and_deleted(api, base):
    made = await api.ask("POST", base, {"FriendlyName": "Parcels", "InboundRequestUrl": "http://app/in"})
    assert (made.status, made.body["inbound_request_url"], made.body["url"]) == (
        201,
        "http://app/in",
        f"http://localhost{base}/{made.body['sid']}",
    )
    one = f"{base}/{made.body['sid']}"
    changed = (await api.ask("POST", one, {"InboundRequestUrl": "", "UseInboundWebhookOnNumber": "True"})).body
    assert (changed["inbound_request_url"], changed["use_inbound_webhook_on_number"]) == (None, True)
    assert changed["friendly_name"] == "Parcels"
    await api.ask("POST", base, {"FriendlyName": "Letters"})
    page = (await api.ask("GET", f"{base}?PageSize=1")).body
    assert [each["url"] for each in page["services"]] == [f"http://localhost{one}"]
    assert page["meta"] == {
        "key": "services",
        "page": 0,
        "page_size": 1,
        "url": f"http://localhost{base}?PageSize=1&Page=0",
        "first_page_url": f"http://localhost{base}?PageSize=1&Page=0",
        "previous_page_url": None,
        "next_page_url": f"http://localhost{base}?PageSize=1&Page=1",
    }
    assert (await api.ask("DELETE", one)).status == 204
    assert (await api.ask("GET", one)).body["code"] == 20404


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, 20001),
        ({"FriendlyName": "x", "InboundRequestUrl": "x"}, 21402),
        ({"FriendlyName": "x", "FallbackMethod": "x"}, 21403),
        ({"FriendlyName": "x", "UseInboundWebhookOnNumber": "perhaps"}, 20001),
    ],
)
async def test_a_service_that_could_not_be_is_refused(api, given, code):
    assert (await api.ask("POST", SERVICES, given)).body["code"] == code
    assert api.book.services == {}


async def test_a_pool_takes_each_number_once(api):
    for service_sid in ("MG1", "MG2"):
        api.book.services[service_sid] = Service(sid=service_sid)
    pool = f"{SERVICES}/MG1/PhoneNumbers"
    added = await api.ask("POST", pool, {"PhoneNumberSid": api.own.sid})
    assert (added.status, added.body["service_sid"], added.body["phone_number"]) == (201, "MG1", OWN)
    again = await api.ask("POST", pool, {"PhoneNumberSid": api.own.sid})
    assert (again.status, again.body["code"]) == (409, 21710)
    assert (await api.ask("POST", f"{SERVICES}/MG2/PhoneNumbers", {"PhoneNumberSid": api.own.sid})).body["code"] == 21712
    assert (await api.ask("POST", pool, {"PhoneNumberSid": "PN0123"})).body["code"] == 20404
    assert (await api.ask("POST", pool)).body["code"] == 20001
    assert (await api.ask("GET", added.body["url"].removeprefix("http://localhost"))).body["sid"] == api.own.sid
    assert [each["sid"] for each in (await api.ask("GET", pool)).body["phone_numbers"]] == [api.own.sid]
    assert (await api.ask("DELETE", f"{pool}/{api.other.sid}")).body["code"] == 20404
    assert (await api.ask("DELETE", f"{pool}/{api.own.sid}")).status == 204
    assert (await api.ask("GET", pool)).body["phone_numbers"] == []
