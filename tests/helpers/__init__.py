"""What several test files share: child processes, a fault server, signed messages."""
