"""Reading what a person has of an error: a code, a payload, an answer, the text of a page (spec: twilio-debugger §2, §3.1, §4.2, §6)."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.debugger.evidence import Evidence, read_evidence
from offhook.debugger.explain import explain
from offhook.records import FailureKind

ACCOUNT = "AC" + "0a" * 16
MESSAGE = "SM" + "5d" * 16
CALL = "CA" + "1f" * 16
EVENT = "NO" + "7b" * 16
SERVICE = "MG" + "3e" * 16

PROXY_BODY = (
    "Twilio was unable to fetch content from: http://app.example/sms\n"
    "Error: Total timeout is triggered. Configured tt is 15000ms and we attempted 1 time(s)\n"
    f"Account SID: {ACCOUNT}\nSID: {MESSAGE}\nRequest ID: 33412e1f-e611-4704-ae04-74d6eb77b844\n"
    "Remote Host: app.example\nRequest Method: POST\nRequest URI: http://app.example/sms\nURL Fragment: true"
)
TIMEOUT = {
    "resource_sid": MESSAGE,
    "service_sid": MESSAGE,
    "error_code": "11200",
    "more_info": {
        "Msg": "Bad Gateway",
        "sourceComponent": "14100",
        "ErrorCode": "11200",
        "EmailNotification": "false",
        "httpResponse": "502",
        "LogLevel": "ERROR",
        "url": "https://app.example/sms",
    },
    "webhook": {
        "type": "application/json",
        "request": {
            "url": "https://app.example/sms",
            "method": "POST",
            "headers": {},
            "parameters": {"SmsSid": MESSAGE, "ToState": "", "MessageSid": MESSAGE, "AccountSid": ACCOUNT, "Body": "Stop"},
        },
        "response": {
            "status_code": None,
            "headers": {
                "content-length": "430",
                "X-Twilio-WebhookError": "11203 HTTP communication total time out triggered",
                "X-Twilio-WebhookAttempt": "1",
                "connection": "close",
                "content-type": "text/html",
            },
            "body": PROXY_BODY,
        },
    },
}
DEBUGGER_FORM = {
    "AccountSid": ACCOUNT,
    "ParentAccountSid": "",
    "Sid": EVENT,
    "Level": "ERROR",
    "Timestamp": "2023-06-12T18:44:24.368Z",
    "PayloadType": "application/json",
    "Payload": json.dumps(TIMEOUT),
}
VOICE_URL = "http://10.209.67.130:8080/ivr?parent=menu&lang=en"
VOICE = {
    "resource_sid": CALL,
    "service_sid": None,
    "error_code": "11200",
    "more_info": {"Msg": f"Got HTTP 502 response to {VOICE_URL}", "ErrorCode": "11200", "LogLevel": "ERROR"},
    "webhook": {
        "type": "application/json",
        "request": {"url": VOICE_URL, "method": "POST", "headers": {}, "parameters": {"CallSid": CALL, "AccountSid": ACCOUNT}},
        "response": {
            "status_code": None,
            "headers": {"x-twilio-reason": "Blacklisted IP", "Server": "envoy", "x-twilio-webhookattempt": "1"},
            "body": f"Twilio was unable to fetch content from: {VOICE_URL}\nError: Blacklisted IP 10.209.67.130\nAccount SID: {ACCOUNT}",
        },
    },
}
NOT_FOUND = {
    "resource_sid": CALL,
    "service_sid": None,
    "error_code": "11200",
    "more_info": {
        "Msg": "An attempt to retrieve content from https://app.example/voice returned the HTTP status code 404",
        "sourceComponent": "12000",
        "ErrorCode": "11200",
        "httpResponse": "404",
        "LogLevel": "ERROR",
    },
    "webhook": {
        "type": "application/json",
        "request": {"url": "https://app.example/voice", "method": "POST", "headers": {}, "parameters": {}},
        "response": {"status_code": None, "headers": {"Server": "nginx"}, "body": "<h1>Not Found</h1>"},
    },
}
ALERT = {
    "sid": EVENT,
    "account_sid": ACCOUNT,
    "resource_sid": MESSAGE,
    "service_sid": SERVICE,
    "alert_text": "sourceComponent=14100&httpResponse=500&url=https%3A%2F%2Fapp.example%2Fsms&ErrorCode=11200&LogLevel=ERROR"
    "&Msg=Internal+Server+Error&EmailNotification=false",
    "error_code": "11200",
    "log_level": "error",
    "more_info": "https://www.twilio.com/docs/errors/11200",
    "request_method": "POST",
    "request_url": "https://app.example/sms",
    "request_variables": f"MessageSid={MESSAGE}&Body=Hello+there&ToCity=",
    "request_headers": None,
    "response_headers": "Content-Type=text%2Fhtml&Server=gunicorn",
    "response_body": "<h1>Server Error (500)</h1>",
    "date_created": "2026-01-24T01:04:36Z",
    "date_generated": "2026-01-24T01:04:34Z",
    "url": f"https://monitor.twilio.com/v1/Alerts/{EVENT}",
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "type": "com.twilio.error-logs.error.logged",
    "source": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}.json",
    "id": EVENT,
    "time": "2025-01-01T00:00:01.000Z",
    "datacontenttype": "application/json",
    "dataschema": "https://events-schemas.twilio.com/ErrorLogs.Error/2",
    "data": {
        "sid": EVENT,
        "account_sid": ACCOUNT,
        "date_created": "2025-01-01T00:00:00.000Z",
        "level": "ERROR",
        "request_sid": "RQ" + "2c" * 16,
        "service_sid": "ZH" + "2d" * 16,
        "product_name": "Event Streams",
        "error_code": "93101",
        "payload": json.dumps({"error_code": 93101, "message": "Error delivering event to webhook: 500 Internal Server Error"}),
    },
}
PAGE = f"""Skip to content
Twilio
My first Twilio account
Monitor
Error Logs
Error - 11200
HTTP retrieval failure
Create alarm
Learn more about this error
Properties
Debug event SID

{EVENT}
Copy
Service SID

--

Resource SID

{MESSAGE}

Timestamp

1:04am UTC 2026-Jan-24

Message

Got HTTP 502 response to https://sms-helper.jane.repl.co/sms

Error Description
Your serverâ€™s answer was a 404, a 500 or something else.

Possible Solutions
â€¢ Double check that the URL does not return a 4xx or 5xx error
â€¢ See https://www.twilio.com/docs/usage/webhooks and answer with an empty 202

Possible Causes
Web server returned HTTP 503
Request Inspector
Expand all
URL

https://sms-helper.jane.repl.co/sms

Product

Programmable\u00a0Messaging

Parameters

Show raw data
ApiVersion

2010-04-01

FromCity

ToState

CA

Body

Iâ€™m late \u00f0\u0178\u02dc\u20ac

From

+15005550006

AccountSid

{ACCOUNT}

Timestamp

Sat, 24 Jan 2026 01:04:34 +0000

Message text
Show raw data
Msg

Bad Gateway

ErrorCode

11200

LogLevel

