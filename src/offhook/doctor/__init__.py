"""The doctor: finds out why a webhook URL fails, by an ordered list of checks that share one plan of requests."""
