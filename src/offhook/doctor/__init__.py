"""The doctor: finds out why a webhook URL fails. What it can do so far is one visit, as Twilio makes it."""
