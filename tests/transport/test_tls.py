"""Certificates: which are trusted, and that they are read once. And what a second client costs.

`authority.pem` signed the certificate for localhost in `trusted.pem`. Nobody has the authority's key, so that both
protect nothing and can't harm anybody.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import anyio
import httpx
import pytest
from faults import server as fault_server

from smtp2go_async import AsyncClient, NotSentError, _transport

AUTHORITY = Path(fault_server.__file__).with_name("authority.pem")
TRUSTED = AUTHORITY.with_name("trusted.pem")
ANSWER = b'{"data": {"succeeded": 1, "failed": 0, "email_id": "over TLS"}}'


class TlsServer:
    """Answers every request as the API would, over TLS."""

    def __enter__(self) -> "TlsServer":
        self.arrived = 0
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(TRUSTED)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.url = f"https://localhost:{self._listener.getsockname()[1]}/v3"
        self._ended = False
        self._threads = [threading.Thread(target=self._accept, name="tls", daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended = True
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended:
            with contextlib.suppress(TimeoutError):
                sock, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._connection, args=(sock,), daemon=True))
                self._threads[-1].start()

    def _head(self, reading: IO[bytes]) -> str:
        lines = []
        while (line := reading.readline()) not in (b"\r\n", b""):
            lines.append(line.decode().lower())
        return "".join(lines)

    def _connection(self, sock: socket.socket) -> None:
        sock.settimeout(5)
        # A client that does not trust it breaks the handshake off, which is no news here.
        with sock, contextlib.suppress(OSError), self._context.wrap_socket(sock, server_side=True) as wrapped:
            reading = wrapped.makefile("rb")
            while head := self._head(reading):
                reading.read(int(head.split("content-length:")[1].split("\r\n")[0]))
                self.arrived += 1
                wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


@pytest.fixture
def tls() -> Iterator[TlsServer]:
    with TlsServer() as running:
        yield running


@pytest.fixture
def _own_context():
    """The context of the process is made anew, and the one made here is not left to other tests."""
    _transport._ssl_context.cache_clear()
    yield
    _transport._ssl_context.cache_clear()


@pytest.fixture
def send(client_of, mail, tls):
    async def send() -> str:
        async with client_of(base_url=tls.url) as client:
            return (await client.email.send(**mail())).email_id

    return send


@pytest.mark.usefixtures("_own_context")
def test_a_certificate_of_an_unknown_authority_means_not_sent(backend, client_of, send, tls):
    with pytest.raises(NotSentError):
        anyio.run(send, backend=backend)
    assert tls.arrived == 0


@pytest.mark.usefixtures("_own_context")
def test_ssl_cert_file_names_the_authorities_to_trust(backend, client_of, send, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))

    assert anyio.run(send, backend=backend) == "over TLS"
    assert tls.arrived == 1


@pytest.mark.usefixtures("_own_context")
def test_ssl_cert_dir_names_the_authorities_to_trust(backend, client_of, send, tls, monkeypatch, tmp_path):
    # The name is the hash by which OpenSSL finds it: `openssl x509 -hash -in authority.pem`.
    (tmp_path / "cf95f75d.0").write_bytes(AUTHORITY.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    assert anyio.run(send, backend=backend) == "over TLS"


@pytest.mark.usefixtures("_own_context")
def test_the_name_in_the_certificate_has_to_be_right(backend, client_of, mail, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    wrong = tls.url.replace("localhost", "127.0.0.2")

    async def main():
        async with client_of(base_url=wrong) as client:
            with pytest.raises(NotSentError):
                await client.email.send(**mail())

    anyio.run(main, backend=backend)
    assert tls.arrived == 0


@pytest.mark.usefixtures("_own_context")
def test_certificates_that_can_t_be_read_mean_not_sent(backend, client_of, send, tls, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))

    with pytest.raises(NotSentError):
        anyio.run(send, backend=backend)


# --- what a second client costs ------------------------------------------------------------------------------------------


@pytest.fixture
def contexts(monkeypatch, _own_context):
    """List the TLS contexts that are made."""
    made = []
    original = ssl.SSLContext.__new__

    def counting(cls, *args, **kwargs):
        made.append(original(cls, *args, **kwargs))
        return made[-1]

    monkeypatch.setattr(ssl.SSLContext, "__new__", counting)
    return made


async def _use(client) -> None:
    """Make its connections; the address refuses, so nothing is sent."""
    async with client:
        with pytest.raises(NotSentError):
            await client.email.send(sender="a@example.com", to="b@example.com", subject="s", text_body="t")


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_all_clients_of_a_process_share_one_tls_context(loop, client_of, contexts, faults):
    for _ in range(3):
        anyio.run(_use, client_of(base_url=faults.refusing_url), backend=loop)

    assert len(contexts) == 1


def test_making_a_client_makes_no_tls_context(key, contexts):
    AsyncClient(key)

    assert contexts == []


def test_the_fast_transport_makes_no_tls_context_of_python_s(client_of, contexts, faults):
    pytest.importorskip("pyreqwest")
    anyio.run(_use, client_of(base_url=faults.refusing_url, transport="fast"))

    assert contexts == []


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_client_of_the_caller_s_does_not_get_this_context(loop, client_of, contexts, faults):
    async def main():
        async with httpx.AsyncClient(verify=False) as own:
            before = len(contexts)
            await _use(client_of(http_client=own, base_url=faults.refusing_url))
            assert len(contexts) == before

    anyio.run(main, backend=loop)


SECOND = """
    import builtins, sys
    import anyio
    from smtp2go_async import AsyncClient, Smtp2goError, SyncClient, _transport

    url, backend, transport, kind = sys.argv[1:]
    options = dict(base_url=url, transport=transport)
    mail = dict(sender="shop@example.com", to="jane@example.com", subject="s", text_body="t")

    async def use():
        async with AsyncClient("api-" + "A" * 32, **options) as client:
            await client.email.send(**mail)

    def use_sync():
        with SyncClient("api-" + "A" * 32, **options) as client:
            client.email.send(**mail)

    def call():
        use_sync() if kind == "sync" else anyio.run(use, backend=backend)

    call()
    before, contexts = set(sys.modules), _transport._ssl_context.cache_info().misses
    call()
    print(sorted(set(sys.modules) - before), _transport._ssl_context.cache_info().misses - contexts)
"""


@pytest.mark.parametrize(
    ("loop", "transport", "kind"),
    [
        ("asyncio", "httpx", "async"),
        ("trio", "httpx", "async"),
        ("asyncio", "httpx", "sync"),
        ("asyncio", "fast", "async"),
        ("asyncio", "fast", "sync"),
    ],
)
def test_a_second_client_loads_nothing_and_reads_no_certificates(loop, transport, kind, faults, script):
    if transport == "fast":
        pytest.importorskip("pyreqwest")

    assert script(SECOND, faults.url, loop, transport, kind) == "[] 0"


def test_the_default_transport_does_not_load_the_fast_one(faults, script):
    source = SECOND.replace(
        "print(sorted(set(sys.modules) - before)",
        "print(sorted({'pyreqwest', 'orjson', 'smtp2go_async._fast'} & set(sys.modules))",
    )

    assert script(source, faults.url, "asyncio", "httpx", "async") == "[] 0"
