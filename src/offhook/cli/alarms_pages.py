"""Alarms, firings and previews as a person reads them: from the API's shapes to text. Pure, but for the local time zone."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.text import Text

from offhook.cli.listing import Listing
from offhook.cli.pages import bars, clock_time, ids_shortened
from offhook.cli.terminal import one_line

Shape = dict[str, Any]
STYLES: Final = {"fires": "red", "quiet": "", "muted": "yellow", "snoozed": "yellow", "off": "dim"}
FIRING_STATES: Final = {"active": "red", "recovered": "green"}
_CHANNELS: Final = {"apprise": "notify"}
_NEWS: Final = {"fired": "that it fires", "recovered": "that it is over", "test": "of a test"}
_TOLD: Final = ("email", "webhook", "notify", "sms")


def state_of(alarm: Shape) -> str:
    """How an alarm is, in a word."""
    if not alarm["enabled"]:
        return "off"
    if alarm["firings"]:
        return "fires"
    if alarm["muted"]:
        return "muted"
    return "snoozed" if alarm["snoozed_until"] else "quiet"


def tells(alarm: Shape) -> str:
    """Whom it tells."""
    said = [alarm["settings"].get(name, ()) for name in _TOLD]
    told = [each for value in said for each in ([value] if isinstance(value, str) else value)]
    return ", ".join([*told, *(["the console"] if alarm["settings"].get("console") else [])]) or "nobody"


def as_made(alarm: Shape) -> str:
    """An alarm in the sentence that its maker reads."""
    return f"{alarm['sid']} {one_line(alarm['name'])}: fires when {one_line(alarm['watches'])}; tells {one_line(tells(alarm))}."


def alarms_listing(alarms: Sequence[Shape]) -> Listing:
    """The alarms in columns; where there is no room, first without whom they tell, as each has a name to go by."""
    listing = Listing("id", "state", "name", "fires when", "tells", text="fires when", leaves=("tells", "id"), room=30)
    short = ids_shortened([alarm["sid"] for alarm in alarms])
    for alarm in alarms:
        state = state_of(alarm)
        listing.add(short[alarm["sid"]], state, alarm["name"], alarm["watches"], tells(alarm), style=STYLES[state])
    return listing


def alarm_page(alarm: Shape, history: Shape, missed: Sequence[Shape] = ()) -> Text:
    """Everything about one alarm; `missed` is what nobody could be told of."""
    text = Text()
    text.append(f"Alarm {one_line(alarm['name'])}", "bold")
    text.append(f"  {state_of(alarm)}\n", STYLES[state_of(alarm)])
    _facts(
        text,
        [
            ("id", alarm["sid"]),
            ("fires when", alarm["watches"]),
            ("tells", tells(alarm)),
            ("for", alarm["settings"].get("description", "")),
            ("muted", "yes" if alarm["muted"] else ""),
            ("snoozed until", clock_time(alarm["snoozed_until"])),
            ("from", "the settings' file" if alarm["origin"] == "file" else ""),
            ("made", clock_time(alarm["created_at"])),
            ("last 24 h", f"{bars(history['counts'])} {sum(history['counts'])}" if history["counts"] else ""),
        ],
    )
    for each in alarm["warnings"]:
        text.append(f"  {one_line(each)}\n", "yellow")
    for firing in history["firings"]:
        text.append(f"  {firing_line(firing)}\n", FIRING_STATES[firing["state"]])
        if firing["cause_title"]:
            text.append(f"     why: {one_line(firing['cause_title'])}\n")
    for line in missed:
        text.append(f"  {untold_line(line)}\n", "yellow")
    return text


def _facts(text: Text, pairs: Iterable[tuple[str, object]]) -> None:
    present = [(name, value) for name, value in pairs if value not in ("", None)]
    width = max(len(name) for name, _ in present)
    for name, value in present:
        text.append(f"  {name:<{width}}  ", "dim")
        text.append(f"{one_line(value)}\n")


def firing_line(firing: Shape) -> str:
    """One firing in a line."""
    ended = f" to {clock_time(firing['recovered_at'])}" if firing["recovered_at"] else ", still active"
    about = f" {firing['subject']}" if firing["subject"] else ""
    return one_line(f"fired{about} from {clock_time(firing['fired_at'])}{ended}, at most {firing['peak']:g}")


def untold_line(missed: Shape) -> str:
    """Somebody who could not be told, in a line."""
    who = f"{missed['address']} ({_CHANNELS.get(missed['channel'], missed['channel'])})"
    why = f": {missed['why']}" if missed["why"] else "."
    return one_line(f"{clock_time(missed['at'])} {who} could not be told {_NEWS.get(missed['news'], '')}{why}")


def firings_text(firings: Sequence[Shape]) -> Text:
    """Who could not be told of these firings; empty where all could."""
    lines = [f"{firing['alarm_name']}: {untold_line(missed)}" for firing in firings for missed in firing["untold"]]
    return Text("\n".join(map(one_line, lines)), "yellow")


def firings_listing(firings: Sequence[Shape]) -> Listing:
    """The firings in columns."""
    names = ("state", "fired", "recovered", "alarm", "most", "at", "code", "why")
    listing = Listing(*names, text="why", leaves=("at", "most", "code", "recovered"), room=18)
    for firing in firings:
        listing.add(
            firing["state"],
            clock_time(firing["fired_at"]),
            clock_time(firing["recovered_at"]),
            firing["alarm_name"],
            f"{max(firing['peak'], firing['value']):g}",
            f"{firing['threshold']:g}",
            firing["code"] or "",
            firing["cause_title"] or firing["subject"],
            style=FIRING_STATES[firing["state"]],
        )
    return listing


def preview_text(preview: Shape) -> Text:
    """What an alarm would have done."""
    times = {0: "would not have fired", 1: "would have fired once"}.get(
        preview["fired"], f"would have fired {preview['fired']} times"
    )
    text = Text()
    text.append(f"It {times} since {clock_time(preview['since'])}", "bold")
    text.append(f", having counted {preview['counted']}.\n")
    if not preview["complete"]:
        text.append("There is more than is read; the oldest is left out.\n", "yellow")
    for span in preview["firings"]:
        ended = clock_time(span["recovered_at"]) or "now"
        text.append(f"  {clock_time(span['fired_at'])} to {ended}, at most {span['peak']:g}\n")
    return text
