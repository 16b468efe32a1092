"""Which notifications go together in one message, and when: a storm is told in few words (pure).

To one mail address, chat or phone go messages of everything that has become due within a moment; a webhook's formats have one alarm
each, so there it is one request a notification.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from offhook.alarms.model import Alarm, Firing, News, Notification
from offhook.records import Record

SMS_PACE: Final = 300.0
"""Seconds between two text messages to one number."""
WEBHOOK, SMS = "webhook", "sms"

Way = tuple[str, str]
"""A channel, and an address of it."""


class Batch(Record):
    """What goes to one address as one message. `id` is the message's; `repeated` says that it may have got there already."""

    id: str
    channel: str
    address: str
    notifications: tuple[Notification, ...]
    repeated: bool = False


class Rules(Record):
    """How long the first of a message waits for others, seconds, and when a phone number was last written to."""

    wait: float
    last_sms: Mapping[str, float] = {}


class Story(Record):
    """What one message has to tell of one firing: `firing` is the newest that is known of it. `fired` and `recovered` say which of its news are new."""

    alarm: Alarm
    firing: Firing
    fired: bool = False
    recovered: bool = False
    test: bool = False


def plan(notifications: Iterable[Notification], now: float, rules: Rules) -> Iterator[tuple[Way, Sequence[Batch]]]:
    """For each way that something can go now, the messages in their order. One that has no id yet ("") gets it when it is begun."""
    by_way = sorted(notifications, key=lambda each: (_way(each), each.id))
    for way, mine in groupby(by_way, key=_way):
        waiting = list(mine)
        batches = list(_singles(waiting, now)) if way[0] == WEBHOOK else list(_groups(waiting, now, rules))
        if batches:
            yield way, batches


def stories(notifications: Iterable[Notification]) -> tuple[Story, ...]:
    """What they tell, firing by firing: active ones first, then those that are over, then tests; each in the order of time."""
    found: dict[tuple[str, str, bool], Story] = {}
    for each in sorted(notifications, key=lambda one: one.id):
        test = each.news is News.TEST
        key = (each.alarm.sid, each.firing.id, test)
        before = found.get(key)
        found[key] = Story(
            alarm=each.alarm,
            firing=each.firing,
            fired=each.news is News.FIRED or (before is not None and before.fired),
            recovered=each.news is News.RECOVERED or (before is not None and before.recovered),
            test=test,
        )
    return tuple(sorted(found.values(), key=lambda story: (story.test, story.recovered, story.firing.fired_at)))


def _way(notification: Notification) -> Way:
    return notification.channel, notification.address


def _singles(waiting: Sequence[Notification], now: float) -> Iterator[Batch]:
    """One message each, those tried least first; what is told of one firing stays in its order."""
    chains: dict[tuple[str, str], list[Notification]] = {}
    for each in waiting:
        chains.setdefault((each.alarm.sid, each.firing.id), []).append(each)
    for chain in sorted(chains.values(), key=lambda one: (one[0].attempts, one[0].id)):
        for each in chain:
            if each.due > now:
                break
            yield Batch(id=each.id, channel=each.channel, address=each.address, notifications=(each,), repeated=each.attempts > 0)


def _groups(waiting: Sequence[Notification], now: float, rules: Rules) -> Iterator[Batch]:
    """Messages that have been begun, as they were; then one of all else, once its first has waited for the others."""
    begun: dict[str, list[Notification]] = {}
    for each in waiting:
        if each.message:
            begun.setdefault(each.message, []).append(each)
    for message, members in begun.items():
        if max(each.due for each in members) <= now:
            yield _batch(message, members, repeated=True)
    fresh = [each for each in waiting if not each.message]
    # What waits for its next try goes along with what is new: the way is tried anyway.
    going = [each for each in fresh if each.due <= now or each.attempts]
    if going and any(_is_ready(each, now, rules.wait) for each in going) and _is_paced(going[0], now, rules):
        yield _batch("", going)


def _batch(message: str, members: Sequence[Notification], *, repeated: bool = False) -> Batch:
    return Batch(
        id=message,
        channel=members[0].channel,
        address=members[0].address,
        notifications=tuple(members),
        repeated=repeated,
    )


def _is_ready(notification: Notification, now: float, wait: float) -> bool:
    """Whether it need not wait for others any more: it has, or was tried already, or somebody sits before the test's button."""
    if notification.attempts or notification.news is News.TEST:
        return notification.due <= now
    return notification.due + wait <= now


def _is_paced(notification: Notification, now: float, rules: Rules) -> bool:
    return notification.channel != SMS or now >= rules.last_sms.get(notification.address, -SMS_PACE) + SMS_PACE
