"""The transport "fast": where it runs, and how long it waits.

That it does what the other does is tested with the other: everything that names `backend` and `client_of`.
"""

import asyncio
import io
import logging
import os
import socket
import time

import anyio
import httpx
import pytest
from faults.server import Fault

from smtp2go_async import (
    AsyncClient,
    Attachment,
    NotSentError,
    ReplyTimeoutError,
    SyncClient,
)

pytest.importorskip("pyreqwest")
pytest.importorskip("orjson")

from smtp2go_async._http import exchange as _exchange
from smtp2go_async._http import fast as _fast
from smtp2go_async._http.fast import FastConnections


@pytest.fixture
def fast(client_of):
    """Return a function that makes clients of the fault server that use the fast transport."""
    return lambda **options: client_of(transport="fast", **options)


def connections_of(client):
    return client._calls.transport._connections


# --- choosing it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["pyreqwest", "orjson"])
@pytest.mark.parametrize("kind", ["AsyncClient", "SyncClient"])
def test_the_error_names_the_missing_package_and_the_command_that_installs_it(missing, kind, script):
    said = script(
        """
        import sys
        missing, kind = sys.argv[1:]
        sys.modules[missing] = None
        import smtp2go_async
        try:
            getattr(smtp2go_async, kind)("api-" + "A" * 32, transport="fast")
        except ImportError as error:
            print(error.name, error, sep="|")
        """,
        missing,
        kind,
    )
    assert said == (
        f"{missing}|transport: 'fast' needs {missing}, which is not installed: pip install 'smtp2go-async[fast]'"
    )


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
@pytest.mark.parametrize("wrong", ["Fast", "", "pyreqwest"])
def test_another_name_is_refused(wrong, kind, key):
    with pytest.raises(ValueError, match=r"^transport: must be one of 'httpx', 'fast', not "):
        kind(key, transport=wrong)


@pytest.mark.parametrize("wrong", [None, 1])
def test_a_name_is_text(wrong, key):
    with pytest.raises(TypeError, match=r"^transport: must be a str, not "):
        AsyncClient(key, transport=wrong)


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
def test_it_can_t_be_used_with_a_client_of_the_caller_s(kind, key):
    own = httpx.AsyncClient(verify=False)
    with pytest.raises(
        ValueError, match=r"^transport: must not be 'fast' with an http_client, since it makes connections of its own$"
    ):
        kind(key, transport="fast", http_client=own)
    anyio.run(own.aclose)


def test_calls_go_over_pyreqwest(fast, mail):
    async def main():
        async with fast() as client:
            await client.email.send(**mail())
            assert type(connections_of(client)) is FastConnections

    anyio.run(main)


def test_the_blocking_client_takes_it(key, faults, mail):
    with SyncClient(key, base_url=faults.url, transport="fast") as client:
        assert client.email.send(**mail()).email_id == "reference"
        assert type(client._async._calls.transport._connections) is FastConnections


def test_a_copy_with_other_options_uses_the_same_connections(fast, faults, mail):
    async def main():
        async with fast() as client:
            await client.email.send(**mail())
            await client.with_options(timeout=3.0).email.send(**mail())

    anyio.run(main)
    assert faults.connections == 1


# --- where it can't run -------------------------------------------------------------------------------------------------


def test_on_trio_it_says_once_for_each_loop_that_httpx_is_used(fast, faults, mail, caplog):
    client = fast()

    async def main():
        for _ in range(3):
            await client.email.send(**mail())

    for _ in range(2):
        anyio.run(main, backend="trio")
    assert faults.count() == 6
    told = [one for one in caplog.records if one.name == "smtp2go_async"]
    assert [one.levelno for one in told] == [logging.WARNING] * 2
    assert all("httpx is used" in one.getMessage() for one in told)


def test_on_asyncio_it_says_nothing(fast, mail, caplog):
    async def main():
        async with fast() as client:
            await client.email.send(**mail())

    anyio.run(main)
    assert [one for one in caplog.records if one.name == "smtp2go_async"] == []


def test_after_trio_it_is_used_again_on_asyncio(fast, mail):
    client = fast()

    async def main():
        await client.email.send(**mail())
        return type(connections_of(client))

    kinds = [anyio.run(main, backend=backend) for backend in ("asyncio", "trio", "asyncio")]
    assert [kind is FastConnections for kind in kinds] == [True, False, True]


