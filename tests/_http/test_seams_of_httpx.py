"""Where others take hold of httpx, and an httpx that has nothing to take hold of."""

import ssl

import anyio
import httpx
import pytest
import respx

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, RetryPolicy, TransportError


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


# --- an httpx that is built in another way ----------------------------------------------------------------------------

Real = httpx.AsyncHTTPTransport


class Without(httpx.AsyncBaseTransport):
    """A transport that has no `_pool`."""

    def __init__(self, **options):
        self.real = Real(**options)

    async def handle_async_request(self, request):
        return await self.real.handle_async_request(request)

    async def aclose(self):
        await self.real.aclose()


class PoolOfAnotherKind:
    """A pool that makes no connections for others."""

    def __init__(self, pool):
        self.handle_async_request, self.aclose = pool.handle_async_request, pool.aclose


class WithAnother(Real):
    def __init__(self, **options):
        super().__init__(**options)
        self._pool = PoolOfAnotherKind(self._pool)


class WithoutNetwork(Real):
    """A transport whose pool keeps its way to the network under another name."""

    def __init__(self, **options):
        super().__init__(**options)
        pool = self._pool
        self._pool = type("Pool", (), {"create_connection": pool.create_connection, "aclose": pool.aclose})()


@pytest.mark.parametrize("other", [Without, WithAnother, WithoutNetwork])
def test_an_httpx_that_is_built_in_another_way_is_used_as_it_is(other, loop, faults, client_of, mail, monkeypatch):
    monkeypatch.setattr(httpx, "AsyncHTTPTransport", other)
    said = []

    async def main():
        async with client_of(max_connections=3) as client:
            async with anyio.create_task_group() as tasks:

                async def one(name):
                    said.append((await client.email.send(**mail(name))).email_id == name)

                for number in range(20):
                    tasks.start_soon(one, f"mail-{number}")
            assert isinstance(client._calls.transport._connections._transport, other)
        faults.wait_for(lambda: faults.open == 0)

    anyio.run(main, backend=loop)
    assert said == [True] * 20
    assert faults.connections <= 3


# --- tools that stand between ------------------------------------------------------------------------------------------


def test_a_tool_that_replaces_httpx_s_transport_gets_every_request_and_responds(loop, key, mail, monkeypatch):
    """As pytest-httpx does."""
    seen = []

    async def answer(self, request):
        seen.append((str(request.url), (await request.aread()).decode()))
        return httpx.Response(200, json={"data": {"succeeded": 1, "failed": 0, "email_id": "of the tool"}})

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)

    async def main():
        async with AsyncClient(key) as client:
            return (await client.email.send(**mail())).email_id

    assert anyio.run(main, backend=loop) == "of the tool"
    ((url, body),) = seen
    assert url == "https://api.smtp2go.com/v3/email/send"
    assert '"reference"' in body


def test_a_tool_that_wraps_httpx_s_transport_sees_every_request(loop, faults, client_of, mail, monkeypatch):
    """As tracing does; also when it begins after the client was made, and has sent before."""
    original, seen = httpx.AsyncHTTPTransport.handle_async_request, []

    async def trace(self, request):
        response = await original(self, request)
        seen.append((request.method, request.url.path, response.status_code))
        return response

    async def main():
        async with client_of() as client:
            await client.email.send(**mail("before"))
            monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", trace)
            await client.email.send(**mail("after"))

    anyio.run(main, backend=loop)
    assert seen == [("POST", "/v3/email/send", 200)]
    assert (faults.count("before"), faults.count("after")) == (1, 1)


def test_a_tool_s_error_reaches_the_caller_translated(loop, key, mail, monkeypatch):
    async def fail(self, request):
        raise httpx.ConnectError("of the tool", request=request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)

    async def main():
        async with AsyncClient(key) as client:
            with pytest.raises(NotSentError):
                await client.with_options(retry=RetryPolicy.none()).email.send(**mail())

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("error", [httpx.ReadError, ssl.SSLError])
@pytest.mark.parametrize("begun", [False, True])
def test_an_error_before_anybody_asked_for_the_body_means_not_sent(error, begun, loop, key, mail, monkeypatch):
    async def fail(self, request):
        if begun:
            await anext(aiter(request.stream))
        raise error("of the tool")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)

    async def main():
        async with AsyncClient(key, retry=RetryPolicy.none()) as client:
            with pytest.raises(OutcomeUnknownError if begun else NotSentError):
                await client.email.send(**mail())

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.UnsupportedProtocol, httpx.ReadTimeout])
def test_the_message_names_the_operation_once(error, loop, key, mail, monkeypatch):
    async def fail(self, request):
        raise error("of the tool")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)

    async def main():
        async with AsyncClient(key, retry=RetryPolicy.none()) as client:
            with pytest.raises(TransportError) as caught:
                await client.email.send(**mail())
            return str(caught.value)

    assert anyio.run(main, backend=loop).count("/email/send") == 1


def test_respx_sees_every_request(loop, key, mail):
    answer = {"data": {"succeeded": 1, "failed": 0, "email_id": "of respx"}}

    async def main():
        async with AsyncClient(key) as client:
            return [(await client.email.send(**mail())).email_id for _ in range(3)]

    with respx.mock as mock:
        route = mock.post("https://api.smtp2go.com/v3/email/send").respond(json=answer)
        assert anyio.run(main, backend=loop) == ["of respx"] * 3
        assert route.call_count == 3


def test_respx_sees_requests_also_when_others_were_really_made_before(loop, faults, client_of, mail):
    """Else a test would send real e-mails."""
    answer = {"data": {"succeeded": 1, "failed": 0, "email_id": "of respx"}}

    async def main():
        async with client_of() as client:
            await client.email.send(**mail("really"))
            with respx.mock as mock:
                mock.post(f"{faults.url}/email/send").respond(json=answer)
                return (await client.email.send(**mail("mocked"))).email_id

    assert anyio.run(main, backend=loop) == "of respx"
    assert (faults.count("really"), faults.count("mocked")) == (1, 0)
