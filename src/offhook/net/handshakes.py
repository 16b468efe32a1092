"""TLS handshakes that only look at what the peer shows."""


class Handshakes:
    """Tries TLS without sending a request."""
