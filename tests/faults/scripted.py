"""A network and a clock that a test writes down, for everything above the transport."""

import copy
import json
from collections.abc import Callable
from typing import Any

import anyio.lowlevel

from smtp2go_async import AsyncClient, Pacer
from smtp2go_async._wire.request import Request
from smtp2go_async._wire.response import Response

Turn = Response | Exception


class Time:
    """A clock that only sleeping and the network move."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


class Scripted:
    """A transport that gives the responses, or raises the errors, that a test wrote down; the last one for ever.

    Args:
        takes: Seconds that pass in each attempt.
    """

    def __init__(self, time: Time, *turns: Turn, takes: float = 0.0) -> None:
        self.requests: list[Request] = []
        self.closed = False
        self._time, self._turns, self._takes = time, list(turns), takes

    async def send(self, request: Request, depart: Callable[..., None]) -> Response:
        depart(writing=True)
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        self._time.now += self._takes
        turn = self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]
        if isinstance(turn, Exception):
            # A new one each time, as from a network.
            raise copy.copy(turn)
        return turn

    async def aclose(self) -> None:
        self.closed = True


def scripted(time: Time, *turns: Turn, takes: float = 0.0, **options: Any) -> tuple[AsyncClient, Scripted]:
    """Make a client whose network and time are a test's own."""
    client = AsyncClient("api-" + "A" * 32, **{"pacer": Pacer(clock=time, draw=lambda: 0.0), **options})
    network = Scripted(time, *turns, takes=takes)
    client._calls.transport, client._calls.clock, client._calls.sleep = network, time, time.sleep
    return client, network


def answer(status: int = 200, data: Any = None, **more: Any) -> Response:
    """Make a response; by default to a send that was accepted."""
    if data is None:
        data = {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1"} if status < 400 else {}
    return Response(status, json.dumps({"request_id": "r-1", "data": data}).encode(), **more)


def refusal(status: int, code: str, error: str) -> Response:
    return answer(status, {"error_code": f"E_ApiResponseCodes.{code}", "error": error})


def close_gate(client, retry_after=None):
    """Let a call of somebody else be turned away by a 429."""
    turn = client.pacer.turn("/somebody/else")
    assert turn.ask(0.0) is None
    turn.depart()
    turn.rate_limited(retry_after)
    turn.release()


def close_gate_again(client, seconds):
    """Let the gate be closed again by a call that left after it was closed, while others wait."""
    with client.pacer._gate.lock:
        client.pacer._gate._close(client.pacer._gate.clock() + seconds)
