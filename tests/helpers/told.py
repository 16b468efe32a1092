"""What Twilio's Debugger and its alarms post, in the captured shapes (spec: twilio-debugger §2.4, §4.2)."""

import json

from tests.helpers.messages import sid
from tests.helpers.processes import ACCOUNT

URL = "https://app.example/sms"


def captured(resource=None, url=URL, **webhook):
    """The payload of a message webhook that timed out: Twilio's proxy wrote the 502."""
    resource = resource or sid()
    body = (
        f"Twilio was unable to fetch content from: {url}\nError: Total timeout is triggered. Configured tt is 15000ms and we attempted "
        f"1 time(s)\nAccount SID: {ACCOUNT}\nSID: {resource}\nRequest ID: 0b7c\nRemote Host: app.example\nRequest Method: POST\n"
        f"Request URI: {url}\nURL Fragment: true"
    )
    headers = {
        "content-length": "430",
        "X-Twilio-WebhookError": "11203 HTTP communication total time out triggered",
        "X-Twilio-WebhookAttempt": "1",
        "connection": "close",
        "content-type": "text/html",
    }
    return {
        "resource_sid": resource,
        "service_sid": resource,
        "error_code": "11200",
        "more_info": {
            "Msg": "Bad Gateway",
            "sourceComponent": "14100",
            "ErrorCode": "11200",
            "EmailNotification": "false",
            "httpResponse": "502",
            "LogLevel": "ERROR",
            "url": url,
        },
        "webhook": {
            "type": "application/json",
            "request": {
                "url": url,
                "method": "POST",
                "headers": {},
                "parameters": {"SmsStatus": "received", "From": "+16265550100", "MessageSid": resource, "AccountSid": ACCOUNT},
            },
            "response": {"status_code": None, "headers": headers, "body": body, **webhook},
        },
    }


def blacklisted(resource):
    """A call's webhook that led to a private address (captured 2024)."""
    url = "http://app.example/voice"
    body = f"Twilio was unable to fetch content from: {url}\nError: Blacklisted IP 10.209.67.130\nAccount SID: {ACCOUNT}\nSID: {resource}"
    return {
        "resource_sid": resource,
        "service_sid": None,
        "error_code": "11200",
        "more_info": {"Msg": f"Got HTTP 502 response to {url}", "sourceComponent": "12000", "httpResponse": "502"},
        "webhook": {
            "request": {"url": url, "method": "POST", "headers": {}, "parameters": {}},
            "response": {
                "status_code": None,
                "headers": {"x-twilio-reason": "Blacklisted IP", "x-twilio-webhookattempt": "1", "Server": "envoy"},
                "body": body,
            },
        },
    }


def plain_404(resource):
    """Twilio's own sample of a page that is not there."""
    url = "https://app.example/nowhere"
    return {
        "resource_sid": resource,
        "service_sid": None,
        "error_code": "11200",
        "more_info": {
            "Msg": f"An attempt to retrieve content from {url} returned the HTTP status code 404",
            "sourceComponent": "12000",
            "ErrorCode": "11200",
            "httpResponse": "404",
            "url": url,
        },
        "webhook": {
            "type": "application/json",
            "request": {"url": url, "method": "POST", "headers": {}, "parameters": {}},
            "response": {"status_code": None, "headers": {"Content-Type": "text/html"}, "body": "<h1>Not Found</h1>"},
        },
    }


def debugger(payload, **extra):
    """The fields of Twilio's Error Webhook; a payload that is no text is written as JSON."""
    fields = {
        "Sid": sid("NO"),
        "AccountSid": ACCOUNT,
        "ParentAccountSid": "",
        "Timestamp": "2023-06-12T18:44:24.368Z",
        "Level": "ERROR",
        "PayloadType": "application/json",
        "Payload": payload if isinstance(payload, str) else json.dumps(payload),
    }
    return {**fields, **extra}


def alarm(**extra):
    """The fields of an alarm's webhook."""
    fields = {
        "AccountSid": ACCOUNT,
        "AppMonitorTriggerSid": "AK" + "5" * 32,
        "CurrentValue": "55",
        "DateFired": "Tue, 09 Aug 2022 16:51:20 +0000",
        "Description": "Any Warning or Error",
        "ErrorCode": "10004",
        "IdempotencyToken": f"{ACCOUNT}-FIRES-AK" + "5" * 32,
        "Log": "warning",
        "TimePeriod": "FIVE_MINS",
        "TriggerValue": "1.000000",
    }
    return {**fields, **extra}
