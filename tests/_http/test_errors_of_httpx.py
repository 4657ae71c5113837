import socket
import ssl

import anyio
import httpx
import pytest

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, ReplyTimeoutError, RetryPolicy, TransportError
from smtp2go_async._http.failures import ERRORS, translate


def errors_of_httpx() -> list[type[Exception]]:
    found = {one for one in vars(httpx).values() if isinstance(one, type) and issubclass(one, Exception)}
    return sorted(found, key=lambda one: one.__name__)


# httpcore lets the last one through.
every_error = pytest.mark.parametrize("kind", [*errors_of_httpx(), ssl.SSLError], ids=lambda kind: kind.__name__)

# Written out here a second time, so that a change of the table is made on purpose.
NOTHING_WAS_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "InvalidURL",
    "LocalProtocolError",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
}
NOTHING_CAME_IN_TIME = {"ReadTimeout", "WriteTimeout", "TimeoutException"}


def expected(kind: type[Exception]) -> type[TransportError]:
    if kind.__name__ in NOTHING_WAS_SENT:
        return NotSentError
    return ReplyTimeoutError if kind.__name__ in NOTHING_CAME_IN_TIME else OutcomeUnknownError


def made(kind: type[Exception]) -> Exception:
    # Their constructors differ; what counts here is the type, and a text that must not be shown.
    error = kind.__new__(kind)
    Exception.__init__(error, "text of httpx about jane@example.com")
    return error


def test_every_error_that_httpx_has_is_in_the_table():
    assert [kind for kind in errors_of_httpx() if kind not in ERRORS] == []


def test_the_table_names_nothing_that_httpx_does_not_have():
    assert [kind for kind in ERRORS if kind not in errors_of_httpx()] == []


@every_error
def test_each_error_becomes_the_one_that_tells_the_outcome(kind: type[Exception]):
    assert type(translate(made(kind), "/email/send")) is expected(kind)


@every_error
def test_the_text_names_the_call_and_the_kind_and_nothing_that_httpx_says(kind: type[Exception]):
    text = str(translate(made(kind), "/email/send"))

    assert text.startswith("/email/send: ")
    assert f"({kind.__name__}" in text
    assert "text of httpx" not in text


@pytest.mark.parametrize("family", [httpx.NetworkError, httpx.TimeoutException, httpx.RequestError])
def test_an_error_that_a_later_httpx_adds_is_read_cautiously(family: type[httpx.RequestError]):
    later = type("AddedLater", (family,), {})

    assert translate(later("x"), "/email/send").carried_out is None


@every_error
def test_no_error_of_httpx_reaches_the_caller(kind: type[Exception], backend, key, mail):
    def fail(_request: httpx.Request) -> httpx.Response:
        raise made(kind)

    async def call() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(fail), verify=False) as http_client:
            client = AsyncClient(key, http_client=http_client, retry=RetryPolicy.none())
            with pytest.raises(expected(kind)) as caught:
                await client.email.send(**mail())
            assert type(caught.value.__cause__) is kind

    anyio.run(call, backend=backend)


class _Breaking(httpx.AsyncByteStream):
    def __init__(self, kind: type[Exception]) -> None:
        self.kind = kind

    async def __aiter__(self):
        yield b'{"data": {'
        raise made(self.kind)


@pytest.mark.parametrize(
    "kind", [httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.CloseError, ssl.SSLError]
)
@pytest.mark.parametrize(("status", "carried_out"), [(200, None), (302, None), (400, False), (429, False), (503, None)])
def test_a_response_that_breaks_off_tells_as_much_as_its_status(kind, status, carried_out, backend, key, mail):
    async def call() -> None:
        answer = httpx.MockTransport(lambda _: httpx.Response(status, stream=_Breaking(kind)))
        async with httpx.AsyncClient(transport=answer, verify=False) as http_client:
            client = AsyncClient(key, http_client=http_client, retry=RetryPolicy.none())
            with pytest.raises(Exception) as caught:
                await client.email.send(**mail())
            assert caught.value.carried_out is carried_out
            assert isinstance(caught.value, OutcomeUnknownError) is (status < 400)

    anyio.run(call, backend=backend)


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "Connection refused"), ("nowhere.invalid", "the host name could not be looked up")]
)
def test_a_connection_that_was_not_made_says_why(backend, host, why, monkeypatch):
    if host == "nowhere.invalid":

        def unknown(*_args, **_options):
            raise socket.gaierror(socket.EAI_NONAME, "in the words of another system, with nowhere.invalid in them")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    # A port that was free a moment ago, and where nobody listens.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def send() -> None:
        base_url, nothing = f"http://{host}:{port}/v3", RetryPolicy.none()
        async with AsyncClient(f"api-{'A' * 32}", base_url=base_url, allow_http=True, retry=nothing) as client:
            await client.email.send("shop@example.com", "jane@example.com", subject="Hello", text_body="Hi")

    with pytest.raises(NotSentError) as caught:
        anyio.run(send, backend=backend)
    assert str(caught.value) == f"/email/send: the request was not sent (ConnectError: {why})"


@pytest.mark.parametrize(
    ("kind", "line"), [(httpx.ResponseNotRead, "response.aread()"), (httpx.RequestNotRead, "request.aread()")]
)
def test_the_error_for_content_used_before_reading_shows_the_line_to_write(kind, line):
    text = str(translate(kind(), "/email/send"))
    assert f"let a hook await {line} first" in text
    assert "the request may have been carried out" in text
    assert "connection" not in text
