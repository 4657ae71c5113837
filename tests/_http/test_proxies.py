"""The proxy that the environment names: which calls go through it, and what is told when it fails.

`HTTPS_PROXY` and the like are obeyed by both transports, as the standard library reads them.
"""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import anyio
import pytest
from faults.tls import AUTHORITY, TlsServer

from smtp2go_async import NotSentError, ServerError
from smtp2go_async._http.environment import proxy_of
from smtp2go_async._http.tls import ssl_context

ELSEWHERE = "https://api.example.com/v3"
"""An address that is never asked for: what is tested is that the proxy is."""


@dataclass
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = field(default=b"", repr=False)


class Proxy:
    """A proxy on loopback. It answers plain requests itself, and does with a CONNECT what a test says."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.to_connect: bytes | None = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        """`None` closes, and an empty answer never comes."""
        self.tunnels_to: tuple[str, int] | None = None
        self.status = 200
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="proxy", daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # Whoever is gone is gone; a task that is cancelled ends like one that returns, so that asyncio logs nothing.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while await self._request(reader, writer):
                pass
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        one = Seen(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))
        self.seen.append(one)
        if method != "CONNECT":
            answer = b'{"data": {"succeeded": 1, "failed": 0, "email_id": "of the proxy"}}'
            writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(answer), answer))
            return True
        if self.tunnels_to is not None:
            await self._tunnel(self.tunnels_to, reader, writer)
        elif self.to_connect:
            writer.write(self.to_connect)
            return True
        elif self.to_connect is not None:
            await reader.read()
        return False

    async def _tunnel(
        self, address: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection(*address)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while part := await source.read(65536):
                sink.write(part)
            sink.close()

        try:
            await asyncio.gather(pass_on(reader, back), pass_on(there, writer))
        finally:
            back.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


@pytest.fixture
def send(client_of, mail):
    """Return a function that sends one mail by a client of its own."""

    async def send(**options) -> str:
        async with client_of(**options) as client:
            return (await client.email.send(**mail())).email_id

    return send


@pytest.fixture
def own_context():
    """The TLS context of the process is made anew, and the one made here is not left to other tests."""
    ssl_context.cache_clear()
    yield
    ssl_context.cache_clear()


# --- through it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_plain_call_goes_to_the_proxy_whole(
    scheme, name, backend, client_of, faults, proxy, send, monkeypatch, mail, key
):
    monkeypatch.setenv(name, scheme + proxy.address)

    assert anyio.run(send, backend=backend) == "of the proxy"
    (seen,) = proxy.seen
    assert (seen.method, seen.target) == ("POST", f"{faults.url}/email/send")
    assert seen.headers["host"] == f"127.0.0.1:{faults.port}"
    assert seen.headers["x-smtp2go-api-key"] == key
    assert b'"reference"' in seen.body
    assert faults.connections == 0


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_call_over_tls_asks_the_proxy_for_a_tunnel_and_shows_it_nothing(
    scheme, name, backend, client_of, proxy, send, monkeypatch, key
):
    monkeypatch.setenv(name, scheme + proxy.address)

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=ELSEWHERE), backend=backend)
    (seen,) = proxy.seen
    assert (seen.method, seen.target) == ("CONNECT", "api.example.com:443")
    assert seen.headers["host"] == "api.example.com:443"
    assert not any(name.startswith("x-smtp2go") for name in seen.headers)
    assert key not in str(seen)


def test_a_tunnel_leads_to_the_server_named_in_the_address(backend, client_of, faults, proxy, send, monkeypatch):
    """The handshake comes through, and the certificate is asked for as ever."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.tunnels_to = ("127.0.0.1", faults.port)

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=ELSEWHERE, timeout=0.5), backend=backend)
    assert faults.connections == 1
    assert faults.begun == 0


@pytest.mark.parametrize("base_url", [None, ELSEWHERE])
def test_a_name_and_a_password_in_its_address_are_for_the_proxy(
    base_url, backend, client_of, faults, proxy, send, monkeypatch
):
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://jane:s%40cret@{proxy.address}")

    with contextlib.suppress(NotSentError):
        anyio.run(lambda: send(base_url=base_url or faults.url), backend=backend)
    assert proxy.seen[0].headers["proxy-authorization"] == "Basic " + base64.b64encode(b"jane:s@cret").decode()


