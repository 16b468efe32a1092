"""How a page tells what is wrong: in one shape, which `templates/trouble.html` draws, wherever it comes from. Pure."""

from collections.abc import Container, Mapping, Sequence
from typing import Final, NamedTuple

from offhook.api.problems import CODES, Problem
from offhook.console.questions import Wrong
from offhook.errors import JournalError, OffhookError
from offhook.streams.refused import RefusedError

NOT_CHANGED: Final = "Nothing was changed"
NOT_SAVED: Final = "Nothing was saved"
_UNTITLED: Final = "That cannot be done"
_TITLES: Final[Mapping[int, str]] = {
    404: "Not here",
    405: "Not here",
    429: "Not just now",
    500: "Offhook has a fault",
    503: "Not just now",
}


class Trouble(NamedTuple):
    """What is wrong, one sentence or more a line; what to do next, as links (`instead`); and the answer's status."""

    title: str
    what: str
    status: int = 400
    instead: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] | None = None


def trouble_of(error: Exception, title: str = "") -> Trouble:
    """What an error of ours says. Of anybody else's it says nothing that a page should not."""
    headers = None
    match error:
        case Problem() | RefusedError():
            status, what = CODES[error.code].status, str(error)
            headers = error.headers if isinstance(error, Problem) else None
        case JournalError():
            status, what = 503, f"The journal cannot be asked: {error}"
        case OffhookError():
            status, what = 400, str(error)
        case _:
            status, what = 500, "Something went wrong inside: its log says more. Look whether what was asked for has been done."
    return Trouble(title or _TITLES.get(status, _UNTITLED), what, status, headers=headers)


def of_filters(what: str, everything: str, *, status: int = 400) -> Trouble | None:
    """A list's address asks for what cannot be read, and `everything` is the address without filters; None where nothing is wrong."""
    return Trouble("The filters cannot be used", what, status, [("Start again without filters", everything)]) if what else None


def of_answers(wrong: Wrong, asked: Container[str], title: str = NOT_SAVED, note: str = "") -> Trouble | None:
    """A form has to be filled in otherwise: each question says how, and here is what belongs to none. None where nothing is wrong."""
    count = sum(len(said) for name, said in wrong.items() if name in asked)
    besides = [each for name, said in wrong.items() if name not in asked for each in said]
    counted = "One answer has" if count == 1 else f"{count} answers have"
    lines = [f"{counted} to be put right.{note}"] if count else []
    return Trouble(title, "\n".join(lines + besides)) if wrong else None
