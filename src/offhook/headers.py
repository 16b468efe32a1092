"""Looking into the header fields of a request or an answer. Pure."""

from offhook.records import Headers


def value_of(headers: Headers, name: str) -> str:
    """The first value of a field, whose name is given in lower case; "" where there is none."""
    # Plain loops: on the way of every delivery, where setting up a generator costs more than what it would look at.
    for candidate, value in headers:
        if candidate.lower() == name:
            return value
    return ""


def has_field(headers: Headers, name: str) -> bool:
    """Whether there is such a field, whatever its value; the name in lower case."""
    for candidate, _ in headers:  # noqa: SIM110 - see above
        if candidate.lower() == name:
            return True
    return False
