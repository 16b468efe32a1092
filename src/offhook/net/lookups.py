"""Questions to the DNS."""


class Lookups:
    """Asks the system's resolver and name servers."""
