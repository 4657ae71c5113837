"""Make the errors about arguments. Each text is "argument: must be X, not Y", and shows no value that is personal."""

from collections.abc import Iterable

from .._error_base import type_name as type_name  # noqa: PLC0414 - for the texts of other rooms
from .._error_base import with_article as with_article  # noqa: PLC0414 - for the texts of other rooms
from .._masking import mask_text
from ..errors import ArgumentTypeError, InvalidArgumentError

MAX_REPEATED_TEXT = 500
"""Characters of an error's text that another error repeats; a path in it can have any length."""

MAX_SHOWN_WORD = 50
"""Characters that an error shows of a word that is not in a closed set."""

MAX_ARGUMENT_LENGTH = 200
"""Characters of the name of an argument; a key of the caller's own in it can be as long as you like."""

ArgumentError = InvalidArgumentError | ArgumentTypeError


def invalid(argument: str, problem: str) -> InvalidArgumentError:
    """Make the error for a value that is not possible."""
    argument = _cut(argument)
    return InvalidArgumentError(f"{argument}: {problem}", argument=argument)


def wrong_type(argument: str, expected: str, value: object, hint: str = "") -> ArgumentTypeError:
    """Make the error for a value that does not have the expected type."""
    return mistyped(argument, f"must be {expected}, not {with_article(value)}{hint}")


def mistyped(argument: str, problem: str) -> ArgumentTypeError:
    """Make the error for a type that is not possible, in the given words."""
    argument = _cut(argument)
    return ArgumentTypeError(f"{argument}: {problem}", argument=argument)


def _cut(argument: str) -> str:
    if len(argument) <= MAX_ARGUMENT_LENGTH:
        return argument
    # Masked before it is cut: half an address would not be recognised as one.
    return f"{mask_text(argument)[:MAX_ARGUMENT_LENGTH]}..."


def not_one_of(argument: str, words: Iterable[str], given: str) -> InvalidArgumentError:
    """Make the error for a word that is not in a closed set, with the nearest word of the set."""
    return invalid(argument, f"must be {one_of(words, given)}")


def one_of(words: Iterable[str], given: str) -> str:
    """Return the end of a sentence about a word that is not in a closed set."""
    # Here, since only a mistake needs it.
    from difflib import get_close_matches

    known = list(words)
    written = shown_word(given)
    plain = written.strip(" \t\r\n'\"").lower()
    near = get_close_matches(plain, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"one of {', '.join(map(repr, known))}, not {written!r}{hint}"


def shown_word(given: str) -> str:
    """Return what an error shows of a word of the caller's."""
    # Masked before it is cut, as above, and only the start of it, since it can be as long as you like.
    return mask_text(given[: 20 * MAX_SHOWN_WORD])[:MAX_SHOWN_WORD]


def renamed(argument: str, error: Exception) -> ArgumentError:
    """Make the error again, about an argument of another name: the name that the caller knows."""
    inner, text = getattr(error, "argument", None), str(error)
    if inner and text.startswith(f"{inner}: "):
        text = text[len(inner) + 2 :]
    # Of these two kinds only: a UnicodeError is a ValueError that can't be made of a text alone.
    make = mistyped if isinstance(error, TypeError) else invalid
    return make(argument, text if len(text) <= MAX_REPEATED_TEXT else f"{mask_text(text)[:MAX_REPEATED_TEXT]}...")


def within(place: str, error: Exception) -> ArgumentError:
    """Make the error again, about a part of a larger argument: ``to[1]`` of an item becomes ``emails[3].to[1]``."""
    inner = getattr(error, "argument", None)
    return renamed(f"{place}.{inner}" if inner else place, error)
