"""Forms and queries read for checking: the values by their names, and the bytes that Twilio's signature covers. Source: `spec: twilio-delivery §5`.

Twilio writes each kind of webhook with the same names in the same order. Such an order, once it has come with a right signature, is a
shape: one regular expression, by which the next form of its kind is taken apart in a fifth of the time.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from urllib.parse import unquote_to_bytes

import msgspec

from offhook.providers.raw import pairs

# Twilio has a few dozen kinds of webhooks; anybody may send any other form, so what is remembered of them is bounded.
_MOST_SHAPES = 256
_MOST_ALIKE = 8
_MOST_NAMES = 200
_SMALL = 4096
_MOST_STRANGE = 256
_MOST_SIGNED = 1024
# Shapes are looked for by what a form begins with: a part of its first name.
_START = 4
# A number is written with an escaped plus, on WhatsApp behind the channel's name: with that in the shape nothing is left to be decoded. Anybody
# may text a word of any length with a colon and a plus behind it: a megabyte of it in the shape would take two seconds.
_LEAD = re.compile(rb"(?:[a-z]{1,16}%3A)?%2B")

_NONE: frozenset[bytes] = frozenset()

Row = Sequence[bytes]
Pick = Callable[[Row], tuple[bytes, ...]]


class Names:
    """The names of a form in their order, each once. `getters` are those that have been asked for."""

    __slots__ = ("_leads", "_places", "getters")

    def __init__(self, names: Iterable[bytes], leads: Mapping[int, bytes] | None = None) -> None:
        self._places = {name: at for at, name in enumerate(names)}
        self._leads = leads or {}
        self.getters: dict[tuple[bytes, ...], Pick] = {}

    def __contains__(self, name: bytes) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def getter(self, wanted: tuple[bytes, ...]) -> Pick:
        """Gives the values of these names from a form's row, where an empty one stands behind the others."""
        getter = self.getters[wanted] = _led([self._places.get(name, -1) for name in wanted], self._leads)
        return getter


class Shape:
    """The names of a form in their order, some of whose values begin with a `lead` such as the plus of a number.

    `fullmatch` takes a form apart whose pluses are spaces already; `sort` gives the values in the order in which they are signed, and
    `frame` is what is signed, with a place (`%b`) for each of them.
    """

    __slots__ = ("frame", "fullmatch", "names", "sort")

    def __init__(self, names: Sequence[bytes], leads: Mapping[int, bytes]) -> None:
        self.names = Names(names, {at: _decoded(lead) for at, lead in leads.items()})
        written = [re.escape(name + b"=" + leads.get(at, b"")) + b"([^&]*+)" for at, name in enumerate(names)]
        # The empty group is the row's last value: what a name has that the form does not have.
        self.fullmatch = re.compile(b"&".join(written) + b"()").fullmatch
        order = sorted(range(len(names)), key=names.__getitem__)
        self.frame = b"".join([(names[at] + _decoded(leads.get(at, b""))).replace(b"%", b"%%") + b"%b" for at in order])
        self.sort = _pick(order)


