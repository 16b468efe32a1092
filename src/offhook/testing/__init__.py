"""For the tests of SMS apps: a simulated Twilio in a thread, as fixtures of pytest (`plugin`) or by hand (`carrier`)."""
