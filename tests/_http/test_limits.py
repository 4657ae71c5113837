"""No more connections than `max_connections`: further calls wait, first come first served, and no place is ever lost."""

import contextlib

import anyio
import pytest
from faults.server import Fault

from smtp2go_async import NotSentError, OutcomeUnknownError
from smtp2go_async._http.seams import Depart
from smtp2go_async._http.transport import OwnTransport
from smtp2go_async._wire.body import Body
from smtp2go_async._wire.request import Request
from smtp2go_async._wire.response import Response


def leaves(*, writing=False):
    """Let every call leave."""


def request(name: str = "", timeout: float | None = 5.0) -> Request:
    return Request("POST", f"http://a/{name}", (), Body((b"{}",), 2), timeout, False, "/email/send")


class Gated:
    """Connections whose requests go on when a test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.now = self.most = 0
        self.gates: dict[str, anyio.Event] = {}
        self.closed = False

    async def exchange(self, request: Request, depart: Depart) -> Response:
        name = request.url.rpartition("/")[2]
        self.begun.append(name)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.gates.setdefault(name, anyio.Event()).wait()
        finally:
            self.now -= 1
        return Response(200, name.encode())

    def let(self, name: str) -> None:
        self.gates.setdefault(name, anyio.Event()).set()

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too: here nothing is sent."""
    return request.param


@pytest.fixture
def gated():
    return Gated()


def limited(connections, most: int):
    return contextlib.aclosing(OwnTransport(lambda: connections, most))


async def begin(tasks, transport, *names, timeout=5.0):
    """Start calls one after the other, so that their order is known."""
    for name in names:
        tasks.start_soon(transport.send, request(name, timeout), leaves)
        await anyio.wait_all_tasks_blocked()


def test_no_more_calls_than_allowed_are_under_way(loop, gated):
    async def main():
        async with limited(gated, 2) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a", "b", "c", "d")
            assert gated.begun == ["a", "b"]
            for name in "abcd":
                gated.let(name)

    anyio.run(main, backend=loop)
    assert gated.most == 2


def test_calls_that_wait_are_served_in_the_order_in_which_they_came(loop, gated):
    async def main():
        async with limited(gated, 1) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, *"abcde")
            for name in "abcde":
                gated.let(name)

    anyio.run(main, backend=loop)
    assert gated.begun == list("abcde")


def test_a_call_that_comes_later_does_not_overtake_one_that_waits(loop, gated):
    async def main():
        async with limited(gated, 1) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a", "b")
            gated.let("a")
            # In the moment in which the place was given to b, and b has not run yet.
            tasks.start_soon(transport.send, request("c"), leaves)
            for name in "bc":
                gated.let(name)

    anyio.run(main, backend=loop)
    assert gated.begun == ["a", "b", "c"]
    assert gated.most == 1


def test_a_call_that_gives_up_waiting_for_a_connection_was_not_sent_and_says_so(loop, gated):
    async def main():
        async with limited(gated, 1) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a")
            with (
                anyio.fail_after(20),
                pytest.raises(
                    NotSentError, match=r"all 1 connections \(max_connections\) were in use for 0\.01 s"
                ) as caught,
            ):
                await transport.send(request("late", 0.01), leaves)
            assert (caught.value.operation, caught.value.final) == ("/email/send", False)
            gated.let("a")

    anyio.run(main, backend=loop)
    assert gated.begun == ["a"]


@pytest.mark.parametrize("how", ["times out", "is cancelled"])
def test_one_that_waits_and_gives_up_takes_no_place_with_it(how, loop, gated):
    async def main():
        async with limited(gated, 2) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a", "b")
            for _ in range(3):
                if how == "is cancelled":
                    with anyio.move_on_after(0.005) as scope:
                        await transport.send(request("gone"), leaves)
                    assert scope.cancelled_caught
                else:
                    with pytest.raises(NotSentError):
                        await transport.send(request("gone", 0.005), leaves)
            for name in "abcd":
                gated.let(name)
            await begin(tasks, transport, "c", "d")

    anyio.run(main, backend=loop)
    assert gated.begun == list("abcd")
    assert gated.now == 0


