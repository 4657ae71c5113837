"""Many callers at one gate, in whatever order: what must hold after each step, and does everybody get through at last?"""

import random

import pytest
from _pacing.gates import PATH, Clock, accepted

from smtp2go_async import Pacer
from smtp2go_async._pacing.gate import MAX_COOL_DOWN_SECONDS
from smtp2go_async._pacing.published import PUBLISHED_LIMITS
from smtp2go_async._pacing.turns import HeldBackError

PATHS = [PATH, PATH, PATH, "/api_keys/add", "/activity/search"]
LOOPS = [object() for _ in range(3)]


class Caller:
    """A call as a client makes it: it asks when its time has come or it is woken, and then leaves."""

    def __init__(self, pacer, path, loop):
        self.turn = pacer.turn(path)
        self.path = path
        self.turn.wake, self.turn.loop = self.wake, loop
        self.woken = False
        self.asks_at = None
        """When it asks again; ``None`` when it has yet to ask, or may go."""
        self.may_go = self.out = self.writes = False

    def wake(self):
        self.woken = True


class Gate:
    def __init__(self):
        self.clock = Clock(0.0)
        self.pacer = Pacer(clock=self.clock, draw=lambda: 0.0)
        self.callers = []
        self.deaf = set()
        self.left = {path: [] for path in PUBLISHED_LIMITS}

    def pick(self, number, condition):
        found = [one for one in self.callers if condition(one)]
        return found[number % len(found)] if found else None

    def end(self, caller):
        self.callers.remove(caller)
        caller.turn.release()
        caller.turn.release()

    def ask(self, caller, patience=1e9):
        caller.woken = False
        delay = caller.turn.ask(patience)
        caller.may_go = delay is None
        caller.asks_at = None if delay is None else self.clock.now + delay.seconds
        assert delay is None or delay.seconds > 0

    def depart(self, caller, writing):
        closed = self.pacer.state.closed_for > 0
        try:
            caller.turn.depart(writing=writing)
        except HeldBackError:
            if caller.out:
                caller.out = False
                if caller.path in self.left:
                    self.left[caller.path].remove(caller.left_at)
            caller.may_go, caller.asks_at = False, self.clock.now
            return
        assert not closed or caller.turn.round == self.pacer._gate.round
        if not caller.out:
            caller.out, caller.left_at = True, self.clock.now
            if caller.path in self.left:
                self.left[caller.path].append(caller.left_at)

    def arrive(self, path, loop, count):
        for _ in range(count):
            self.callers.append(Caller(self.pacer, path, LOOPS[loop]))
            self.ask(self.callers[-1], 0.0)
            if not self.callers[-1].may_go:
                self.ask(self.callers[-1])

    def leave(self, count, writing):
        for caller in [one for one in self.callers if one.may_go and not one.out][:count]:
            self.depart(caller, writing)

    def write(self, number):
        caller = self.pick(number, lambda one: one.out and one.turn.round == self.pacer._gate.round)
        if caller:
            self.depart(caller, True)

    def write_late(self, number):
        caller = self.pick(number, lambda one: one.out)
        if caller:
            self.depart(caller, True)

    def end_by(self, number, what):
        caller = self.pick(number, lambda one: one.out)
        if caller:
            if what == "200":
                caller.turn.accepted()
            elif what == "400":
                caller.turn.refused()
            elif what == "429":
                assert caller.turn.rate_limited(None) >= 0
            self.end(caller)

    def be_cancelled(self, number):
        caller = self.pick(number, lambda one: True)
        if caller:
            self.end(caller)

    def be_collected(self, number):
        caller = self.pick(number, lambda one: True)
        if caller:
            with self.pacer._gate.lock:
                self.end(caller)

    def ask_early(self, number):
        caller = self.pick(number, lambda one: not one.may_go and not one.out)
        if caller:
            self.ask(caller)

    def stand_still(self, loop):
        self.deaf.add(LOOPS[loop])

    def go_on(self):
        self.deaf.clear()

    def time_passes(self, seconds):
        """All that are woken or whose time comes meanwhile ask, in the order of their times."""
        until = self.clock.now + seconds
        for _ in range(10_000):
            ready = [one for one in self.callers if one.asks_at is not None and one.turn.loop not in self.deaf]
            now = [one for one in ready if one.woken]
            due = sorted((one for one in ready if one.asks_at <= until), key=lambda one: one.asks_at)
            caller = (now or due or [None])[0]
            if caller is None:
                break
            if not caller.woken:
                self.clock.now = max(self.clock.now, caller.asks_at)
            self.ask(caller)
        else:
            raise AssertionError("they ask for ever")
        self.clock.now = max(self.clock.now, until)

    def the_counts_are_right(self):
        state = self.pacer.state
        out = sum(one.out for one in self.callers)
        assert self.pacer._gate.in_flight == out
        assert self.pacer._gate.writing == sum(one.out and one.turn._writes for one in self.callers)
        assert set(self.pacer._gate.counted) <= {one.turn for one in self.callers}
        asking = {one.turn for one in self.callers if one.asks_at is not None}
        assert {turn for _, turn in self.pacer._gate.queue if turn.state.name == "QUEUED"} <= asking
        assert state.waiting == sum(turn.state.name == "QUEUED" for _, turn in self.pacer._gate.queue)
        if state.phase == "open" or (state.phase == "recovering" and len(self.pacer._gate.counted) < state.limit):
            assert state.waiting == 0, "somebody was not woken"
        for line in self.pacer._gate.limit_queues.values():
            assert len(line._standing) <= len(self.callers)

    def no_published_limit_is_exceeded(self):
        for path, times in self.left.items():
            limit = PUBLISHED_LIMITS[path]
            times.sort()
            for first, when in enumerate(times[limit.calls :]):
                assert when - times[first] > limit.seconds - 1e-3

    def all_get_through(self):
        """Nobody is forgotten: from here on all is answered."""
        self.deaf.clear()
        for _ in range(3000):
            for one in [one for one in self.callers if one.out]:
                one.turn.accepted()
                self.end(one)
            for one in [one for one in self.callers if one.may_go]:
                self.depart(one, True)
            if not self.callers:
                break
            if not any(one.out or one.may_go for one in self.callers):
                asks_at = min(one.asks_at for one in self.callers)
                self.time_passes(0.0 if any(one.woken for one in self.callers) else max(0.0, asks_at - self.clock.now))
        assert self.callers == []

    def nothing_is_left(self):
        assert (
            self.pacer._gate.in_flight,
            self.pacer._gate.writing,
            self.pacer._gate.counted,
            self.pacer.state.waiting,
        ) == (
            0,
            0,
            {},
            0,
        )
        self.clock.move(1.1 * MAX_COOL_DOWN_SECONDS)
        accepted(self.pacer, 500)
        assert self.pacer.state.phase == "open"


