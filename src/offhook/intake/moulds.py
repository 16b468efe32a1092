"""Heads of one sender differ from one another in two or three values: what is the same in all of them is compared, not read."""

from collections.abc import Callable
from operator import itemgetter

# A value with a space in it may begin or end with one, which has to be stripped: such a head is read line by line.
_VISIBLE = bytes(range(0x21, 0x7F))

Field = tuple[bytes, bytes]
Pick = Callable[[bytes], tuple[bytes, ...]]


class Mould:
    """A head of a certain length with holes: everything but the values that may be others.

    `lines` are those of the header, each with its field's name and value and whether the value may be another one; `start` is the request
    line, and what it means is in `method` and `target`.
    """

    __slots__ = ("_fields", "_holes", "_names", "_solid", "_solids", "method", "target")

    def __init__(self, raw: bytes, start: tuple[str, bytes], lines: list[tuple[bytes, Field, bool]]) -> None:
        self.method, self.target = start
        self._fields = dict(field for _, field, _ in lines)
        solids: list[slice] = []
        holes: list[slice] = []
        names: list[bytes] = []
        since, at = 0, raw.index(b"\r\n") + 2
        for line, (name, value), varies in lines:
            end = at + len(line)
            if varies and value and line.endswith(b" " + value):
                solids.append(slice(since, end - len(value)))
                holes.append(slice(end - len(value), end))
                names.append(name)
                since = end
            at = end + 2
        solids.append(slice(since, len(raw)))
        self._names = tuple(names)
        self._holes = _pick(holes)
        self._solids = _pick(solids)
        self._solid = self._solids(raw)

    def cast(self, raw: bytes) -> dict[bytes, bytes] | None:
        """The fields of a head of this length, if it differs from the mould in nothing but visible values, the body's length among them.

        A body may follow it.
        """
        if self._solids(raw) != self._solid:
            return None
        values = self._holes(raw)
        if b"".join(values).translate(None, _VISIBLE):
            return None
        fields = self._fields.copy()
        fields.update(zip(self._names, values, strict=False))
        return fields


def _pick(slices: list[slice]) -> Pick:
    """All these parts of some bytes at once."""
    if len(slices) > 1:
        return itemgetter(*slices)
    # An itemgetter of one item gives that, not a tuple of one.
    return lambda raw: tuple([raw[each] for each in slices])
