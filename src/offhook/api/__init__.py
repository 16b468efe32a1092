"""The console listener: JSON routes, health and metrics."""
