"""Tell objects that the process was forked: their locks may be held by threads that don't exist in the child."""

import os
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_registered: "WeakKeyDictionary[Any, Callable[[Any], None]]" = WeakKeyDictionary()


def tell_after_fork(instance: T, start_afresh: Callable[[T], None]) -> None:
    """Have an object start afresh in each child of this process, for as long as the object is alive.

    Args:
        instance: The object. It is referred to weakly.
        start_afresh: Called with the object in the child, before anything else runs there. A function of the class, and
            no bound method, which would keep the object alive.
    """
    _registered[instance] = start_afresh


def _tell_all() -> None:
    # A copy, since an object may be registered or garbage collected meanwhile.
    for instance, start_afresh in list(_registered.items()):
        start_afresh(instance)


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell_all)
