"""What fires just now, and what is to be written and told of it. Nothing here knows a journal or a clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from offhook.alarms import shelves
from offhook.alarms.checks import OF_SUBJECTS, YES_OR_NO
from offhook.alarms.leads import Lead
from offhook.alarms.model import Alarm, Firing, FiringState, Maintenance, News, Notification
from offhook.alarms.state import Standing, judge
from offhook.alarms.telling import notifications, silent
from offhook.ports import Ids
from offhook.records import Kept, Notice, NoticeType

Place = tuple[str, str]
"""An alarm's sid, and what it fires for: an issue, an endpoint, or "" where it fires for itself. There is one active firing of each."""

PREFIX: Final = "AF"
_NOTICES: Final = {News.FIRED: NoticeType.ALARM_FIRED, News.RECOVERED: NoticeType.ALARM_RECOVERED}


class Reading(NamedTuple):
    """What an alarm has measured: the value that is judged (None: nothing is known), and what people are shown where that is another."""

    value: float | None
    shown: float | None = None
    threshold: float | None = None


class Told(NamedTuple):
    """Something new of a firing. Not `aloud`: nobody is told but the journal."""

    news: News
    alarm: Alarm
    firing: Firing
    aloud: bool


class Board:
    """The active firings, and how far their recovery has come."""

    def __init__(self, active: Iterable[Firing] = ()) -> None:
        self.active: dict[Place, Firing] = {(firing.alarm_sid, firing.subject): firing for firing in active}
        self.standings: dict[Place, Standing] = {place: Standing(firing=True) for place in self.active}
        self.higher: set[Place] = set()
        """Those whose peak has not been written yet."""

    def draft(self, alarms: Mapping[str, Alarm], windows: Sequence[Maintenance], ids: Ids) -> "Draft":
        """What this board may become."""
        draft = Draft(alarms, windows, ids)
        draft.active, draft.standings, draft.higher = dict(self.active), dict(self.standings), set(self.higher)
        return draft