ERROR
Was this helpful?
\u200bRate us five stars
"""
TABLE = f"""Error SID\t{EVENT}\tCopy
Account SID\t{ACCOUNT}
Resource SID:\t{MESSAGE}
Messaging Service SID\t{SERVICE}
Timestamp\t2026-01-24 01:04:34 UTC
Log Level\tERROR
Product\tProgrammable Messaging
Error code\t11200
Request Method\tPOST
Request URL\thttps://sms-helper.jane.repl.co/sms
HTTP Response\t502 Bad Gateway
Message\tHTTP\u00a0retrieval failure
"""


def read(value):
    return read_evidence(json.dumps(value))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "11200",
            " 11200\n",
            "#11200",
            "error 11200",
            "Error - 11200",
            "Error: 11200.",
            "Twilio error code 11200",
            "ERROR 11200",
        ),
        *(
            "https://www.twilio.com/docs/errors/11200",
            "twilio.com/docs/api/errors/11200.md",
            "https://www.twilio.com/docs/api/errors/11200#a",
        ),
    ],
)
def test_a_code_is_a_code_however_it_is_called(text):
    assert read_evidence(text) == Evidence(form="code", code=11200)


def test_a_code_with_its_name_keeps_the_name():
    assert read_evidence("Error: 11200 - HTTP retrieval failure") == Evidence(
        form="code", code=11200, message="HTTP retrieval failure"
    )


@pytest.mark.parametrize(
    "text",
    [
        "I keep getting 11200",
        "my webhook fails with 11200",
        "Getting error: 11200!",
        "error code 11200 from twilio on my webhook",
        "Twilio's 11200 on https://a.example/sms",
        "11200 error",
        "11200 from Twilio since yesterday",
        "[11200] Twilio webhook failed",
        "Hello,\nmy number is down.\nThe console shows error 11200.\nThanks",
        "line one\n11200\nline two",
        "11200 HTTP retrieval failure",
        "11200 http connection failure",
        "11200 - what is that?",
        f"{MESSAGE} undelivered 11200",
        "Twilio could not fetch a page (code=11200 status=502)",
        "ErrorCode 11200",
        "see https://www.twilio.com/docs/errors/11200",
        "| 2026-11-23 | 11200 | failed |",
    ],
)
def test_a_number_with_the_sign_of_a_code_is_one(text):
    assert read_evidence(text).code == 11200


@pytest.mark.parametrize(
    "text",
    [
        "Order 11200 has shipped",
        "Dear customer,\nOrder 11200 has shipped.\nThanks",
        "11200 orders have shipped",
        "11200 Main Street, Springfield",
        "12300 invalid orders were found",
        "We got 11200 from them",
        "An error in order 11200",
        "Your zip code 11200",
        "The total is 11200 EUR",
        "INFO shipped 11200 parcels",
        "POST https://app.example/orders/11200 returned 502",
        "| order | city |\n| --- | --- |\n| 48213 | Berlin |",
        "48213\tBerlin\t3",
        "Hello,\n48213\nThanks",
    ],
)
def test_a_number_in_prose_or_in_a_table_is_no_code(text):
    assert read_evidence(text).code == 0


@pytest.mark.parametrize("text", ["48213", "error 48213", "Error code\t48213", "Log Level\tERROR\nError code\n48213"])
def test_a_number_that_is_said_to_be_a_code_is_one_also_where_nobody_knows_it(text):
    assert read_evidence(text).code == 48213


@pytest.mark.parametrize("text", [EVENT, f" {EVENT} \n", f"https://console.twilio.com/us1/monitor/logs/debugger/errors/{EVENT}"])
def test_an_events_sid_alone_is_a_sid(text):
    assert read_evidence(text) == Evidence(form="sid", sid=EVENT)


def test_the_beginning_of_an_events_sid_is_one():
    assert read_evidence("NO01a2168d") == Evidence(form="sid", sid="NO01a2168d")


def test_a_status_alone_is_a_status_and_no_code():
    assert read_evidence("502") == Evidence(status=502) == read_evidence("502 Bad Gateway")


@pytest.mark.parametrize(
    "text",
    [
        urlencode(DEBUGGER_FORM),
        "&".join(f"{name}=\n{value}" for name, _, value in (each.partition("=") for each in urlencode(DEBUGGER_FORM).split("&"))),
        json.dumps(DEBUGGER_FORM),
        json.dumps(json.dumps(DEBUGGER_FORM)),
        f"POST /errors HTTP/1.1\nHost: us.example\nContent-Type: application/x-www-form-urlencoded\n\n{urlencode(DEBUGGER_FORM)}",
    ],
    ids=["form", "wrapped form", "json", "json in json", "request"],
)
def test_a_debugger_webhook_shows_the_cause_that_its_answer_hides(text):
    assert read_evidence(text) == Evidence(
        form="debugger payload",
        code=11200,
        level="ERROR",
        message="Bad Gateway",
        product="Programmable Messaging",
        at="2023-06-12T18:44:24.368Z",
        sid=EVENT,
        account_sid=ACCOUNT,
        resource_sid=MESSAGE,
        url="https://app.example/sms",
        method="POST",
        status=502,
        request_parameters=tuple(TIMEOUT["webhook"]["request"]["parameters"].items()),
        headers=tuple(TIMEOUT["webhook"]["response"]["headers"].items()),
        body=PROXY_BODY,
        hidden="11203 HTTP communication total time out triggered",
        hidden_code=11203,
        synthetic=True,
    )


def test_a_call_to_a_private_address_was_refused_by_twilio_itself():
    evidence = read(VOICE)
    assert (evidence.form, evidence.code, evidence.status, evidence.url) == ("debugger payload", 11200, 502, VOICE_URL)
    assert (evidence.hidden, evidence.hidden_code, evidence.synthetic) == ("Blacklisted IP", 0, True)
    assert (evidence.resource_sid, evidence.account_sid, evidence.service_sid) == (CALL, ACCOUNT, "")


def test_a_plain_404_is_the_apps_own():
    evidence = read(NOT_FOUND)
    assert (evidence.status, evidence.synthetic, evidence.hidden) == (404, False, "")
    assert (evidence.product, evidence.headers, evidence.body) == (
        "Programmable Voice",
        (("Server", "nginx"),),
        "<h1>Not Found</h1>",
    )


def test_masked_sids_are_kept_where_a_label_says_what_they_are():
    assert read({"resource_sid": "SMxx", "error_code": "11200", "more_info": {}}).resource_sid == "SMxx"


def test_an_alert_tells_the_exchange_in_encoded_texts():
    assert read(ALERT) == Evidence(
        form="alert",
        code=11200,
        level="ERROR",
        message="Internal Server Error",
        product="Programmable Messaging",
        at="2026-01-24T01:04:34Z",
        sid=EVENT,
        account_sid=ACCOUNT,
        resource_sid=MESSAGE,
        service_sid=SERVICE,
        url="https://app.example/sms",
        method="POST",
        status=500,
        request_parameters=(("MessageSid", MESSAGE), ("Body", "Hello there"), ("ToCity", "")),
        headers=(("Content-Type", "text/html"), ("Server", "gunicorn")),
        body="<h1>Server Error (500)</h1>",
    )


def test_an_alerts_text_alone_is_enough():
    evidence = read_evidence(ALERT["alert_text"])
    assert (evidence.form, evidence.code, evidence.status, evidence.url) == ("alert", 11200, 500, "https://app.example/sms")


@pytest.mark.parametrize("more", [{"alerts": [ALERT, ALERT]}, [ALERT, ALERT]], ids=["a page of the API", "a list"])
def test_of_several_alerts_the_first_is_read_and_that_is_said(more):
    evidence = read(more)
    assert (evidence.sid, evidence.unread) == (EVENT, ("Only the first of 2 events was read.",))


def test_an_alert_whose_text_is_a_sentence_keeps_it():
    assert (
        read({"sid": EVENT, "log_level": "info", "error_code": "11111", "alert_text": 'My name is "Sue"!'}).message
        == 'My name is "Sue"!'
    )


def test_a_cloud_event_holds_its_payload_as_json_inside_json():
    evidence = read([CLOUD_EVENT])
    assert (evidence.form, evidence.code, evidence.level, evidence.product) == ("cloud event", 93101, "ERROR", "Event Streams")
    assert evidence.message == "Error delivering event to webhook: 500 Internal Server Error"
    assert (evidence.sid, evidence.account_sid, evidence.resource_sid) == (EVENT, ACCOUNT, MESSAGE)
    assert (evidence.request_sid, evidence.service_sid, evidence.at) == (
        "RQ" + "2c" * 16,
        "ZH" + "2d" * 16,
        "2025-01-01T00:00:00.000Z",
    )


@pytest.mark.parametrize("written", [urlencode, json.dumps, lambda fields: f"https://us.example/alarm?{urlencode(fields)}"])
def test_an_alarm_comes_as_a_form_as_json_or_as_a_query(written):
    alarm = {
        "AccountSid": ACCOUNT,
        "AppMonitorTriggerSid": "AK" + "9c" * 16,
        "CurrentValue": "55",
        "DateFired": "Tue, 09 Aug 2022 16:51:20 +0000",
        "Description": "Any Warning or Error",
        "ErrorCode": "11200",
        "Log": "error",
        "TriggerValue": "1.000000",
    }
    evidence = read_evidence(written(alarm))
    assert (evidence.form, evidence.code, evidence.level, evidence.message) == ("alarm", 11200, "ERROR", "Any Warning or Error")
    assert (evidence.at, evidence.resource_sid) == ("Tue, 09 Aug 2022 16:51:20 +0000", "AK" + "9c" * 16)


def test_a_request_to_a_fallback_url_names_what_failed():
    form = {"MessageSid": MESSAGE, "AccountSid": ACCOUNT, "ErrorCode": "11200", "ErrorUrl": "https://app.example/sms"}
    evidence = read_evidence(urlencode(form))
    assert (evidence.code, evidence.url, evidence.resource_sid) == (11200, "https://app.example/sms", MESSAGE)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("32009,Your TwiML tried to Dial", 32009),
        (11200, 11200),
        (11200.0, 11200),
        ("eleven", 0),
        (10**400, 0),
        (True, 0),
        ([11200], 0),
        (404, 0),
    ],
)
def test_a_code_may_be_written_as_text_with_words_or_as_a_number(code, expected):
    assert read({"resource_sid": MESSAGE, "error_code": code, "more_info": {"Msg": "x"}}).code == expected


@pytest.mark.parametrize(
    "written",
    [
        {"Server": "nginx", "Via": ["1.1 a", "1.1 b"]},
        [["Server", "nginx"], ["Via", "1.1 a"], ["Via", "1.1 b"]],
        [{"name": "Server", "value": "nginx"}, {"key": "Via", "value": ["1.1 a", "1.1 b"]}],
        ["Server: nginx", "Via: 1.1 a", "Via: 1.1 b"],
        "Server: nginx\r\nVia: 1.1 a\r\nVia: 1.1 b",
        "Server=nginx&Via=1.1+a&Via=1.1+b",
        '{"Server": "nginx", "Via": ["1.1 a", "1.1 b"]}',
    ],
)
def test_header_fields_come_in_many_shapes(written):
    payload = {**NOT_FOUND, "webhook": {"response": {"headers": written}}}
    assert read(payload).headers == (("Server", "nginx"), ("Via", "1.1 a"), ("Via", "1.1 b"))


@pytest.mark.parametrize(
    "wrong", [None, "", 7, 1.5, True, [], {}, [[]], [None], {"a": {"b": []}}, "{", "[[", '"{}"', "\ud800", [[1, 2, 3]], -1]
)
@pytest.mark.parametrize(
    "place", ["more_info", "webhook", "resource_sid", "error_code", "request", "response", "headers", "body", "status_code"]
)
def test_a_wrong_type_counts_as_missing(place, wrong):
    payload = json.loads(json.dumps(TIMEOUT))
    holder = payload if place in payload else payload["webhook"]
    holder = holder if place in holder else holder["response"]
    holder[place] = wrong
    evidence = read(payload)
    assert evidence.form == "debugger payload"
    assert evidence.code == 11200
    evidence.body.encode()


@pytest.mark.parametrize(
    "value",
    [None, [], {}, [[]], [1, 2], {"foo": 1}, {"Payload": "x"}, {"data": {"data": {}}}, {"alerts": []}, 3.5, "x", {"": {}}],
)
def test_json_about_something_else_is_only_text(value):
    assert read(value).form == "text"


def test_json_that_was_cut_short_gives_what_it_has():
    evidence = read_evidence(json.dumps(TIMEOUT)[:420])
    assert (evidence.form, evidence.code, evidence.status, evidence.url) == (
        "debugger payload",
        11200,
        502,
        "https://app.example/sms",
    )
    assert evidence.unread == ("The payload is not valid JSON: what could be made out of it was read.",)


def test_a_python_dict_in_a_log_is_as_good_as_json():
    evidence = read_evidence(f"2024-09-24 INFO app: got {VOICE!r} from Twilio")
    assert (evidence.code, evidence.url, evidence.hidden, evidence.resource_sid) == (11200, VOICE_URL, "Blacklisted IP", CALL)


def test_an_object_printed_by_node_with_stray_marks_is_read():
    payload = json.dumps(TIMEOUT).replace('"headers":', '"headers";:').replace("\\n", "\\\\n")
    printed = f"// const ErrorObj = {{\n// ParentAccountSid: '',\n// Payload: '{payload}',\n// Level: 'ERROR',\n// Sid: '{EVENT}'\n// }}"
    evidence = read_evidence(printed)
    assert (evidence.sid, evidence.level, evidence.hidden_code, evidence.status) == (EVENT, "ERROR", 11203, 502)


def test_malformed_json_about_nothing_is_unread():
    assert read_evidence('{"a": [1, 2').unread == ('{"a": [1, 2',)


def test_a_page_is_read_with_labels_and_values_on_lines_of_their_own():
    assert read_evidence(PAGE) == Evidence(
        form="console page",
        code=11200,
        level="ERROR",
        message="Got HTTP 502 response to https://sms-helper.jane.repl.co/sms",
        product="Programmable Messaging",
        at="1:04am UTC 2026-Jan-24",
        sid=EVENT,
        account_sid=ACCOUNT,
        resource_sid=MESSAGE,
        url="https://sms-helper.jane.repl.co/sms",
        status=502,
        request_parameters=(
            ("ApiVersion", "2010-04-01"),
            ("FromCity", ""),
            ("ToState", "CA"),
            ("Body", "I\u2019m late \U0001f600"),
            ("From", "+15005550006"),
            ("AccountSid", ACCOUNT),
            ("Timestamp", "Sat, 24 Jan 2026 01:04:34 +0000"),
        ),
        unread=("Rate us five stars",),
    )


def test_a_page_without_empty_lines_says_the_same():
    dense = "\n".join(line for line in PAGE.splitlines() if line)
    assert read_evidence(dense) == read_evidence(PAGE)


@pytest.mark.parametrize("mark", ["\t", ": ", " | ", "    ", " \u2013 ", "\n", "\n\n\t", " "])
def test_a_table_is_read_whatever_parts_its_cells(mark):
    text = TABLE.replace(":\t", "\t").replace("\tCopy", "").replace("\t", mark)
    if mark == " ":
        text = text.replace("Product ", "Product: ").replace("Message ", "Message: ")
    assert read_evidence(text) == Evidence(
        form="console page",
        code=11200,
        level="ERROR",
        message="HTTP retrieval failure",
        product="Programmable Messaging",
        at="2026-01-24 01:04:34 UTC",
        sid=EVENT,
        account_sid=ACCOUNT,
        resource_sid=MESSAGE,
        service_sid=SERVICE,
        url="https://sms-helper.jane.repl.co/sms",
        method="POST",
        status=502,
    )


def test_the_order_of_a_page_does_not_matter():
    assert read_evidence("\n".join(reversed(TABLE.splitlines()))) == read_evidence(TABLE)


def test_all_labels_may_come_before_all_values():
    text = f"Timestamp\nLog Level\nError code\nResource SID\nMessage\n2026-01-24 01:04:34\nWARNING\n12200\n{MESSAGE}\nSchema validation warning"
    evidence = read_evidence(text)
    assert (evidence.at, evidence.level, evidence.code) == ("2026-01-24 01:04:34", "WARNING", 12200)
    assert (evidence.resource_sid, evidence.message) == (MESSAGE, "Schema validation warning")


def test_a_row_of_labels_names_the_cells_of_the_row_below():
    header = "SID                                 Date Created              Log Level  Error Code  Alert Text"
    evidence = read_evidence(f"{header}\n{EVENT}  2026-01-24T01:04:34.000Z  error      11200       {ALERT['alert_text']}")
    assert (evidence.sid, evidence.at, evidence.level, evidence.code) == (EVENT, "2026-01-24T01:04:34.000Z", "ERROR", 11200)
    assert (evidence.message, evidence.status, evidence.url) == ("Internal Server Error", 500, "https://app.example/sms")


def test_headings_may_stand_in_one_line_with_what_follows():
    text = f"Error - 11200 Create alarm Learn more about this error Properties Debug event SID\n\n{EVENT}\n\nRequest Inspector URL\n\nhttps://a.example/x"
    evidence = read_evidence(text)
    assert (evidence.code, evidence.sid, evidence.url, evidence.message, evidence.unread) == (
        11200,
        EVENT,
        "https://a.example/x",
        "",
        (),
    )


def test_twilios_paragraphs_and_links_are_not_taken_for_facts():
    text = "Error - 11200\nPossible Causes\nA 404 or HTTP 503 response\nSee https://stackoverflow.com/q/1\nRequest URL\nhttps://app.example/sms"
    evidence = read_evidence(text)
    assert (evidence.status, evidence.url) == (0, "https://app.example/sms")


def test_twilios_own_pages_are_nobodys_app_but_a_twiml_bin_may_be():
    bin_url = f"https://handler.twilio.com/twiml/EH{'0' * 32}"
    text = (
        f"Message SID {MESSAGE}\nhttps://console.twilio.com/us1/monitor\nSee https://www.twilio.com/docs/errors/11210\n{bin_url}"
    )
    evidence = read_evidence(text)
    assert (evidence.code, evidence.url, evidence.resource_sid) == (11210, bin_url, MESSAGE)


def test_an_inspector_without_labels_is_read_by_shape():
    text = f"Error Logs\n11200\nHTTP retrieval failure\nERROR\nJan 24, 2026, 01:04:34 UTC\nRequest\nPOST https://app.example/sms\nResponse\n502\n{CALL}"
    evidence = read_evidence(text)
    assert (evidence.code, evidence.message, evidence.level) == (11200, "HTTP retrieval failure", "ERROR")
    assert (evidence.at, evidence.url, evidence.method) == ("Jan 24, 2026, 01:04:34 UTC", "https://app.example/sms", "POST")
    assert (evidence.status, evidence.resource_sid, evidence.unread) == (502, CALL, ())


def test_a_page_quoted_in_markdown_is_a_page():
    text = f"""Warning - 15003 Call Progress: Warning Response to Callback URL
