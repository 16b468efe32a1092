"""A bitmap of the keys in the table `dedupe`: it knows of nearly every new key, without a look at the table, that it is not there."""

from collections.abc import Iterable

BUCKETS = 256
BUCKET_BYTES = 32_768


class Sieve:
    """One bit for the first 26 bits of a key: 8 MB whatever the number of keys.

    It never says no to a key of the table; of those that are not in it, it wrongly says perhaps to 3 % at 2,000,000 keys, and to more as more
    are added (bits of pruned keys stay until the next start): those are looked up. A bucket (first byte) that has not been read yet says
    perhaps to all. With 2,000,000 keys a look at the table costs 6 µs, this 0.4 µs.
    """

    def __init__(self) -> None:
        self._bits = bytearray(BUCKETS * BUCKET_BYTES)
        self._read = bytearray(BUCKETS)
        self._unread = BUCKETS

    def may_hold(self, key: bytes) -> bool:
        """False when the table certainly does not hold the key."""
        place = int.from_bytes(key[:4]) if len(key) >= 4 else _place(key)
        return self._bits[place >> 9] >> (place >> 6 & 7) & 1 == 1 or (self._unread > 0 and not self._read[place >> 24])

    def add(self, key: bytes) -> None:
        """The table holds the key, or may before long."""
        self.add_all((key,))

    def add_all(self, keys: Iterable[bytes]) -> None:
        """`add` for many."""
        bits = self._bits
        for key in keys:
            place = int.from_bytes(key[:4]) if len(key) >= 4 else _place(key)
            bits[place >> 9] |= 1 << (place >> 6 & 7)

    def add_bucket(self, bucket: int, bits: bytes) -> None:
        """Everything that the table held of a bucket at some time since the journal was opened; what has been added meanwhile stays."""
        at = slice(bucket * BUCKET_BYTES, (bucket + 1) * BUCKET_BYTES)
        both = int.from_bytes(self._bits[at]) | int.from_bytes(bits)
        self._bits[at] = both.to_bytes(BUCKET_BYTES)
        self._unread -= not self._read[bucket]
        self._read[bucket] = 1


def bucket_bits(places: Iterable[int]) -> bytes:
    """The bits of one bucket, from the first four bytes of its keys as numbers."""
    bits = bytearray(BUCKET_BYTES)
    for place in places:
        bits[place >> 9 & BUCKET_BYTES - 1] |= 1 << (place >> 6 & 7)
    return bytes(bits)


def _place(key: bytes) -> int:
    return int.from_bytes(key[:4].ljust(4, b"\0"))
