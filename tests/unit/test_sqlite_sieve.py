"""The sieve may say perhaps too often, and never no to a key that the table holds."""

import random
from array import array

import apsw
import pytest

from offhook.stores.sqlite.database import migrations
from offhook.stores.sqlite.reads import key_bits
from offhook.stores.sqlite.sieve import BUCKETS, Sieve
from offhook.stores.sqlite.statements import execute_rows

ODD = [b"", b"\0", b"\xff", b"\xff" * 3, b"\0" * 16, b"\xff" * 16, b"ab", b"\xfe" + b"\xff" * 15]


@pytest.fixture
def db():
    connection = apsw.Connection("")
    connection.execute(migrations()[0]).fetchall()
    yield connection
    connection.close()


def read_into(sieve, db):
    for bucket in range(BUCKETS):
        sieve.add_bucket(bucket, key_bits(db, bucket))


def test_before_a_bucket_is_read_everything_may_be_in_it():
    assert Sieve().may_hold(random.randbytes(16))


def test_a_key_of_the_table_is_never_ruled_out_and_most_others_are(db):
    chance = random.Random(7)
    keys = [chance.randbytes(16) for _ in range(20_000)] + ODD
    execute_rows(db, "insert_keys", [(key, seq) for seq, key in enumerate(keys)], 2)
    sieve = Sieve()
    read_into(sieve, db)
    assert all(sieve.may_hold(key) for key in keys)
    others = [chance.randbytes(16) for _ in range(20_000)]
    assert sum(sieve.may_hold(key) for key in others) < 100


def test_a_key_added_while_its_bucket_is_being_read_stays(db):
    key = random.randbytes(16)
    sieve = Sieve()
    bits = [key_bits(db, bucket) for bucket in range(BUCKETS)]
    sieve.add(key)
    for bucket, read in enumerate(bits):
        sieve.add_bucket(bucket, read)
    assert sieve.may_hold(key)
    assert not sieve.may_hold(bytes(byte ^ 0xFF for byte in key))


def test_the_keys_are_read_in_numbers_of_four_bytes():
    assert array("I").itemsize == 4