**MESSAGE**
`Got HTTP 404 response to https://center.example/status.php`

**Request Parameters**
`Called | "+15005550006"
-- | --
ToState | ""
CallSid | "{CALL}"`

**Response Headers**
Content-Type | text/html
"""
    evidence = read_evidence(text)
    assert (evidence.code, evidence.level, evidence.status) == (15003, "WARNING", 404)
    assert (evidence.message, evidence.unread) == ("Got HTTP 404 response to https://center.example/status.php", ())
    assert evidence.request_parameters == (("Called", "+15005550006"), ("ToState", ""), ("CallSid", CALL))
    assert evidence.headers == (("Content-Type", "text/html"),)


def test_an_object_of_a_helper_library_is_an_alert():
    printed = (
        f"{{ sid: '{EVENT}', alertText: 'Msg=Bad+Gateway&httpResponse=502', errorCode: '11200', logLevel: 'error', serviceSid: null,\n"
        f"  requestUrl: 'https://app.example/sms', dateGenerated: 2026-01-24T01:04:34.000Z }}"
    )
    evidence = read_evidence(printed)
    assert (evidence.form, evidence.code, evidence.message, evidence.status) == ("alert", 11200, "Bad Gateway", 502)
    assert (evidence.url, evidence.at) == ("https://app.example/sms", "2026-01-24T01:04:34.000Z")


def test_a_code_and_a_sid_are_enough():
    assert read_evidence(f"11200\n{EVENT}") == Evidence(code=11200, sid=EVENT)


def test_a_line_of_a_log_is_read_by_shape():
    evidence = read_evidence(
        f"2026-01-24 01:04:34 ERROR POST https://app.example/sms failed with status 502 ({MESSAGE}, code 11200)"
    )
    assert (evidence.form, evidence.url, evidence.method) == ("text", "https://app.example/sms", "POST")
    assert (evidence.status, evidence.code, evidence.resource_sid) == (502, 11200, MESSAGE)


def test_wrapped_values_are_put_together():
    text = "Request URL\nhttps://app.example/webhooks\n/sms?tenant=\nfour\nMessage\nAn attempt to retrieve content\nreturned HTTP status code 404\n\nmore"
    evidence = read_evidence(text)
    assert evidence.url == "https://app.example/webhooks/sms?tenant=four"
    assert (evidence.message, evidence.status) == ("An attempt to retrieve content returned HTTP status code 404", 404)


def test_the_request_and_the_response_of_an_inspector_are_told_apart():
    text = f"""Error - 11200