class Form(msgspec.Struct, gc=False, eq=False):
    """A form body or a query, read for checking, everything decoded.

    `row` has the first value of each of the `names`, without its lead, and an empty one behind them all; `signed` are the bytes that follow
    the URL in what is signed, `repeated` the names that came more than once. `familiar`: it was of a known shape. `source` are the bytes
    that it was read from.
    """

    names: Names
    row: Row
    signed: bytes
    repeated: frozenset[bytes] = _NONE
    familiar: bool = False
    source: bytes = b""

    def get(self, name: bytes) -> bytes:
        """The first value of that name; empty when there is none."""
        return self.pick((name,))[0]

    def pick(self, wanted: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """The first value of each of these names; empty where there is none."""
        getter = self.names.getters.get(wanted) or self.names.getter(wanted)
        return getter(self.row)


NO_FORM = Form(Names(()), [b""], b"")


class _Memory:
    """What was read before: `shapes` by their beginnings, names that were seen `once`, the latest `strange` forms, and what is to be `signed`.

    Forms go by the identity of their bytes, which costs nothing however long they are. The journal's threads read forms as well: nothing
    is changed here that another thread may be looking through, only put in the place of what was there.
    """

    def __init__(self) -> None:
        self.shapes: dict[bytes, tuple[Shape, ...]] = {}
        self.once: set[bytes] = set()
        self.strange: dict[int, Form] = {}
        self.signed: dict[int, tuple[bytes, bytes]] = {}


_memory = _Memory()


def read_form(encoded: bytes) -> Form:
    """Read a form of any shape. The latest small ones of no known shape are remembered: each is read to verify, to name and to sign it.

    One of a known shape is read again in less time than it would take to keep it: its twenty values are made where those of the last form were,
    in the processor's caches, as long as that is not kept.
    """
    held = _memory.strange.get(id(encoded))
    if held is not None and held.source is encoded:
        return held
    form = _read(encoded)
    # Of the many names that fit into a small form each takes a hundred bytes, and whoever sends them need not sign.
    if not form.familiar and len(encoded) <= _SMALL and len(form.names) <= _MOST_NAMES:
        if len(_memory.strange) >= _MOST_STRANGE:
            _memory.strange = {}
        _memory.strange[id(encoded)] = form
    return form


def sign_later(form: Form) -> None:
    """Keep what is signed of a form of a known shape until `signed` asks for it, as it mostly does within milliseconds."""
    if form.familiar and len(form.source) <= _SMALL:
        if len(_memory.signed) >= _MOST_SIGNED:
            _memory.signed = {}
        _memory.signed[id(form.source)] = form.source, form.signed


def signed(encoded: bytes) -> bytes:
    """The bytes that follow the URL in what is signed of this form."""
    kept = _memory.signed.pop(id(encoded), None)
    return kept[1] if kept is not None and kept[0] is encoded else read_form(encoded).signed


def _read(encoded: bytes) -> Form:
    """By the shape that it has, if it has come before; else at leisure."""
    alike = _memory.shapes.get(encoded[:_START])
    if alike is None:
        return _read_any(encoded)
    plain = encoded.replace(b"+", b" ")
    for shape in alike:
        match = shape.fullmatch(plain)
        if match is not None:
            break
    else:
        return _read_any(encoded)
    if shape is not alike[0]:
        _memory.shapes[encoded[:_START]] = _first(shape, alike)
    row: Row = match.groups()
    signed = shape.frame % shape.sort(row)
    if b"%" in signed:
        row = [unquote_to_bytes(value) if b"%" in value else value for value in row]
        signed = shape.frame % shape.sort(row)
    return Form(shape.names, row, signed, _NONE, True, encoded)


def _read_any(encoded: bytes) -> Form:
    """Repeated names (each distinct value counts once, in order), escaped names, fields without `=`."""
    values: dict[bytes, bytes] = {}
    repeated = set()
    found = pairs(encoded)
    for name, value in found:
        if name in values:
            repeated.add(name)
        else:
            values[name] = value
    return Form(Names(values), [*values.values(), b""], signed_parameters(found), frozenset(repeated), source=encoded)


def learn(form: Form) -> None:
    """Remember the shape of a form that somebody we trust has sent, when it comes for the second time: making one takes a millisecond."""
    if form.familiar or form.repeated or not 0 < len(form.names) <= _MOST_NAMES:
        return
    fields = [field.partition(b"=") for field in form.source.split(b"&")]
    names = [name for name, _, _ in fields]
    key = b"&".join(names)
    # Escapes in names, and fields without `=`, are left to whoever reads at leisure.
    if len(key) > _SMALL or names != list(form.names) or not all(equals for _, equals, _ in fields):
        return
    leads = {at: lead[0] for at, (_, _, value) in enumerate(fields) if (lead := _LEAD.match(value))}
    key += b"&" + b"&".join(b"%d=%b" % (at, lead) for at, lead in leads.items())
    if key not in _memory.once:
        if len(_memory.once) >= _MOST_SHAPES:
            _memory.once.clear()
        _memory.once.add(key)
        return
    _memory.once.discard(key)
    shapes, start = _memory.shapes, form.source[:_START]
    if sum(map(len, list(shapes.values()))) >= _MOST_SHAPES:
        shapes.clear()
    shapes[start] = _first(Shape(names, leads), shapes.get(start, ()))


def _first(shape: Shape, others: Sequence[Shape]) -> tuple[Shape, ...]:
    """The shape that was met last before the others, as many as are kept."""
    return (shape, *[each for each in others if each is not shape][: _MOST_ALIKE - 1])


def signed_parameters(found: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Names in byte order, for each its distinct values in byte order, name and value in a row without separators (§5.1.2)."""
    return b"".join(name + value for name, value in sorted(set(found)))


def _decoded(lead: bytes) -> bytes:
    return lead.replace(b"%3A", b":").replace(b"%2B", b"+")


def _pick(places: Sequence[int]) -> Pick:
    # An itemgetter of one item gives that, not a tuple of one.
    return itemgetter(*places) if len(places) > 1 else lambda row: tuple([row[at] for at in places])


def _led(places: Sequence[int], leads: Mapping[int, bytes]) -> Pick:
    """What stands at these places, with the leads that some have."""
    bare = _pick(places)
    led = [(at, leads[place]) for at, place in enumerate(places) if place in leads]
    if not led:
        return bare

    def pick(row: Row) -> tuple[bytes, ...]:
        values = list(bare(row))
        for at, lead in led:
            values[at] = lead + values[at]
        return tuple(values)

    return pick
