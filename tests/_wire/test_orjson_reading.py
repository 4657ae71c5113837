"""Answers read by orjson: the same values and the same errors as by the standard library."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

pytest.importorskip("orjson")

from smtp2go_async._wire.codec import STANDARD, with_orjson

FAST = with_orjson()
TREES = st.recursive(
    # Whole numbers of up to 64 bits: orjson reads longer ones as floats, and the API has none.
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)


def read(codec, content):
    """As text, in which NaN is equal to itself, and 1 is not 1.0."""
    try:
        return repr(codec.loads(content))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


def read_alike(content):
    standard = read(STANDARD, content)
    assert read(FAST, content) == standard
    return standard


@given(TREES, st.booleans(), st.sampled_from([None, 2]))
def test_every_response_is_read_alike(value, ascii_only, indent):
    # NaN and Infinity too, which Python writes and reads.
    read_alike(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())


@given(st.binary(max_size=30) | st.text('[]{}:,"\\u0123456789eE+-. ntrufalse', max_size=30).map(str.encode))
def test_any_bytes_are_read_alike_or_refused_alike(content):
    assume(not re.search(rb"[0-9]{19}", content))
    read_alike(content)


@given(st.from_regex(rb"\A-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?\Z"))
def test_any_number_is_read_alike(content):
    read_alike(content)


@pytest.mark.parametrize(
    "content",
    [
        b"NaN",
        b'{"a": [NaN, Infinity, -Infinity]}',
        b"1e999",
        b"-1e999",
        b"0.1234567890123456789012345",
        b"-0",
        b"-0.0",
        b"",
        b" ",
        b"{",
        b'{"a": 1,}',
        b"[1] x",
        b"{'a': 1}",
        b'"\x00"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"\xef\xbb\xbf",
        '{"é": 1}'.encode("utf-16"),
        '{"é": 1}'.encode("utf-16-le"),
        '{"é": 1}'.encode("utf-32"),
        '{"é": 1}'.encode("latin-1"),
        b'{"a": 1, "a": 2}',
        b"<html>",
        b"null",
        b"[" * 500 + b"]" * 500,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda content: repr(content[:24]),
)
def test_an_odd_response_is_read_alike(content):
    read_alike(content)


def test_a_response_that_is_nested_a_thousand_levels_deep_can_be_read():
    """Known, and accepted: the standard library of Python 3.11 reads fewer levels, those of later Pythons read more."""
    content = b"[" * 1020 + b"]" * 1020
    assert type(FAST.loads(content)) is list
