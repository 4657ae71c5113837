"""What a handler raised: whether it ends the program, and what a log and an inbox say of it."""

import os
import traceback
from collections.abc import Sequence
from typing import Final

from .._error_base import type_name
from .._masking import mask_text, one_line
from .events import Event

MAX_SHOWN_CHARACTERS: Final = 300
"""Characters of an error's text in a log and in an inbox."""
MAX_SHOWN_ERRORS: Final = 3
"""Errors of a group of which the text is shown."""

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def leaves_of(error: BaseException) -> list[BaseException]:
    """Return the errors in a group and in the groups in it, which may be nested deeper than Python calls functions."""
    waiting, found = [error], []
    while waiting:
        current = waiting.pop()
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(reversed(current.exceptions))
        else:
            found.append(current)
    return found


def is_exit(error: BaseException) -> bool:
    """Whether an error asks the program to end; one in a group of errors is enough."""
    return any(isinstance(leaf, (SystemExit, KeyboardInterrupt)) for leaf in leaves_of(error))


def shown(error: BaseException) -> str:
    """Return the kind, the text and the line of an error, and of a group those of its errors; nothing personal."""
    leaves = leaves_of(error)
    more = f" and {len(leaves) - MAX_SHOWN_ERRORS:,} more" if len(leaves) > MAX_SHOWN_ERRORS else ""
    return "; ".join(map(_shown, leaves[:MAX_SHOWN_ERRORS])) + more


def _shown(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        # An error of the caller's own can fail to describe itself.
        text = ""
    # Masked before it is cut, since half an address would not be recognised; and not all of a text of megabytes.
    text = one_line(mask_text(text[: 20 * MAX_SHOWN_CHARACTERS]))[:MAX_SHOWN_CHARACTERS]
    said = f"{type_name(error)}: {text}" if text else type_name(error)
    return f"{said}{_place_of(error)}"


def _place_of(error: BaseException) -> str:
    """Return the line of the caller's own code that an error came from, without its folder."""
    # From the end, where the error was raised: the last line that is neither of this package nor of another.
    frames = [
        frame
        for frame, _line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_PACKAGE)
    ]
    own = [frame for frame in frames if "site-packages" not in frame.f_code.co_filename] or frames
    if not own:
        return ""
    lines = {id(frame): line for frame, line in traceback.walk_tb(error.__traceback__)}
    last = own[-1]
    name = os.path.basename(last.f_code.co_filename)
    return one_line(mask_text(f" ({last.f_code.co_name}, {name} line {lines[id(last)]})"))


def traceback_of(error: BaseException) -> str:
    """Return the whole traceback of an error, with addresses, keys and telephone numbers masked."""
    return mask_text("".join(traceback.format_exception(error)))


def count_of(things: Sequence[object], noun: str) -> str:
    """Return a number with its noun: ``1 handler``, ``2 handlers``."""
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def named(event: Event) -> str:
    """Return how a log names an event: its kind and its e-mail, masked, since a sender can write anything into them."""
    return one_line(mask_text(f"the event {event.name[:100]!r} of e-mail {str(event.email_id)[:100]!r}"))
