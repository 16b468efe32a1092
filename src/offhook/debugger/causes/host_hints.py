"""The host's name tells where the app runs, and what usually is the matter there, when the answer itself tells nothing."""

from typing import NamedTuple

from offhook.debugger.case import Case
from offhook.records import Cause, Confidence, FailureKind


class Hint(NamedTuple):
    """Hosts by the end of their names, and what a failure there usually means."""

    name: str
    endings: tuple[str, ...]
    title: str
    steps: tuple[str, ...]


TUNNEL = "Start the tunnel again, and write its new address into Twilio's Console: it changes at each start."
HINTS = (
    Hint(
        "replit.asleep",
        (".replit.dev", ".repl.co", ".replit.app", ".repl.run"),
        "The app runs at Replit, and its workspace or deployment is asleep, stopped, or not listening.",
        (
            "Open the project at Replit and press Run; the address of a workspace answers only while that runs.",
            "Have the app listen on 0.0.0.0 and on the port that Replit maps, and leave the port out of the URL.",
            "For a number that people write to, publish it as a Deployment and give Twilio that address.",
        ),
    ),
    Hint(
        "ngrok.down",
        (".ngrok.io", ".ngrok.app", ".ngrok-free.app", ".ngrok-free.dev", ".ngrok.dev"),
        "The URL is an ngrok tunnel that is not running, or whose local app is not.",
        (TUNNEL, "Start the app at the port that the tunnel leads to.", "Use a fixed domain, so that the address stays."),
    ),
    Hint(
        "localtunnel.down",
        (".loca.lt", ".localtunnel.me"),
        "The URL is a localtunnel that is not running any more.",
        (TUNNEL, "Start the app at the port that the tunnel leads to.", "Prefer a tunnel with a fixed address."),
    ),
    Hint(
        "cloudflare-tunnel.down",
        (".trycloudflare.com",),
        "The URL is a quick tunnel of cloudflared that is not running any more.",
        (TUNNEL, "Start the app at the port that the tunnel leads to.", "Use a named tunnel with a host of your own."),
    ),
    Hint(
        "codespaces.closed",
        (".app.github.dev", ".devtunnels.ms", ".githubpreview.dev"),
        "The URL is a forwarded port whose machine is stopped, or that is private.",
        (
            "Start the codespace and the app in it.",
            "Set the port's visibility to public.",
            "For anything that has to be up, deploy the app to a host.",
        ),
    ),
    Hint(
        "render.asleep",
        (".onrender.com",),
        "The app runs at Render, and is asleep (free plan), starting, or failing at its start.",
        (
            "Look at the service's log and its latest deploy at Render.",
            "Bind to 0.0.0.0 and to $PORT.",
            "A free instance needs most of a minute to wake up: use a paid one, or keep it awake.",
        ),
    ),
    Hint(
        "heroku.down",
        (".herokuapp.com",),
        "The app runs at Heroku, and its dyno is asleep, starting, or crashed.",
        ("Read `heroku logs --tail`: the H code there says which.", "Bind to $PORT.", "Restart it: `heroku restart`."),
    ),
    Hint(
        "railway.down",
        (".up.railway.app", ".railway.app"),
        "The app runs at Railway, and is crashed, asleep, or listens on another port than its domain leads to.",
        ("Read the deploy log at Railway.", "Listen on 0.0.0.0:$PORT.", "Set the domain's target port to that port."),
    ),
    Hint(
        "glitch.gone",
        (".glitch.me",),
        "The app runs at Glitch, which has stopped hosting apps.",
        (
            "Move the app to another host.",
            "Write its new address into Twilio's Console.",
            "Put Offhook in front, to lose nothing meanwhile.",
        ),
    ),
)
_STATUSES = frozenset({404, 408, 500, 502, 503, 504, 530})
_FAILURES = frozenset(
    {FailureKind.REFUSED, FailureKind.CONNECT_TIMEOUT, FailureKind.READ_TIMEOUT, FailureKind.TOTAL_TIMEOUT, FailureKind.DNS}
)


def cause(case: Case) -> Cause | None:
    """What usually is the matter with an app at such a host."""
    failed = case.failure is not None and case.failure.kind in _FAILURES
    # A body of some length is the app's own answer, or was read by another rule.
    silent = case.status in _STATUSES and (
        len(case.body) < 200 or "x-twilio-webhookerror" in {name.lower() for name, _ in case.headers}
    )
    if not failed and not silent:
        return None
    hint = next((hint for hint in HINTS if case.host.endswith(hint.endings)), None)
    if hint is None:
        return None
    what = f"status {case.status}" if case.status else case.failure.detail if case.failure is not None else "no answer"
    return Cause(
        name=hint.name,
        title=hint.title,
        confidence=Confidence.LIKELY,
        evidence=(f"the host is {case.host}", what),
        steps=hint.steps,
    )
