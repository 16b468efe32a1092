"""Messages that the app wants sent: inline, or by REST."""