Request Inspector
Request
Method
POST
URL
https://app.example/sms
Headers
Host: app.example
X-Twilio-Signature: IJE/ao63CwJRr07hdmuL/F/jIgw=
Parameters
MessageSid\t{MESSAGE}
Body\tHello
Response
502 Bad Gateway
Headers
x-twilio-reason
Blacklisted IP
Server
envoy
Body
{PROXY_BODY}
Troubleshooting
Anything at all
"""
    evidence = read_evidence(text)
    assert evidence.request_headers == (("Host", "app.example"), ("X-Twilio-Signature", "IJE/ao63CwJRr07hdmuL/F/jIgw="))
    assert evidence.request_parameters == (("MessageSid", MESSAGE), ("Body", "Hello"))
    assert evidence.headers == (("x-twilio-reason", "Blacklisted IP"), ("Server", "envoy"))
    assert (evidence.body, evidence.synthetic, evidence.hidden, evidence.status) == (PROXY_BODY, True, "Blacklisted IP", 502)
    assert (evidence.method, evidence.account_sid, evidence.unread) == ("POST", ACCOUNT, ())


def test_the_answer_of_twilios_proxy_alone_tells_the_request():
    evidence = read_evidence(PROXY_BODY)
    assert (evidence.synthetic, evidence.url, evidence.method) == (True, "http://app.example/sms", "POST")
    assert (evidence.account_sid, evidence.resource_sid) == (ACCOUNT, MESSAGE)
    assert evidence.hidden.startswith("Total timeout is triggered.")


def test_a_header_that_names_the_cause_is_read_wherever_it_stands():
    evidence = read_evidence(f"{TABLE}X-Twilio-WebhookError: 11203 HTTP communication total time out triggered\n")
    assert (evidence.code, evidence.hidden_code, evidence.synthetic, evidence.unread) == (11200, 11203, True, ())


def test_of_two_errors_in_one_text_the_one_with_the_headline_is_read():
    other = "Request URL https://app.example/status\nMsg\nGot HTTP 404 response\nErrorCode\n15003\nLogLevel\nWARNING\n"
    evidence = read_evidence(other + PAGE)
    assert (evidence.code, evidence.level, evidence.url) == (11200, "ERROR", "https://sms-helper.jane.repl.co/sms")
    assert evidence.unread[0] == "Other errors in the same text were left out: 15003."


ONLY_FIRST = ("Only the first of 2 errors was read.",)


def test_of_two_errors_with_the_same_headline_only_the_first_is_read():
    other = EVENT[:-2] + "00"
    first = f"Error - 11200\nHTTP retrieval failure\nError SID\n{EVENT}\nRequest URL\nhttps://one.example/sms\n\n"
    evidence = read_evidence(
        f"{first}Error - 11200\nHTTP retrieval failure\nError SID\n{other}\nMessage SID\n{MESSAGE}\nHTTP Response\n500\n"
    )
    assert (evidence.sid, evidence.url, evidence.status, evidence.resource_sid) == (EVENT, "https://one.example/sms", 0, "")
    assert evidence.unread == ONLY_FIRST


def test_of_two_codes_only_the_first_is_read():
    evidence = read_evidence("Error - 12100\nDocument parse failure\n\nError - 11200\nHTTP Response\n500\n")
    assert (evidence.code, evidence.status, evidence.unread) == (12100, 0, ONLY_FIRST)


def test_a_headline_that_a_page_repeats_is_one_error():
    assert read_evidence(f"Error - 11200\n{EVENT}\nError - 11200\nHTTP Response 500").status == 500


def test_of_two_lines_without_labels_only_the_first_is_read():
    line = "11200\tHTTP retrieval failure\t{}\thttps://{}.example/sms\n"
    evidence = read_evidence(line.format(EVENT, "one") + line.format(EVENT[:-2] + "00", "two"))
    assert (evidence.sid, evidence.url, evidence.unread) == (EVENT, "https://one.example/sms", ONLY_FIRST)


def test_of_two_sids_in_one_line_the_first_is_read():
    evidence = read_evidence(f"{EVENT} {EVENT[:-2]}00")
    assert (evidence.sid, evidence.unread) == (EVENT, ONLY_FIRST)


def test_of_a_list_of_errors_only_the_first_row_is_read():
    evidence = read_evidence(
        "Error logs\nTimestamp\tError code\tDescription\tResource SID\tProduct\n"
        f"2026-10-05 10:00:00 UTC\t11200\tHTTP retrieval failure\t{MESSAGE}\tProgrammable Messaging\n"
        f"2026-10-05 10:05:00 UTC\t12300\tInvalid Content-Type\t{MESSAGE[:-2]}00\tProgrammable Voice\n"
    )
    assert (evidence.code, evidence.at, evidence.resource_sid) == (11200, "2026-10-05 10:00:00 UTC", MESSAGE)
    assert (evidence.message, evidence.product) == ("HTTP retrieval failure", "Programmable Messaging")
    assert evidence.unread == ONLY_FIRST


def test_curl_with_head_and_body_is_the_apps_answer():
    text = (
        "$ curl -i -X POST https://jane:hunter2@app.example/sms -d Body=x\n  % Total    % Received\n  0     0    0     0    0     0      0 --:--:-- 0\n"
        "HTTP/2 502 \nserver: railway-edge\nx-railway-fallback: true\nset-cookie: session=secret; Path=/\n\n"
        '{"status":"error","code":502,"message":"Application failed to respond"}\n'
    )
    assert read_evidence(text) == Evidence(
        form="http",
        url="https://[redacted]@app.example/sms",
        method="POST",
        status=502,
        headers=(("server", "railway-edge"), ("x-railway-fallback", "true"), ("set-cookie", "session=[redacted]; Path=/")),
        body='{"status":"error","code":502,"message":"Application failed to respond"}',
    )


def test_curls_verbose_output_is_told_from_the_body():
    text = """* Host app.example:443 was resolved.
