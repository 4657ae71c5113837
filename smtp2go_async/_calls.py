"""Everything that making a call needs, and the only loop in which a call is made and repeated.

`AsyncClient` makes one `Calls`, and each group of endpoints holds it; neither the groups nor bulk know the client.

The logger is ``smtp2go_async``:

| level   | a line for each                                                                          |
|---------|------------------------------------------------------------------------------------------|
| DEBUG   | attempt: its number, the status, the request id and the milliseconds; of an attempt that |
|         | was cancelled, also whether its outcome is unknown                                       |
| INFO    | repeat: the attempt that failed, the class of its error, and the seconds until the next  |
| WARNING | 429, which holds back all calls for a while; and call whose outcome is unknown           |

No line holds a key, an address, a subject, or any other words of the caller or of the provider.
"""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import attrs

from ._masking import mask_text
from ._operation import Operation
from ._pacing.turns import HeldBackError, Turn
from ._pacing.waking import Waker, waker_for
from ._runtime.loading import loading
from ._wire.request import Request, build_request
from ._wire.response import Response, parse_response
from ._wire.settings import Settings
from .errors import ApiError, RateLimitError, ReplyError, SendRefusedError, Smtp2goError
from .pacing import Pacer
from .retry import CallEffect, Repetition, RetryBudget

if TYPE_CHECKING:
    import tenacity

    from ._http.seams import Transport

T = TypeVar("T")

