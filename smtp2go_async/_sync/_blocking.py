"""Warn of a blocking call that stops an event loop, and with it everything else that goes on there."""

import asyncio
import inspect
import os
import sys
import warnings
from types import CodeType, FrameType

from ..errors import Smtp2goWarning

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_COROUTINE_FLAGS = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR
_LOOPS = ("asyncio", "trio")

Places = set[tuple[CodeType, int]]


def warn_of_a_blocked_loop(warned_of: Places) -> None:
    """Warn if an event loop runs in this thread, once for each line of the caller's.

    There is no warning at a prompt or in a cell of a notebook: such code runs on a loop that its author did not start,
    and waits for each result anyway.

    Args:
        warned_of: The lines that a warning was given for.

    Warns:
        Smtp2goWarning: At the caller's line.
    """
    loop = _running_here()
    if loop is None:
        return
    depth, frame = _caller()
    place = (frame.f_code, frame.f_lineno)
    if place in warned_of or _is_at_a_prompt(frame):
        return
    warnings.warn(
        f"SyncClient: this call blocks the thread of a running {loop} event loop, where nothing else goes on until its "
        f"response has come; await an AsyncClient, or make the call in another thread ({_THREADS[loop]})",
        Smtp2goWarning,
        stacklevel=depth,
    )
    # Not earlier: where warnings are errors, each such call must raise its own.
    warned_of.add(place)


_THREADS = {"asyncio": "asyncio.to_thread", "trio": "trio.to_thread.run_sync"}


def _running_here() -> str | None:
    # Called before each call, so it has to be quick; the public function raises an error where no loop runs.
    if asyncio._get_running_loop() is not None:
        return "asyncio"
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_trio_token()
        except (RuntimeError, AttributeError):  # an AttributeError while trio is only being imported
            return None
        return "trio"
    return None


def _caller() -> tuple[int, FrameType]:
    """Return the frame that called the package, and how far up it is, as warnings count that."""
    # Documented in spite of its name.
    depth, frame = 1, sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and os.path.abspath(frame.f_code.co_filename).startswith(_HERE):
        depth, frame = depth + 1, frame.f_back
    return depth, frame


def _is_at_a_prompt(frame: FrameType | None) -> bool:
    """Whether the code of the main module is run inside the loop, with no coroutine and no callback in between."""
    while frame is not None:
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        if code.co_name == "<module>":
            return bool(module == "__main__")
        if code.co_flags & _COROUTINE_FLAGS or str(module).partition(".")[0] in _LOOPS:
            return False
        frame = frame.f_back
    return False
