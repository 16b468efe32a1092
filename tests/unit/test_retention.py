"""What is older than the settings keep goes, and beyond a size the oldest goes early; in small steps, and no more than needed."""

from offhook.stores.retention import AT_ONCE, Retention
from tests.helpers.clock import ManualClock


class Shelf:
    """A journal as far as retention knows it: items by age, a thousand bytes each. What is not ended never goes."""

    def __init__(self, *ages_at):
        self.received = sorted(ages_at)
        self.steps = []

    async def prune(self, received_before, limit):
        gone = [at for at in self.received if at < received_before][:limit]
        self.received = [at for at in self.received if at not in gone]
        self.steps.append(len(gone))
        return len(gone)

    async def size(self):
        return 1000 * len(self.received)


class StillClock(ManualClock):
    async def sleep(self, seconds):
        pass


async def test_what_is_too_old_goes_and_the_rest_stays():
    clock = StillClock()
    shelf = Shelf(clock.now() - 100, clock.now() - 50, clock.now() - 10)
    assert await Retention(shelf, clock, 60.0).prune() == 1
    assert len(shelf.received) == 2


async def test_beyond_the_size_the_oldest_go_early_until_it_fits():
    clock = StillClock()
    shelf = Shelf(*(clock.now() - n / 1000 for n in range(1, 3 * AT_ONCE + 1)))
    newest = shelf.received[-1]
    await Retention(shelf, clock, 3600.0, most=1000 * AT_ONCE).prune()
    assert len(shelf.received) == AT_ONCE
    assert newest in shelf.received
    assert max(shelf.steps) <= AT_ONCE


async def test_without_a_size_nothing_goes_early():
    clock = StillClock()
    shelf = Shelf(*(clock.now() - n for n in range(1, 50)))
    assert await Retention(shelf, clock, 3600.0).prune() == 0
