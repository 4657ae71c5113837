"""The blocking client does what the asynchronous client does."""

import asyncio
import contextvars
import threading
import traceback

import anyio
import httpx
import pytest
import trio
from faults.server import Fault, Say

from smtp2go_async import (
    ApiError,
    AuthenticationError,
    CallEffect,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    SendRefusedError,
    ServerError,
    Smtp2goError,
)

REFUSED = b'{"data": {"succeeded": 0, "failed": 1, "failures": ["no"]}}'
TURNS = [
    Fault.NONE,
    Fault.NO_ANSWER,
    Fault.HALF_BODY,
    Fault.HTML_502,
    Fault.BAD_GZIP,
    Say(400, body=b'{"data": {"error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD", "error": "no"}}'),
    Say(401, body=b"{}"),
    Say(429, body=b"{}", headers={"Retry-After": "9"}),
    Say(200, body=REFUSED),
    Say(200, body=b"<html>"),
]


@pytest.mark.parametrize(
    "turn", TURNS, ids=lambda turn: turn.name if isinstance(turn, Fault) else f"says_{turn.status}"
)
def test_results_and_errors_are_those_of_the_async_client(turn, faults, client_of, sync_of, mail):
    faults.then(turn, turn)

    async def awaited():
        async with client_of() as client:
            try:
                return await client.email.send(**mail())
            except Smtp2goError as error:
                return error

    def waited():
        try:
            return sync_of().email.send(**mail())
        except Smtp2goError as error:
            return error

    one, other = asyncio.run(awaited()), waited()
    assert type(one) is type(other)
    assert (str(one), getattr(one, "carried_out", None)) == (str(other), getattr(other, "carried_out", None))
    if isinstance(one, Smtp2goError):
        assert other.operation == "/email/send"
    else:
        assert one == other
        assert one.raw == other.raw


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        (Fault.NO_ANSWER, OutcomeUnknownError),
        (Fault.HTML_502, ServerError),
        (Fault.LENGTH_TOO_SHORT, ReplyError),
        (Say(401, body=b"{}"), AuthenticationError),
        (Say(413, body=b"{}"), ApiError),
        (Say(429, body=b"{}"), RateLimitError),
        (Say(200, body=REFUSED), SendRefusedError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_errors_keep_their_class_and_show_where_they_were_raised(turn, error, faults, sync_of, mail):
    faults.then(turn)

    with pytest.raises(error) as caught:
        sync_of().email.send(**mail())
    shown = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    # The caller's own line, and the async call that failed.
    assert shown[0] == "test_errors_keep_their_class_and_show_where_they_were_raised"
    assert "_attempt" in shown


def test_a_refused_connection_is_a_builtin_connection_error_too(faults, sync_of, mail):
    with pytest.raises(ConnectionError):
        sync_of(base_url=faults.refusing_url).email.send(**mail())


def test_a_late_response_is_a_builtin_timeout_error_too(faults, sync_of, mail):
    client = sync_of()
    # Over a connection that is there already, since a call that does not connect in time is not sent.
    client.email.send(**mail())
    faults.then(Fault.STALL)
    with pytest.raises(TimeoutError) as caught:
        client.with_options(timeout=0.1).email.send(**mail())
    assert type(caught.value) is ReplyTimeoutError


def test_a_wrong_argument_is_refused_before_anything_is_sent(faults, sync_of, mail):
    with pytest.raises(ValueError, match="subject"):
        sync_of().email.send(**mail(""))
    assert faults.begun == 0


def test_repeats_happen_in_it_too(faults, sync_of):
    faults.then(Fault.RESET, Fault.HTML_502)
    client = sync_of(retry=RetryPolicy(attempts=3, first_wait=0.0))

    assert client.email.search_scheduled(schedule_id="it")[0].schedule_id == "it"
    assert faults.connections == 2


def test_any_call_can_be_made(faults, sync_of):
    result = sync_of().call("POST", "/email/scheduled/remove", {"schedule_id": "1"}, effect=CallEffect.CONVERGES)

    assert result.data == "Success"
    assert faults.arrived[0].json == {"schedule_id": "1"}


def test_calls_share_a_connection_and_a_thread(faults, sync_of, mail):
    client = sync_of()
    for number in range(5):
        assert client.email.send(**mail(str(number))).email_id == str(number)
    names = [thread.name for thread in threading.enumerate()]

    assert faults.connections == 1
    assert names.count("smtp2go-async") == 1


def test_no_thread_starts_before_the_first_call(sync_of):
    client = sync_of()
    assert client.email
    assert client.with_options(timeout=1).pacer

    assert "smtp2go-async" not in [thread.name for thread in threading.enumerate()]


def test_an_attachment_is_sent_from_its_file(faults, sync_of, mail, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc" * 100_000)

    sync_of().email.send(**mail(attachments=[path]))
    assert len(faults.arrived[0].json["attachments"][0]["fileblob"]) == 400_000


# --- inside other loops ------------------------------------------------------------------------------------------


def in_asyncio(work):
    async def main():
        return work()

    return asyncio.run(main())


def in_trio(work):
    async def main():
        return work()

    return trio.run(main)


def in_anyio(work):
    async def main():
        return work()

    return anyio.run(main)


def in_anyio_on_trio(work):
    async def main():
        return work()

    return anyio.run(main, backend="trio")


def in_a_worker_thread(work):
    async def main():
        return await anyio.to_thread.run_sync(work)

    return anyio.run(main)


def in_a_worker_thread_of_trio(work):
    async def main():
        return await anyio.to_thread.run_sync(work)

    return anyio.run(main, backend="trio")


# That it is warned of is tested in test_blocked_loops.py.
blocking = pytest.mark.filterwarnings("ignore:SyncClient:smtp2go_async.Smtp2goWarning")

inside = pytest.mark.parametrize(
    "inside", [in_asyncio, in_trio, in_anyio, in_anyio_on_trio, in_a_worker_thread, in_a_worker_thread_of_trio]
)


@inside
@blocking
def test_the_first_call_works_inside_a_running_loop(inside, sync_of, mail):
    client = sync_of()

    assert inside(lambda: client.email.send(**mail()).email_id) == "reference"
    assert client.email.send(**mail("after")).email_id == "after"


@inside
@blocking
def test_a_later_call_works_inside_a_running_loop(inside, sync_of, mail):
    client = sync_of()
    client.email.send(**mail("before"))

    assert inside(lambda: client.email.send(**mail()).email_id) == "reference"


@inside
def test_a_client_can_be_closed_inside_a_running_loop(inside, faults, sync_of, mail):
    client = sync_of()
    client.email.send(**mail())

    inside(client.close)
    faults.wait_for(lambda: faults.open == 0)


def test_the_caller_s_context_goes_along(key, faults, sync_of, mail):
    """So that what traces requests finds whose they are."""
    trace = contextvars.ContextVar("trace", default="none")
    seen = []

    async def note(_request: httpx.Request) -> None:
        seen.append(trace.get())

    own = httpx.AsyncClient(event_hooks={"request": [note]}, verify=False)
    client = sync_of(http_client=own)
    trace.set("this one")
    client.email.send(**mail())
    client._thread.run(own.aclose)

    assert seen == ["this one"]


def test_a_call_from_inside_a_call_is_refused(faults, sync_of, mail):
    """It would wait for itself for ever."""

    async def hook(_request: httpx.Request) -> None:
        client.email.send(**mail("inner"))

    own = httpx.AsyncClient(event_hooks={"request": [hook]}, verify=False)
    client = sync_of(http_client=own)

    with pytest.raises(RuntimeError, match="inside one of its own calls"):
        client.email.send(**mail())
    client._thread.run(own.aclose)
    assert faults.begun == 0


@blocking
def test_another_client_can_be_used_from_inside_a_call(faults, sync_of, mail):
    inner = sync_of()

    async def hook(_request: httpx.Request) -> None:
        inner.email.send(**mail("inner"))

    own = httpx.AsyncClient(event_hooks={"request": [hook]}, verify=False)
    outer = sync_of(http_client=own)
    outer.email.send(**mail("outer"))
    outer._thread.run(own.aclose)

    assert [request.json["subject"] for request in faults.arrived] == ["inner", "outer"]


# --- options -----------------------------------------------------------------------------------------------------


def test_a_copy_shares_the_thread_and_the_connections(faults, sync_of, mail):
    client = sync_of()
    copy = client.with_options(api_key="api-" + "B" * 32, extra_body={"version": 2})
    client.email.send(**mail())
    copy.email.send(**mail())
    client.email.send(**mail())

    assert faults.connections == 1
    assert [request.header("x-smtp2go-api-key")[-1] for request in faults.arrived] == ["A", "B", "A"]
    assert [request.json.get("version") for request in faults.arrived] == [None, 2, None]
    assert copy.pacer is client.pacer


def test_a_copy_has_groups_of_its_own(sync_of):
    client = sync_of()
    email = client.email

    assert client.email is email
    assert client.with_options(timeout=1).email is not email


def test_a_wrong_option_is_refused(sync_of):
    with pytest.raises(ValueError, match="timeout"):
        sync_of().with_options(timeout=0)


def test_a_copy_keeps_working_when_the_original_is_gone(faults, sync_of, key, mail):
    from smtp2go_async import SyncClient

    copy = SyncClient(key, base_url=faults.url).with_options(timeout=5)

    assert copy.email.send(**mail()).email_id == "reference"
    copy.close()


def test_the_repr_says_where_it_connects_and_no_key(key):
    from smtp2go_async import SyncClient

    client = SyncClient(key, region="eu")
    assert repr(client) == "<SyncClient https://eu-api.smtp2go.com/v3>"
    assert key not in repr(client.with_options(api_key=key))


def test_wrong_arguments_are_refused_like_those_of_the_async_client(key):
    from smtp2go_async import SyncClient

    with pytest.raises(ValueError, match="api_key"):
        SyncClient("api-short")
    with pytest.raises(TypeError, match="http_client"):
        SyncClient(key, http_client=object())
    with pytest.raises(ValueError, match="max_connections"):
        SyncClient(key, max_connections=0)


def test_a_closed_client_sends_nothing(faults, sync_of, mail):
    client = sync_of()
    client.email.send(**mail("before"))
    client.close()

    for one in (client, client.with_options(timeout=1)):
        with pytest.raises(NotSentError, match="closed"):
            one.email.send(**mail("after"))
    assert (faults.count("before"), faults.count("after")) == (1, 0)
