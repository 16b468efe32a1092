"""A selection of a page, read line by line: what stands under which label, heading or button. Pure.

What is copied differs by browser and by year: a value stands behind its label or below it, headings stand in one line with what follows,
a table's cells are parted by tabs. So nothing is expected to be anywhere: a label makes the next fitting text its value, sids, addresses
and statuses are known by their shape, and Twilio's own paragraphs about the code are passed over.
"""

import re

from offhook.debugger import catalogue
from offhook.debugger.evidence import values
from offhook.debugger.evidence.codes import titled_code, told_code
from offhook.debugger.evidence.labelled import FREE, fit, is_label, split_label
from offhook.debugger.evidence.labels import BUTTONS, FURNITURE, HEADINGS, LABELS, PARAMETERS, SIDES
from offhook.debugger.evidence.record import SYNTHETIC_BODY

_LONGEST_LINE = 8192
_LONGEST_NAME = 60
_MOST_WAITING = 12
_DASHES = frozenset("-\u2013\u2014")

_DECORATION = re.compile(r"^[^\w+/<{\[(\"'$]+|[ \t*`]+$")
_CELLS = re.compile(r"\t| *\| *")
_CELLS_OR_BLANKS = re.compile(r"\t| *\| *| {2,}")
_HEADLINE = re.compile(r"(error|warning|info)\b[^0-9A-Za-z]{0,5}([1-9][0-9]{4})\b[^0-9A-Za-z]{0,5}(.*)", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_HEADER_LINE = re.compile(r"((?:[A-Za-z0-9]{1,30}-){1,6}[A-Za-z0-9]{1,40}|Server|Via|Location): +(\S.*)")
_PAIR = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,60}) ?[:=](?!//) ?(.*)")
_ENCODED = re.compile(r"[A-Za-z]{1,30}=[^ &]*&\S*")
_MOMENT = re.compile(r"(?=.{0,40}\b20[0-9]{2}\b)(?=.{0,40}[0-9]:[0-9]{2})[A-Za-z0-9 ,.:/+()-]{10,48}")
_ASKED = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD) (?:to )?https?://")
_REST_OF_PATH = re.compile(r"[a-z0-9][\w./?&=%~-]{0,2000}")
_RULE = re.compile(r"[ \t]*[|:-][ \t|:-]*\|[ \t|:-]*")
_REQUEST_HEADERS = ("host", "user-agent", "x-twilio-signature", "i-twilio-idempotency-token", "x-home-region", "accept")
_PROXY_LINES = (
    "Error:",
    "Account SID:",
    "SID:",
    "Request ID:",
    "Remote Host:",
    "Request Method:",
    "Request URI:",
    "URL Fragment:",
)