class Draft(Board):
    """A board with what is new on it. It becomes the board once all of that has been written."""

    def __init__(self, alarms: Mapping[str, Alarm], windows: Sequence[Maintenance], ids: Ids) -> None:
        super().__init__()
        self.told: list[Told] = []
        self._alarms = alarms
        self._windows = windows
        self._ids = ids
        self._changed: dict[str, Firing] = {}
        self._notifications: list[Notification] = []
        self._notices: list[Notice] = []

    # -- what is new

    def look(self, alarm: Alarm, subject: str, reading: Reading, now: float) -> bool:
        """Judge what an alarm has measured; True when it has just fired: then `name` it."""
        place = (alarm.sid, subject)
        known = self.active.get(place)
        verdict = judge(alarm, self.standings.get(place, Standing()), reading.value, now)
        shown = reading.value if reading.shown is None else reading.shown
        if known is None:
            if verdict.fired:
                self.standings[place] = verdict.standing
                self.active[place] = Firing(
                    id=self._ids.new(PREFIX),
                    alarm_sid=alarm.sid,
                    alarm_name=alarm.name,
                    fired_at=now,
                    value=shown or 0.0,
                    threshold=alarm.threshold if reading.threshold is None else reading.threshold,
                    subject=subject,
                    peak=shown or 0.0,
                )
            return verdict.fired
        if verdict.recovered:
            self._recovered(place, alarm, known, now)
            return False
        self.standings[place] = verdict.standing
        if shown is not None and shown > known.peak:
            self.active[place] = replace(known, peak=shown)
            self.higher.add(place)
        return False

    def name(self, alarm: Alarm, subject: str, lead: Lead) -> None:
        """Say what a new firing is about, and tell of it."""
        place = (alarm.sid, subject)
        firing = replace(
            self.active[place],
            code=lead.code,
            cause=lead.cause,
            cause_title=lead.title,
            steps=lead.steps,
            endpoint=lead.endpoint,
            event=lead.event,
        )
        aloud = not silent(alarm, firing, self._windows, firing.fired_at)
        self.active[place] = replace(firing, told=aloud)
        self._tell(News.FIRED, alarm, self.active[place], firing.fired_at, aloud=aloud)
        self._notice(News.FIRED, alarm, self.active[place])

    def speak(self, now: float) -> None:
        """Tell of what has fired while nobody was to be told, and still does now that somebody is."""
        for place, firing in list(self.active.items()):
            alarm = self._alarms.get(firing.alarm_sid)
            if not firing.told and alarm is not None and not silent(alarm, firing, self._windows, now):
                told = self.active[place] = replace(firing, told=True)
                self._tell(News.FIRED, alarm, told, now, aloud=True)

    def end(self, now: float) -> None:
        """End, without a word, what alarms have fired that are there no longer, or that now fire for something else."""
        for place, firing in list(self.active.items()):
            alarm = self._alarms.get(firing.alarm_sid)
            if alarm is None or bool(firing.subject) != (alarm.watch in OF_SUBJECTS):
                self._changed[firing.id] = replace(firing, state=FiringState.RECOVERED, recovered_at=now)
                self._leave(place)

    # -- what is to be written

    @property
    def is_new(self) -> bool:
        """Whether there is anything to write, but for peaks."""
        return bool(self._changed)

    def kept(self) -> list[Kept]:
        """The firings and the notifications. Peaks are among them, once this is called."""
        for place in self.higher:
            firing = self.active[place]
            self._changed.setdefault(firing.id, firing)
        self.higher.clear()
        changes = [change for firing in self._changed.values() for change in shelves.keep_firing(firing)]
        return changes + [shelves.keep_notification(each) for each in self._notifications]

    @property
    def notifies(self) -> bool:
        """Whether there is anything for people."""
        return bool(self._notifications)

    def notices(self) -> list[Notice]:
        """What has fired and recovered, for the journal."""
        return self._notices

    # -- inside

    def _recovered(self, place: Place, alarm: Alarm, firing: Firing, now: float) -> None:
        over = replace(firing, state=FiringState.RECOVERED, recovered_at=now)
        aloud = firing.told and not silent(alarm, firing, self._windows, now)
        self._leave(place)
        self._tell(News.RECOVERED, alarm, over, now, aloud=aloud)
        self._notice(News.RECOVERED, alarm, over)

    def _leave(self, place: Place) -> None:
        del self.active[place]
        self.standings.pop(place, None)
        self.higher.discard(place)

    def _tell(self, news: News, alarm: Alarm, firing: Firing, now: float, *, aloud: bool) -> None:
        self._changed[firing.id] = firing
        self.told.append(Told(news, alarm, firing, aloud))
        if aloud:
            self._notifications += notifications(news, alarm, firing, now, self._ids)

    def _notice(self, news: News, alarm: Alarm, firing: Firing) -> None:
        at = firing.fired_at if firing.recovered_at is None else firing.recovered_at
        self._notices.append(
            Notice(type=_NOTICES[news], at=at, subject=alarm.sid, endpoint=firing.endpoint, data=_facts(alarm, firing))
        )


def _facts(alarm: Alarm, firing: Firing) -> dict[str, object]:
    """What a notice tells of a firing: small, and readable without the alarm."""
    facts: dict[str, object] = {
        "firing": firing.id,
        "name": alarm.name,
        "watch": alarm.watch.value,
        "state": firing.state.value,
        "about": firing.subject,
        "value": firing.value,
        "peak": firing.peak,
        "threshold": firing.threshold,
        "window": alarm.window,
        "fired_at": _iso(firing.fired_at),
        "code": firing.code,
        "cause": firing.cause,
        "cause_title": firing.cause_title,
        "steps": list(firing.steps),
        "event": firing.event,
    }
    if firing.recovered_at is not None:
        facts["recovered_at"] = _iso(firing.recovered_at)
    if alarm.watch in YES_OR_NO:
        del facts["value"], facts["peak"], facts["threshold"]
    return facts


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
