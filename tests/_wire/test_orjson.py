"""JSON by orjson: the same bytes and the same errors as by the standard library."""

import datetime as dt
import decimal
import enum
import json
import uuid
from dataclasses import dataclass

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("orjson")

from smtp2go_async._content.blobs import MemoryBlob
from smtp2go_async._wire.body import encode
from smtp2go_async._wire.codec import STANDARD, with_orjson

FAST = with_orjson()


def refuse(value):
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def outcome(call, *args):
    """What a call returns, or the kind and the words of what it raises."""
    try:
        return call(*args)
    except (TypeError, ValueError, RecursionError) as error:
        return type(error), str(error)


def written(codec, value, default=refuse):
    return outcome(codec.dumps, value, default)


def same(value, default=refuse):
    standard = written(STANDARD, value, default)
    assert written(FAST, value, default) == standard
    return standard


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.text()
    | st.text(st.characters(codec=None))
)
KEYS = st.text(max_size=5) | st.text(st.characters(codec=None), max_size=3) | st.integers() | st.none() | st.booleans()


def trees(scalars):
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(max_size=5), inner, max_size=5)
            | st.dictionaries(KEYS, inner, max_size=3)
        ),
        max_leaves=15,
    )


TREES = trees(SCALARS)
WITH_FLOATS = trees(SCALARS | st.floats())


@given(TREES)
def test_everything_is_written_alike_or_refused_alike(value):
    same(value)


@given(WITH_FLOATS)
def test_numbers_with_a_point_are_written_as_the_same_numbers_or_refused_alike(value):
    standard, fast = written(STANDARD, value), written(FAST, value)
    if type(standard) is bytes and standard != fast:
        standard, fast = repr(json.loads(standard)), repr(json.loads(fast))
    assert fast == standard


@pytest.mark.parametrize(
    "number",
    [
        0.0,
        -0.0,
        1.0,
        1e15,
        1e16,
        1e17,
        1e22,
        1e-4,
        0.1,
        1e100,
        123456789012345680.0,
        5e-324,
        1.7976931348623157e308,
    ],
)
def test_a_number_with_a_point_is_written_alike(number):
    same({"price": number})


def test_only_numbers_below_a_ten_thousandth_are_written_in_another_form():
    """Known, and accepted: it is the same number."""
    assert (written(STANDARD, 1.5e-05), written(FAST, 1.5e-05)) == (b"1.5e-05", b"0.000015")
    assert (written(STANDARD, 1e-6), written(FAST, 1e-6)) == (b"1e-06", b"1e-6")


@pytest.mark.parametrize(
    "number", [2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**30, -(10**30), 10**4000]
)
def test_a_whole_number_of_any_size_is_written_alike(number):
    assert same({"n": [number]}) == b'{"n":[%d]}' % number


def test_a_number_with_more_digits_than_python_writes_is_refused_alike():
    assert same({"n": 10**5000})[0] is ValueError


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", [lambda n: n, lambda n: [n], lambda n: {"a": {"b": [1, n]}}, lambda n: (None, n)])
def test_a_number_that_json_has_no_form_for_is_refused_alike(place, number):
    kind, words = same(place(number))
    assert kind is ValueError
    assert "not JSON compliant" in words


@pytest.mark.parametrize("value", [None, [None], {"a": None}, "null", {"null": "null"}, [1.5, None]])
def test_null_values_are_written_alike(value):
    same(value)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udce9t\udce9"])
@pytest.mark.parametrize("place", [lambda text: text, lambda text: {"a": [text]}, lambda text: {text: 1}])
def test_a_lone_surrogate_is_refused_alike(place, text):
    assert same(place(text))[0] is UnicodeEncodeError


@pytest.mark.parametrize(
    "text", ["é", "\U0001f600", "\u2028", "\x00", "\x1f\x7f", '"\\/', "</script>", "\ufeff", "\r\n\t"]
)
def test_text_is_written_alike(text):
    same({text: text})


@pytest.mark.parametrize("key", [1, -1, 2**70, 1.5, True, False, None])
def test_a_key_that_is_no_text_is_written_alike(key):
    assert type(same({"a": {key: 1}})) is bytes


