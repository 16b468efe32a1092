"""What all benches are told."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.drive import Run
from bench.figures import Row


class Options(msgspec.Struct, frozen=True):
    """`directory` is where journals and databases go: it decides which disk is measured. `say` tells the person what is going on."""

    directory: Path
    quick: bool
    runs: int
    server_core: int | None
    load_core: int | None
    say: Callable[[str], None]

    def count(self, full: int, quick: int) -> int:
        """How many items a measurement takes."""
        return quick if self.quick else full

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A fresh directory that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="offhook-bench-", dir=self.directory, ignore_cleanup_errors=True) as name:
            yield Path(name)


def note(row: Row, run: Run) -> None:
    """What was odd in any run goes into the row's note, once."""
    if (trouble := run.trouble()) and trouble not in row.note:
        row.note = f"{row.note}; {trouble}".lstrip("; ")
