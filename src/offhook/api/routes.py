"""The route table of the API: every path, what it takes, what it answers."""

from starlette.responses import Response

from offhook.api import alert_shapes, doctor_resources, resources
from offhook.api.alarm_routes import ALARM_OPERATIONS
from offhook.api.alert_fields import ALERT_FILTERS, ALERT_PAGE
from offhook.api.alerts import get_alert, list_alerts
from offhook.api.debug_events import count_errors, get_error, list_errors
from offhook.api.doctor import DOCTOR_QUESTION, examine_url
from offhook.api.fields import (
    ENDPOINT,
    ERROR_COUNTS,
    ERROR_FILTERS,
    ERROR_PAGE,
    ISSUE_FILTERS,
    ISSUE_PAGE,
    ISSUE_REPLAY,
    ISSUE_STATE,
    NUMBER,
    WEBHOOK_FILTERS,
    WEBHOOK_IDS,
    WEBHOOK_PAGE,
)
from offhook.api.health import get_health, get_metrics, get_readiness, list_endpoints
from offhook.api.house import House
from offhook.api.issues import get_issue, list_issues, replay_issue, set_issue_state
from offhook.api.openapi import document
from offhook.api.operation import Call, Operation, json_answer
from offhook.api.problems import Problem
from offhook.api.streams_routes import STREAM_OPERATIONS
from offhook.api.webhooks import (
    delete_number,
    dismiss_webhook,
    get_webhook,
    hasten_webhooks,
    list_webhooks,
    replay_webhook,
    replay_webhooks,
    send_reply,
)
from offhook.metrics import CONTENT_TYPE


async def get_openapi(_: House, __: Call) -> Response:
    """This table, as an OpenAPI document."""
    return json_answer(document(OPERATIONS))


async def make_login_link(_: House, __: Call) -> Response:
    """Where people log in, the console's doorway answers this itself: it knows who asks."""
    raise Problem(20404, "Nobody has to log in here.")