> POST /sms?a=1 HTTP/1.1
> Host: app.example
> Authorization: Basic amFuZTpodW50ZXIy
> Cookie: session=secret
>\x20
} [5 bytes data]
< HTTP/1.1 502 Bad Gateway
< Server: nginx
<\x20
{ [157 bytes data]
<html>
<h1>502</h1>
</html>
* Connection #0 to host app.example left intact"""
    evidence = read_evidence(text)
    assert (evidence.url, evidence.method, evidence.status) == ("https://app.example/sms?a=1", "POST", 502)
    assert evidence.request_headers == (("Host", "app.example"), ("Authorization", "[redacted]"), ("Cookie", "[redacted]"))
    assert (evidence.headers, evidence.body) == ((("Server", "nginx"),), "<html>\n<h1>502</h1>\n</html>")


def test_a_saved_request_with_its_response_is_both():
    text = (
        "POST /sms HTTP/1.1\r\nHost: app.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
        f"MessageSid={MESSAGE}&Body=Hi%21\r\n\r\nHTTP/1.1 301 Moved Permanently\r\nLocation: https://www.app.example/sms\r\n\r\n"
    )
    evidence = read_evidence(text)
    assert (evidence.form, evidence.url, evidence.status) == ("http", "https://app.example/sms", 301)
    assert evidence.request_parameters == (("MessageSid", MESSAGE), ("Body", "Hi!"))
    assert (evidence.headers, evidence.resource_sid) == ((("Location", "https://www.app.example/sms"),), MESSAGE)


def test_the_last_answer_of_a_chain_counts():
    text = "HTTP/1.1 100 Continue\n\nHTTP/1.1 302 Found\nLocation: /x\n\n<a>moved</a>\nHTTP/1.1 404 Not Found\nServer: nginx\n\nnothing here\n"
    evidence = read_evidence(text)
    assert (evidence.status, evidence.headers, evidence.body) == (404, (("Server", "nginx"),), "nothing here")


def test_a_fetched_alert_is_an_alert_and_not_an_answer_of_the_app():
    assert read_evidence(f"HTTP/2 200\ncontent-type: application/json\n\n{json.dumps(ALERT)}").form == "alert"


def test_what_curl_says_of_no_answer_is_the_message():
    evidence = read_evidence("curl: (6) Could not resolve host: app.example")
    assert (evidence.form, evidence.message, evidence.status) == ("http", "curl: (6) Could not resolve host: app.example", 0)


@pytest.mark.parametrize(
    ("text", "failure", "url"),
    [
        ("curl: (6) Could not resolve host: app.example", FailureKind.DNS, "https://app.example/"),
        (
            "curl: (7) Failed to connect to localhost port 3000 after 0 ms: Couldn't connect to server",
            FailureKind.REFUSED,
            "http://localhost:3000/",
        ),
        (
            "curl: (28) Failed to connect to 10.0.0.5 port 443 after 130000 ms: Connection timed out",
            FailureKind.CONNECT_TIMEOUT,
            "https://10.0.0.5/",
        ),
        ("curl: (28) Operation timed out after 15001 milliseconds with 0 bytes received", FailureKind.READ_TIMEOUT, ""),
        ("curl: (35) TLS connect error: error:0A000438", FailureKind.TLS, ""),
        (
            "$ curl -X POST https://app.example/sms\ncurl: (52) Empty reply from server",
            FailureKind.RESET,
            "https://app.example/sms",
        ),
        ("curl: (56) Recv failure: Connection reset by peer", FailureKind.RESET, ""),
        ("curl: (60) SSL certificate problem: certificate has expired", FailureKind.TLS_EXPIRED, ""),
        (
            "curl: (60) SSL: no alternative certificate subject name matches target host name 'app.example'",
            FailureKind.TLS_NAME,
            "https://app.example/",
        ),
        (
            "* Host app.example:443 was resolved.\ncurl: (60) SSL certificate problem: self-signed certificate",
            FailureKind.TLS_UNTRUSTED,
            "https://app.example/",
        ),
        ("curl: (47) Maximum (50) redirects followed", FailureKind.TOO_MANY_REDIRECTS, ""),
        ("Error: connect ECONNREFUSED 127.0.0.1:3000", FailureKind.REFUSED, "http://127.0.0.1:3000/"),
        ("Error: getaddrinfo ENOTFOUND app.example", FailureKind.DNS, "https://app.example/"),
        ("AxiosError: connect ETIMEDOUT 203.0.113.9:443", FailureKind.CONNECT_TIMEOUT, "https://203.0.113.9/"),
        (
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='app.example', port=443): Max retries exceeded with url: /sms (Caused by NewConnectionError('<X object at 0x7f>: [Errno 111] Connection refused'))",
            FailureKind.REFUSED,
            "https://app.example/sms",
        ),
    ],
)
def test_a_failure_is_read_as_programs_tell_it(text, failure, url):
    evidence = read_evidence(text)
    assert (evidence.failure, evidence.url, evidence.status) == (failure, url, 0)
    assert evidence.failure_detail
    assert evidence.failure_detail in text


