"""Warn of a call at the line that made it, also where the call runs in a thread of this package."""

import os
import sys
import warnings
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..errors import Smtp2goWarning

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


class CallerLine(NamedTuple):
    """A line of the caller's code."""

    filename: str
    line: int
    names: dict[str, Any]
    """The globals of the line's module, in which Python notes its warnings."""


called_from: ContextVar[CallerLine | None] = ContextVar("smtp2go_async_called_from", default=None)
"""The line that a blocking call was made at; ``None`` where the call is awaited, and the stack shows the line."""


def place_of_caller() -> CallerLine:
    """Return the line outside this package that led here."""
    # As `warnings` itself finds a line; its public functions can't skip a package before Python 3.12. The function is
    # documented in spite of its name, and `inspect` has the same only without a depth.
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return CallerLine(frame.f_code.co_filename, frame.f_lineno, frame.f_globals)


def warn_caller(text: str) -> None:
    """Issue a `Smtp2goWarning` that names the caller's line."""
    place = called_from.get() or place_of_caller()
    registry = place.names.setdefault("__warningregistry__", {})
    module = place.names.get("__name__", "<unknown>")
    warnings.warn_explicit(text, Smtp2goWarning, place.filename, place.line, module=module, registry=registry)
