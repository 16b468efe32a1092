"""Answers that give away who wrote them: by status, by a header, by words of the body. Pure.

A mark of a header beats one of the body: pages quote each other, headers are set by who sent them.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, Record


class Mark(Record):
    """One known answer of a platform, a proxy or a framework.

    `statuses`: empty for any. `headers`: (name in lower case, pattern of the value with `*`, compared without case); all must be there.
    `body`: words that must all stand in the body, compared without case; `whole` instead: exactly the body, without blanks around it.
    `without`: names of headers that must not be there. `sure` says that nothing else answers so. `who` is who answered, `title` what happened in a sentence, `steps` what to do.
    """

    name: str
    who: str
    title: str
    steps: tuple[str, ...]
    statuses: tuple[int, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: tuple[str, ...] = ()
    whole: str | None = None
    without: tuple[str, ...] = ()
    sure: bool = True


def find(case: Case, marks: Sequence[Mark]) -> Cause | None:
    """What the first mark that fits says."""
    fields = [(name.lower(), value.strip().lower()) for name, value in case.headers]
    text = case.text
    folded = text.lower()
    for mark in marks:
        if not _may_be(mark, case.status) or any(name in mark.without for name, _ in fields):
            continue
        seen = list(_fitting(mark.headers, fields))
        if len(seen) < len(mark.headers) or any(words.lower() not in folded for words in mark.body):
            continue
        if mark.whole is not None and (text.strip() != mark.whole or not fields):
            continue  # of an answer without any header the body may just not be known
        return Cause(
            name=mark.name,
            title=mark.title,
            confidence=_confidence(mark, case.status),
            evidence=tuple(_evidence(case, mark, seen)),
            steps=mark.steps,
        )
    return None


def _may_be(mark: Mark, status: int) -> bool:
    """Whether the status fits. Where it is not known, words of the body must tell, or headers that tell without any status."""
    if status:
        return not mark.statuses or status in mark.statuses
    return bool(mark.body or mark.whole or (mark.headers and not mark.statuses and mark.whole is None))


def _confidence(mark: Mark, status: int) -> Confidence:
    if not status:
        return Confidence.LIKELY if mark.sure else Confidence.POSSIBLE
    return Confidence.CERTAIN if mark.sure and (mark.headers or mark.body or mark.whole) else Confidence.LIKELY


def _fitting(wanted: Iterable[tuple[str, str]], fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, pattern in wanted:
        value = next((value for found, value in fields if found == name and fnmatchcase(value, pattern.lower())), None)
        if value is not None:
            yield f"{name}: {value[:80]}"


def _evidence(case: Case, mark: Mark, seen: Sequence[str]) -> Iterator[str]:
    yield f"{mark.who} answered with status {case.status}" if case.status else f"{mark.who} answered so"
    for field in seen:
        yield f"header {field}"
    for words in mark.body:
        yield f"the body says {words!r}"
    if mark.whole is not None:
        yield f"the whole body is {mark.whole!r}" if mark.whole else "the body is empty"
