"""Reports of the doctor, made up: what the checks might say, and what somebody who wishes no good might have put into it."""

from offhook.doctor.findings import Finding, Plot, Report, Row, Verdict, good, not_applicable, unknown
from offhook.twiml import Message

NOON = 1_763_899_200.0  # 2025-11-23T12:00:00Z


def row(check, finding):
    return Row(check=check, asks=f"What about {check}?", finding=finding)


def report(*rows, **fields):
    values = {
        "url": "https://my-app.example/sms",
        "product": "sms",
        "signed": True,
        "started_at": NOON,
        "seconds": 3.42,
        "requests": 12,
        "rows": rows,
        "messages": (Message(body="Thank you!", media=("https://my-app.example/owl.png",)),),
    }
    return Report(**(values | fields))


def ill(**fields):
    """A URL with every kind of finding, in the order of the checks."""
    return report(
        row("url", good("The URL can be called.")),
        row("dns", good("2 addresses, the same from 4 resolvers.", "A 198.51.100.7, TTL 300 s", "AAAA 2001:db8::7, TTL 300 s")),
        row(
            "reachability",
            Finding(
                verdict=Verdict.WARNING,
                title="3 of 20 connections to 198.51.100.7 port 443 were lost.",
                evidence=("Connected in 41.0 ms at the median, 96.0 ms at most.",),
                fix=("Ask the host's provider about packet loss on the way to 198.51.100.7.",),
                codes=(11205,),
                plots=(
                    Plot(
                        title="Time to connect, 198.51.100.7",
                        values=tuple(None if place in {3, 9, 10} else 40.0 + 7 * (place % 9) for place in range(20)),
                    ),
                ),
                figures={"lost": 3, "tries": 20, "median_ms": 41.0},
            ),
        ),
        row(
            "tls",
            Finding(
                verdict=Verdict.FAULT,
                title="The certificate expired 3 days ago.",
                evidence=("CN=my-app.example, issued by Example CA", "Not after 2025-11-20T12:00:00Z"),
                fix=("Renew the certificate.", "Have it renewed by itself from now on: certbot's timer, or the host's own way."),
                codes=(11237,),
                cause="tls.expired",
            ),
        ),
        row("signature", unknown("No time was left for this.", fix=("Run the doctor again, with --for and a longer time.",))),
        row("intermittent", not_applicable("Not looked at: the certificate is not one that Twilio takes.")),
        row("edge", not_applicable("Not looked at: the certificate is not one that Twilio takes.")),
        **fields,
    )


def well(**fields):
    """A URL with which all is well."""
    plot = Plot(title="Time to first byte", values=(310.0, 42.0, 41.5, 44.0))
    return report(
        row("url", good("The URL can be called.")),
        row("http", good("It answered 200 in 42 ms.", "HTTP/1.1 200 OK, text/xml", plots=(plot,))),
        row("signature", not_applicable("There is no token to sign with.")),
        **({"signed": False} | fields),
    )


HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 @octocat <img src=x onerror=alert(1)> ![x](https://evil.example/x.png) [a](javascript:alert(1)) "
    "| a | b | `code` ``` </details></script><script>fetch('//evil.example')</script> &lt; www.evil.example "
    "https://evil.example/ me@evil.example #1 GH-1 org/repo#2 \u202egnihton \\| **bold** 1. # head\nnew\n\n---\nline"
)


def hostile(**fields):
    """Each word of it came from somebody who wishes no good."""
    finding = Finding(
        verdict=Verdict.FAULT,
        title=HOSTILE,
        evidence=(HOSTILE,),
        fix=(HOSTILE,),
        cause=HOSTILE,
        plots=(Plot(title=HOSTILE, values=(1.0, None, 2.0)),),
        figures={"said": HOSTILE, "raw": b"\xff", 1: float("nan")},
    )
    values = {"url": f"https://evil.example/{HOSTILE}", "messages": (Message(body=HOSTILE, media=(HOSTILE,)),)}
    return report(
        row(HOSTILE, finding), row("url", good(HOSTILE, HOSTILE)), row("x", not_applicable(HOSTILE)), **(values | fields)
    )
