"""The pool of connections below httpx: which one a request gets, and that none is left behind."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import httpcore
import pytest

from smtp2go_async._http import pool as _pool
from smtp2go_async._http.pool import Pool

ORIGIN = object()
A_REQUEST = SimpleNamespace(url=SimpleNamespace(origin=ORIGIN))


class Connection:
    """A connection of httpcore's, whose state a test sets."""

    def __init__(self, number: int, fails: BaseException | None) -> None:
        self.number = number
        self.available, self.expired, self.closed = True, False, 0
        self.closing, self.may_close = anyio.Event(), anyio.Event()
        self.may_close.set()
        self._fails = fails

    async def handle_async_request(self, request: object) -> SimpleNamespace:
        await anyio.lowlevel.checkpoint()
        if self._fails is not None:
            raise self._fails
        return SimpleNamespace(stream=Stream(), connection=self)

    def is_available(self) -> bool:
        return self.available

    def has_expired(self) -> bool:
        return self.expired

    async def aclose(self) -> None:
        self.closing.set()
        await anyio.lowlevel.checkpoint()
        await self.may_close.wait()
        self.closed += 1


class Stream:
    closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"answer"

    async def aclose(self) -> None:
        self.closed += 1


class Maker:
    """A pool of httpcore's, of which only the making is used."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.made: list[Connection] = []
        self.origins: list[object] = []
        self.closed = False
        self._fails = fails

    def create_connection(self, origin: object) -> Connection:
        self.origins.append(origin)
        self.made.append(Connection(len(self.made), self._fails))
        return self.made[-1]

    async def aclose(self) -> None:
        self.closed = True


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_pool, "time", clock)
    return clock


@pytest.fixture
def maker():
    return Maker()


@pytest.fixture
def pool(maker):
    return Pool(maker, 5.0)


async def begin(pool: Pool, how_many: int) -> list[SimpleNamespace]:
    return [await pool.handle_async_request(A_REQUEST) for _ in range(how_many)]


async def finish(*responses: SimpleNamespace) -> None:
    for response in responses:
        await response.stream.aclose()


def numbers(responses: list[SimpleNamespace]) -> list[int]:
    return [response.connection.number for response in responses]


def test_requests_under_way_share_no_connection(loop, pool, maker):
    async def main():
        assert numbers(await begin(pool, 3)) == [0, 1, 2]

    anyio.run(main, backend=loop)
    assert maker.origins == [ORIGIN] * 3


def test_the_connection_that_was_used_last_is_used_next(loop, pool):
    async def main():
        first, second, third = await begin(pool, 3)
        await finish(second, third, first)
        assert numbers(await begin(pool, 3)) == [0, 2, 1]

    anyio.run(main, backend=loop)


@pytest.mark.parametrize(("state", "value"), [("available", False), ("expired", True)])
def test_an_idle_connection_that_can_t_be_used_any_more_is_closed_and_the_next_one_taken(
    state, value, loop, pool, maker
):
    async def main():
        await finish(*await begin(pool, 2))
        setattr(maker.made[1], state, value)
        assert numbers(await begin(pool, 2)) == [0, 2]

    anyio.run(main, backend=loop)
    assert [one.closed for one in maker.made] == [0, 1, 0]


def test_connections_that_were_idle_for_too_long_are_closed_when_another_comes_back(loop, pool, maker, clock):
    async def main():
        first, second, third = await begin(pool, 3)
        await finish(first, second)
        clock.now += 4.0
        await finish(third)
        assert [one.closed for one in maker.made] == [0, 0, 0]
        clock.now += 2.0
        await finish(*await begin(pool, 1))

    anyio.run(main, backend=loop)
    assert [one.closed for one in maker.made] == [1, 1, 0]


@pytest.fixture
def while_old_ones_are_closed(pool, maker, clock):
    """Return a function that does something in the moment in which a connection came back and an old one is closed."""

    async def do(what, *args):
        old, current = await begin(pool, 2)
        await finish(old)
        clock.now += 6.0
        maker.made[0].may_close = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(finish, current)
            await maker.made[0].closing.wait()
            result = await what(*args)
            maker.made[0].may_close.set()
        return result

    return do


def test_the_last_connection_can_be_taken_while_old_ones_are_closed(loop, pool, maker, while_old_ones_are_closed):
    """The response has come already: an error now would hide that the call was carried out."""

    async def main():
        return await while_old_ones_are_closed(begin, pool, 1)

    assert numbers(anyio.run(main, backend=loop)) == [1]
    assert [one.closed for one in maker.made] == [1, 0]


def test_the_pool_can_be_closed_while_old_ones_are_closed(loop, pool, maker, while_old_ones_are_closed):
    async def main():
        await while_old_ones_are_closed(pool.aclose)

    anyio.run(main, backend=loop)
    assert [one.closed for one in maker.made] == [1, 1]


def test_a_connection_whose_response_was_not_read_to_its_end_is_closed(loop, pool, maker):
    async def main():
        (response,) = await begin(pool, 1)
        maker.made[0].available = False
        await finish(response)
        assert numbers(await begin(pool, 1)) == [1]

    anyio.run(main, backend=loop)
    assert maker.made[0].closed == 1


def test_a_response_that_is_closed_twice_gives_its_connection_back_once(loop, pool):
    async def main():
        (response,) = await begin(pool, 1)
        await finish(response, response)
        assert numbers(await begin(pool, 2)) == [0, 1]

    anyio.run(main, backend=loop)


def test_a_connection_goes_back_even_if_closing_its_response_fails(loop, pool, maker):
    async def fail():
        raise OSError("of the stream")

    async def main():
        (response,) = await begin(pool, 1)
        response.stream._stream.aclose = fail
        with pytest.raises(OSError, match="of the stream"):
            await finish(response)
        assert numbers(await begin(pool, 1)) == [0]

    anyio.run(main, backend=loop)


def test_a_connection_on_which_sending_failed_is_closed(loop):
    maker = Maker(fails=OSError("of the network"))
    pool = Pool(maker, 5.0)

    async def main():
        with pytest.raises(OSError, match="of the network"):
            await begin(pool, 1)
        assert not pool._in_use

    anyio.run(main, backend=loop)
    assert maker.made[0].closed == 1


def test_a_connect_error_that_httpx_does_not_know_is_translated_to_a_known_error(loop):
    maker = Maker(fails=httpcore.ConnectionNotAvailable())

    async def main():
        with pytest.raises(httpcore.ConnectError) as caught:
            await begin(Pool(maker, 5.0), 1)
        assert isinstance(caught.value.__cause__, httpcore.ConnectionNotAvailable)

    anyio.run(main, backend=loop)
    assert maker.made[0].closed == 1


def test_closing_closes_idle_connections_and_those_in_use_once_each(loop, pool, maker):
    async def main():
        idle, _in_use = await begin(pool, 2)
        await finish(idle)
        await pool.aclose()

    anyio.run(main, backend=loop)
    assert [one.closed for one in maker.made] == [1, 1]
    assert maker.closed


def test_a_connection_that_comes_back_to_a_closed_pool_is_not_kept(loop, pool, maker):
    async def main():
        (response,) = await begin(pool, 1)
        await pool.aclose()
        await finish(response)
        assert not pool._idle

    anyio.run(main, backend=loop)
    assert maker.made[0].closed


def test_a_connection_is_closed_even_while_its_caller_is_cancelled(loop, pool, maker):
    async def main():
        (response,) = await begin(pool, 1)
        maker.made[0].available = False
        with anyio.CancelScope() as scope:
            scope.cancel()
            await finish(response)

    anyio.run(main, backend=loop)
    assert maker.made[0].closed == 1
