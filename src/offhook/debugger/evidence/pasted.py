"""Text as people paste it, made plain: line ends, blanks, invisible characters, and UTF-8 that was read as something else. Pure."""

import re

from offhook.debugger.evidence import values

MOST_CHARACTERS = 1024 * 1024

_ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_INVISIBLE = dict.fromkeys([0x00, 0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
_BLANKS = dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_PLAIN = _INVISIBLE | _BLANKS


def _misread(byte: int) -> str:
    """The character that a byte becomes when it is read as cp1252 (where that has none: as latin-1)."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_BYTES = {_misread(byte): byte for byte in range(0x80, 0x100)} | {chr(byte): byte for byte in range(0x80, 0xA0)}
_NEXT = f"[{re.escape(''.join(sign for sign, byte in _BYTES.items() if byte < 0xC0))}]"
# Only the leads of what is met on an English page (letters of Latin-1, punctuation, the byte order mark, emoji): others misread honest text.
_MISREAD = re.compile(f"[\u00c2\u00c3]{_NEXT}|[\u00e2\u00ef]{_NEXT}{{2}}|\u00f0{_NEXT}{{3}}")
_LOST_BLANK = re.compile(r"\u00c2(?= |$)", re.MULTILINE)


def plain(text: str) -> str:
    """The text that was meant, at most 1 Mi characters of it."""
    text = values.whole(text[:MOST_CHARACTERS])
    text = _LINE_ENDS.sub("\n", repaired(_ESCAPE_SEQUENCES.sub("", text)))
    return _LOST_BLANK.sub("", text.translate(_PLAIN))


def repaired(text: str) -> str:
    """The text with UTF-8 that was read as cp1252 or latin-1 read again, once or twice."""
    for _ in range(2):
        if text.isascii():
            return text
        text = _MISREAD.sub(_read_again, text)
    return text


def _read_again(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTES[sign] for sign in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