def test_curl_tells_how_long_it_waited_and_that_a_certificate_signs_itself():
    assert read_evidence("curl: (28) Operation timed out after 15001 milliseconds with 0 bytes").seconds == 15.001
    told = read_evidence("curl: (60) SSL certificate problem: self-signed certificate")
    assert told.failure_detail == "SSL certificate problem: self-signed certificate"


def test_a_bad_status_that_curl_tells_is_an_answer():
    evidence = read_evidence("curl: (22) The requested URL returned error: 502")
    assert (evidence.status, evidence.failure) == (502, None)


def test_an_app_that_cannot_reach_its_database_has_answered():
    evidence = read_evidence("HTTP/1.1 500 X\nServer: x\n\nError: connect ECONNREFUSED 127.0.0.1:5432")
    assert (evidence.status, evidence.failure) == (500, None)


def test_a_chain_of_redirects_is_told_hop_by_hop():
    text = (
        "$ curl -iL -X POST https://app.example/sms\nHTTP/2 301\nlocation: https://www.app.example/sms\n\n"
        "HTTP/2 308\nlocation: /sms/\n\nHTTP/2 405\nallow: GET\n\nno"
    )
    evidence = read_evidence(text)
    assert evidence.hops == (
        ("https://app.example/sms", 301),
        ("https://www.app.example/sms", 308),
        ("https://www.app.example/sms/", 405),
    )
    assert (evidence.url, evidence.status, evidence.headers, evidence.body) == (
        "https://app.example/sms",
        405,
        (("allow", "GET"),),
        "no",
    )


def test_the_address_to_configure_is_the_one_that_a_chain_ends_at():
    text = (
        "$ curl -iL https://app.example/sms\nHTTP/2 301\nlocation: https://www.app.example/sms\n\n"
        "HTTP/2 301\nlocation: /sms/\n\nHTTP/2 405\nallow: GET\n\nno"
    )
    (cause, *_) = explain(read_evidence(text)).causes
    assert (cause.name, cause.steps[0].split()[-1]) == ("redirect.www", "https://www.app.example/sms/")


def test_of_a_chain_without_a_command_the_first_address_is_not_known():
    evidence = read_evidence("HTTP/1.1 301 Moved\nLocation: https://app.example/sms\n\nHTTP/2 405\nallow: GET\n\n")
    assert evidence.hops == (("", 301), ("https://app.example/sms", 405))


@pytest.mark.parametrize(
    "written",
    [
        lambda http: f"Here is what our server says to {MESSAGE}:\n\n{http}",
        lambda http: f"{MESSAGE}\n```http\n{http}\n```\nAny idea?",
        lambda http: "".join(f"> {line}\n" for line in http.split("\n")),
        lambda http: f"On Mon, Bob wrote of {MESSAGE}:\n" + "".join(f"> {line}\n" for line in http.split("\n")) + "\nBob",
    ],
    ids=["prose", "fence", "quote", "letter"],
)
def test_an_answer_within_other_words_is_an_answer(written):
    evidence = read_evidence(written("HTTP/1.1 404 Not Found\nngrok-error-code: ERR_NGROK_3200\n\n<html>ERR_NGROK_3200</html>"))
    assert (evidence.form, evidence.status, evidence.body) == ("http", 404, "<html>ERR_NGROK_3200</html>")
    assert evidence.headers == (("ngrok-error-code", "ERR_NGROK_3200"),)
    assert evidence.resource_sid in {MESSAGE, ""}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html>\n<head><title>502 Bad Gateway</title></head>\n<hr><center>nginx</center>\n</html>", 502),
        ("<!DOCTYPE html>\n<title>Application Error</title>\n<iframe></iframe>", 0),
        ('{"message":"Missing Authentication Token"}', 0),
        ('{"status":"error","code":404,"message":"Application not found","request_id":"x"}', 0),
        ('<?xml version="1.0"?><Response><Message>Fish & chips</Message></Response>', 0),
        ("<Response/>", 0),
        ("error code: 1033", 0),
        ("ERR_NGROK_3200\nThe endpoint abc.ngrok-free.app is offline.", 0),
        ("The page could not be found\n\nNOT_FOUND\n\nfra1::abc", 0),
    ],
)
def test_a_body_alone_is_a_body(body, status):
    assert read_evidence(f"{body}\n") == Evidence(form="http", body=body, status=status)


