"""Values that arguments are not made for, and a network that counts what is sent all the same."""

import contextlib
import datetime as dt
import decimal
import enum
import fractions
import json
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from smtp2go_async import CallEffect, Smtp2goError
from smtp2go_async._wire.response import Response

NOON = dt.datetime(2026, 6, 1, 12)


class Ambiguous:
    """An array, whose comparison is an array, which is neither true nor false."""

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __eq__(self, _other: object) -> Any:
        return self

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
    __hash__ = None  # type: ignore[assignment]


class Text(str):  # noqa: SLOT000
    """Text of another class."""


class Number(int):
    """A number of another class."""


class Word(enum.StrEnum):
    A = "a\nb"


class Digit(enum.IntEnum):
    A = -1


class Lost(dt.tzinfo):
    def utcoffset(self, _when: object) -> Any:
        raise RuntimeError("no rules")


class Mock:
    """Says that it is of another class, as mocks do."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return self._kind


MOCK = mock.MagicMock()


def _circle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def _deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(5_000):
        made = [made]
    return made


ODD: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
    "zero": lambda: 0,
    "negative": lambda: -1,
    "huge": lambda: 10**30,
    "unprintable number": lambda: 10**5000,
    "unprintable negative number": lambda: -(10**5000),
    "float": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "-inf": lambda: -float("inf"),
    "decimal": lambda: decimal.Decimal("1.5"),
    "decimal nan": lambda: decimal.Decimal("NaN"),
    "decimal signalling nan": lambda: decimal.Decimal("sNaN"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "complex": lambda: 1j,
    "bytes": lambda: b"bytes",
    "bytearray": lambda: bytearray(b"bytes"),
    "memoryview": lambda: memoryview(b"bytes"),
    "empty": lambda: "",
    "blank": lambda: " ",
    "digits": lambda: "10",
    "surrogate": lambda: "a\ud800",
    "nul": lambda: "a\0b",
    "line break": lambda: "a\r\nb",
    "separator": lambda: "a\u2028b",
    "long": lambda: "x" * 1_100_000,
    "object": object,
    "function": lambda: lambda: None,
    "class": lambda: int,
    "ellipsis": lambda: ...,
    "list": list,
    "list of none": lambda: [None],
    "list of lists": lambda: [["a"]],
    "list of bytes": lambda: [b"a"],
    "list of surrogates": lambda: ["a", "\ud800"],
    "list of line breaks": lambda: ["a\n"],
    "circle": _circle,
    "deep": _deep,
    "tuple": lambda: ("a", 1),
    "set": lambda: {"a"},
    "range": lambda: range(3),
    "generator": lambda: (one for one in "abc"),
    "dict": lambda: {"a": "b"},
    "dict of numbers": lambda: {1: 2},
    "dict of objects": lambda: {"a": object()},
    "dict of surrogates": lambda: {"\ud800": "\ud800"},
    "dict of itself": lambda: (found := {}, found.update(a=found), found)[2],
    "last moment": lambda: dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=5))),
    "first moment": lambda: dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5))),
    "naive": lambda: NOON,
    "lost": lambda: NOON.replace(tzinfo=Lost()),
    "date": lambda: dt.date.max,
    "time": lambda: dt.time(12),
    "longest": lambda: dt.timedelta.max,
    "shortest": lambda: dt.timedelta.min,
    "ambiguous": Ambiguous,
    "text": lambda: Text("a\nb"),
    "number": lambda: Number(-1),
    "str enum": lambda: Word.A,
    "int enum": lambda: Digit.A,
    "enum": lambda: CallEffect.READ,
    "path": lambda: Path("/nowhere/at/all"),
    "error": lambda: ValueError("no"),
    "mock": lambda: MOCK,
    "mock of text": lambda: Mock(str),
    "mock of bytes": lambda: Mock(bytes),
    "mock of a number": lambda: Mock(int),
    "mock of a float": lambda: Mock(float),
    "mock of a truth": lambda: Mock(bool),
    "mock of a time": lambda: Mock(dt.datetime),
    "mock of a date": lambda: Mock(dt.date),
    "mock of a list": lambda: Mock(list),
    "mock of a mapping": lambda: Mock(dict),
}


class Counting:
    """A network that answers anything to anything, and counts."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    async def send(self, request: Any, depart: Any) -> Response:
        depart(writing=True)
        self.bodies.append([chunk async for chunk in request.body.chunks()])
        return Response(200, json.dumps({"request_id": "r", "data": {"succeeded": 1, "email_id": "x"}}).encode())

    async def aclose(self) -> None:
        pass


@contextlib.contextmanager
def told(argument: str, kind: str, network: Counting, problems: list[str]) -> Iterator[None]:
    """Note a problem if what is raised in here is not about the argument."""
    before = len(network.bodies)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        text = str(error)
        if isinstance(error, Smtp2goError) and len(network.bodies) > before:
            return
        right = isinstance(error, (TypeError, ValueError, Smtp2goError)) and re.match(rf"{argument}\b", text)
        if not right or not text.isprintable() or len(text) > 2100 or len(network.bodies) > before:
            problems.append(f"{argument} = {kind}: {type(error).__name__} {text[:200]!r}")
