"""The route table of alarms: Twilio's paths, and our own."""

from collections.abc import Iterator
from typing import Final

from offhook.api import alarm_shapes, alarm_v2_shapes, resources
from offhook.api.alarm_fields import (
    ALARM,
    FIRING_FILTERS,
    FIRING_PAGE,
    HISTORY,
    MAINTENANCE,
    MUTE,
    PREVIEW,
    SNOOZE,
    WATCH,
)
from offhook.api.alarm_firings import (
    add_maintenance,
    end_maintenance,
    get_alarm_history,
    get_firing,
    list_firings,
    list_firings_of_alarm,
    list_maintenance,
    list_untold,
    list_untold_of_alarm,
)
from offhook.api.alarm_v2 import (
    ALARM_PAGE,
    TOKEN,
    create_alarm_v2,
    delete_alarm_v2,
    enable_alarm_v2,
    get_alarm_v2,
    list_alarms_v2,
    refuse_v2,
    update_alarm_v2,
)
from offhook.api.alarm_v2_body import ENABLED, MEMBERS, schema_of
from offhook.api.alarms import (
    change_alarm,
    create_alarm,
    create_alarm_from_error,
    delete_alarm,
    get_alarm,
    list_alarms,
    mute_alarm,
    preview_alarm,
    preview_new_alarm,
    snooze_alarm,
    test_alarm,
)
from offhook.api.operation import Operation

_CHANGE: Final = (20003, 20404, 20408, 20409, 20413, 20415, 20503)
_MAKE: Final = (20003, 20408, 20409, 20413, 20415, 20503)


_EVERY_V2, _ONE_V2 = "/v2/Alarms", "/v2/Alarms/{id}"

_TWILIOS: Final = (
    Operation(
        "GET",
        _EVERY_V2,
        "List alarms as Twilio does, the newest first.",
        list_alarms_v2,
        alarm_v2_shapes.TwilioAlarmPage,
        query=ALARM_PAGE,
        problems=(20503,),
    ),
    Operation(
        "POST",
        _EVERY_V2,
        "Make an alarm. Needs the header Idempotency-Token: the same one with the same body again makes no second alarm.",
        create_alarm_v2,
        alarm_v2_shapes.TwilioAlarmMade,
        201,
        problems=_MAKE,
        headers=TOKEN,
        takes=schema_of(MEMBERS),
        audit="alarm made",
    ),
    Operation(
        "GET", _ONE_V2, "Show an alarm as Twilio does.", get_alarm_v2, alarm_v2_shapes.TwilioAlarm, problems=(20404, 20503)
    ),
    Operation(
        "PUT",
        _ONE_V2,
        "Replace an alarm. What Twilio's fields cannot say of it stays as it is.",
        update_alarm_v2,
        alarm_v2_shapes.TwilioAlarmMade,
        problems=_CHANGE,
        takes=schema_of(MEMBERS),
        audit="alarm changed",
    ),
    Operation("DELETE", _ONE_V2, "Remove an alarm.", delete_alarm_v2, None, 204, problems=_CHANGE, audit="alarm deleted"),
    Operation(
        "PUT",
        f"{_ONE_V2}/status",
        "Turn an alarm on or off.",
        enable_alarm_v2,
        None,
        204,
        problems=_CHANGE,
        takes=schema_of(ENABLED),
        audit="alarm changed",
    ),
)

_ONE: Final = "/api/alarms/{id}"