def test_lines_of_a_head_alone_are_a_head():
    evidence = read_evidence("ngrok-error-code: ERR_NGROK_8012\nServer: x\n")
    assert (evidence.form, evidence.headers) == ("http", (("ngrok-error-code", "ERR_NGROK_8012"), ("Server", "x")))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"`twilio 11200 webhook https://app.example/sms returned 503 for {MESSAGE}` :fire:", 503),
        ("my webhook https://app.example/sms returns a 502", 502),
        ("Twilio got 404 from https://app.example/sms", 404),
        ("the server responded with 500, why?", 500),
        ('203.0.113.7 - - [05/Oct/2026:10:00:00 +0000] "POST /sms HTTP/1.1" 502 157 "-" "TwilioProxy/1.1"', 502),
        ('[05/Oct/2026 10:00:00] "POST /sms HTTP/1.1" 403 2870', 403),
        ("Response Headers\nServer\nnginx\nStatus\n502\nRequest\nPOST\nhttps://app.example/sms\nError - 11200", 502),
        ("Error - 11200\nResponse Body\n<html><title>502 Bad Gateway</title></html>", 502),
        ("the API returned 200 messages", 0),
        ("it returned 500ms later", 0),
        ("we got 300 calls", 0),
    ],
)
def test_a_status_is_read_in_words(text, status):
    assert read_evidence(text).status == status


def test_a_line_of_an_access_log_tells_the_method():
    assert read_evidence('[05/Oct/2026 10:00:00] "POST /sms HTTP/1.1" 403 2870').method == "POST"


def test_a_page_in_one_line_is_a_page():
    evidence = read_evidence(
        f"Error - 12300 Invalid Content-Type Error SID {EVENT} Resource SID {MESSAGE} Request URL https://app.example/sms HTTP Response 200 "
        'Request POST https://app.example/sms Response Headers Content-Type: application/json Response Body {"ok":true} '
    )
    assert (evidence.code, evidence.message, evidence.sid) == (12300, "Invalid Content-Type", EVENT)
    assert (evidence.resource_sid, evidence.url, evidence.status) == (MESSAGE, "https://app.example/sms", 200)
    assert (evidence.method, evidence.headers) == ("POST", (("Content-Type", "application/json"),))


def test_a_sid_within_a_message_is_read():
    assert read_evidence(f"Error - 11200 HTTP retrieval failure of {MESSAGE}").resource_sid == MESSAGE


def test_an_address_ends_with_its_cell():
    line = f"{EVENT},11200,error,2026-10-05T10:11:12Z,https://app.example/sms,{{}}{MESSAGE}"
    assert read_evidence(line.format("POST,")).url == read_evidence(line.format("")).url == "https://app.example/sms"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://app.example/joe's/sms", "https://app.example/joe's/sms"),
        ("Request URL\nhttps://app.example/sms?name=O'Brien&x=1", "https://app.example/sms?name=O'Brien&x=1"),
        ("Request URL: https://app.example/joe's", "https://app.example/joe's"),
        ("Got HTTP 502 response to https://app.example/joe's/sms", "https://app.example/joe's/sms"),
        ("https://app.example/?q='a'&b=1 returned 502", "https://app.example/?q='a'&b=1"),
        ("https://jane:hun'ter2@app.example/sms", "https://[redacted]@app.example/sms"),
        ("see 'https://app.example/sms'and so on", "https://app.example/sms"),
        ("{'url': 'https://app.example/sms','method': 'POST'}", "https://app.example/sms"),
        ("print('asked https://app.example/sms', 502)", "https://app.example/sms"),
        ("https://app.example's answer was a 502", "https://app.example"),
        ("https://app.example/sms's answer was a 502", "https://app.example/sms"),
    ],
)
def test_an_apostrophe_ends_an_address_only_where_it_is_a_quote_or_the_sentences(text, url):
    assert read_evidence(text).url == url


def test_a_piece_of_a_payload_is_read():
    evidence = read_evidence(json.dumps({name: TIMEOUT[name] for name in ("more_info", "webhook")})[1:300])
    assert (evidence.form, evidence.code, evidence.status, evidence.url) == (
        "debugger payload",
        11200,
        502,
        "https://app.example/sms",
    )


@pytest.mark.parametrize(
    "written",
    [
        lambda payload: f"2026-10-05T10:00:00Z INFO webhook payload={json.dumps(payload)}",
        lambda payload: json.dumps({"@timestamp": "2026-10-05", "message": f"INFO Received: {payload}"}),
        lambda payload: json.dumps({"log": json.dumps({"message": f"INFO Received: {payload}"})}),
    ],
)
def test_a_payload_that_a_log_escapes_is_a_payload(written):
    evidence = read_evidence(written(json.dumps(TIMEOUT)))
    assert (evidence.form, evidence.hidden_code, evidence.status, evidence.unread) == ("debugger payload", 11203, 502, ())


def test_of_lines_of_json_the_first_is_read():
    evidence = read_evidence(f"{json.dumps(ALERT)}\n{json.dumps(CLOUD_EVENT)}\n")
    assert (evidence.form, evidence.unread) == ("alert", ("Only the first of 2 events was read.",))


def test_a_method_before_a_labelled_address_is_kept():
    for mark in ("\n", ": "):
        assert read_evidence(f"Error - 11200\nRequest URL{mark}POST https://app.example/sms").method == "POST"


def test_elapsed_time_is_told_in_seconds():
    assert read_evidence("Error - 11200\nElapsed 15012 ms\n").seconds == 15.012
    assert read_evidence("Error - 11200\nRequest duration\n3.5 s\n").seconds == 3.5


def test_an_address_that_is_wrapped_after_a_slash_is_put_together():
    assert read_evidence("Error - 11200\nRequest URL\nhttps://app.example/\nsms\n").url == "https://app.example/sms"


def test_a_line_of_herokus_router_is_an_answer():
    evidence = read_evidence(
        '2026-10-05T10:00:00.1+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=POST path="/sms" '
        'host=acme.example request_id=abc fwd="54.1.2.3" dyno=web.1 connect=0ms service=30000ms status=503 bytes=0 protocol=https'
    )
    assert (evidence.url, evidence.method, evidence.status) == ("https://acme.example/sms", "POST", 503)
    assert (evidence.message, evidence.seconds) == ("code=H12 Request timeout", 30.0)


def test_credentials_leave_nothing_but_a_mark():
    payload = {
        **NOT_FOUND,
        "more_info": {"Msg": "Got HTTP 401 response to https://jane:hunter2@app.example/sms"},
        "webhook": {
            "request": {
                "url": "https://jane:hunter2@app.example/sms",
                "headers": {"Authorization": "hunter2", "COOKIE": ["hunter2"]},
            },
            "response": {
                "headers": {"Set-Cookie": "a=hunter2"},
                "body": "https://jane:hunter2@x.example\nAuthorization: hunter2\n",
            },
        },
    }
    page = "Nonsense\nAuthorization: Basic hunter2\nCookie: hunter2\nURL: https://jane:hunter2@app.example/sms\nmore https://j:hunter2@b.example"
    for evidence in (read(payload), read_evidence(page), read_evidence(json.dumps(payload)[:-2])):
        assert "hunter2" not in repr(evidence)
        assert evidence.url == "https://[redacted]@app.example/sms"


def test_credentials_that_were_cut_out_are_no_hindrance_to_a_diagnosis():
    evidence = read_evidence("Error - 11200\nRequest URL\nhttps://jane:hunter2@10.0.0.5/sms")
    assert [cause.name for cause in explain(evidence).causes] == ["net.private-address"]


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/\x1b[2Jsms",
        "https://a.example/\x1b]52;c;aGk=\x07sms",
        "https://a.example/\x1bPq#0\x1b\\sms",
        "https://a.example/\x9b31msms",
        "https://a.example/\u202esms\u2066\u200f\u061c",
    ],
    ids=["CSI", "OSC", "DCS", "CSI of one byte", "right to left"],
)
@pytest.mark.parametrize(
    "written", [str, lambda text: json.dumps({"error_code": "11200", "more_info": {"url": text, "Msg": text}})]
)
def test_no_address_commands_a_terminal_or_turns_its_direction(address, written):
    evidence = read_evidence(f"Request URL: {address}" if written is str else written(address))
    assert evidence.url == "https://a.example/sms"


