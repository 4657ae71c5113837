"""Tell objects that the process was forked: their locks may be held by threads that don't exist in the child."""

import os
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    """What can be told."""

    def _after_fork(self) -> None:
        """Start afresh; runs in the child, before anything else does."""
        ...


_known: "WeakSet[Forked]" = WeakSet()


def tell_after_fork(one: Forked) -> None:
    """Call the object's ``_after_fork`` in each child of this process, for as long as the object is alive."""
    _known.add(one)


def _tell_all() -> None:
    for one in list(_known):
        one._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell_all)
