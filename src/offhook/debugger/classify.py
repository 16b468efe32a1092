"""What an exchange with an app came to, in Twilio's codes (spec: twilio-debugger §9). Pure."""

from offhook.records import Exchange, FailureKind, Kind, Outcome

# kind of failure: (our precise code, what it means where the exchange has no sentence of its own)
FAILURES: dict[FailureKind, tuple[int, str]] = {
    FailureKind.BAD_URL: (11100, "The URL cannot be called"),
    FailureKind.BLOCKED: (11205, "The address may not be called"),
    FailureKind.DNS: (11210, "The host name does not resolve"),
    FailureKind.CONNECT_TIMEOUT: (11201, "No connection in time"),
    FailureKind.REFUSED: (11202, "Nothing listens there: the connection was refused"),
    FailureKind.CONNECT: (11205, "No connection"),
    FailureKind.TLS: (11220, "The TLS handshake failed"),
    FailureKind.TLS_NAME: (11235, "The certificate is for another name"),
    FailureKind.TLS_EXPIRED: (11236, "The certificate has expired"),
    FailureKind.TLS_UNTRUSTED: (11237, "The certificate leads to no authority that is trusted"),
    FailureKind.READ_TIMEOUT: (11205, "Connected, but no answer in time"),
    FailureKind.TOTAL_TIMEOUT: (11203, "The time for the whole attempt was used up"),
    FailureKind.PROTOCOL: (11206, "The answer was not whole, valid HTTP"),
    FailureKind.RESET: (11205, "The connection was closed before an answer came"),
    FailureKind.BAD_REDIRECT: (11216, "A redirect that cannot be followed"),
    FailureKind.TOO_MANY_REDIRECTS: (11215, "Too many redirects"),
}

# What firewalls put on an answer by which they want to be shown a browser. Some give it a 2xx: the app has not seen the message.
CHALLENGES = frozenset({"x-amzn-waf-action", "cf-mitigated", "sg-captcha", "x-vercel-mitigated"})

# The headline under which Twilio logs a message webhook that it could not fetch, whatever the precise reason (spec: twilio-delivery §0.4).
HEADLINE = 11200


def judge(exchange: Exchange, kind: Kind, *, status_code: int = HEADLINE) -> Outcome:
    """The outcome of an attempt whose last exchange this is.

    A 2xx is delivered even when what followed it is broken: the app has done its work (its code then says what is wrong). A firewall's
    challenge is no answer of the app's, whatever its status.
    `status_code` is what Twilio would log for a 4xx or 5xx, which is not settled: 11200 in captures, 11217 in its dictionary.
    """
    del kind  # a status callback fails in the same ways; only its debug event's level differs
    delivered = 200 <= exchange.status < 300
    if exchange.failure is not None:
        code, meaning = FAILURES[exchange.failure.kind]
        return Outcome(delivered=delivered, code=code, twilio_code=HEADLINE, message=exchange.failure.detail or meaning)
    if delivered:
        return Outcome(delivered=True) if exchange.status != 202 or not _is_challenge(exchange) else CHALLENGED
    if exchange.status >= 400:
        return Outcome(
            delivered=False, code=11217, twilio_code=status_code, message=f"The app answered with status {exchange.status}"
        )
    return Outcome(
        delivered=False, code=HEADLINE, twilio_code=HEADLINE, message=f"The app answered with status {exchange.status}"
    )


CHALLENGED = Outcome(
    delivered=False,
    code=HEADLINE,
    twilio_code=HEADLINE,
    message="A firewall in front of the app answered with a challenge, and did not pass the request on",
)


def _is_challenge(exchange: Exchange) -> bool:
    return any(name.lower() in CHALLENGES and value.strip().lower() == "challenge" for name, value in exchange.headers)
