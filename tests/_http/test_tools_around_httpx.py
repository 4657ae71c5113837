"""Transports and clients around httpx's own that read or replace a response."""

import anyio
import httpx
import pytest
from _http.hooks import (
    REFUSED,
    closes,
    does_nothing,
    iterates_bytes,
    iterates_raw,
    make_http_client,
    raises_for_status,
    reads,
    reads_and_raises,
    send_through,
)
from faults.server import Say

from smtp2go_async import (
    ApiError,
    BadRequestError,
    NotSentError,
    ReplyError,
    RetryPolicy,
    SyncClient,
)


@pytest.fixture
def http_client():
    return make_http_client


class Around(httpx.AsyncBaseTransport):
    """A transport around another, which does something with each response."""

    def __init__(self, do):
        self.inner, self.do = httpx.AsyncHTTPTransport(verify=False), do

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        return await self.do(response) or response

    async def aclose(self):
        await self.inner.aclose()


async def made_anew(response):
    """As caches do."""
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=await response.aread())


class Logging(httpx.AsyncByteStream):
    def __init__(self, stream):
        self.stream, self.log = stream, b""

    async def __aiter__(self):
        async for part in self.stream:
            self.log += part
            yield part

    async def aclose(self):
        await self.stream.aclose()


async def wrapped(response):
    return httpx.Response(response.status_code, headers=response.headers, stream=Logging(response.stream))


async def with_another_stream(response):
    response.stream = Logging(response.stream)


@pytest.mark.parametrize("hooks", [[], [reads], [iterates_bytes], [closes], [raises_for_status]])
@pytest.mark.parametrize("do", [reads, made_anew, wrapped, with_another_stream])
def test_a_response_that_a_transport_has_read_or_wrapped_is_the_response(
    do, hooks, backend, faults, http_client, client_of, mail
):
    def own():
        return http_client(*hooks, transport=Around(do))

    assert send_through(own(), client_of, mail, backend) == "reference"
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        send_through(own(), client_of, mail, backend)


@pytest.mark.parametrize("do", [iterates_bytes, iterates_raw])
def test_a_response_that_a_transport_has_used_up_is_an_error_at_once(do, backend, faults, http_client, client_of, mail):
    with pytest.raises(ReplyError, match="has read the content, and has not kept it") as caught:
        send_through(http_client(transport=Around(do)), client_of, mail, backend)
    assert caught.value.carried_out is None
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(ApiError, match="no reason was given with status 400") as caught:
        send_through(http_client(transport=Around(do)), client_of, mail, backend)
    assert caught.value.carried_out is False


class Watching(httpx.AsyncClient):
    """A client that reads each response before it hands it over."""

    def __init__(self, do, **options):
        super().__init__(**options)
        self.do = do

    async def send(self, request, **options):
        response = await super().send(request, **options)
        await self.do(response)
        return response


@pytest.mark.parametrize("hooks", [[], [reads], [does_nothing]])
@pytest.mark.parametrize("do", [reads, raises_for_status, reads_and_raises])
def test_a_response_that_a_client_of_another_class_has_read_is_the_response(
    do, hooks, backend, faults, http_client, client_of, mail
):
    def own():
        return Watching(do, verify=False, trust_env=False, event_hooks={"response": hooks})

    assert send_through(own(), client_of, mail, backend) == "reference"
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        send_through(own(), client_of, mail, backend)


def test_a_transport_for_synchronous_clients_sends_nothing_and_says_why(backend, http_client, client_of, mail):
    own = httpx.AsyncClient(verify=False, trust_env=False)
    own._transport = httpx.BaseTransport()

    async def call():
        with pytest.raises(NotSentError, match="transport of the http_client is one for httpx.Client") as caught:
            await client_of(http_client=own).email.send(**mail())
        assert caught.value.final

    anyio.run(call, backend=backend)


# --- the same over our own connections, where tools replace httpx's transport ----------------------------------------


class OnlyWaiting(httpx.SyncByteStream):
    def __iter__(self):
        yield b'{"data": {"succeeded": 1, "failed": 0, "email_id": "reference"}}'


@pytest.mark.parametrize("do", [reads, made_anew, wrapped, with_another_stream])
@pytest.mark.parametrize("loop", ["asyncio", "trio"])  # not over the fast transport, which these tools don't see
def test_a_tool_around_httpx_s_transport_may_read_the_response(do, loop, faults, client_of, mail, monkeypatch):
    original = httpx.AsyncHTTPTransport.handle_async_request

    async def around(self, request):
        response = await original(self, request)
        response.request = request
        return await do(response) or response

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", around)

    async def call():
        async with client_of() as client:
            assert (await client.email.send(**mail())).email_id == "reference"
            faults.then(Say(400, body=REFUSED.encode()))
            with pytest.raises(BadRequestError, match="no such sender"):
                await client.email.send(**mail())

    anyio.run(call, backend=loop)


def test_a_tool_s_response_that_is_not_asynchronous_is_read(key, mail, monkeypatch):
    async def answer(self, request):
        await request.aread()
        return httpx.Response(200, stream=OnlyWaiting())

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    with SyncClient(key) as client:
        assert client.email.send(**mail()).email_id == "reference"


def test_a_status_that_a_tool_raises_for_is_the_response(key, mail, monkeypatch):
    async def answer(self, request):
        response = httpx.Response(400, content=REFUSED, request=request)
        response.raise_for_status()

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    with SyncClient(key, retry=RetryPolicy.none()) as client, pytest.raises(BadRequestError, match="no such sender"):
        client.email.send(**mail())