def step(gate, draw):
    """Let something happen; answers and time come often, so that the gate gets somewhere."""
    number = draw.randrange(1000)
    match draw.choices(range(10), (4, 6, 6, 4, 2, 2, 1, 1, 1, 1))[0]:
        case 0:
            gate.arrive(draw.choice(PATHS), draw.randrange(3), draw.randint(1, 8))
        case 1:
            gate.leave(draw.randint(1, 8), draw.random() < 0.7)
        case 2:
            gate.end_by(number, draw.choices(["200", "400", "429", "nothing"], gate.answers)[0])
        case 3:
            gate.time_passes(draw.choice([0.0, 0.1, 1.0, 10.0, 60.0, 30.0 * draw.random()]))
        case 4:
            gate.write(number)
        case 5:
            gate.write_late(number)
        case 6:
            gate.be_cancelled(number)
        case 7:
            gate.be_collected(number)
        case 8:
            gate.ask_early(number)
        case 9:
            gate.stand_still(draw.randrange(3)) if draw.random() < 0.5 else gate.go_on()


@pytest.mark.parametrize("seed", range(60))
def test_the_counts_stay_right_and_no_call_is_forgotten_in_any_order_of_steps(seed):
    draw = random.Random(seed)
    gate = Gate()
    gate.answers = draw.choice([(20, 1, 1, 1), (6, 0, 3, 1), (3, 20, 0, 1)])
    for _ in range(300):
        step(gate, draw)
        gate.the_counts_are_right()
        gate.no_published_limit_is_exceeded()
    gate.all_get_through()
    gate.no_published_limit_is_exceeded()
    gate.nothing_is_left()
