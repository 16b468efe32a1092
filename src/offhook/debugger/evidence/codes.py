"""Which five digits of a text are a code of Twilio's: orders, amounts and house numbers have five digits, too. Pure."""

import re

from offhook.debugger import catalogue
from offhook.debugger.evidence import values

_NUMBER = r"(?<![0-9A-Za-z.+-])([1-9][0-9]{4})(?![0-9A-Za-z-]|\.[0-9])"
_NUMBERS = re.compile(_NUMBER)
_ALONE = re.compile(r"[1-9][0-9]{4}")
# Words that make a number near them a code, and what may stand between: `error from Twilio: 11200`, not `an error in order 11200`.
_SIGN = (
    r"(?<![a-z])(?:err(?:or)?|warning|twilio|alert|debugger|webhook|exception"
    r"|(?<!zip )(?<!area )(?<!promo )(?<!postal )(?<!country )(?<!discount )(?<!security )(?<!verification )code)\w{0,20}"
)
_BETWEEN = (
    r"(?:s|is|was|with|from|by|of|on|to|me|us|an?|the|this|number|no|twilio|http|level|event|code|error"
    r"|(?:keep|giv|get|gett|return|report|rais|show|send|throw|log|fail)(?:e|s|es|ed|ing)?|says?|said|got)"
)
_SIGNED = (
    re.compile(rf"{_SIGN}(?:[^\w\n]{{1,4}}{_BETWEEN}\b){{0,4}}[^\w\n]{{1,6}}{_NUMBER}", re.IGNORECASE),
    re.compile(rf"{_NUMBER}[^\w\n]{{1,4}}(?:(?:HTTP|from|by) ){{0,2}}{_SIGN}", re.IGNORECASE),
    # What the speaker gets, and nothing is said of which there are so many.
    re.compile(rf"\b(?:gets?|getting|got|fail(?:s|ed|ing)? with)(?: an?| the)? {_NUMBER}(?=\W*\Z)", re.IGNORECASE),
)
_TITLED = re.compile(r"([1-9][0-9]{4})(?:([ :\u2013\u2014-]{1,5})([A-Za-z].*))?")


def told_code(text: str) -> int:
    """The code that a line tells, when it stands under no label; 0 when none of its numbers has the sign of one.

    Signs are a link to the code's page, nothing else in the line or cell, a word such as `error` near it, or a sid of Twilio's beside it.
    """
    if documented := values.documented_code(text):
        return documented
    if _ALONE.fullmatch(text):
        # A cell of a table stands alone as well: what is no code of the catalogue may be an order.
        return int(text) if catalogue.lookup(int(text)) else 0
    signed = (_NUMBERS,) if values.SID.search(text) else _SIGNED
    numbers = (int(found[1]) for expression in signed for found in expression.finditer(text))
    return next((number for number in numbers if catalogue.lookup(number)), 0)


def titled_code(text: str) -> tuple[int, str] | None:
    """The code that a line is, with its title ("" if none), as Twilio's lists have it; None when what follows is no title."""
    found = _TITLED.fullmatch(text)
    if found is None:
        return None
    code, mark, title = int(found[1]), found[2] or "", found[3] or ""
    return (code, title) if not title or mark.strip() or is_title(code, title) else None


def is_title(code: int, words: str) -> bool:
    """Whether words are the name of a code, or begin so: most of the shorter of the two are in the other."""
    known = catalogue.lookup(code)
    name, said = (set(re.findall(r"\w+", each.lower())) for each in (known.name if known else "", words[:200]))
    return 2 * len(name & said) > min(len(name), len(said)) > 0
