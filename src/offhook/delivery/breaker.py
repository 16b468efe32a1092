"""Keeps a dead app from being asked by everybody at once, and a dead app's retries from starving fresh messages."""

from offhook.records import Record


class GateRules(Record):
    """How many failures in a row open the gate's breaker, and how long it stays open (seconds, doubling up to the longest)."""

    failures_to_open: int = 5
    first_pause: float = 5.0
    longest_pause: float = 60.0


class Gate:
    """The places of one endpoint's app: how many deliveries may be under way, closed by a breaker, reopened by a probe and a slow start.

    Fresh messages may take every place; retries at most half of them. While the breaker is open nobody enters; after its pause one probe
    does; when the probe succeeds the places grow by one with each success. `is_open`: the breaker keeps deliveries away (also while its
    probe is under way).
    """

    def __init__(self, places: int, rules: GateRules | None = None) -> None:
        self._most = places
        self._rules = rules or GateRules()
        self._places = places
        self._active = 0
        self._retries = 0
        self._failed_in_a_row = 0
        self._open_until = 0.0
        self._pause = 0.0
        self._probing = False
        self.is_open = False

    @property
    def active(self) -> int:
        """Deliveries under way."""
        return self._active

    def probe_at(self) -> float:
        """The monotonic time from which a probe may go; 0 when the breaker is closed."""
        return self._open_until

    def room(self, now: float, *, retry: bool) -> int:
        """How many more deliveries may start now."""
        if self.is_open:
            return int(now >= self._open_until and not self._probing)
        free = self._places - self._active
        if not retry:
            return max(0, free)
        return max(0, min(free, (self._places + 1) // 2 - self._retries))

    def enter(self, *, retry: bool) -> bool:
        """Take a place; call only when there is room. Returns whether this delivery is the open breaker's probe."""
        self._active += 1
        self._retries += retry
        self._probing = self._probing or self.is_open
        return self.is_open

    def leave(self, *, retry: bool) -> None:
        """Give the place back, before `report`."""
        self._active -= 1
        self._retries -= retry

    def report(self, now: float, *, able: bool | None, probe: bool = False) -> bool:
        """What the delivery showed of the app: able to take messages, unable, or (None) nothing either way.

        Returns True when this closed an open breaker.
        """
        self._probing = self._probing and not probe
        if able:
            self._failed_in_a_row = 0
            if self.is_open:
                return self._close()
            if self._places < self._most:
                self._places += 1
            return False
        if able is None:
            if probe:
                self._open_until = now + self._rules.first_pause
            return False
        self._failed_in_a_row += 1
        if probe or self._failed_in_a_row >= self._rules.failures_to_open:
            self._open(now, longer=probe)
        return False

    def _close(self) -> bool:
        self._open_until = self._pause = 0.0
        self.is_open = False
        self._places = 1
        return True

    def _open(self, now: float, *, longer: bool) -> None:
        if self.is_open and not longer:
            return
        self._pause = min(max(self._pause * 2, self._rules.first_pause), self._rules.longest_pause)
        self._open_until = now + self._pause
        self.is_open = True
