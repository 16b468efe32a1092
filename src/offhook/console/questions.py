"""The questions of a form as data: what is asked, what was answered, and what is wrong with that. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

Answers = Mapping[str, tuple[str, ...]]
"""What was typed or ticked, by the question's name."""
Wrong = Mapping[str, tuple[str, ...]]
"""What is wrong, by the question's name; "" is for what no question asks."""
_REFERENCE: Final = re.compile(r"(env:[A-Za-z_]\w*|file:\S.*)", re.ASCII)


class Question(NamedTuple):
    """One question. `kind`: `line`, `number`, `lines`, `choice`, `boxes`, `switch` or `secret`; `choices` are values with their labels.

    `wide` is for long answers, `suggestions` are offered while somebody types.
    """

    name: str
    label: str
    hint: str = ""
    kind: str = "line"
    choices: Sequence[tuple[str, str]] = ()
    value: str = ""
    values: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    required: bool = False
    suggestions: Sequence[str] = ()


class Section(NamedTuple):
    """Questions that belong together."""

    title: str
    questions: Sequence[Question]
    intro: str = ""


def answered(questions: Iterable[Question], answers: Answers, wrong: Wrong) -> list[Question]:
    """The questions with what was answered, and what is wrong with it."""
    return [
        each._replace(
            value=next(iter(answers.get(each.name, ())), ""), values=answers.get(each.name, ()), wrong=wrong.get(each.name, ())
        )
        for each in questions
    ]


def first_wrong(questions: Iterable[Question]) -> str:
    """The first question that has to be answered otherwise, which is where a page puts the cursor; "" where there is none."""
    return next((each.name for each in questions if each.wrong), "")


def answers_of(form: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """What a form has posted."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in form:
        found[name] = (*found.get(name, ()), value)
    return found


def first(answers: Answers, name: str) -> str:
    """The one answer of a question, without blanks around it."""
    return next(iter(answers.get(name, ())), "").strip()


def parts(answers: Answers, name: str) -> list[str]:
    """The answers of a question that takes many: ticked ones, or text with commas or lines."""
    return [part.strip() for value in answers.get(name, ()) for part in re.split(r"[,\r\n]", value) if part.strip()]


def only_references(text: str) -> str:
    """A text of references to secrets; whatever is none is left out of it, since it may be the secret."""
    return ", ".join(part for each in re.split(r"[,\r\n]", text) if _REFERENCE.fullmatch(part := each.strip()))


def sentence(text: object) -> str:
    """What a reader of values says, as a sentence."""
    said = str(text).strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".") if said else ""
