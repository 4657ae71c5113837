"""Calls at a gate that a test plays by hand, on a clock that stands still until it is moved."""

import heapq

from smtp2go_async import Pacer
from smtp2go_async._pacing.gate import COOL_DOWN_SECONDS
from smtp2go_async._pacing.turns import HeldBackError, Turn

PATH = "/some/call"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += seconds


def enter(pacer, path=PATH):
    """Make a call leave, and return its turn; if it may not leave now, it gives up, and the delay is returned."""
    turn = pacer.turn(path)
    while (delay := turn.ask(0.0)) is None:
        try:
            turn.depart()
        except HeldBackError:
            # Another thread has closed the gate in between.
            continue
        return turn
    turn.release()
    return delay


def queued(pacer, path=PATH, wake=None):
    """Return the turn of a call that waits for it."""
    turn = pacer.turn(path)
    turn.wake = wake
    assert turn.ask() is not None
    return turn


def entered(pacer, count=None):
    """Return the turn of a call that left, or a list of several."""
    if count is not None:
        return [entered(pacer) for _ in range(count)]
    turn = enter(pacer)
    assert isinstance(turn, Turn)
    return turn


def rate_limited(pacer, retry_after=None):
    turn = entered(pacer)
    wait = turn.rate_limited(retry_after)
    turn.release()
    return wait


def accepted(pacer, times=1):
    for _ in range(times):
        turn = entered(pacer)
        turn.accepted()
        turn.release()


def refused(pacer, times=1):
    for _ in range(times):
        turn = entered(pacer)
        turn.refused()
        turn.release()


def no_news(pacer):
    """Make a call that gets no response: it was cancelled, or its network failed."""
    entered(pacer).release()


def wait_of(pacer, path=PATH):
    """Return the seconds for which a call is held back."""
    delay = enter(pacer, path)
    assert not isinstance(delay, Turn)
    return delay.seconds


def release(turns):
    for turn in turns:
        turn.release()


def closed(pacer, in_flight):
    """Close the gate while so many calls are under way, and let all of them end."""
    turns = entered(pacer, in_flight)
    turns[0].rate_limited(None)
    release(turns)


def recovering(clock, in_flight):
    """Return a pacer whose probe was accepted after a block that so many calls met."""
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    closed(pacer, in_flight)
    clock.move(COOL_DOWN_SECONDS)
    accepted(pacer)
    assert pacer.state.phase == "recovering"
    return pacer


def drive(pacer, clock, callers, blocked_until, takes=0.3):
    """Play callers that wait for their turn, call, and try again while they are rate limited.

    Returns when each call left, its status, and whether it was a probe.
    """
    coming, left, order = [], [], iter(range(10**9))

    def at(when, step):
        heapq.heappush(coming, (when, next(order), step))

    def arrive():
        turn = pacer.turn(PATH)
        turn.wake = lambda: at(clock(), lambda: leave(turn))
        leave(turn)

    def leave(turn):
        delay = turn.ask()
        if delay is None:
            turn.depart()
            status = 429 if clock() < blocked_until else 200
            left.append((clock(), status, turn.is_probe))
            at(clock() + takes, lambda: end(turn, status))
        else:
            at(clock() + delay.seconds, lambda: look_again(turn))

    def look_again(turn):
        # If the call was woken meanwhile, it has left the queue.
        if pacer.state.waiting and any(waiting is turn for _, waiting in pacer._gate.queue):
            leave(turn)

    def end(turn, status):
        again = turn.rate_limited(None) if status == 429 else turn.accepted()
        turn.release()
        if again is not None:
            at(clock() + again, arrive)

    for _ in range(callers):
        at(clock(), arrive)
    while coming:
        when, _, step = heapq.heappop(coming)
        clock.now = max(clock.now, when)
        step()
    return left
