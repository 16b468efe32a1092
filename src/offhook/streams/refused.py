"""How the rules of event streams refuse: with one of Twilio's codes for sinks and subscriptions (spec: twilio-debugger §5.6)."""

from offhook.errors import OffhookError


class RefusedError(OffhookError):
    """The change of a sink or a subscription cannot be made as asked."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
