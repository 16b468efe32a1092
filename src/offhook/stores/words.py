"""What a webhook is found by: the words of its text, its ids and its numbers, as every journal understands them. Pure.

A search finds what has a word that begins with each of the words asked for, in capitals or not, with accents or without; a word of one or
two letters has to be the whole word. A number is found by its beginning and by its last ten, seven or four digits, as people remember it.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from offhook.providers import raw
from offhook.records import Webhook

ENDS: Final = (10, 7, 4)
SHORT: Final = 2
MOST_WORDS: Final = 400
MOST_BYTES: Final = 64 * 1024
LONGEST_WORD: Final = 64
_WORD: Final = re.compile(r"[^\W_]+")
# A letter or digit that is written as its code, and whatever is not ASCII.
_ENCODED: Final = re.compile(rb"%(?:3[0-9]|[46][1-9a-f]|[57][0-9a]|[89a-f])", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """The words of a text, folded: no capitals, no accents."""
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return [word[:LONGEST_WORD] for word in _WORD.findall(text.casefold())]


def document(webhook: Webhook) -> list[str]:
    """Every word by which a webhook is found."""
    found = [webhook.id.casefold(), webhook.endpoint.casefold(), *words_of(webhook.provider_id)]
    for number in (webhook.sender, webhook.recipient):
        digits = re.sub(r"\D", "", number)
        found += [digits, *(digits[-end:] for end in ENDS if len(digits) > end)]
        found += words_of(number)
    encoded = raw.encoded_parameters(webhook.head, webhook.body)
    values = [value for _, value in raw.pairs(encoded[:MOST_BYTES])] if encoded else [webhook.body[:MOST_BYTES]]
    for value in values:
        found += words_of(raw.text(value))
    return list(dict.fromkeys(word for word in found if word))[:MOST_WORDS]


def mentions(webhook: Webhook, query: str) -> bool:
    """Whether each word asked for is one of the webhook's, or the beginning of one; a query without a word finds nothing."""
    asked = words_of(query)
    if not asked or _has_not(webhook, asked):
        return False
    held = document(webhook)
    return all(wanted in held if len(wanted) <= SHORT else any(word.startswith(wanted) for word in held) for wanted in asked)


def _has_not(webhook: Webhook, asked: Sequence[str]) -> bool:
    """Whether one of the words is plainly nowhere in it: told from the bytes, in a tenth of the time that reading its words takes."""
    numbers = (webhook.sender, webhook.recipient)
    rest = " ".join((webhook.id, webhook.endpoint, webhook.provider_id, *numbers, *(re.sub(r"\D", "", each) for each in numbers)))
    text = raw.encoded_parameters(webhook.head, webhook.body) or webhook.body
    if not (rest.isascii() and text.isascii()) or _ENCODED.search(text):
        return False
    rest, text = rest.casefold(), text.lower()
    return any(word.isascii() and word not in rest and word.encode() not in text for word in asked)
