"""Maintenance windows as a person reads them. Pure, but for the clock."""

import time
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from offhook.api.fields import read_time
from offhook.cli.pages import clock_time, ids_shortened
from offhook.cli.terminal import one_line

Shape = dict[str, Any]


def maintenance_table(windows: Sequence[Shape], alarms: Sequence[Shape]) -> Table:
    """The windows in columns; alarms go by their names."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "state", "from", "until"):
        table.add_column(name, no_wrap=True)
    table.add_column("about")
    table.add_column("note")
    short = ids_shortened([window["id"] for window in windows])
    for window in windows:
        times = clock_time(window["since"]), clock_time(window["until"])
        cells = short[window["id"]], _state(window), *times, about(window, alarms), window["note"]
        table.add_row(*map(one_line, cells), style="yellow" if _runs(window) else "")
    return table


def as_begun(window: Shape, alarms: Sequence[Shape]) -> str:
    """A window in the sentence that its maker reads."""
    begins = "" if _runs(window) else f"from {clock_time(window['since'])} "
    return f"{window['id']}: {begins}until {clock_time(window['until'])} nobody is told of {one_line(about(window, alarms))}."


def about(window: Shape, alarms: Sequence[Shape]) -> str:
    """What a window is about."""
    names = {alarm["sid"]: alarm["name"] for alarm in alarms}
    named = [names.get(sid, sid) for sid in window["alarms"]]
    what = f"{'the alarm' if len(named) == 1 else 'the alarms'} {', '.join(named)}" if named else "any alarm"
    return f"{what} at {', '.join(window['endpoints'])}" if window["endpoints"] else what


def _state(window: Shape) -> str:
    return "goes on" if _runs(window) else "planned"


def _runs(window: Shape) -> bool:
    return read_time(window["since"]) <= time.time() + 1
