"""The URL: is it one that Twilio can call."""

from collections.abc import Iterator, Sequence

from offhook.debugger.case import Case
from offhook.debugger.causes import bad_url
from offhook.doctor.findings import Finding, Verdict, good, of_cause
from offhook.doctor.patient import Check, Patient
from offhook.doctor.wording import shown
from offhook.net.urls import Target, parse_target

_AWKWARD = set("&:%@/")


async def run(patient: Patient) -> Sequence[Finding]:
    """Take the URL apart, and say what is odd about it."""
    parsed = parse_target(patient.destination.url)
    if not isinstance(parsed, Target):
        patient.ended = "the URL cannot be called."
        cause = bad_url.cause(Case(url=patient.destination.url, failure=parsed))
        assert cause is not None
        return [of_cause(Verdict.FAULT, cause, codes=(11100,))]
    patient.target = parsed
    odd = [*_host(patient, parsed), *_credentials(patient)]
    return odd or [good("The URL is one that Twilio can call.", *_facts(patient, parsed))]


def _facts(patient: Patient, target: Target) -> Iterator[str]:
    yield f"{target.scheme}, host {target.host}, port {target.port}, path {shown(target.path_and_query)}"
    written = patient.destination.url
    if not written.isascii():
        yield f"in ASCII the host is {target.host}"


def _host(patient: Patient, target: Target) -> Iterator[Finding]:
    if "_" in target.host:
        yield Finding(
            verdict=Verdict.FAULT,
            title=f"The host {target.host} has an underscore, and Twilio calls no such hosts.",
            evidence=("Twilio's documentation: the host of a callback may not contain underscores",),
            fix=("Give the app a name with hyphens, or none, in place of the underscores.",),
            codes=(11100, 21609),
            cause="url.underscore",
        )
    if not patient.destination.url.isascii():
        yield Finding(
            verdict=Verdict.WARNING,
            title="The host is written with letters beyond ASCII: whether Twilio converts them is not documented.",
            evidence=(f"in ASCII it is {target.host}",),
            fix=(f"Put the ASCII form into Twilio's configuration: {target.authority}",),
            cause="url.idn",
        )
    if target.host.endswith("."):
        yield Finding(
            verdict=Verdict.WARNING,
            title="The host ends in a dot: some servers do not know themselves by that name, and signatures differ.",
            fix=("Leave the dot at the end of the host out.",),
            cause="url.trailing-dot",
        )


def _credentials(patient: Patient) -> Iterator[Finding]:
    destination = patient.destination
    if not destination.username and not destination.password:
        return
    if not destination.password or not destination.username:
        yield Finding(
            verdict=Verdict.WARNING,
            title="The URL has a user name or a password, and not both.",
            fix=("Write https://user:password@host/path, or leave both out.",),
            cause="url.half-credentials",
        )
    elif _AWKWARD & set(destination.username + destination.password):
        yield Finding(
            verdict=Verdict.WARNING,
            title="The user name or password in the URL has a character that Twilio does not take there, even percent-encoded.",
            fix=("Choose a user name and password of letters and digits.",),
            codes=(11100,),
            cause="url.credentials",
        )


CHECK = Check("url", "Is the URL one that Twilio can call?", run)