def test_a_place_given_to_a_call_that_is_cancelled_at_that_moment_goes_to_the_next(loop, gated):
    async def main():
        scope = anyio.CancelScope()

        async def cancelled():
            with scope:
                await transport.send(request("cancelled"), leaves)

        async with limited(gated, 1) as transport:
            async with anyio.create_task_group() as tasks:
                await begin(tasks, transport, "a")
                tasks.start_soon(cancelled)
                await anyio.wait_all_tasks_blocked()
                await begin(tasks, transport, "next")
                # What `a` would do at its end, and the cancelling before anybody else runs.
                transport._places.release()
                scope.cancel()
                for name in ("a", "next", "cancelled"):
                    gated.let(name)
            # The place of `a`, and the one that this test gave.
            assert transport._places.value == 2

    anyio.run(main, backend=loop)
    assert gated.begun[-1] == "next"


@pytest.mark.parametrize("error", [OutcomeUnknownError("x"), NotSentError("x"), ValueError("x")])
def test_a_call_that_fails_gives_its_place_back(error, loop):
    class Failing(Gated):
        async def exchange(self, request, depart):
            raise error

    async def main():
        async with limited(Failing(), 1) as transport:
            for _ in range(3):
                with pytest.raises(type(error)):
                    await transport.send(request(), leaves)
            assert transport._places.value == 1
            assert transport._in_flight == 0

    anyio.run(main, backend=loop)


def test_a_call_without_a_timeout_waits_for_as_long_as_it_takes(loop, gated):
    async def main():
        async with limited(gated, 1) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a", "b", timeout=None)
            await anyio.sleep(0.01)
            gated.let("b")
            gated.let("a")

    anyio.run(main, backend=loop)
    assert gated.begun == ["a", "b"]


def test_calls_that_were_waiting_when_the_client_is_closed_are_not_sent(loop, gated):
    async def main():
        async def waiting():
            with pytest.raises(NotSentError, match="closed"):
                await transport.send(request("waiting"), leaves)

        async with limited(gated, 1) as transport, anyio.create_task_group() as tasks:
            await begin(tasks, transport, "a")
            tasks.start_soon(waiting)
            await anyio.wait_all_tasks_blocked()
            await transport.aclose()
            gated.let("a")
            gated.let("waiting")

    anyio.run(main, backend=loop)
    assert gated.begun == ["a"]


# --- on sockets ---------------------------------------------------------------------------------------------------------


def test_a_thousand_calls_at_once_never_have_more_connections_than_allowed(backend, faults, client_of, mail):
    answered = []

    async def main():
        async with client_of(max_connections=5, timeout=30) as client, anyio.create_task_group() as tasks:

            async def one(name):
                answered.append((await client.email.send(**mail(name))).email_id == name)

            for number in range(1000):
                tasks.start_soon(one, f"mail-{number}")

    anyio.run(main, backend=backend)
    assert answered == [True] * 1000
    assert faults.connections <= 5


def test_a_thousand_calls_at_once_never_have_more_connections_than_allowed_when_each_needs_a_new_one(
    backend, faults, client_of, mail
):
    faults.otherwise = Fault.CLOSE_AFTER
    most = []
    faults.draw = lambda _reads: most.append(faults.open)

    async def main():
        async with client_of(max_connections=5, timeout=30) as client, anyio.create_task_group() as tasks:

            async def one(name):
                # It may have taken a connection whose end had not arrived yet.
                with contextlib.suppress(OutcomeUnknownError):
                    await client.email.send(**mail(name))

            for number in range(300):
                tasks.start_soon(one, f"mail-{number}")

    anyio.run(main, backend=backend)
    assert max(most) <= 5


def test_the_limit_is_for_the_client_and_its_copies_together(backend, faults, client_of, mail):
    faults.then(Fault.HOLD)

    async def main():
        async with client_of(max_connections=1) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail("first")))
            while not faults.arrived:
                await anyio.sleep(0.002)
            with pytest.raises(NotSentError, match="max_connections"):
                await client.with_options(timeout=0.01).email.send(**mail("copy"))
            faults.release()

    anyio.run(main, backend=backend)
    assert faults.count("copy") == 0


def test_a_limit_of_one_loop_does_not_hold_back_the_next(backend, faults, client_of, mail):
    """A call that was cancelled with its loop takes no place with it."""
    faults.then(Fault.STALL)
    client = client_of(max_connections=1)

    async def first():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail("first")))
            # Cancelled before it arrives, it would leave the fault to the second call.
            await anyio.to_thread.run_sync(faults.wait_for, lambda: faults.count("first"))
            tasks.cancel_scope.cancel()

    async def second():
        return (await client.email.send(**mail("second"))).email_id

    anyio.run(first, backend=backend)
    assert anyio.run(second, backend=backend) == "second"