@pytest.mark.parametrize(
    "text",
    [
        "auth_token=hunter2",
        "TWILIO_AUTH_TOKEN: 0123456789abcdef0123456789hunter2",
        "password: hunter2",
        "Password:\nhunter2",
        "curl -b 'session=hunter2' https://a.example/sms",
        "the password is hunter2",
        "X-Api-Key HUNTER2hunter2",
        "Authorization\nBearer hunter2",
        "got Basic aHVudGVyMg=hunter2 there",
        '{"apiKey": "a b hunter2"}',
        "curl -u jane:hunter2 https://a.example/sms",
        "https://a.example/?access_token=hunter2&x=1",
        "https://a.example/?access_token=it's-hunter2&x=1",
        "AccountKey=hunter2;x",
        "eyJhbGciOiJIUzI1NiJ9.hunter2",
        "ghp_0123456789abcdefhunter2",
        "redis://:hunter2@db:6379",
        "Got HTTP 401 response to https://a.example/?sig=hunter2",
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        lambda text: f"Error - 11200\nMessage\n{text}\n",
        lambda text: f"HTTP/1.1 500 X\nServer: x\n\nRuntimeError: {text}",
        lambda text: json.dumps({"error_code": "11200", "more_info": {"Msg": text}, "webhook": {"response": {"body": text}}}),
    ],
    ids=["line", "page", "body", "json"],
)
def test_a_secret_stands_in_no_field(text, written):
    assert "hunter2" not in repr(read_evidence(written(text)))


@pytest.mark.parametrize(
    "sentence",
    [
        "CSRF verification failed. CSRF token missing or incorrect.",
        "Bearer token is missing",
        "Basic authentication is required",
        'WWW-Authenticate: Basic realm="x"',
        "Invalid API key or password",
        "token: missing",
        '<input type="password" name="password" id="password1">',
    ],
)
def test_a_body_that_only_speaks_of_secrets_is_kept(sentence):
    assert read_evidence(f"HTTP/1.1 403 Forbidden\nServer: x\n\n{sentence}").body == sentence


def test_a_page_that_speaks_of_cookies_is_kept():
    body = '<script>document.cookie="a=1";x={"cookie":"hunter2","y":1}</script><h1>Error 1033</h1>'
    evidence = read_evidence(f"HTTP/1.1 530 \nServer: cloudflare\n\n{body}")
    assert evidence.body == body.replace("hunter2", "[redacted]")


def test_nonsense_is_said_to_be_unread():
    assert read_evidence("colourless green ideas\nsleep furiously") == Evidence(
        unread=("colourless green ideas", "sleep furiously")
    )


def test_of_what_is_unread_ten_short_lines_are_kept():
    evidence = read_evidence("\n".join(f"line {number} {'x' * 300}" for number in range(30)))
    assert [len(line) for line in evidence.unread] == [200] * 10


def test_an_empty_text_is_empty_evidence():
    assert read_evidence("") == read_evidence(" \n\u200b\n") == Evidence()


def test_text_beyond_a_mebibyte_is_not_read():
    assert read_evidence(" " * 1024 * 1024 + "11200") == Evidence()


@pytest.mark.parametrize(
    "piece",
    [
        "\x9d",
        "\x1b]",
        "token: ",
        "curl: (6) ",
        "Error - 11200\n",
        "\n",
        '{\\"',
        "> HTTP/1.1 200 OK\n",
        "https://a ",
        "https://a'",
        "error from twilio ",
        "order 11200 ",
        "11200 from ",
        "'@https://",
        "'a",
        "NO" + "1" * 32 + " ",
    ],
)
def test_the_length_of_a_text_harms_nobody(piece):
    """In linear time, that is: else this would take minutes."""
    assert read_evidence(piece * (1024 * 1024 // len(piece))).status in {0, 200}


def test_a_chain_of_long_redirects_harms_nobody():
    hops = read_evidence(("HTTP/1.1 301 X\nLocation: " + "a/" * 8000 + "\n\n") * 60).hops
    assert max(len(url) for url, _ in hops) <= 2048


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, '{"error_code":' * 20_000])
def test_depth_harms_nobody(deep):
    assert read_evidence(deep).code == 0


PIECES = st.sampled_from(
    [
        *(
            "Error - 11200",
            "Error SID",
            "Account SID",
            "Message",
            "HTTP Response",
            "502",
            "Parameters",
            "Headers",
            "Body",
            "Response",
            "Payload=",
        ),
        *(
            EVENT,
            ACCOUNT,
            "https://a.example/x",
            "HTTP/1.1 502 Bad Gateway",
            "POST /x HTTP/1.1",
            "> ",
            "< ",
            "* ",
            "\t",
            ": ",
            "\n",
            "\n\n",
            " | ",
        ),
        *(
            '{"error_code":',
            '"',
            "'",
            "{",
            "}",
            "[",
            "]",
            "\\",
            "//",
            "%",
            "=",
            "&",
            "â€™",
            "\u00c2",
            "--",
            "alert_text=",
            *(
                "curl: (6) ",
                "curl: (28) after 5 ms",
                "ECONNREFUSED ",
                "host 'a",
                "token=",
                "Bearer ",
                "heroku[router]: ",
                "status=",
                "Elapsed ",
            ),
            *(
                "<title>502",
                "<html>",
                "```\n",
                "> HTTP/1.1 502 X\n",
                "Location: ",
                "HTTP/1.1 301 X\nLocation: http://[",
                '{\\"error_code\\":',
            ),
            *("\x1b]", "\x9b", "\x9d", "Status", "Error - 12100\n", "returned 502", '" 502 ', "12 ms", "9" * 400),
            PROXY_BODY,
            "Msg=a&b=",
        ),
    ]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20) | PIECES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*TIMEOUT, *CLOUD_EVENT, *ALERT, *DEBUGGER_FORM, "request", "response", "headers", "data"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.text(st.characters(exclude_categories=())) | st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_text_does_harm(text):
    evidence = read_evidence(text)
    assert len(evidence.unread) <= 10
    repr(evidence).encode()


@given(JSON_VALUES)
@settings(max_examples=300, deadline=None)
def test_no_json_does_harm(value):
    repr(read_evidence(json.dumps(value))).encode()
    repr(read_evidence(json.dumps(value, ensure_ascii=False)[1:])).encode()


@pytest.mark.parametrize(
    ("sent", "body"),
    [("\n<?xml version='1.0'?>\n", "\n<?xml version='1.0'?>"), ("\n\n<Response/>\n\n", "<Response/>"), ("\n", "")],
)
def test_a_blank_line_before_an_xml_declaration_is_part_of_the_answer(sent, body):
    assert read_evidence(f"HTTP/1.1 200 OK\nContent-Type: text/xml\n\n{sent}").body == body


def test_the_words_of_twilios_proxy_count_where_its_answer_is_not_shown():
    said = "Total timeout is triggered. Configured tt is 15000ms and we attempted 1 time(s)"
    assert read_evidence(f"Error - 11200\nMessage\n{said}\nStatus code\n502\n").hidden == said