class Selection:
    """What has been read of a page so far, and what is expected next.

    `found` holds a value for each field of `LABELS` that was met, and `headline`, `headline_level` and `title`; `labelled` counts the values
    that stood under a label. `lists` and `bodies` are of the sides of the exchange. `unlabelled` are lines in which something has a known
    shape, `unread` those in which nothing has. `rows` counts those of a table that has a row of labels; the first one is read.
    """

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.lists: dict[str, list[tuple[str, str]]] = {"parameters": [], "request": [], "response": []}
        self.bodies: dict[str, list[str]] = {"request": [], "response": []}
        self.unlabelled: list[str] = []
        self.unread: list[str] = []
        self.labelled = 0
        self.rows = 0
        self._section = "labels"
        self._side = ""
        self._waiting: list[str] = []
        self._name = ""
        self._growing = ""
        self._columns: list[str] = []
        self._width = 0

    def read(self, line: str) -> None:
        """Take the next line of the page."""
        if line.lstrip().startswith(SYNTHETIC_BODY) and self._section != "body":
            self._section, self._side = "body", "response"
        if self._section == "body" and self._in_body(line):
            return
        for piece in self._pieces(line[:_LONGEST_LINE]):
            text = _DECORATION.sub("", piece.strip()).strip()
            if any(each.isalnum() for each in text):
                self._take(text)
            else:
                self._take_nothing(piece.strip())

    def end(self) -> None:
        """Nothing follows."""
        self._add(self._name, "")

    def _pieces(self, line: str) -> list[str]:
        """The cells of a line of a table, each with its column's label when the table has a row of labels; else the line."""
        cells = [cell for cell in _CELLS_OR_BLANKS.split(line.strip()) if cell]
        if self._width and line.strip():
            if len(cells) == self._width:
                self.rows += 1
                return []
            self._width = 0
        pieces = _pieces(line)
        if len(pieces) > 1 and all(map(is_label, pieces)):
            self._columns = pieces
            return []
        if not self._columns or not pieces or not line.strip():
            return pieces
        columns, self._columns = self._columns, []
        if len(cells) != len(columns):
            return pieces
        # Two labels in a line may as well be a label and its value: `Log Level  ERROR`.
        if len(columns) > 2:
            self._width, self.rows = len(columns), 1
        return [piece for pair in zip(columns, cells, strict=True) for piece in pair]

    def _in_body(self, line: str) -> bool:
        """Keep a line of a body; False when the line is not of it any more."""
        body, plain = self.bodies[self._side or "response"], line.strip()
        if body and body[0].lstrip().startswith(SYNTHETIC_BODY):
            ended = bool(plain) and not plain.startswith(_PROXY_LINES)
        else:
            folded = values.fold(plain[:_LONGEST_NAME])
            ended = folded in HEADINGS or (is_label(plain) and folded.endswith(("sid", "requesturl")))
        if ended:
            self._section = "labels"
        elif plain or body:
            body.append(line)
        return not ended

    def _take(self, text: str) -> None:
        growing, self._growing = self._growing, ""
        folded = values.fold(text[:_LONGEST_NAME])
        if self._headline(text) or (self._section != "prose" and self._awaited(text)) or self._heading(folded):
            return
        if self._section in {"parameters", "headers"} and self._listed(text, folded):
            return
        if self._label(text) or folded in BUTTONS or self._header(text) or (growing and folded in FURNITURE):
            return
        if self._grown(growing, text) or self._awaited_words(text, folded) or self._section == "prose":
            return
        if not (self._known_by_shape(text) or folded in FURNITURE):
            self.unread.append(text)

    def _take_nothing(self, mark: str) -> None:
        """An empty line ends what grows; a dash is the page's word for an empty value."""
        self._growing = ""
        if mark and set(mark) <= _DASHES:
            del self._waiting[:1]
            self._add(self._name, "")

    def _headline(self, text: str) -> bool:
        headline = _HEADLINE.fullmatch(text)
        titled = None if headline or self._section != "labels" or self._waiting else titled_code(text)
        if headline:
            level, code, title = headline.groups()
        elif titled and catalogue.lookup(titled[0]):
            level, code, title = "", str(titled[0]), titled[1]
        else:
            return False
        self.found.setdefault("headline", code)
        self.found.setdefault("headline_level", values.level_of(level))
        self._section, self._waiting = "labels", []
        if title:
            self.found.setdefault("title", title)
        elif "title" not in self.found:
            self._waiting = ["title"]
        return True

    def _heading(self, folded: str) -> bool:
        if folded not in HEADINGS:
            return False
        # A message's text is a parameter of this name.
        if folded == "body" and self._section == "parameters" and "Body" not in dict(self.lists["parameters"]):
            return False
        self._add(self._name, "")
        self._section = HEADINGS[folded]
        self._waiting = ["status"] if folded == "response" else []
        self._side = SIDES.get(folded, self._side)
        return True

    def _awaited(self, text: str) -> bool:
        """Whether the text is the value that a label above waits for, known by its shape."""
        for place, field in enumerate(self._waiting):
            if field not in FREE and (value := fit(field, text)):
                del self._waiting[: place + 1]
                self._put(field, value)
                self._put_method(field, text)
                self._growing = field if field.endswith("url") else ""
                return True
        return False

    def _awaited_words(self, text: str, folded: str) -> bool:
        """Whether the text is the value that a label above waits for, when any words would do."""
        place = next((place for place, field in enumerate(self._waiting) if field in FREE), None)
        if place is None or (self._waiting[place] == "title" and (folded in FURNITURE or _has_shape(text))):
            return False
        field = self._waiting[place]
        del self._waiting[: place + 1]
        self._put(field, fit(field, text))
        self._growing = field if field in {"message", "description"} else ""
        return True

    def _grown(self, field: str, text: str) -> bool:
        """Whether the text goes on with a value that was wrapped."""
        before = self.found.get(field, "")
        if not before or self._waiting:
            return False
        if not field.endswith("url"):
            self.found[field] = f"{before} {text}"
        elif "://" not in text and (
            (" " not in text and (text[0] in "/?&=%" or before[-1] in "?&=%-_"))
            or (before[-1] == "/" and _REST_OF_PATH.fullmatch(text))
        ):
            self.found[field] = before + text
        else:
            return False
        self._growing = field
        return True

    def _label(self, text: str) -> bool:
        if text in {"ERROR", "WARNING"}:
            self.found.setdefault("level", text)
            return True
        split = split_label(text)
        if split is None:
            return False
        label, value = split
        field = LABELS[values.fold(label)]
        kept = fit(field, value)
        if value and not kept:
            return False
        self._section = "labels"
        if value:
            self._waiting = []
            self._put(field, kept)
            self._put_method(field, value)
            self._growing = field if field in {"message", "description"} else ""
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append(field)
        return True

    def _put(self, field: str, value: str) -> None:
        if field == "message" and _ENCODED.fullmatch(value):
            self._put_pairs(value)
            return
        if field == "any_sid":
            field = sid_field(value)
        if value and field:
            self.found.setdefault(field, value)
        self.labelled += field != "title"

    def _put_method(self, field: str, value: str) -> None:
        """The method that stands before an address."""
        if field in {"request_url", "url"} and (asked := _ASKED.match(value)):
            self.found.setdefault("method", asked[1])

    def _put_pairs(self, encoded: str) -> None:
        """An alert's text: pairs, as in a form."""
        for name, value in values.form_pairs(encoded):
            field = LABELS.get(values.fold(name), "unused")
            if not _ENCODED.fullmatch(value):
                self._put(field, fit(field, value))

    def _listed(self, text: str, folded: str) -> bool:
        """Whether the text belongs to the list of parameters or of header fields."""
        if _leaves(text):
            self._add(self._name, "")
            self._section = "labels"
            return False
        known = self._section == "parameters"
        pair = _PAIR.fullmatch(text)
        if pair and (not self._name or (known and pair[1] in PARAMETERS)):
            self._add(self._name, "")
            self._add(pair[1], pair[2].strip("\"' "))
        elif (known and text in PARAMETERS) or (not self._name and folded not in BUTTONS and _HEADER_NAME.fullmatch(text)):
            self._add(self._name, "")
            self._name = text
        elif self._name:
            self._add(self._name, text.strip("\"'"))
        else:
            return False
        return True

    def _add(self, name: str, value: str) -> None:
        """Add to the list that is being read."""
        self._name = ""
        if name.lower() == "status" and self._section == "headers" and (status := values.status_of(value)):
            self._put("status", str(status))
        elif name:
            self.lists["parameters" if self._section == "parameters" else self._side or "response"].append((name, value))

    def _header(self, text: str) -> bool:
        """Whether the text is a header field that stands under no heading."""
        found = _HEADER_LINE.fullmatch(text)
        if found is None:
            return False
        side = "request" if found[1].lower() in _REQUEST_HEADERS else self._side or "response"
        self.lists[side].append((found[1], found[2]))
        return True

    def _known_by_shape(self, text: str) -> bool:
        if _has_shape(text):
            self.unlabelled.append(text)
        elif _MOMENT.fullmatch(text):
            self.found.setdefault("at", text)
        elif text in values.METHODS:
            self.found.setdefault("method", text)
        else:
            return False
        return True


def sid_field(sid: str) -> str:
    """The field of a sid that stands under no label of its own, "" when it is of nothing that an error has."""
    named = {"NO": "sid", "AC": "account_sid", "RQ": "request_sid"} | dict.fromkeys(values.SERVICES, "service_sid")
    return named.get(sid[:2]) or ("resource_sid" if sid[:2] in values.RESOURCES else "")


def _has_shape(text: str) -> bool:
    return bool(values.SID.search(text) or values.urls_of(text) or values.told_status(text) or told_code(text))


def _pieces(line: str) -> list[str]:
    """The cells of a line of a table, or the line."""
    if _RULE.fullmatch(line):
        return []
    if "\t" in line or " | " in line or line.lstrip().startswith("|"):
        return [piece for piece in _CELLS.split(line) if piece.strip()] or [""]
    pieces = re.split(r" {2,}", line.strip())
    return pieces if len(pieces) > 1 and is_label(pieces[0]) else [line]


def _leaves(text: str) -> bool:
    """Whether a line in a list is a label of the page, and so not of the list."""
    split = split_label(text)
    if split is None or split[0] in PARAMETERS:
        return False
    return " " in split[0] or values.fold(split[0]) in {"url", "product", "level", "method"}
