import ssl

import anyio
import httpx
import pytest

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, ReplyTimeoutError, RetryPolicy, TransportError
from smtp2go_async._transport import ERRORS, translate


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
    assert text.endswith(f"({kind.__name__})")
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
def test_an_answer_that_breaks_off_tells_as_much_as_its_status(kind, status, carried_out, backend, key, mail):
    async def call() -> None:
        answer = httpx.MockTransport(lambda _: httpx.Response(status, stream=_Breaking(kind)))
        async with httpx.AsyncClient(transport=answer, verify=False) as http_client:
            client = AsyncClient(key, http_client=http_client, retry=RetryPolicy.none())
            with pytest.raises(Exception) as caught:
                await client.email.send(**mail())
            assert caught.value.carried_out is carried_out
            assert isinstance(caught.value, OutcomeUnknownError) is (status < 400)

    anyio.run(call, backend=backend)
