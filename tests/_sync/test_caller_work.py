"""The work that a call has for the blocked thread of its caller, in moments that whole runs rarely meet."""

import asyncio
import threading

import pytest

from smtp2go_async._runtime.caller_thread import InterruptedByCallerError
from smtp2go_async._sync._caller_work import BlockedThread


def test_a_call_that_is_cancelled_before_its_first_step_does_not_start():
    started = []

    async def call():
        started.append(True)

    blocked = BlockedThread(threading.get_ident())
    blocked.cancel()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(blocked.serve(call))
    blocked.work()
    assert started == []


def test_work_for_a_thread_that_has_left_ends_as_interrupted():
    blocked = BlockedThread(threading.get_ident())
    blocked.leave()
    assert isinstance(asyncio.run(blocked.do(lambda: None)), InterruptedByCallerError)


def test_a_forked_child_leaves_although_the_lock_was_held_at_the_fork():
    """A thread of the parent holds the lock, and a fork does not copy that thread."""
    blocked = BlockedThread(threading.get_ident())
    blocked._process -= 1
    with blocked._lock:
        leaving = threading.Thread(target=blocked.leave, daemon=True)
        leaving.start()
        leaving.join(60)
        assert not leaving.is_alive()
