"""The one door out: who may be called, and the timed HTTP/1.1 client."""
