"""What a waiting thread does for its call, in moments that whole runs meet rarely."""

import asyncio
import threading

import pytest

from smtp2go_async._runtime.caller_thread import InterruptedByCallerError
from smtp2go_async._sync._loop_thread import _Errands


def test_a_call_that_is_cancelled_before_its_first_step_does_not_begin():
    begun = []

    async def call():
        begun.append(True)

    waiting = _Errands(threading.get_ident())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(waiting.serve(call))
    waiting.work()
    assert begun == []


def test_who_asks_when_the_thread_has_left_is_told_so():
    waiting = _Errands(threading.get_ident())
    waiting.leave()
    assert isinstance(asyncio.run(waiting.do(lambda: None)), InterruptedByCallerError)


def test_a_forked_child_leaves_although_the_lock_was_held_at_the_fork():
    """Who holds it is a thread of the parent, and was not forked along."""
    waiting = _Errands(threading.get_ident())
    waiting._process -= 1
    with waiting._lock:
        leaving = threading.Thread(target=waiting.leave, daemon=True)
        leaving.start()
        leaving.join(60)
        assert not leaving.is_alive()
