"""What the REST API is called with."""

from offhook.replies.rest import PUBLIC_API, Credentials
from offhook.settings import Settings


def credentials(settings: Settings, account_sid: str) -> Credentials | None:
    """What the REST API is called with for an account: the API key where there is one, else the account's own token."""
    own = settings.account_sid or ""
    account_sid = account_sid or own
    made_up = not account_sid.strip("AC0")  # the one of zeros that `offhook send` has when nobody names one
    if not account_sid or (made_up and settings.twilio_api_url.rstrip("/") == PUBLIC_API):
        return None
    if settings.api_key and settings.api_secret and own in {account_sid, ""}:
        return Credentials(account_sid=account_sid, username=settings.api_key, password=settings.api_secret.reveal())
    for account in settings.accounts:
        if account.sid in {account_sid, ""}:
            return Credentials(account_sid=account_sid, username=account_sid, password=account.auth_tokens[0].reveal())
    return None
