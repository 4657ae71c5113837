"""Every way in which a server can fail: what the caller is told, and how many requests really arrived."""

import socket
from dataclasses import dataclass

import anyio
import pytest
from faults.server import Connect, Fault, Say

from smtp2go_async import (
    ApiError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    ServerError,
    Smtp2goError,
)
from smtp2go_async._http import connections


@pytest.fixture
def seconds(client_options, monkeypatch):
    """Return a function that gives the timeout for a case: little where the client has to give up, and else plenty.

    A call whose connecting takes that long is not sent, so connecting has plenty of time as well. Over the fast
    transport it has no timeout of its own.
    """
    real = connections.timeouts
    monkeypatch.setattr(connections, "timeouts", lambda seconds: {**real(seconds), "connect": 10.0})
    short = 0.3 if "transport" in client_options else 0.1
    return lambda case: short if case.stalls else 5.0


EAGER = RetryPolicy(attempts=3, first_wait=0.0, max_elapsed=5.0)
"""Repeats as much as the table allows, without waiting."""


@dataclass(frozen=True)
class Case:
    fault: Fault | Say
    error: type[Smtp2goError]
    arrived: int
    """Whole requests, when the fault goes on for ever and the call is a send."""
    connections: int = 1
    repeated: bool = True
    """Whether a call that changes nothing is made again."""

    @property
    def stalls(self) -> bool:
        """Whether the client has to give up."""
        return isinstance(self.fault, Fault) and "STALL" in self.fault.name

    def __str__(self) -> str:
        return self.fault.name.lower() if isinstance(self.fault, Fault) else f"says_{self.fault.status}"


FAULTS = [
    Case(Fault.CLOSE_AT_ONCE, OutcomeUnknownError, arrived=0),
    Case(Fault.STALL_BEFORE_READING, ReplyTimeoutError, arrived=0),
    Case(Fault.RESET_IN_BODY, OutcomeUnknownError, arrived=0),
    Case(Fault.TOO_LARGE, ApiError, arrived=0, repeated=False),
    Case(Fault.NO_ANSWER, OutcomeUnknownError, arrived=1),
    Case(Fault.RESET, OutcomeUnknownError, arrived=1),
    Case(Fault.HALF_HEAD, OutcomeUnknownError, arrived=1),
    Case(Fault.HALF_BODY, OutcomeUnknownError, arrived=1),
    Case(Fault.STALL, ReplyTimeoutError, arrived=1),
    Case(Fault.STALL_IN_ANSWER, ReplyTimeoutError, arrived=1),
    Case(Fault.LENGTH_TOO_SHORT, ReplyError, arrived=1, repeated=False),
    Case(Fault.LENGTH_TOO_LONG, OutcomeUnknownError, arrived=1),
    Case(Fault.NOT_HTTP, OutcomeUnknownError, arrived=1),
    Case(Fault.HTML_502, ServerError, arrived=1),
    Case(Fault.CUT_429, RateLimitError, arrived=1, repeated=False),
    Case(Say(429, body=b"{}"), RateLimitError, arrived=1, repeated=False),
    Case(Say(429, body=b"<html>", headers={"Retry-After": "30"}), RateLimitError, arrived=1, repeated=False),
    Case(Say(200, body=b"<html>Welcome to the hotel</html>"), ReplyError, arrived=1, repeated=False),
    Case(Say(200, body=b""), ReplyError, arrived=1, repeated=False),
    Case(Say(204, body=b""), ReplyError, arrived=1, repeated=False),
    Case(Say(500, body=b"{}"), ServerError, arrived=1),
]
# httpx leaves its own generators open when it can't decode what they give, and trio complains of that.
undecoded = pytest.mark.filterwarnings("ignore:Exception ignored in. <async_generator object (?!Body)")
BAD_GZIP = Case(Fault.BAD_GZIP, ReplyError, arrived=1, repeated=False)
CASES = [*((case, []) for case in FAULTS), (BAD_GZIP, [undecoded])]
every_fault = pytest.mark.parametrize("case", [pytest.param(case, marks=marks, id=str(case)) for case, marks in CASES])
# A connection that has answered before is written to by other lines of ours; it can't fail while it is made.
cold_and_warm = pytest.mark.parametrize(
    ("case", "warm"),
    [
        pytest.param(case, warm, marks=marks, id=f"{case}-{'warm' if warm else 'cold'}")
        for case, marks in CASES
        for warm in (False, True)
        if not (warm and case.fault.reads is Connect)
    ],
)


