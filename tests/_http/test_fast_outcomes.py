"""The transport "fast": what it tells of a call that failed: whether it was sent."""

import gc
import warnings

import anyio
import pytest
from faults.server import Say

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, ReplyTimeoutError, TransportError
from smtp2go_async._wire.body import Body
from smtp2go_async._wire.request import Request

pytest.importorskip("pyreqwest")
pytest.importorskip("orjson")

from pyreqwest import exceptions as theirs

from smtp2go_async._http import fast as _fast
from smtp2go_async._http.fast import _PiecewiseBody, _WholeBody


def leaves(*, writing=False):
    """Let every call leave."""


def request(timeout: float | None = 5.0) -> Request:
    body = Body((b"{}",), 2)
    return Request("POST", "http://127.0.0.1:1/v3/email/send", (), body, timeout, True, "/email/send")


class FakeClient:
    """A client of pyreqwest's, which asks for a part of the body and then fails as a test says."""

    def __init__(self, error: BaseException, asks: bool) -> None:
        self._error, self._asks = error, asks

    def request(self, method, url):
        return self

    def headers(self, headers):
        return self

    def header(self, name, value):
        return self

    def body_stream(self, reading):
        self._reading = reading
        return self

    def streamed_read_buffer_limit(self, limit):
        return self

    def timeout(self, timeout):
        return self

    def build_streamed(self):
        return self

    async def __aenter__(self):
        if self._asks:
            list(self._reading)
        raise self._error

    async def __aexit__(self, *_exc):
        pass


def kinds_of_error():
    found = [theirs.PyreqwestError]
    for kind in found:
        found += kind.__subclasses__()
    return sorted(set(found), key=lambda kind: kind.__name__)


def outcome_of(error, *, asks):
    async def main():
        client = AsyncClient("api-" + "A" * 32, base_url="http://127.0.0.1:1/v3", transport="fast")
        connections = client._calls.transport._connect()
        real, connections._client = connections._client, FakeClient(error, asks)
        try:
            await connections.exchange(request(), leaves)
        except TransportError as told:
            return told
        finally:
            await real.close()

    return anyio.run(main)


def made(kind):
    details = {"causes": [{"message": "of the network"}], "doc": "", "pos": 0, "status": 500}
    try:
        return kind("said", details)
    except TypeError:
        return kind("said")


@pytest.mark.parametrize("kind", kinds_of_error(), ids=lambda kind: kind.__name__)
def test_a_body_that_was_never_asked_for_was_not_sent_whatever_the_error_is_called(kind):
    assert type(outcome_of(made(kind), asks=False)) is NotSentError


@pytest.mark.parametrize("kind", kinds_of_error(), ids=lambda kind: kind.__name__)
def test_a_body_that_was_asked_for_may_have_been_sent_whatever_the_error_is_called(kind):
    error = outcome_of(made(kind), asks=True)
    assert type(error) is (ReplyTimeoutError if issubclass(kind, theirs.RequestTimeoutError) else OutcomeUnknownError)
    assert error.carried_out is None


def test_the_text_of_their_error_is_only_the_cause():
    """It can hold the address, and what the caller sent."""
    error = outcome_of(theirs.ConnectError("secret", {"causes": []}), asks=False)
    assert "secret" not in str(error)
    assert "ConnectError" in str(error)
    assert error.__cause__ is not None


def test_a_whole_body_that_is_asked_for_after_giving_up_is_not_handed_out():
    async def main():
        body = _WholeBody(b"body")
        await body.give_up()
        return list(body), body.asked_for

    assert anyio.run(main) == ([], True)


def test_a_whole_body_that_is_given_up_between_being_asked_and_answering_is_not_handed_out():
    async def main():
        body = _WholeBody(b"body")
        asking = iter(body)
        assert not body.asked_for
        await body.give_up()
        return list(asking)

    assert anyio.run(main) == []


def test_a_whole_body_says_that_it_was_asked_for_before_it_is_handed_out():
    body = _WholeBody(b"body")
    for piece in body:
        assert (piece, body.asked_for) == (b"body", True)
    assert body.asked_for


@pytest.fixture
def pieces():
    return _PiecewiseBody(Body((b"one", b"two"), 6), lambda: None)


def test_a_body_in_pieces_that_is_given_up_refuses_to_be_asked(pieces):
    """At once, in the thread that asks: the event loop may have ended, and pyreqwest would wait for it for ever."""

    async def main():
        first = await anext(pieces, ...)
        await pieces.give_up()
        await pieces.give_up()
        return first

    assert anyio.run(main) == b"one"
    with pytest.raises(TypeError, match="not an async iterator"):
        anext(pieces, ...)


def test_giving_up_waits_for_a_step_that_was_asked_for_before(pieces):
    async def main():
        asked = anext(pieces, ...)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pieces.give_up)
            await anyio.wait_all_tasks_blocked()
            assert await asked is ...
        # The next time there is nothing to wait for.
        with anyio.fail_after(0):
            await pieces.give_up()

    anyio.run(main)


def test_giving_up_does_not_wait_for_a_dropped_step(pieces, monkeypatch):
    monkeypatch.setattr(_fast, "_MAX_HANDOVER_SECONDS", 60.0)

    async def main():
        pieces.__anext__()
        with anyio.fail_after(10):
            await pieces.give_up()

    anyio.run(main)


def test_a_piece_that_is_asked_for_and_never_awaited_leaves_no_warning(pieces):
    """As pyreqwest does with a call that has ended. (It must not be refused by raising there: that ends the interpreter.)"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pieces.__anext__()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_piece_that_was_being_read_when_the_body_was_given_up_is_not_handed_out():
    ready, closed = anyio.Event(), []

    class Slow:
        async def chunks(self):
            try:
                await ready.wait()
                yield b"late"
            finally:
                closed.append(True)

    async def main():
        pieces = _PiecewiseBody(Slow(), lambda: None)
        got = []

        async def read():
            got.append(await anext(pieces, None))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            await pieces.give_up()
            assert not closed
            ready.set()
        return got, closed, pieces.asked_for

    assert anyio.run(main) == ([None], [True], False)


# --- answers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Retry-After", "Date", "X-Other"])
def test_a_header_that_is_not_ascii_hides_no_response(name, backend, faults, client_of, mail):
    faults.then(Say(headers={name: "s\u00f6\u00f6n"}))

    async def main():
        async with client_of() as client:
            return (await client.email.send(**mail())).email_id

    assert anyio.run(main, backend=backend) == "reference"
