"""The asynchronous client: settings, the groups of calls, and the one loop in which a call is made and repeated."""

import concurrent.futures.thread  # noqa: F401 - asyncio imports it in the middle of a call, when no fork waits
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio
import attrs

from ._groups import AsyncGroups
from ._masking import shown_half_made
from ._models.model import AnyReply
from ._operation import CallEffect, Operation
from ._pacing.turns import HeldBackError, Turn
from ._pacing.waking import Waker, waker_for
from ._runtime.loading import loading
from ._values.checks import about, check_bool, check_count, check_mapping
from ._wire import settings
from ._wire.codec import STANDARD
from ._wire.settings import MAX_EMAIL_BYTES, TIMEOUT, Auth, Region, Settings, TransportName
from ._wire.wire import Request, Response, build_request, parse_response
from .errors import (
    ApiError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    SendRefusedError,
    Smtp2goError,
)
from .pacing import Pacer
from .retry import Decision, RetryBudget, RetryPolicy, decide, failure_of

if TYPE_CHECKING:
    from ._http.transport import HttpxClient, Transport

T = TypeVar("T")

_log = logging.getLogger("smtp2go_async")


class _Unset:
    """Stands for an option that was not given, where ``None`` means something."""

    def __repr__(self) -> str:
        return "..."


_UNSET = _Unset()


