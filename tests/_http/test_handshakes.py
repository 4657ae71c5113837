"""Handshakes with a server or a proxy that fail or are given up, and what is left of the connection below them."""

from types import SimpleNamespace

import anyio
import anyio.lowlevel
import httpcore
import pytest
from faults.streams import a_request

from smtp2go_async._http.pool import Pool, _NotingBackend

A_CONTEXT = SimpleNamespace(set_alpn_protocols=lambda _protocols: None)


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


class FakeStream:
    """A stream of httpcore's, on which a test says how handshakes end. It answers as a proxy that makes a tunnel."""

    def __init__(self, *handshakes):
        self.handshakes, self.closed = handshakes, 0
        self.timeouts = []

    async def read(self, max_bytes, timeout=None):
        self.timeouts.append(timeout)
        return b"HTTP/1.1 200 Connected\r\n\r\n"

    async def write(self, buffer, timeout=None):
        self.timeouts.append(timeout)

    async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        await anyio.lowlevel.checkpoint()
        first, *others = self.handshakes
        if first == "stalls":
            await anyio.sleep_forever()
        if first == "fails":
            raise OSError("of the handshake")
        # Another stream is what speaks TLS; it closes the one below.
        secure = FakeStream(*others)
        secure.aclose = self.aclose
        return secure

    async def aclose(self):
        await anyio.lowlevel.checkpoint()
        self.closed += 1

    def get_extra_info(self, info):
        return None


class FakeNetwork:
    def __init__(self, *handshakes):
        self.stream = FakeStream(*handshakes)

    async def connect_tcp(self, host, port, timeout=None, **_options):
        return self.stream

    async def sleep(self, seconds):
        return seconds


def pool_of(network: FakeNetwork, through: str) -> Pool:
    options = {"ssl_context": A_CONTEXT, "network_backend": network}
    if through == "a proxy over TLS":
        return Pool(httpcore.AsyncHTTPProxy("https://127.0.0.1:1", proxy_ssl_context=A_CONTEXT, **options), 5.0)
    return Pool(httpcore.AsyncConnectionPool(**options), 5.0)


# Through such a proxy there are two: one with it, and one with the server.
@pytest.mark.parametrize(
    ("through", "before"), [("nothing", []), ("a proxy over TLS", []), ("a proxy over TLS", ["succeeds"])]
)
@pytest.mark.parametrize("ends", ["fails", "stalls"])
def test_a_socket_is_closed_when_its_handshake_fails_or_is_given_up(ends, through, before, loop):
    network = FakeNetwork(*before, ends)

    async def main():
        pool = pool_of(network, through)
        if ends == "fails":
            with pytest.raises(OSError, match="of the handshake"):
                await pool.handle_async_request(a_request(b"one"))
        else:
            with anyio.move_on_after(0.02) as scope:
                await pool.handle_async_request(a_request(b"one"))
            assert scope.cancelled_caught
        assert not pool._in_use

    anyio.run(main, backend=loop)
    assert network.stream.closed


def test_a_proxy_handshake_has_the_connect_timeout_unless_another_is_given(loop):
    async def main():
        stream = await _NotingBackend(FakeNetwork()).connect_tcp("a", 1080, timeout=3.0)
        await stream.write(b"to the proxy")
        await stream.read(2)
        await stream.write(b"to the server", timeout=None)
        await stream.read(2, timeout=1.0)
        return stream.timeouts

    assert anyio.run(main, backend=loop) == [3.0, 3.0, None, 1.0]


def test_other_attributes_of_streams_and_networks_are_passed_through(loop):
    async def main():
        network = _NotingBackend(FakeNetwork("succeeds"))
        stream = await network.connect_tcp("a", 80)
        return await network.sleep(7), stream.handshakes, type(await stream.start_tls(None, "a"))

    assert anyio.run(main, backend=loop) == (7, ("succeeds",), FakeStream)