OUR_ALARMS: Final = (
    Operation("GET", "/api/alarms", "List alarms.", list_alarms, alarm_shapes.Alarms, problems=(20503,)),
    Operation(
        "POST",
        "/api/alarms",
        "Make an alarm, of the keys that `[alarms.NAME]` has.",
        create_alarm,
        alarm_shapes.Alarm,
        201,
        problems=_MAKE,
        takes=ALARM,
        audit="alarm made",
    ),
    # Before those with an id, which would take the word for one.
    Operation(
        "POST",
        "/api/alarms/preview",
        "Say when an alarm of these keys would have fired; it is not kept.",
        preview_new_alarm,
        alarm_shapes.AlarmPreview,
        query=PREVIEW,
        problems=_MAKE,
        takes=WATCH,
    ),
    Operation("GET", _ONE, "Show an alarm.", get_alarm, alarm_shapes.Alarm, problems=(20404, 20503)),
    Operation(
        "POST",
        _ONE,
        "Change what is given of an alarm; null means the default.",
        change_alarm,
        alarm_shapes.Alarm,
        problems=_CHANGE,
        takes=ALARM,
        audit="alarm changed",
    ),
    Operation(
        "DELETE",
        _ONE,
        "Remove an alarm; its firings end without a word.",
        delete_alarm,
        resources.Deleted,
        problems=_CHANGE,
        audit="alarm deleted",
    ),
    Operation(
        "POST",
        f"{_ONE}/test",
        "Tell everybody whom an alarm tells that this is a test.",
        test_alarm,
        alarm_shapes.AlarmTested,
        202,
        problems=_CHANGE,
        audit="alarm tested",
    ),
    Operation(
        "POST",
        f"{_ONE}/snooze",
        "Have an alarm tell nobody for some time.",
        snooze_alarm,
        alarm_shapes.Alarm,
        query=SNOOZE,
        body=SNOOZE,
        problems=_CHANGE,
        audit="alarm snoozed",
    ),
    Operation(
        "POST",
        f"{_ONE}/mute",
        "Have an alarm tell nobody until further notice, or tell again.",
        mute_alarm,
        alarm_shapes.Alarm,
        query=MUTE,
        body=MUTE,
        problems=_CHANGE,
        audit="alarm muted",
    ),
    Operation(
        "GET",
        f"{_ONE}/preview",
        "Say when an alarm would have fired.",
        preview_alarm,
        alarm_shapes.AlarmPreview,
        query=PREVIEW,
        problems=(20404, 20503),
    ),
    Operation(
        "GET",
        f"{_ONE}/firings",
        "List an alarm's firings, newest first.",
        list_firings_of_alarm,
        alarm_shapes.FiringPage,
        query=FIRING_PAGE,
        problems=(20503,),
    ),
    Operation(
        "GET",
        f"{_ONE}/untold",
        "List what an alarm could tell nobody, tests too, newest first.",
        list_untold_of_alarm,
        alarm_shapes.UntoldList,
        problems=(20503,),
    ),
    Operation(
        "GET",
        f"{_ONE}/history",
        "Count over time what an alarm counts; without a time, over the last 24 hours.",
        get_alarm_history,
        alarm_shapes.AlarmHistory,
        query=HISTORY,
        problems=(20404, 20503),
    ),
    Operation(
        "POST",
        "/api/errors/{id}/alarm",
        "Make an alarm of an error: its code, endpoint and likeliest cause are filled in.",
        create_alarm_from_error,
        alarm_shapes.Alarm,
        201,
        problems=_CHANGE,
        takes=ALARM,
        audit="alarm made",
    ),
    Operation(
        "GET",
        "/api/alarm-firings",
        "List firings of all alarms, newest first.",
        list_firings,
        alarm_shapes.FiringPage,
        query=(*FIRING_FILTERS, *FIRING_PAGE),
        problems=(20503,),
    ),
    Operation(
        "GET",
        "/api/alarm-untold",
        "List what nobody could be told of, newest first.",
        list_untold,
        alarm_shapes.UntoldList,
        problems=(20503,),
    ),
    Operation("GET", "/api/alarm-firings/{id}", "Show a firing.", get_firing, alarm_shapes.Firing, problems=(20404, 20503)),
    Operation(
        "GET",
        "/api/maintenance",
        "List the times in which nobody is told.",
        list_maintenance,
        alarm_shapes.MaintenanceWindows,
        problems=(20503,),
    ),
    Operation(
        "POST",
        "/api/maintenance",
        "Have nobody told for some time.",
        add_maintenance,
        alarm_shapes.MaintenanceWindow,
        201,
        query=MAINTENANCE,
        body=MAINTENANCE,
        problems=_MAKE,
        audit="maintenance begun",
    ),
    Operation(
        "DELETE",
        "/api/maintenance/{id}",
        "Have them told again.",
        end_maintenance,
        alarm_shapes.MaintenanceEnded,
        problems=_CHANGE,
        audit="maintenance ended",
    ),
)


def alarms_below(base: str, alias: str = "") -> Iterator[Operation]:
    """Twilio's Monitor API v2 below a path, with its errors and its names for things."""
    for each in _TWILIOS:
        yield each._replace(path=base + each.path, alias=alias, refuse=refuse_v2, problem=alarm_v2_shapes.TwilioAlarmProblem)


ALARM_OPERATIONS: Final = (*alarms_below("/monitor"), *alarms_below("", "_at_root"), *OUR_ALARMS)
