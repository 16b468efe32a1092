"""To whom a firing is told, and when to nobody: pure."""

from collections.abc import Iterable, Iterator, Sequence

from offhook.alarms.model import Alarm, Channels, Firing, Maintenance, News, Notification
from offhook.ports import Ids

PREFIX = "AN"


def addresses(channels: Channels) -> Iterator[tuple[str, str]]:
    """Each channel's name with one address."""
    for address in channels.email:
        yield "email", address
    if channels.webhook:
        yield "webhook", channels.webhook
    for reference in channels.apprise:
        yield "apprise", reference
    for number in channels.sms:
        yield "sms", number


def notifications(news: News, alarm: Alarm, firing: Firing, now: float, ids: Ids) -> Sequence[Notification]:
    """What is to be told, one for each of the alarm's addresses, due at once."""
    return [
        Notification(
            id=ids.new(PREFIX),
            news=news,
            alarm=alarm,
            firing=firing,
            channel=channel,
            address=address,
            created_at=now,
            due=now,
        )
        for channel, address in dict.fromkeys(addresses(alarm.channels))
    ]


def silent(alarm: Alarm, firing: Firing, windows: Iterable[Maintenance], now: float) -> bool:
    """Whether nobody is to be told just now: the alarm is muted or snoozed, or there is maintenance."""
    return alarm.muted or alarm.snoozed_until > now or any(_covers(window, firing, now) for window in windows)


def _covers(window: Maintenance, firing: Firing, now: float) -> bool:
    return (
        window.starts_at <= now < window.ends_at
        and (not window.alarms or firing.alarm_sid in window.alarms)
        and (not window.endpoints or firing.endpoint in window.endpoints)
    )