_log = logging.getLogger("smtp2go_async")
# Without a handler of its own, Python prints the warnings of a program that has configured no logging.
_log.addHandler(logging.NullHandler())

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@attrs.define(eq=False, repr=False)
class Calls:
    """Makes calls: settings, and the pacer, the transport and the retry budget that its copies share.

    This is also where a test steps in: `transport`, `pacer`, `clock` and `sleep` are plain attributes, and the groups
    of a client look them up at each call, so a test sets them on ``client._calls`` before or between calls.

    Args:
        settings: How requests are built and responses read.
        pacer: Holds calls back after a 429.
        transport: Carries a request there and its response back.
        budget: What repeats may cost, for all copies together.
        clock: Returns seconds, for `RetryPolicy.max_elapsed`.
        sleep: Waits for as many seconds, between attempts and for the pacer.
    """

    settings: Settings
    pacer: Pacer
    transport: "Transport"
    budget: RetryBudget = attrs.field(factory=RetryBudget)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def evolve(
        self,
        *,
        budget: RetryBudget | None = None,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        **settings: Any,
    ) -> "Calls":
        """Return a copy with some parts changed; it shares all others.

        Args:
            budget: A retry budget of its own.
            sleep: Another way to wait.
            settings: Fields of `Settings`, which are checked already: ``retry``, ``raise_on_refused`` and so on.
        """
        return attrs.evolve(
            self,
            settings=attrs.evolve(self.settings, **settings) if settings else self.settings,
            budget=self.budget if budget is None else budget,
            sleep=self.sleep if sleep is None else sleep,
        )

    async def call(self, operation: Operation[T], fields: Mapping[str, Any]) -> T:
        """Make a call of these fields: build its request, send it, and repeat it where the table in `retry` allows.

        Raises:
            ValueError: A field can't be sent, or the body is over the limit; nothing was sent.
            TypeError: A field has no form in JSON; nothing was sent.
            Smtp2goError: The call failed.
        """
        return await self.make(operation, build_request(operation, fields, self.settings))

    async def make(self, operation: Operation[T], request: Request) -> T:
        """Make a call whose request is built."""
        started = self.clock()
        try:
            return await self._attempt(operation, request, started, 1)
        except Smtp2goError as error:
            # Only a call that failed pays for the machinery of repeating.
            first = error
        try:
            return await self._repeat(operation, request, started, first)
        except Smtp2goError as error:
            if error.carried_out is None and operation.effect is not CallEffect.READ:
                _log.warning("%s: the outcome is unknown (%s)", operation.path, type(error).__name__)
            raise

    async def _repeat(self, operation: Operation[T], request: Request, started: float, first: Smtp2goError) -> T:
        """Go on after a first attempt that failed. The only place where tenacity appears."""
        with loading:
            import tenacity

        number = 0

        async def attempt() -> T:
            nonlocal number
            number += 1
            if number == 1:
                # tenacity counts the attempt that was made already.
                raise first
            return await self._attempt(operation, request, started, number)

        def log(state: "tenacity.RetryCallState") -> None:
            _log.info(
                "%s: attempt %d failed (%s), next in %.1f s",
                operation.path,
                number,
                type(_error_of(state)).__name__,
                state.upcoming_sleep,
            )

        repetition = Repetition(self.settings.retry, operation.effect, self.budget)
        retrying = tenacity.AsyncRetrying(
            retry=lambda state: repetition.should_repeat(_error_of(state)),
            wait=lambda state: repetition.wait(_error_of(state), number),
            stop=lambda state: repetition.stop(_error_of(state), number, self.clock() - started + state.upcoming_sleep),
            before_sleep=log,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except Smtp2goError as error:
            final = repetition.final_error(error, operation.path)
            if final is error:
                raise
            raise final from error

    async def _attempt(self, operation: Operation[T], request: Request, started: float, number: int) -> T:
        """Make one attempt, when its turn has come."""
        logged = _log.isEnabledFor(logging.DEBUG)
        departed: float | None = None
        turn = self.pacer.turn(operation.path)
        response: Response | None = None
        try:
            while response is None:
                if turn.ask(0.0) is not None:
                    await self._wait_for_turn(operation, turn, started)
                if logged:
                    departed = self.clock()
                try:
                    response = await self.transport.send(request, turn.depart)
                except HeldBackError:
                    # The gate has closed since the turn came: nothing was sent, and the call waits again.
                    departed = None
            result = self._read(operation, request, response, turn)
        except BaseException as error:
            # Without a departure no attempt was made. The garbage collector ends a call in the middle of other code,
            # where a log may be in use.
            if departed is not None and not isinstance(error, GeneratorExit):
                unknown = response is None and turn.has_departed and not isinstance(error, Smtp2goError)
                self._log_attempt(operation, number, response, error, departed, unknown=unknown)
            raise
        finally:
            turn.release()
        self.budget.put_back()
        if departed is not None:
            self._log_attempt(operation, number, response, result, departed)
        return result

    def _read(self, operation: Operation[T], request: Request, response: Response, turn: Turn) -> T:
        """Return the result of a response, and report to the pacer whether it was accepted."""
        try:
            result = parse_response(operation, response, self.settings, request.fields)
        except RateLimitError as error:
            error.retry_after = turn.rate_limited(error.retry_after)
            _log.warning("%s: status %d, cool-down of %.1f s", operation.path, response.status, error.retry_after)
            raise
        except ApiError:
            turn.refused()
            raise
        except (SendRefusedError, ReplyError):
            # These refusals have status 200, so a server that counts errors does not count them; and a response that
            # can't be understood is a response too.
            turn.accepted()
            raise
        turn.accepted()
        return result

    async def _wait_for_turn(self, operation: Operation[Any], turn: Turn, started: float) -> None:
        """Wait until the pacer lets the call go.

        Raises:
            RateLimitError: That takes longer than the policy allows.
        """
        max_elapsed = self.settings.retry.max_elapsed
        slept = 0.0
        waker: Waker | None = None
        while True:
            # The seconds slept count too: with a clock that stands still this would go on for ever.
            left = max_elapsed - max(self.clock() - started, slept)
            delay = turn.ask(left)
            if delay is None:
                return
            if left <= 0 or (delay.certain and delay.seconds > left):
                until = (
                    f"for another {delay.seconds:.0f} s"
                    if delay.certain
                    else f"and max_elapsed ({max_elapsed:g} s) is over"
                )
                raise RateLimitError(
                    f"not tried: {delay.reason}, {until}", operation=operation.path, retry_after=delay.seconds
                )
            if waker is None or waker.is_woken:
                waker = waker_for(turn)
                # Ask once more: the turn may have come before there was anything to wake.
                continue
            seconds = min(delay.seconds, left)
            await waker.wait(seconds, self.sleep)
            slept += 0.0 if waker.is_woken else seconds

    def _log_attempt(
        self,
        operation: Operation[Any],
        number: int,
        response: Response | None,
        outcome: object,
        departed: float,
        *,
        unknown: bool = False,
    ) -> None:
        request_id = str(getattr(outcome, "request_id", None) or "")
        # Another server than the provider's may write anything there, also the key or the number that it was sent.
        shown = _REQUEST_ID.fullmatch(request_id) is not None and mask_text(request_id) == request_id
        _log.debug(
            "%s: attempt %d: %s, %s, request id %s, %.0f ms%s",
            operation.path,
            number,
            "no response" if response is None else f"status {response.status}",
            type(outcome).__name__,
            request_id if shown else "unknown",
            (self.clock() - departed) * 1000.0,
            # Of a call that was cancelled no error tells the caller.
            "; the outcome is unknown" if unknown and operation.effect is not CallEffect.READ else "",
        )


def _error_of(state: "tenacity.RetryCallState") -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
