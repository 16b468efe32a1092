"""Events for other systems: CloudEvents of everything that happens, to whatever keeps them."""