def test_calls_through_a_proxy_share_a_connection_one_after_the_other(backend, client_of, mail, proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    async def main():
        async with client_of() as client:
            for _ in range(3):
                await client.email.send(**mail())

    anyio.run(main, backend=backend)
    assert (len(proxy.seen), proxy.connections) == (3, 1)


def test_calls_through_a_tunnel_share_a_connection_one_after_the_other(
    backend, client_of, mail, proxy, own_context, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    with TlsServer() as tls:
        proxy.tunnels_to = ("127.0.0.1", tls.port)

        async def main():
            async with client_of(base_url=tls.url) as client:
                for _ in range(3):
                    assert (await client.email.send(**mail())).email_id == "over TLS"

        anyio.run(main, backend=backend)
        assert [seen.target for seen in proxy.seen] == [f"localhost:{tls.port}"]
        assert (tls.arrived, tls.connections, proxy.connections) == (3, 1, 1)


# --- past it ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("value", ["127.0.0.1", "*", "example.com, 127.0.0.1", "127.0.0.1:{port}"])
def test_no_proxy_leads_past_it(value, name, backend, client_of, faults, proxy, send, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    monkeypatch.setenv(name, value.format(port=faults.port))

    assert anyio.run(send, backend=backend) == "reference"
    assert proxy.connections == 0


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "FTP_PROXY", "SOCKS_PROXY"])
def test_a_proxy_for_another_scheme_is_not_used(name, backend, client_of, proxy, send, monkeypatch):
    monkeypatch.setenv(name, proxy.url)

    assert anyio.run(send, backend=backend) == "reference"
    assert proxy.connections == 0


def test_the_proxy_of_the_scheme_goes_before_all_proxy(backend, client_of, proxy, send, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    assert anyio.run(send, backend=backend) == "of the proxy"


@pytest.mark.parametrize(
    ("environment", "base_url", "expected"),
    [
        ({}, "https://api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": "http://a:1"}, "https://api.smtp2go.com/v3", "http://a:1"),
        ({"HTTPS_PROXY": "a:1"}, "https://api.smtp2go.com/v3", "http://a:1"),
        ({"HTTPS_PROXY": "https://a:1"}, "https://api.smtp2go.com/v3", "https://a:1"),
        ({"HTTP_PROXY": "http://a:1"}, "https://api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": ""}, "https://api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:2"}, "https://api.smtp2go.com/v3", "http://b:2"),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": ""}, "https://api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "smtp2go.com"}, "https://eu-api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": ".smtp2go.com"}, "https://eu-api.smtp2go.com/v3", None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "go.com"}, "https://eu-api.smtp2go.com/v3", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "eu-api.smtp2go.com"}, "https://api.smtp2go.com/v3", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, "http://localhost:8080/v3", None),
    ],
)
def test_the_environment_is_read_as_the_standard_library_reads_it(environment, base_url, expected, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_of(base_url) == expected


# --- when it fails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base_url", [None, ELSEWHERE])
def test_a_proxy_that_refuses_connections_means_not_sent(base_url, backend, client_of, faults, send, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, faults.refusing_url.removesuffix("/v3"))

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=base_url or faults.url), backend=backend)
    assert faults.connections == 0


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_tunnel_that_is_refused_means_not_sent(status, backend, client_of, proxy, send, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.to_connect = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=ELSEWHERE), backend=backend)


def test_a_proxy_that_closes_instead_of_making_a_tunnel_means_not_sent(backend, client_of, proxy, send, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.to_connect = None

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=ELSEWHERE), backend=backend)


def test_a_proxy_that_never_makes_the_tunnel_means_not_sent(backend, client_of, proxy, send, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.to_connect = b""

    with pytest.raises(NotSentError):
        anyio.run(lambda: send(base_url=ELSEWHERE, timeout=0.1), backend=backend)


def test_an_error_response_of_the_proxy_is_the_response(backend, client_of, proxy, send, monkeypatch):
    """Nobody can tell it from one of the provider's own front."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    proxy.status = 503

    with pytest.raises(ServerError):
        anyio.run(send, backend=backend)


@pytest.mark.parametrize("value", ["foo://127.0.0.1:1", "http://[::1", "http://127.0.0.1:99999999", "http://"])
def test_a_proxy_address_that_makes_no_sense_means_not_sent_whatever_is_wrong(
    value, backend, client_of, faults, send, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", value)

    with pytest.raises(NotSentError):
        anyio.run(send, backend=backend)
    assert faults.connections == 0
