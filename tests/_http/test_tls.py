"""Certificates: which are trusted, and that they are read once. What breaks later, and what a second client costs."""

import ssl
from collections.abc import Iterator

import anyio
import httpx
import pytest
from faults.tls import AUTHORITY, GOOD, TlsServer

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, RateLimitError
from smtp2go_async._http.tls import ssl_context


@pytest.fixture
def tls() -> Iterator[TlsServer]:
    with TlsServer() as running:
        yield running


@pytest.fixture
def _own_context():
    """The context of the process is made anew, and the one made here is not left to other tests."""
    ssl_context.cache_clear()
    yield
    ssl_context.cache_clear()


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


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
@pytest.mark.parametrize(
    ("variable", "kind"), [("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "directory")], ids=["file", "directory"]
)
def test_certificates_that_are_missing_mean_not_sent_and_are_named(
    variable, kind, backend, send, tls, monkeypatch, tmp_path
):
    monkeypatch.setenv(variable, str(tmp_path / "missing"))

    with pytest.raises(NotSentError) as caught:
        anyio.run(send, backend=backend)
    assert f"{variable} names {str(tmp_path / 'missing')!r}, where there is no {kind}" in str(caught.value)
    assert tls.arrived == 0


@pytest.mark.usefixtures("_own_context")
def test_certificates_that_can_t_be_read_are_named_by_their_variable(backend, send, monkeypatch, tmp_path):
    (tmp_path / "empty.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))

    with pytest.raises(NotSentError, match="look at what SSL_CERT_FILE names"):
        anyio.run(send, backend=backend)


@pytest.mark.usefixtures("_own_context")
def test_a_certificate_that_is_not_trusted_is_said_so(loop, mail, tls):
    async def main():
        async with AsyncClient("api-" + "A" * 32, base_url=tls.url) as client:
            with pytest.raises(NotSentError, match="certificate is not trusted") as caught:
                await client.email.send(**mail())
        assert "SSL_CERT" not in str(caught.value)

    anyio.run(main, backend=loop)


@pytest.mark.usefixtures("_own_context")
def test_a_proxy_that_can_t_be_used_is_named_by_its_variable_and_not_shown(mail, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:secret@proxy.example.com:1")

    async def main():
        async with AsyncClient("api-" + "A" * 32, base_url="https://localhost:9/v3") as client:
            with pytest.raises(NotSentError, match=r"look at what HTTPS_PROXY names$") as caught:
                await client.email.send(**mail())
        assert "secret" not in str(caught.value)

    anyio.run(main)


# --- a connection that was made ------------------------------------------------------------------------------------------


@pytest.fixture
def _trusts_it(_own_context, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))


@pytest.mark.usefixtures("_trusts_it")
def test_calls_over_tls_share_a_connection_one_after_the_other(backend, client_of, mail, tls, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(1_000_000))
    (tmp_path / "empty").touch()

    async def main():
        async with client_of(base_url=tls.url) as client:
            for files in ([], [tmp_path / "large.bin"], [tmp_path / "empty"]):
                assert (await client.email.send(**mail(attachments=files))).email_id == "over TLS"

    anyio.run(main, backend=backend)
    assert (tls.arrived, tls.connections) == (3, 1)


after_none_and_one = pytest.mark.parametrize("before", [0, 1], ids=["cold", "warm"])


@pytest.mark.usefixtures("_trusts_it")
@after_none_and_one
@pytest.mark.parametrize("cut", [0, 20, -9], ids=["at once", "in the head", "in the content"])
def test_bytes_that_are_not_tls_end_a_connection_and_leave_the_outcome_unknown(
    cut, before, backend, client_of, mail, tls
):
    tls.breaks.extend([*[None] * before, GOOD[:cut]])

    async def main():
        async with client_of(base_url=tls.url) as client:
            for _ in range(before):
                await client.email.send(**mail())
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail())
            assert (tls.arrived, tls.connections) == (before + 1, 1)
            await client.email.send(**mail())

    anyio.run(main, backend=backend)
    assert (tls.arrived, tls.connections) == (before + 2, 2)


@pytest.mark.usefixtures("_trusts_it")
@after_none_and_one
def test_bytes_that_are_not_tls_after_a_refusal_leave_a_refusal(before, loop, client_of, mail, tls):
    """Not over pyreqwest, which may see what is wrong before it sees the status."""
    tls.breaks.extend([*[None] * before, b"HTTP/1.1 429 Slow Down\r\nContent-Length: 500\r\n\r\n{"])

    async def main():
        async with client_of(base_url=tls.url) as client:
            for _ in range(before):
                await client.email.send(**mail())
            with pytest.raises(RateLimitError):
                await client.email.send(**mail())

    anyio.run(main, backend=loop)
    assert (tls.arrived, tls.connections) == (before + 1, 1)


@pytest.mark.usefixtures("_trusts_it")
def test_bytes_that_are_not_tls_leave_the_outcome_unknown_with_a_caller_s_client_too(loop, client_of, mail, tls):
    tls.breaks.append(b"")

    async def main():
        async with httpx.AsyncClient() as own:
            with pytest.raises(OutcomeUnknownError):
                await client_of(http_client=own, base_url=tls.url).email.send(**mail())

    anyio.run(main, backend=loop)


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
    from smtp2go_async import AsyncClient, Smtp2goError, SyncClient
    from smtp2go_async._http.tls import ssl_context

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
    before, contexts = set(sys.modules), ssl_context.cache_info().misses
    call()
    print(sorted(set(sys.modules) - before), ssl_context.cache_info().misses - contexts)
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
        "print(sorted({'pyreqwest', 'orjson', 'smtp2go_async._http.fast'} & set(sys.modules))",
    )

    assert script(source, faults.url, "asyncio", "httpx", "async") == "[] 0"


@pytest.mark.usefixtures("_trusts_it")
def test_bytes_sent_unasked_over_tls_are_no_response_to_the_next_call(loop, client_of, mail, tls):
    """It comes together with a response, so that neither the socket nor h11 holds anything of it."""
    tls.unasked = GOOD.replace(b"over TLS", b"wrong!!!")

    async def main():
        async with client_of(base_url=tls.url) as client:
            return [(await client.email.send(**mail(str(number)))).email_id for number in range(3)]

    assert anyio.run(main, backend=loop) == ["over TLS"] * 3
    assert tls.connections == 3
