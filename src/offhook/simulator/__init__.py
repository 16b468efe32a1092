"""The simulator: Twilio on this machine. A carrier whose numbers, messages and errors live in memory, and that calls a developer's app as Twilio would."""
