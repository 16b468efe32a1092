"""What each kind of news looks like as a CloudEvent: one file for each of the journal's logs, and one for Twilio's own messaging events. Pure."""
