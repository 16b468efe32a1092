"""Text as people paste it, made plain: line ends, blanks, invisible characters, and UTF-8 that was read as something else. Pure."""

import re

from offhook.debugger.evidence import values

MOST_CHARACTERS = 1024 * 1024

# Of terminals (ECMA-48): CSI; the strings OSC, DCS, SOS, PM and APC up to their end; all else that begins with an escape.
_ESCAPE_SEQUENCES = re.compile(
    r"\x1b\[[0-?]{0,40}[ -/]{0,4}[@-~]|\x1b[\]PX^_](?:[^\x07\x1b\x9c]{0,65536}+(?:\x07|\x1b\\|\x9c))?|\x1b[ -/]{0,4}[0-OQ-WYZ\\`-~]?"
)
# The same in their form of one byte. They may also be halves of letters that were misread, so those are repaired before.
_SHORT_SEQUENCES = re.compile(
    r"\x9b[0-?]{0,40}[ -/]{0,4}[@-~]|[\x90\x98\x9d-\x9f](?:[^\x07\x1b\x90\x98\x9c-\x9f]{0,65536}+(?:\x07|\x1b\\|\x9c))?"
)
_CONTROLS = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]
_TURNING = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_UNPRINTED = dict.fromkeys([*_CONTROLS, 0x0D, *_TURNING])
_INVISIBLE = dict.fromkeys([*_CONTROLS, *_TURNING, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
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
    text = _LINE_ENDS.sub("\n", _SHORT_SEQUENCES.sub("", repaired(_ESCAPE_SEQUENCES.sub("", text))))
    return _LOST_BLANK.sub("", text.translate(_PLAIN))


def printable(text: str) -> str:
    """The text without what commands a terminal or turns the direction of writing; lines and tabs stay. JSON brings those in as escapes."""
    if text.isprintable() and text.isascii():
        return text
    return _SHORT_SEQUENCES.sub("", _ESCAPE_SEQUENCES.sub("", text)).translate(_UNPRINTED)


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
