"""Listings that fit the terminal: where it is narrow columns leave, and no id, time or number is ever cut."""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from offhook.cli.terminal import one_line, out, print_table

_GAP: Final = 2


class Listing:
    """Rows under named columns, one of which is the text: it gets the room that the others leave."""

    def __init__(self, *names: str, text: str, leaves: Sequence[str] = (), room: int = 12, cut: bool = False) -> None:
        """`leaves`: columns that can be done without, the first to go first, until the text has `room`, or as much as it needs.

        `cut`: a text that is too long ends with an ellipsis, instead of taking more lines.
        """
        self._names, self._text, self._leaves, self._room, self._cut = names, text, leaves, room, cut
        self._rows: list[tuple[tuple[str, ...], str]] = []

    def add(self, *cells: object, style: str = "") -> None:
        """One row, with a cell for each name."""
        self._rows.append((tuple(one_line(cell) for cell in cells), style))

    def show(self) -> None:
        """Print it, as wide as stdout is."""
        kept = self.kept(out().width)
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in kept:
            table.add_column(name, no_wrap=name != self._text)
        for cells, style in self._rows:
            table.add_row(
                *(self._cell(name, cell) for name, cell in zip(self._names, cells, strict=True) if name in kept), style=style
            )
        print_table(table)

    def kept(self, width: int) -> list[str]:
        """The names of the columns for which there is room."""
        needed = {name: cell_len(name) for name in self._names}
        for cells, _ in self._rows:
            needed |= {name: max(needed[name], cell_len(cell)) for name, cell in zip(self._names, cells, strict=True)}
        needed[self._text] = min(needed[self._text], self._room)
        kept = list(self._names)
        for name in self._leaves:
            if sum(needed[each] for each in kept) + _GAP * (len(kept) - 1) <= width:
                break
            kept.remove(name)
        return kept

    def _cell(self, name: str, cell: str) -> str | Text:
        return Text(cell, no_wrap=True, overflow="ellipsis") if self._cut and name == self._text else cell
