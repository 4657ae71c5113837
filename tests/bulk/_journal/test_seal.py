"""The seal tells which WAL belongs to a file, and is read from its bytes."""

import pytest

from smtp2go_async.bulk._journal.seal import DatabaseHeader, Seal

cases = pytest.mark.parametrize


def salts(first, second=7):
    return first.to_bytes(4, "big") + second.to_bytes(4, "big")


@cases(
    ("seal", "wal", "is_good"),
    [
        (Seal(5, 4096, salts(9)), salts(9), True),
        (Seal(5, 4096, salts(9)), salts(10), False),
        (Seal(5, 4096, salts(9)), salts(9, 8), False),
        (Seal(5, 4096, salts(9), True), salts(9), True),
        (Seal(5, 4096, salts(9), True), salts(10, 1), True),
        (Seal(5, 4096, salts(9), True), salts(11, 1), False),
        (Seal(5, 4096, salts(9), True), salts(8, 1), False),
        (Seal(5, 4096, salts(2**32 - 1), True), salts(0, 1), True),
        (Seal(5), salts(9), True),
    ],
)
def test_a_seal_knows_its_wal(seal, wal, is_good):
    assert seal.belongs_to(wal) is is_good
    assert Seal.read(bytes(seal)) == seal


@cases("text", [b"", bytes(41), bytes(Seal())[:-1], b"x" + bytes(Seal())[1:]])
def test_other_bytes_are_no_seal(text):
    assert Seal.read(text) is None


@cases("text", [b"", bytes(64), b"SQLite format 3\0" + bytes(48), b"reference,to\n" * 10])
def test_other_bytes_are_no_header_of_a_journal(text):
    assert DatabaseHeader.read(text[:64]) is None


def test_the_largest_page_size_is_understood():
    text = b"SQLite format 3\0" + b"\0\1" + bytes(10) + (3).to_bytes(4, "big") + bytes(28) + (2).to_bytes(4, "big")
    assert DatabaseHeader.read(text) == DatabaseHeader(65536, 3, 2 * 65536 - 41)