def alerts_below(base: str, alias: str = "") -> tuple[Operation, Operation]:
    """Twilio's Monitor API below a path: what an SDK asks for when its base URL ends with that path."""
    return (
        Operation(
            "GET",
            f"{base}/v1/Alerts",
            "List errors, warnings and infos as Twilio's alerts, newest first.",
            list_alerts,
            alert_shapes.AlertPage,
            query=(*ALERT_FILTERS, *ALERT_PAGE),
            problems=(20503,),
            alias=alias,
        ),
        Operation(
            "GET",
            f"{base}/v1/Alerts/{{id}}",
            "Show one of them with its request and its answer.",
            get_alert,
            alert_shapes.DetailedAlert,
            problems=(20404, 20503),
            alias=alias,
        ),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/webhooks",
        "List webhooks, newest first.",
        list_webhooks,
        resources.WebhookPage,
        query=(*WEBHOOK_FILTERS, *WEBHOOK_PAGE),
        problems=(20503,),
    ),
    Operation(
        "GET",
        "/api/webhooks/{id}",
        "Show a webhook with its attempts, answer, replies and errors.",
        get_webhook,
        resources.Webhook,
        problems=(20404, 20503),
    ),
    Operation(
        "POST",
        "/api/webhooks/{id}/replay",
        "Deliver a webhook again.",
        replay_webhook,
        resources.Replayed,
        202,
        problems=(20003, 20404, 20409, 20503),
        audit="replay",
    ),
    Operation(
        "POST",
        "/api/webhooks/{id}/dismiss",
        "Take a failed webhook off the list without delivering it.",
        dismiss_webhook,
        resources.Dismissed,
        problems=(20003, 20404, 20409, 20503),
        audit="dismiss",
    ),
    Operation(
        "POST",
        "/api/replays",
        "Deliver all webhooks again that the filters mean, or those named; without a state, the failed ones.",
        replay_webhooks,
        resources.Replayed,
        202,
        WEBHOOK_FILTERS,
        (*WEBHOOK_FILTERS, *WEBHOOK_IDS),
        (20003, 20408, 20413, 20415, 20503),
        audit="replay",
    ),
    Operation(
        "POST",
        "/api/hastenings",
        "Deliver now what waits for a later try. A conversation stays in order, and an app that is given a rest is still asked with one try at a time.",
        hasten_webhooks,
        resources.Hastened,
        query=(ENDPOINT,),
        body=(ENDPOINT,),
        problems=(20003, 20408, 20409, 20413, 20415, 20503),
        audit="hasten",
    ),
    Operation(
        "POST",
        "/api/deletions",
        "Delete for good whatever came from or went to a number; what is being delivered just now stays.",
        delete_number,
        resources.Deleted,
        body=NUMBER,
        problems=(20003, 20408, 20413, 20415, 20503),
        audit="deletion",
    ),
    Operation(
        "POST",
        "/api/replies/{id}/send",
        "Send a reply that was kept, has failed or expired, or may have been sent.",
        send_reply,
        resources.Queued,
        202,
        problems=(20003, 20404, 20409, 20503),
        audit="send reply",
    ),
    Operation(
        "GET",
        "/api/errors",
        "List errors, warnings and infos, newest first.",
        list_errors,
        resources.ErrorPage,
        query=(*ERROR_FILTERS, *ERROR_PAGE),
        problems=(20503,),
    ),
    # Before the one with an id, which would take the word for one.
    Operation(
        "GET",
        "/api/errors/counts",
        "Count errors, warnings and infos over time; without a time, over the last 24 hours.",
        count_errors,
        resources.ErrorCounts,
        query=(*ERROR_FILTERS, *ERROR_COUNTS),
        problems=(20503,),
    ),
    Operation("GET", "/api/errors/{id}", "Show one error.", get_error, resources.DetailedError, problems=(20404, 20503)),
    *alerts_below("/monitor"),
    *alerts_below("", "_at_root"),
    *STREAM_OPERATIONS,
    *ALARM_OPERATIONS,
    Operation(
        "GET",
        "/api/issues",
        "List issues (errors and warnings of one endpoint, code and likeliest cause), the last seen first.",
        list_issues,
        resources.IssuePage,
        query=(*ISSUE_FILTERS, *ISSUE_PAGE),
        problems=(20503,),
    ),
    Operation(
        "GET",
        "/api/issues/{id}",
        "Show an issue with its newest error.",
        get_issue,
        resources.DetailedIssue,
        problems=(20404, 20503),
    ),
    Operation(
        "POST",
        "/api/issues/{id}",
        "Say what is being done about an issue. One that is resolved becomes `regressed` with its next error.",
        set_issue_state,
        resources.DetailedIssue,
        query=ISSUE_STATE,
        body=ISSUE_STATE,
        problems=(20003, 20404, 20408, 20413, 20415, 20503),
        audit="issue {state}",
    ),
    Operation(
        "POST",
        "/api/issues/{id}/replay",
        "Deliver each webhook of an issue again that failed or was dismissed; none that was delivered.",
        replay_issue,
        resources.IssueReplayed,
        202,
        ISSUE_REPLAY,
        ISSUE_REPLAY,
        (20003, 20404, 20408, 20413, 20415, 20503),
        audit="replay issue",
    ),
    Operation(
        "POST",
        "/api/doctor",
        "Examine a webhook URL as `offhook doctor` does, and show the report; up to 30 requests, up to 30 seconds. "
        "Signed only where scheme, host and port are those of an endpoint's app or fallback URL: a signature made for a stranger would be one that others could use.",
        examine_url,
        doctor_resources.DoctorReport,
        query=DOCTOR_QUESTION,
        body=DOCTOR_QUESTION,
        problems=(20003, 20408, 20413, 20415, 20429),
    ),
    Operation(
        "GET",
        "/api/endpoints",
        "List the endpoints and their webhooks' states.",
        list_endpoints,
        resources.Endpoints,
        problems=(20503,),
    ),
    Operation(
        "POST",
        "/api/login-links",
        "Make a link that logs in to the console once, within the hour. Also on this machine for those alone who send the console key or the account's credentials.",
        make_login_link,
        resources.LoginLink,
        201,
        problems=(20003, 20401, 20404, 20429),
        audit="login link",
    ),
    Operation("GET", "/healthz", "Say that Offhook is alive.", get_health, resources.Health, is_open=True),
    Operation(
        "GET",
        "/readyz",
        "Say whether Offhook can store and deliver.",
        get_readiness,
        resources.Readiness,
        problems=(20503,),
        is_open=True,
    ),
    Operation("GET", "/metrics", "Show what was counted, for Prometheus.", get_metrics, None, media_type=CONTENT_TYPE),
    Operation("GET", "/openapi.json", "Show this description.", get_openapi, dict),
)
