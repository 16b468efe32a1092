"""The public door: the HTTP protocol with its limits, and the desk that keeps and answers."""
