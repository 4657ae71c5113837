"""Checks that many arguments share. Each error names the argument, the problem and the limit, and nothing was sent."""

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from .domains import character
from .problems import invalid, wrong_type
from .signatures import argument_names, unexpected_argument

# Line breaks end a header, so text with one could add headers of its own; two of these are line breaks to Unicode only.
# The last are halves of characters, which no encoding has a form for.
CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_CONTROL = re.compile(f"[{CONTROLS}]")


def check_text(value: object, argument: str) -> str:
    """Return the value if it is text; of a subclass, whose methods could do anything, the text that it holds."""
    if type(value) is str:
        return value
    # Not by `isinstance`, which believes an object about its class: a mock says that it is anything.
    if not issubclass(type(value), str):
        raise wrong_type(argument, "a str", value)
    return str.__str__(cast("str", value))


def check_line(value: object, argument: str) -> str:
    """Return the value if it is text of one line, without control characters and half characters."""
    # Called for nearly every argument of a call, so the usual case is looked for first. Some characters
    # that are not printable are good.
    if type(value) is str and value.isprintable():
        return value
    return check_no_control_characters(check_text(value, argument), argument)


def check_no_control_characters(text: str, argument: str) -> str:
    """Return the text if no control character is in it.

    Raises:
        ValueError: A control character, which could start a new line in a header or a log; or half a character.
    """
    # No control character is printable, and nearly every text is: this costs half of the search.
    if text.isprintable():
        return text
    if found := _CONTROL.search(text):
        where = f"{character(found[0])} at position {found.start()}"
        if "\ud800" <= found[0] <= "\udfff":
            raise invalid(argument, f"must be valid text, not hold the lone surrogate {where}")
        raise invalid(argument, f"must not hold the control character {where}")
    return text


def check_not_blank(text: str, argument: str) -> str:
    """Return the text if it has more than white space."""
    if not text or text.isspace():
        raise invalid(argument, "must not be empty")
    return text


def check_word(value: object, argument: str, *, least: int = 1, most: int | None = None) -> str:
    """Return the value if it is one line that is not blank: an id, a name, a domain. The limits count characters."""
    text = check_not_blank(check_line(value, argument), argument)
    length = len(text)
    if length < least or (most is not None and length > most):
        limits = f"{least} or more" if most is None else f"{least} to {most}"
        raise invalid(argument, f"must have {limits} characters, not {length:,}")
    return text


def check_words(value: object, argument: str) -> list[str]:
    """Return a list of texts, each of a single line and not blank; a single text needs no list."""
    if issubclass(type(value), str):
        value = [value]
    if not issubclass(type(value), Sequence) or isinstance(value, (bytes, bytearray, memoryview)):
        raise wrong_type(argument, "a list of str", value)
    return [check_word(word, f"{argument}[{number}]") for number, word in enumerate(cast("Sequence[object]", value))]


def check_some(value: Any, argument: str) -> None:
    """Refuse a list without items."""
    if value is not None and not value:
        raise invalid(argument, "must not be empty; give 1 or more items")


def check_mapping(value: object, argument: str) -> dict[str, Any]:
    """Return a copy of a mapping whose keys are texts of one line, none of them blank: the names of fields."""
    if not issubclass(type(value), Mapping):
        raise wrong_type(argument, "a mapping", value)
    items = cast("Mapping[object, Any]", value).items()
    return {check_word(key, f"{argument} key {number}"): item for number, (key, item) in enumerate(items)}


def check_bool(value: object, argument: str) -> bool:
    """Return the value if it is true or false, and nothing that merely looks so."""
    if value is True or value is False:
        return value
    raise wrong_type(argument, "a bool", value)


def check_function(value: object, argument: str) -> None:
    """Refuse what can't be called: it would fail later, in the middle of a call or of a run."""
    if not callable(value):
        raise wrong_type(argument, "a function", value)


def check_int(value: object, argument: str) -> int:
    """Return the value if it is a whole number of at most 64 bits, and not a truth value."""
    if type(value) is not int:
        if isinstance(value, bool) or not issubclass(type(value), int):
            raise wrong_type(argument, "an int", value)
        value = int.__int__(cast("int", value))
    # Beyond that a number is nothing that the API could count, and Python refuses to write some of them.
    if not -(2**63) <= value < 2**63:
        raise invalid(argument, "must be a number of at most 64 bits, not a larger one")
    return value


def check_count(value: object, argument: str, *, least: int = 1, most: int | None = None) -> int:
    """Return a whole number within its limits."""
    count = check_int(value, argument)
    if count < least or (most is not None and count > most):
        limits = f"{least:,} or more" if most is None else f"{least:,} to {most:,}"
        raise invalid(argument, f"must be {limits}, not {count:,}")
    return count


def check_number(value: object, argument: str) -> float:
    """Return a finite number, whole or not, that is not a truth value."""
    if issubclass(type(value), float):
        value = float.__float__(cast("float", value))
        if not math.isfinite(value):
            raise invalid(argument, f"must be finite, not {float.__repr__(value)}")
        return value
    if isinstance(value, bool) or not issubclass(type(value), int):
        raise wrong_type(argument, "a float or an int", value)
    return check_int(value, argument)


def check_one_of(first: object, second: object, names: tuple[str, str]) -> None:
    """Refuse two arguments that name the same thing."""
    if first is not None and second is not None:
        raise invalid(names[1], f"must not be given together with {names[0]}; use one of them")


def check_path(value: object, argument: str) -> str:
    """Return the path of a file as text."""
    try:
        path = os.fsdecode(cast("str", value))
        if b"\0" in os.fsencode(path):
            raise invalid(argument, "must be the path of a file, not hold the control character U+0000")
    except TypeError:
        raise wrong_type(argument, "the path of a file", value) from None
    except UnicodeError:
        raise invalid(argument, "must be the path of a file, not hold a lone surrogate") from None
    return path


def check_known(options: Mapping[str, Any], known: type, method: Callable[..., Any]) -> dict[str, Any]:
    """Return keyword arguments that a TypedDict declares: type checkers know the others for wrong, Python does not."""
    for name in options:
        if name not in known.__annotations__:
            # The nearest may be an argument that the method has beside them.
            raise unexpected_argument(method.__qualname__, name, argument_names(method))
    return dict(options)
