import anyio
import pytest
from bulk.helpers import Provider, SharedTime, client_of
from bulk.progress_helpers import Clock


@pytest.fixture
def time():
    return SharedTime()


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def client(provider, time):
    """A client of `provider`; only sleeping moves its time."""
    return client_of(provider, time)


@pytest.fixture
def path(tmp_path):
    """The path of a journal that is not made yet."""
    return str(tmp_path / "run.journal")


@pytest.fixture
def go(backend):
    """Return a function that runs a call to its end, on asyncio and on trio."""

    def go(call, *args, **kwargs):
        async def main():
            with anyio.fail_after(20):
                return await call(*args, **kwargs)

        return anyio.run(main, backend=backend)

    return go


@pytest.fixture
def clock():
    """A clock that only a test moves."""
    return Clock()