@shown_half_made
class AsyncClient(AsyncGroups):
    """The SMTP2GO API, awaited. Made once and shared: it keeps its connections.

    Works on asyncio and on trio. Close it with ``async with`` or `aclose`.

    Args:
        api_key: ``api-`` and 32 letters or digits; from the environment variable ``SMTP2GO_API_KEY`` when left out.
        region: Where to connect: ``"global"`` (the nearest), ``"us"``, ``"eu"`` or ``"au"``. When neither this nor
            ``base_url`` is given, ``SMTP2GO_REGION`` or ``SMTP2GO_BASE_URL`` in the environment says it, else it is
            ``"global"``.
        base_url: An address to use instead of a region's, for example a sandbox's, with its ``/v3``.
        allow_http: Whether plain http may go to another machine, where the network sees the key and the e-mails. It
            always may to loopback, and with the fixed key of a sandbox.
        subaccount_id: A subaccount to act for, in the calls where the API has it. It does not have it for sending
            (`email`, `sms.send`): use a key of the subaccount there.
        auth: What carries the key: the header ``X-Smtp2go-Api-Key``, ``"bearer"``, or the ``"body"``.
        timeout: Seconds that each step of an attempt may take (connecting at most 10, sending, waiting for an answer);
            ``None`` for no limit.
        retry: What is repeated; see `RetryPolicy`. A send is never repeated after it may have been carried out.
        pacer: Share one among the clients of a process, since the provider blocks addresses, not keys.
        max_connections: The most connections at a time; further calls wait for one.
        max_email_bytes: The most that the body of an e-mail call may have, attachments in base64 included.
        transport: ``"httpx"``, or ``"fast"`` for pyreqwest and orjson (``pip install 'smtp2go-async[fast]'``): several
            times the calls per second, with the same results and errors. On trio and in forked children it is httpx.
        http_client: Your own `httpx.AsyncClient`, with its hooks; not closed here. Its timeouts apply unless
            ``timeout`` is given; ``max_connections`` does not.

    Raises:
        ValueError: An argument that is wrong; nothing is ever sent to find that out.

    Example:
        async with AsyncClient() as client:
            result = await client.email.send(
                sender="shop@example.com", to=["jane@example.com"], subject="Hello", text_body="Hi"
            )
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        region: Region | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        subaccount_id: str | None = None,
        auth: Auth = "header",
        timeout: float | None | _Unset = _UNSET,
        retry: RetryPolicy | None = None,
        pacer: Pacer | None = None,
        max_connections: int = 100,
        max_email_bytes: int = MAX_EMAIL_BYTES,
        transport: TransportName = "httpx",
        http_client: "HttpxClient | None" = None,
    ) -> None:
        check_count(max_connections, "max_connections")
        fast = settings.check_transport(transport, http_client) == "fast"
        key = settings.check_key(api_key)
        check_bool(allow_http, "allow_http")
        self._settings = Settings(
            api_key=key,
            base_url=settings.check_base_url(region, base_url, api_key=key, allow_http=allow_http),
            allow_http=allow_http,
            auth=auth,
            subaccount_id=settings.check_subaccount(subaccount_id),
            timeout=TIMEOUT if isinstance(timeout, _Unset) else settings.check_timeout(timeout),
            timeout_given=not isinstance(timeout, _Unset),
            retry=settings.check_retry(retry) if retry is not None else RetryPolicy(),
            max_email_bytes=check_count(max_email_bytes, "max_email_bytes"),
            json=settings.fast_json() if fast else STANDARD,
        )
        self._pacer = settings.check_pacer(pacer) if pacer is not None else Pacer()
        self._budget = RetryBudget()
        self._transport = _transport_for(http_client, self._settings, max_connections, fast=fast)
        # Passed in by tests, so that none of them waits.
        self._clock: Callable[[], float] = time.monotonic
        self._sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._settings.base_url}>"

    @property
    def pacer(self) -> Pacer:
        """What holds calls back after a 429."""
        return self._pacer

    def with_options(
        self,
        *,
        api_key: str | _Unset = _UNSET,
        timeout: float | None | _Unset = _UNSET,
        retry: RetryPolicy | _Unset = _UNSET,
        subaccount_id: str | None | _Unset = _UNSET,
        extra_body: Mapping[str, Any] | _Unset = _UNSET,
        raise_on_refused: bool | _Unset = _UNSET,
    ) -> "AsyncClient":
        """Return a copy with some settings changed; it shares the connections, the pacer and the retry budget.

        Closing the copy or the original closes both.

        Args:
            api_key: Another key.
            timeout: Seconds for each step of an attempt.
            retry: Another policy, for example ``RetryPolicy.none()``.
            subaccount_id: A subaccount to act for.
            extra_body: Fields to add to every request body, for what the API has and this version does not.
            raise_on_refused: ``False`` returns the result of a send that was refused instead of raising.
        """
        changes: dict[str, Any] = {}
        if not isinstance(api_key, _Unset):
            changes["api_key"] = settings.check_key(api_key)
        if not isinstance(timeout, _Unset):
            changes.update(timeout=settings.check_timeout(timeout), timeout_given=True)
        if not isinstance(retry, _Unset):
            changes["retry"] = settings.check_retry(retry)
        if not isinstance(subaccount_id, _Unset):
            changes["subaccount_id"] = settings.check_subaccount(subaccount_id)
        if not isinstance(extra_body, _Unset):
            changes["extra_body"] = settings.check_extra_body(extra_body)
        if not isinstance(raise_on_refused, _Unset):
            changes["raise_on_refused"] = check_bool(raise_on_refused, "raise_on_refused")
        copy = object.__new__(type(self))
        # The groups are cached in the same place, and belong to the original.
        copy.__dict__.update((name, value) for name, value in self.__dict__.items() if name.startswith("_"))
        copy._settings = attrs.evolve(self._settings, **changes)
        return copy

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, effect: CallEffect
    ) -> AnyReply:
        """Make a call that this version has no method for; with the same checks, errors, repeats and pacing.

        Args:
            method: ``"POST"`` nearly always; ``"PATCH"`` for a few.
            path: As in the API's reference, for example ``"/domain/view"``.
            body: Its fields; those that are ``None`` are left out.
            effect: What making it a second time does. It decides what is repeated, so there is no default:
                `CallEffect.READ` changes nothing, `CONVERGES` ends in the same state, `ONCE` does two things.

        Example:
            await client.call("POST", "/domain/view", {"domain": "example.com"}, effect=CallEffect.READ)
        """
        operation = Operation(path, AnyReply, effect=effect, method=method)
        fields = {} if body is None else check_mapping(body, "body")
        if "api_key" in fields:
            self._settings.refuse_to_show_a_key(fields, "body")
        try:
            request = build_request(operation, fields, self._settings)
        except (TypeError, ValueError) as error:
            # It begins with the name of a field, and the argument is the body.
            raise about("body", error) from error
        return await self._make(operation, request)

    async def aclose(self) -> None:
        """Close the connections. Calls made later raise `NotSentError`."""
        await self._transport.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _call(self, operation: Operation[T], fields: Mapping[str, Any]) -> T:
        """Make one call: check and encode it, send it, repeat it where the table in `retry` allows that."""
        return await self._make(operation, build_request(operation, fields, self._settings))

    async def _make(self, operation: Operation[T], request: Request) -> T:
        started = self._clock()
        try:
            return await self._attempt(operation, request, started)
        except Smtp2goError as error:
            # Only a call that failed pays for the machinery below.
            first = error
        return await self._repeat(operation, request, started, first)

    async def _attempt(self, operation: Operation[T], request: Request, started: float) -> T:
        turn = self._pacer.turn(operation.path)
        answer: Response | None = None
        try:
            while answer is None:
                if turn.ask(0.0) is not None:
                    await self._wait_for_turn(operation, turn, started)
                try:
                    answer = await self._transport.send(request, turn.depart)
                except HeldBackError:
                    # The gate has closed meanwhile: nothing was sent, and the call waits again.
                    continue
            result = self._result(operation, request, answer, turn)
        finally:
            turn.release()
        self._budget.put_back()
        return result

    def _result(self, operation: Operation[T], request: Request, answer: Response, turn: Turn) -> T:
        """Read an answer, and tell the pacer what it was."""
        try:
            result = parse_response(operation, answer, self._settings, request.said)
        except RateLimitError as error:
            error.retry_after = turn.rate_limited(error.retry_after)
            raise
        except ApiError:
            turn.refused()
            raise
        except (SendRefusedError, ReplyError):
            # Told by a 200, so it is no error to a server that counts errors; and an answer that can't be understood
            # is an answer too.
            turn.accepted()
            raise
        turn.accepted()
        return result

    async def _wait_for_turn(self, operation: Operation[Any], turn: Turn, started: float) -> None:
        """Wait until the pacer lets a call go.

        Raises:
            RateLimitError: That takes longer than the policy allows.
        """
        most = self._settings.retry.max_elapsed
        slept = 0.0
        waker: Waker | None = None
        while True:
            # The seconds slept count too: with a clock that stands still this would go on for ever.
            left = most - max(self._clock() - started, slept)
            delay = turn.ask(left)
            if delay is None:
                return
            if left <= 0 or (delay.certain and delay.seconds > left):
                until = (
                    f"for another {delay.seconds:.0f} s" if delay.certain else f"and max_elapsed ({most:g} s) is over"
                )
                raise RateLimitError(
                    f"not tried: {delay.reason}, {until}", operation=operation.path, retry_after=delay.seconds
                )
            if waker is None or waker.is_woken:
                waker = waker_for(turn)
                # Ask once more: the turn may have come before there was anything to wake.
                continue
            seconds = min(delay.seconds, left)
            await waker.wait(seconds, self._sleep)
            slept += 0.0 if waker.is_woken else seconds

    async def _repeat(self, operation: Operation[T], request: Request, started: float, first: Smtp2goError) -> T:
        """Go on after a first attempt that failed. The only loop, and the only place where tenacity appears."""
        with loading:
            import tenacity

        policy = self._settings.retry
        pending: Smtp2goError | None = first
        unknown: Smtp2goError | None = None

        async def attempt() -> T:
            nonlocal pending
            if pending is not None:
                # tenacity counts the attempt that was made already.
                error, pending = pending, None
                raise error
            return await self._attempt(operation, request, started)

        def wait(state: tenacity.RetryCallState) -> float:
            error = _error_of(state)
            if isinstance(error, RateLimitError):
                return error.retry_after or 0.0
            return policy.wait_before(state.attempt_number + 1)

        def stop(state: tenacity.RetryCallState) -> bool:
            too_late = self._clock() - started + state.upcoming_sleep > policy.max_elapsed
            if too_late or state.attempt_number >= policy.attempts:
                return True
            return not self._budget.take(failure_of(cast("Smtp2goError", _error_of(state))))

        def worth_repeating(state: tenacity.RetryCallState) -> bool:
            nonlocal unknown
            error = _error_of(state)
            if not isinstance(error, Smtp2goError):
                return False
            if error.carried_out is None:
                unknown = error
            decision = decide(failure_of(error), operation.effect, at_least_once=policy.at_least_once)
            return decision is not Decision.RAISE

        def tell(state: tenacity.RetryCallState) -> None:
            error = cast("Smtp2goError", _error_of(state))
            _log.info(
                "%s: attempt %d failed (%s), next in %.1f s",
                operation.path,
                state.attempt_number,
                failure_of(error).value,
                state.upcoming_sleep,
            )

        retrying = tenacity.AsyncRetrying(
            sleep=self._sleep, wait=wait, stop=stop, retry=worth_repeating, before_sleep=tell, reraise=True
        )
        try:
            return await retrying(attempt)
        except Smtp2goError as error:
            if unknown is None or operation.effect is CallEffect.READ or error.carried_out is not False:
                raise
            # What is told is about the call, and not about its last attempt.
            if isinstance(error, NotSentError):
                raise OutcomeUnknownError(
                    "an earlier attempt got no answer and may have done it; the last was not sent",
                    operation=operation.path,
                ) from error
            error.carried_out = None
            error.add_note("An earlier attempt of this call got no answer and may have done it.")
            raise


def _error_of(state: Any) -> BaseException | None:
    error: BaseException | None = state.outcome.exception() if state.outcome is not None else None
    return error


def _transport_for(
    http_client: "HttpxClient | None", settings: Settings, max_connections: int, *, fast: bool
) -> "Transport":
    with loading:
        from ._http.connections import OwnTransport
        from ._http.transport import BorrowedTransport, HttpxClient, HttpxConnections

    if http_client is not None:
        if not isinstance(http_client, HttpxClient):
            raise TypeError(f"http_client: an httpx.AsyncClient is needed, not a {type(http_client).__name__}")
        return BorrowedTransport(http_client)
    if not fast:
        return OwnTransport(partial(HttpxConnections, settings.base_url), max_connections)
    with loading:
        from ._http.fast import connect

    return OwnTransport(partial(connect, settings.base_url), max_connections)