@cold_and_warm
def test_a_send_leaves_this_machine_at_most_once_and_the_error_tells_the_outcome(
    case, warm, backend, faults, client_of, client_options, seconds, mail
):
    async def call() -> Smtp2goError:
        async with client_of(retry=EAGER) as client:
            if warm:
                await client.email.send(**mail("before"))
            faults.otherwise = case.fault
            with pytest.raises(Smtp2goError) as caught:
                await client.with_options(timeout=seconds(case)).email.send(**mail())
            return caught.value

    error = anyio.run(call, backend=backend)
    if case.fault is Fault.CLOSE_AT_ONCE and "transport" in client_options and faults.connections > 1:
        # Closed before the body was asked for, over the fast transport; then even that is known, and tried again.
        assert type(error) in (NotSentError, OutcomeUnknownError)
        assert faults.count("reference") == 0
        return
    assert type(error) is case.error
    assert error.carried_out is case.error.carried_out
    assert error.operation == "/email/send"
    assert faults.count("reference") == case.arrived
    assert faults.connections == case.connections


@cold_and_warm
def test_a_call_that_changes_nothing_is_made_again_where_that_helps(
    case, warm, backend, faults, client_of, seconds, mail
):
    async def call() -> str:
        async with client_of(retry=EAGER) as client:
            if warm:
                await client.email.send(**mail("before"))
            faults.then(case.fault)
            try:
                listing = await client.with_options(timeout=seconds(case)).email.search_scheduled(
                    schedule_id="reference"
                )
            except Smtp2goError as error:
                return type(error).__name__
            return listing[0].schedule_id

    assert anyio.run(call, backend=backend) == ("reference" if case.repeated else case.error.__name__)


@every_fault
def test_a_failed_call_leaves_nothing_behind_for_the_next_one(case, backend, faults, client_of, seconds, mail):
    async def call() -> None:
        async with client_of(max_connections=1) as client:
            hurried = client.with_options(timeout=seconds(case))
            for number in range(2):
                faults.then(case.fault)
                with pytest.raises(Smtp2goError):
                    await hurried.email.send(**mail("failing"))
                client.pacer._gate.open_at = 0.0
                sent = await client.email.send(**mail(f"good-{number}"))
                assert sent.email_id == f"good-{number}"

    anyio.run(call, backend=backend)
    assert faults.count("good-") == 2


@pytest.mark.parametrize("fault", [Fault.PLAIN_TO_TLS, Fault.CLOSE_IN_HANDSHAKE, Fault.UNTRUSTED, Fault.NONE])
def test_nothing_is_sent_when_tls_fails(fault, backend, faults, client_of, mail):
    """With ``NONE`` the handshake never ends."""
    faults.otherwise = fault

    async def call() -> None:
        async with client_of(base_url=faults.tls_url, retry=EAGER, timeout=0.1 if fault is Fault.NONE else 5) as client:
            with pytest.raises(NotSentError):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.begun == 0
    assert faults.connections == EAGER.attempts


def test_a_refused_connection_is_tried_again_and_nothing_was_sent(backend, faults, client_of, mail, monkeypatch):
    async def call() -> None:
        async with client_of(base_url=faults.refusing_url, retry=EAGER) as client:
            budget = client._calls.budget.tokens
            with pytest.raises(NotSentError):
                await client.email.send(**mail())
            assert budget - client._calls.budget.tokens == 2 * client._calls.budget.REPEAT_COST

    anyio.run(call, backend=backend)


def test_a_name_that_does_not_resolve_means_not_sent(backend, client_of, mail, monkeypatch):
    def nobody(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    async def call() -> None:
        async with client_of(base_url="https://api.example.com/v3") as client:
            with pytest.raises(NotSentError):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)


