"""Many calls at the same time, on a clock that jumps, to a provider in memory."""

import heapq

import anyio
import anyio.lowlevel
from faults.scripted import Time, answer, scripted

from smtp2go_async import CallEffect, RateLimitError, RetryPolicy
from smtp2go_async.pacing import PacerState

GOOD = answer()
RATE_LIMITED = answer(429)
OPEN = PacerState("open", 0.0, 0, None, 0)
"""The state of a pacer that holds nothing back, and has no call under way."""


def call_of(client, path="/some/call", effect=CallEffect.ONCE):
    return client.call("POST", path, effect=effect)


class TimeOfMany(Time):
    """A clock that moves to the time of the next sleeper when all tasks wait."""

    def __init__(self):
        super().__init__()
        self._sleepers = []
        self._steps = 0

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await self.pass_time(seconds)

    async def pass_time(self, seconds):
        woken = anyio.Event()
        self._steps += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._steps, woken))
        await woken.wait()
        self._steps += 1

    async def run(self, *works):
        """Run functions to their end, all at the same time."""
        running = len(works)

        async def run_and_count(work):
            nonlocal running
            await work()
            running -= 1
            self._steps += 1

        async with anyio.create_task_group() as tasks:
            for work in works:
                tasks.start_soon(run_and_count, work)
            while running:
                steps = self._steps
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
                if steps == self._steps and self._sleepers:
                    at, _, woken = heapq.heappop(self._sleepers)
                    self.now = max(self.now, at)
                    self._steps += 1
                    woken.set()


class Provider:
    """A transport with a 429 for each call during a block, and a good response after it; each call takes a while."""

    def __init__(self, time, pacer, blocked_for=0.0, takes=0.3):
        self.time, self.pacer, self.takes = time, pacer, takes
        self.blocked_until = time.now + blocked_for
        self.in_flight = 0
        self.arrived = []
        self.answered = []
        self.too_many = []

    async def send(self, request, depart):
        depart(writing=True)
        self.in_flight += 1
        self.arrived.append(self.time.now)
        limit = self.pacer.state.limit
        if limit is not None and self.in_flight > limit:
            self.too_many.append((self.time.now, self.in_flight, limit))
        answer = RATE_LIMITED if self.time.now < self.blocked_until else GOOD
        try:
            await self.time.pass_time(self.takes)
        finally:
            self.in_flight -= 1
        self.answered.append((self.time.now, answer.status))
        return answer

    async def aclose(self):
        pass


def client_of_a_provider(blocked_for=0.0, **options):
    time = TimeOfMany()
    client, _ = scripted(time, GOOD, **{"retry": RetryPolicy.patient(), **options})
    client._calls.transport = provider = Provider(time, client.pacer, blocked_for)
    return client, provider, time


async def record_call(client, results):
    try:
        results.append((await call_of(client)).request_id)
    except RateLimitError as error:
        results.append(error)
