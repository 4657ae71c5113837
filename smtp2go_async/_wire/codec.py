"""JSON by the standard library, or by orjson if the caller asks for it; both give the same texts and errors."""

import functools
import json
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

Default = Callable[[Any], Any]


class Dumps(Protocol):
    """Encode a value; parts that JSON has no form for go to ``default``, which returns a form or raises."""

    def __call__(self, value: object, default: Default) -> bytes: ...


class Codec(NamedTuple):
    """A way to write JSON and to read it."""

    dumps: Dumps
    loads: Callable[[bytes], Any]


def _dumps(value: object, default: Default) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default)
    return text.encode()


STANDARD = Codec(_dumps, json.loads)


@functools.cache
def with_orjson() -> Codec:
    """Make the codec that uses orjson.

    The standard library gets everything that orjson refuses: it takes some of that (numbers as keys, whole numbers of
    any size, text in UTF-16), and otherwise its error says what is wrong. Two things differ: orjson writes UUIDs and
    enums, and it reads whole numbers of more than 64 bits, which the API does not use, as floats.

    Raises:
        ImportError: orjson is not installed.
    """
    import orjson

    # Without these options orjson would write such values in its own form instead of handing them to `default`.
    options = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS

    def dumps(value: object, default: Default) -> bytes:
        try:
            text: bytes = orjson.dumps(value, default, options)
        except TypeError:
            return _dumps(value, default)
        # orjson writes NaN and Infinity as null, and the standard library refuses them.
        return _dumps(value, default) if b"null" in text else text

    def loads(content: bytes) -> Any:
        try:
            return orjson.loads(content)
        except ValueError:
            return json.loads(content)

    return Codec(dumps, loads)