def test_a_call_that_finds_no_free_connection_in_time_was_not_sent(backend, faults, client_of, mail):
    faults.then(Fault.HOLD)

    async def call() -> None:
        async with client_of(max_connections=1, timeout=5) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail("first")))
            while not faults.arrived:
                await anyio.sleep(0.002)
            with pytest.raises(NotSentError):
                await client.with_options(timeout=0.05).email.send(**mail("second"))
            faults.release()

    anyio.run(call, backend=backend)
    assert (faults.count("first"), faults.count("second")) == (1, 0)


def test_calls_share_a_connection_one_after_the_other(backend, faults, client_of, mail):
    async def call() -> None:
        async with client_of() as client:
            for number in range(5):
                assert (await client.email.send(**mail(f"mail-{number}"))).email_id == f"mail-{number}"

    anyio.run(call, backend=backend)
    assert faults.connections == 1


def test_many_calls_at_once_each_get_their_own_response(backend, faults, client_of, mail):
    answers = {}

    async def call() -> None:
        async with client_of(max_connections=10, timeout=10) as client, anyio.create_task_group() as tasks:

            async def one(name: str) -> None:
                answers[name] = (await client.email.send(**mail(name))).email_id

            for number in range(100):
                tasks.start_soon(one, f"mail-{number}")

    anyio.run(call, backend=backend)
    assert len(answers) == 100
    assert all(name == email_id for name, email_id in answers.items())
    assert faults.connections <= 10


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(backend, faults, client_of, mail):
    faults.then(Fault.CLOSE_AFTER)

    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail("first"))
            faults.wait_for(lambda: faults.open == 0)
            # pyreqwest notices in a thread of its own, which nobody can wait for.
            await anyio.sleep(0.2)
            await client.email.send(**mail("second"))

    anyio.run(call, backend=backend)
    assert (faults.count("first"), faults.count("second"), faults.connections) == (1, 1, 2)


def test_a_send_is_not_repeated_when_its_connection_is_closed_just_as_it_is_used_again(
    backend, faults, client_of, mail
):
    faults.then(Fault.RESET_ON_REUSE)

    async def call() -> None:
        async with client_of(retry=EAGER) as client:
            await client.email.send(**mail("first"))
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail("second"))

    anyio.run(call, backend=backend)
    assert (faults.count("first"), faults.count("second"), faults.connections) == (1, 0, 1)


def test_a_connection_that_was_idle_for_long_is_not_used_again(backend, faults, client_of, mail, monkeypatch):
    monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 0.01)

    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail())
            await anyio.sleep(0.03)
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.connections == 2


def test_a_cut_off_429_still_says_when_to_come_back(backend, faults, client_of, mail):
    faults.then(Fault.CUT_429)

    async def call() -> None:
        async with client_of() as client:
            with pytest.raises(RateLimitError) as caught:
                await client.email.send(**mail())
            assert caught.value.retry_after == 7.0

    anyio.run(call, backend=backend)


@undecoded
@pytest.mark.parametrize("fault", [Fault.LENGTH_TOO_SHORT, Fault.BAD_GZIP])
def test_an_unreadable_response_to_a_call_that_changes_nothing_leaves_no_doubt(fault, backend, faults, client_of):
    faults.then(fault)

    async def call() -> None:
        async with client_of() as client:
            with pytest.raises(ReplyError) as caught:
                await client.email.search_scheduled()
            assert caught.value.carried_out is True

    anyio.run(call, backend=backend)


def test_interim_responses_are_passed_over(backend, faults, client_of, mail):
    """A 103 is not the response: taken for it, it would say nothing of the mail, and the real one would be the next call's."""
    faults.then(Fault.INFORMATIONAL)

    async def call() -> list[str]:
        async with client_of() as client:
            return [(await client.email.send(**mail(name))).email_id for name in ("first", "second")]

    assert anyio.run(call, backend=backend) == ["first", "second"]
    assert len(faults.arrived) == 2
    assert faults.connections == 1