@pytest.mark.parametrize("key", [("a", "b"), b"a", dt.date(2026, 1, 1), uuid.UUID(int=1), float("nan")])
def test_a_key_that_json_has_no_form_for_is_refused_alike(key):
    assert same({"a": {key: 1}})[0] in (TypeError, ValueError)


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Fraction(float):
    pass


class Mapping(dict):
    pass


class Sequence(list):
    pass


class Shown(dict):
    """A mapping that decides what is seen of it."""

    def items(self):
        return [("seen", 1)]


class StrEnum(enum.StrEnum):
    A = "a"


class IntEnum(enum.IntEnum):
    A = 1


@pytest.mark.parametrize(
    "value",
    [
        Text("é"),
        Number(7),
        Fraction(1.5),
        Mapping(a=1),
        Sequence([1]),
        {Text("key"): Text("value")},
        StrEnum.A,
        IntEnum.A,
    ],
)
def test_subclasses_of_json_types_are_written_alike(value):
    assert type(same({"a": value})) is bytes


def test_a_mapping_of_any_class_is_asked_for_its_content():
    assert same(Shown(hidden=2)) == b'{"seen":1}'


@dataclass
class Data:
    a: int = 1


@attrs.define
class Attrs:
    a: int = 1


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2026, 1, 1),
        dt.date(2026, 1, 1),
        dt.time(12, 0),
        dt.timedelta(1),
        decimal.Decimal("1.5"),
        b"bytes",
        bytearray(b"bytes"),
        memoryview(b"bytes"),
        {1, 2},
        frozenset(),
        object(),
        print,
        Data(),
        Attrs(),
        iter([1]),
        range(3),
        1j,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_has_no_form_for_is_refused_alike(value):
    kind, words = same({"a": [value]})
    assert kind is TypeError
    assert words == f"{type(value).__name__} has no form in JSON"


@pytest.mark.parametrize("value", [uuid.UUID(int=1), enum.Enum("Plain", "A").A, enum.Enum("Text", {"A": "a"}).A])
def test_only_identifiers_and_enumerations_are_written_that_the_standard_library_refuses(value):
    """Known, and accepted: orjson has no option against it."""
    assert written(STANDARD, value)[0] is TypeError
    assert type(written(FAST, value)) is bytes


def test_the_value_that_default_returns_is_written_alike():
    blobs = []

    def default(value):
        blobs.append(value)
        return {"é": [str(len(blobs))]}

    same([MemoryBlob(b"x"), {"a": MemoryBlob(b"y")}], lambda _value: {"é": ["x"]})
    FAST.dumps([MemoryBlob(b"x"), MemoryBlob(b"y")], default)
    assert len(blobs) == 2


@pytest.mark.parametrize(
    "error", [TypeError("of a blob"), ValueError("of a blob"), OSError("of a blob"), KeyError("k")]
)
def test_an_error_in_default_is_raised_alike(error):
    def default(_value):
        raise error

    def told(codec):
        try:
            codec.dumps([object()], default)
        except Exception as raised:
            return type(raised), str(raised)

    assert told(FAST) == told(STANDARD) == (type(error), str(error))


@pytest.mark.parametrize("beside", [float("nan"), 2**70, {1: 1}, None, "null"])
def test_a_file_beside_something_that_orjson_does_not_write_is_sent_once(beside):
    """The body is then encoded a second time; each file may be in it only once."""
    fields = {"attachments": [{"fileblob": MemoryBlob(b"one")}, {"fileblob": MemoryBlob(b"two")}], "data": [beside]}

    def said(codec):
        body = outcome(encode, fields, codec.dumps)
        return body if isinstance(body, tuple) else (body.content, body.length)

    assert said(FAST) == said(STANDARD)


def circle():
    one = []
    one.append({"again": one})
    return one


def test_a_value_that_contains_itself_is_refused_alike():
    kind, words = same({"a": circle()})
    assert (kind, words) == (ValueError, "Circular reference detected")


def nested(levels, wrap):
    value = 1
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda one: [one], lambda one: {"a": one}])
@pytest.mark.parametrize("levels", [10, 253, 254, 255, 256, 400])
def test_a_value_that_is_nested_is_written_alike(levels, wrap):
    assert type(same(nested(levels, wrap))) is bytes


def test_a_value_that_is_nested_too_deeply_is_refused_alike():
    assert same(nested(100_000, lambda one: [one]))[0] is RecursionError