class Told(logging.Handler):
    def __init__(self):
        super().__init__()
        self.messages = []
        logging.getLogger("smtp2go_async").addHandler(self)

    def emit(self, record):
        self.messages.append(record.getMessage())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_says_that_httpx_is_used_and_the_parent_goes_on_as_before(fast, faults, mail, forked):
    client = fast()

    async def call(name):
        return (await client.email.send(**mail(name))).email_id

    async def both(name):
        return [await call(name), await call(name)]

    def child():
        told = Told()
        return [anyio.run(both, "child"), len(told.messages), "httpx is used" in told.messages[0]]

    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(call("before")) == "before"
        assert forked(child)() == [["child", "child"], 1, True]
        assert loop.run_until_complete(call("after")) == "after"
        loop.run_until_complete(client.aclose())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    assert [one.connection for one in faults.arrived] == [1, 2, 2, 1]


# --- how long it waits --------------------------------------------------------------------------------------------------


class SlowFile(io.BytesIO):
    """A file each of whose chunks takes its time."""

    def read(self, size=-1):
        if size:
            time.sleep(0.015)
        return super().read(size)


def test_the_timeout_is_for_each_piece_of_a_body_and_not_for_all_of_it(fast, faults, mail):
    content = bytes(16 * 192 * 1024)

    async def main():
        async with fast(timeout=0.15) as client:
            started = time.monotonic()
            await client.email.send(**mail(attachments=[Attachment(SlowFile(content), "slow.bin")]))
            assert time.monotonic() - started > 0.15

    anyio.run(main)
    assert len(faults.arrived) == 1


@pytest.mark.parametrize("size", [100, 12_000_000])
def test_a_server_that_does_not_read_on_is_waited_for_until_the_timeout(size, fast, faults, mail):
    faults.then(Fault.STALL_BEFORE_READING)

    async def main():
        async with fast(timeout=0.3) as client:
            with anyio.fail_after(20), pytest.raises(ReplyTimeoutError, match=r"after 0\.3 s"):
                await client.email.send(**mail(attachments=[Attachment(bytes(size), "x.bin")]))

    anyio.run(main)


def test_a_timeout_of_a_copy_is_obeyed(fast, faults, mail):
    async def main():
        async with fast(timeout=30) as client:
            # Over a connection that is there already, since a call that does not connect in time is not sent.
            await client.email.send(**mail())
            faults.then(Fault.STALL)
            with anyio.fail_after(20), pytest.raises(ReplyTimeoutError):
                await client.with_options(timeout=0.1).email.send(**mail())

    anyio.run(main)


def test_without_a_timeout_it_waits(fast, faults, mail):
    faults.then(Fault.HOLD)

    async def main():
        async with fast(timeout=0.01) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.with_options(timeout=None).email.send(**mail()))
            await anyio.sleep(0.04)
            faults.release()

    anyio.run(main)
    assert faults.count("reference") == 1


@pytest.fixture
def full():
    """The address of a socket that lets nobody in any more."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        inside = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
            inside.append(one)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v3"
        for one in inside:
            one.close()


@pytest.mark.skipif(not os.path.exists("/proc/sys/net"), reason="other systems refuse what does not fit")
def test_a_connection_that_can_t_be_made_in_time_means_not_sent(backend, full, client_of, mail):
    async def main():
        async with client_of(base_url=full, timeout=0.1) as client:
            with anyio.fail_after(20), pytest.raises(NotSentError):
                await client.email.send(**mail())

    anyio.run(main, backend=backend)


@pytest.mark.skipif(not os.path.exists("/proc/sys/net"), reason="other systems refuse what does not fit")
def test_connecting_has_a_limit_of_its_own(backend, full, client_of, mail, monkeypatch):
    for module in (_fast, _exchange):
        monkeypatch.setattr(module, "MAX_CONNECT_SECONDS", 0.05)

    async def main():
        async with client_of(base_url=full, timeout=30) as client:
            with anyio.fail_after(20), pytest.raises(NotSentError):
                await client.email.send(**mail())

    anyio.run(main, backend=backend)


def test_a_longer_timeout_of_a_copy_is_for_connecting_too(backend, faults, client_of, mail):
    """The handshake never ends."""

    async def main():
        async with client_of(base_url=faults.tls_url, timeout=0.02) as client:
            # The first call also loads certificates.
            with pytest.raises(NotSentError):
                await client.email.send(**mail())
            started = time.monotonic()
            with pytest.raises(NotSentError):
                await client.with_options(timeout=0.15).email.send(**mail())
            assert time.monotonic() - started > 0.1

    anyio.run(main, backend=backend)
