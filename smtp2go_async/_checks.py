"""Checks that many arguments share. Each error names the argument, the problem and the limit, and nothing was sent."""

from collections.abc import Mapping, Sequence
from typing import Any


def need_text(value: object, argument: str) -> str:
    """Return the value if it is text."""
    if not isinstance(value, str):
        raise TypeError(f"{argument}: text is needed, not a {type(value).__name__}")
    return value


def need_word(value: object, argument: str, *, least: int = 1, most: int | None = None) -> str:
    """Return the value if it is text that is not empty: an id, a name, a domain. The limits count characters."""
    text = need_text(value, argument)
    if not text.strip():
        raise ValueError(f"{argument}: is empty")
    if len(text) < least or (most is not None and len(text) > most):
        limits = f"{least} or more" if most is None else f"{least} to {most}"
        raise ValueError(f"{argument}: {limits} characters are possible, not {len(text)}")
    return text


def need_words(value: object, argument: str, *, least: int = 1) -> list[str]:
    """Return a list of texts, none of them empty; one alone may stand without a list."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{argument}: a list of texts is needed, not a {type(value).__name__}")
    if len(value) < least:
        raise ValueError(f"{argument}: is empty; {least} or more are needed")
    return [need_word(one, f"{argument}[{number}]") for number, one in enumerate(value)]


def need_truth(value: object, argument: str) -> bool:
    """Return the value if it is true or false, and nothing that merely looks so."""
    if not isinstance(value, bool):
        raise TypeError(f"{argument}: true or false is needed, not a {type(value).__name__}")
    return value


def need_count(value: object, argument: str, *, least: int = 1, most: int | None = None) -> int:
    """Return a whole number within its limits."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{argument}: a whole number is needed, not a {type(value).__name__}")
    if value < least or (most is not None and value > most):
        limits = f"{least} or more is" if most is None else f"{least} to {most:,} are"
        raise ValueError(f"{argument}: {value} is not possible; {limits}")
    return value


def need_one(first: object, second: object, names: tuple[str, str]) -> None:
    """Refuse two arguments that name the same thing."""
    if first is not None and second is not None:
        raise ValueError(f"{names[1]}: {names[0]} is given as well; use one of them")


def need_known(options: Mapping[str, Any], known: type, method: str) -> dict[str, Any]:
    """Return keyword arguments that a TypedDict declares: type checkers know the others for wrong, Python does not."""
    for name in options:
        if name not in known.__annotations__:
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}")
    return dict(options)
