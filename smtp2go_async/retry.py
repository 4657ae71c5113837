"""Decide whether a failed call is made again, and when.

| failure                                                      | READ, CONVERGES          | ONCE                     |
|--------------------------------------------------------------|--------------------------|--------------------------|
| never left this machine: DNS, refused, TLS, connect, pool    | repeat                   | repeat                   |
| rate limited: 429                                            | repeat after cool-down   | repeat after cool-down   |
| it left, no response: read or write error, timeout, closed   | repeat                   | raise                    |
| 500 with an error code of the API                            | raise                    | raise                    |
| any other 5xx                                                | repeat                   | raise                    |
| another refusal, or a response that can't be understood      | raise                    | raise                    |

The API has no idempotency key, so a call that "left, no response" may have been carried out: repeating a send could
send twice. ``at_least_once=True`` moves ONCE into the left column, for callers that prefer a second e-mail to none.

A 500 with an error code comes from the API itself and not from a server in front of it. A wrong key got this
response, and the provider blocks an address for many errors, so repeating the call would only do harm. A 502, 503 or
504 says that a server is away for the moment, so the call is repeated.
"""

import enum
import random
import threading
from collections.abc import Callable

import attrs

from ._masking import shown_half_made
from ._runtime.forking import tell_after_fork
from ._values.checks import check_bool, check_int, check_number
from ._values.problems import invalid
from ._values.signatures import name_arguments_of_class
from .errors import NotSentError, OutcomeUnknownError, RateLimitError, ServerError, Smtp2goError


class CallEffect(enum.Enum):
    """What making a call a second time does. Every operation names its effect; there is no default."""

    READ = "read"
    """Changes nothing."""

    CONVERGES = "converges"
    """Ends in the same state when done twice."""

    ONCE = "once"
    """Does two things when done twice: a second e-mail, a second text, a second key."""


class Failure(enum.Enum):
    """What went wrong, as far as repeating is concerned: the rows of the table."""

    NOT_SENT = "not sent"
    RATE_LIMITED = "rate limited"
    NO_RESPONSE = "no response"
    SERVER = "server error"
    ERROR_CODE = "500 with an error code"
    REFUSED = "refused"


class Decision(enum.Enum):
    """What to do about a failure: the cells of the table."""

    REPEAT = "repeat"
    REPEAT_AFTER_COOL_DOWN = "repeat after the cool-down"
    RAISE = "raise"


def failure_of(error: BaseException) -> Failure:
    """Name the row of the table that an error belongs to."""
    if isinstance(error, NotSentError):
        return Failure.REFUSED if error.final else Failure.NOT_SENT
    if isinstance(error, OutcomeUnknownError):
        return Failure.NO_RESPONSE
    if isinstance(error, RateLimitError):
        return Failure.RATE_LIMITED
    if isinstance(error, ServerError):
        return Failure.ERROR_CODE if error.status == 500 and error.code is not None else Failure.SERVER
    return Failure.REFUSED


def decide(failure: Failure, effect: CallEffect, *, at_least_once: bool = False) -> Decision:
    """Read one cell of the table."""
    match failure:
        case Failure.NOT_SENT:
            return Decision.REPEAT
        case Failure.RATE_LIMITED:
            return Decision.REPEAT_AFTER_COOL_DOWN
        case Failure.NO_RESPONSE | Failure.SERVER if effect is not CallEffect.ONCE or at_least_once:
            return Decision.REPEAT
        case _:
            return Decision.RAISE


def _not_negative(_instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if type(value) is not float:
        check_number(value, attribute.name)
    if not value >= 0:
        raise invalid(attribute.name, f"must be 0 or more seconds, not {value}")


def _finite(_instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if value == float("inf"):
        raise invalid(attribute.name, f"must be finite, since a wait has to end, not {value}")


def _at_least_one(_instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if check_int(value, attribute.name) < 1:
        raise invalid(attribute.name, f"must be 1 or more, where 1 means not to repeat, not {value}")


def _truth(_instance: object, attribute: "attrs.Attribute[bool]", value: bool) -> None:
    # The text "false", as an environment has it, is true and would send twice.
    check_bool(value, attribute.name)


@name_arguments_of_class
@shown_half_made
@attrs.frozen
class RetryPolicy:
    """How often and for how long a call is repeated, where the table allows it at all.

    Args:
        attempts: The most attempts, the first included.
        max_elapsed: Seconds from the start of the call after which no wait starts. A call that would have to wait
            out a cool-down longer than what is left of this fails at once.
        first_wait: Seconds; the upper bound of the wait before the second attempt. It doubles with each attempt.
        max_wait: Seconds; the most that the bound grows to.
        at_least_once: Repeat a send even when the attempt before may have been carried out. **This can send twice.**
    """

    attempts: int = attrs.field(default=4, validator=_at_least_one)
    max_elapsed: float = attrs.field(default=30.0, validator=_not_negative)
    first_wait: float = attrs.field(default=0.5, validator=[_not_negative, _finite])
    max_wait: float = attrs.field(default=8.0, validator=[_not_negative, _finite])
    at_least_once: bool = attrs.field(default=False, kw_only=True, validator=_truth)

    @classmethod
    def none(cls) -> "RetryPolicy":
        """Make every call once."""
        return cls(attempts=1, max_elapsed=0.0)

    @classmethod
    def patient(cls) -> "RetryPolicy":
        """Outlast a cool-down: for bulk work, where no user waits for the result."""
        return cls(attempts=10, max_elapsed=900.0, first_wait=1.0, max_wait=60.0)

    def wait_before(self, attempt: int, *, draw: Callable[[], float] = random.random) -> float:
        """Return the seconds to wait before an attempt (the second is 2), with full jitter.

        Full jitter spreads callers that failed together over the whole interval, so that they don't come back together.
        """
        bound = min(self.max_wait, self.first_wait * 2.0 ** min(attempt - 2, 60))
        return bound * draw()


class RetryBudget:
    """What a client may spend on repeating: when most of its calls fail, repeats stop instead of multiplying.

    A repeat takes tokens and a call that succeeds puts one back, so the share of repeats in the traffic stays bounded.
    The costs follow the standard retry mode of the AWS SDKs. Calls from several threads may share a budget.
    """

    CAPACITY = 500
    REPEAT_COST = 5
    REPEAT_COST_AFTER_TIMEOUT = 10
    SUCCESS_REFUND = 1

    def __init__(self) -> None:
        self._tokens = self.CAPACITY
        self._after_fork()
        tell_after_fork(self, RetryBudget._after_fork)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int:
        """The tokens that are left."""
        return self._tokens

    def take(self, failure: Failure) -> bool:
        """Pay for one repeat; ``False`` when there is not enough left."""
        if failure is Failure.RATE_LIMITED:
            # The cool-down already holds these calls back, and the provider did respond.
            return True
        cost = self.REPEAT_COST_AFTER_TIMEOUT if failure is Failure.NO_RESPONSE else self.REPEAT_COST
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def put_back(self) -> None:
        """Refund for a call that succeeded."""
        if self._tokens < self.CAPACITY:
            with self._lock:
                self._tokens = min(self.CAPACITY, self._tokens + self.SUCCESS_REFUND)


class Repetition:
    """The repeats of one call: whether there is another attempt, when, and which error the call ends with.

    It neither waits nor sends. `Calls` hands its methods to tenacity, which asks after each failed attempt first
    `should_repeat`, then `wait`, then `stop`.

    Args:
        policy: How often and for how long the caller lets a call repeat.
        effect: What making the call a second time does.
        budget: Pays for each repeat.
    """

    def __init__(self, policy: RetryPolicy, effect: CallEffect, budget: RetryBudget) -> None:
        self._policy = policy
        self._effect = effect
        self._budget = budget
        self._may_be_done = False

    def should_repeat(self, error: BaseException | None) -> bool:
        """Whether the table allows another attempt after this error."""
        if not isinstance(error, Smtp2goError):
            return False
        if error.carried_out is None and self._effect is not CallEffect.READ:
            self._may_be_done = True
        decision = decide(failure_of(error), self._effect, at_least_once=self._policy.at_least_once)
        return decision is not Decision.RAISE

    def wait(self, error: BaseException | None, attempt: int) -> float:
        """Return the seconds between a failed attempt (the first is 1) and the next."""
        if isinstance(error, RateLimitError):
            return error.retry_after or 0.0
        return self._policy.wait_before(attempt + 1)

    def stop(self, error: BaseException | None, attempt: int, elapsed: float) -> bool:
        """Whether the attempts, the time or the budget are used up; if not, the budget pays for the next attempt.

        Args:
            error: The error of the attempt.
            attempt: The number of the attempt that failed.
            elapsed: Seconds from the start of the call to the end of the wait before the next attempt.
        """
        if error is None or elapsed > self._policy.max_elapsed or attempt >= self._policy.attempts:
            return True
        return not self._budget.take(failure_of(error))

    def final_error(self, error: Smtp2goError, operation: str) -> Smtp2goError:
        """Return the error of the whole call, given the error of its last attempt.

        When an earlier attempt may have been carried out, no later refusal shows that the call was not: the outcome
        of the call is unknown.
        """
        if self._effect is not CallEffect.ONCE:
            # Such a call can be made again whatever became of it. An error does not know the effect of its call.
            error.retryable = decide(failure_of(error), self._effect) is not Decision.RAISE
        if not self._may_be_done or error.carried_out is not False:
            return error
        if isinstance(error, NotSentError):
            unknown = OutcomeUnknownError(
                "an earlier attempt got no response and may have been carried out; the last attempt was not sent",
                operation=operation,
            )
            unknown.retryable = error.retryable and self._effect is not CallEffect.ONCE
            return unknown
        error.carried_out = None
        error.add_note("An earlier attempt of this call got no response and may have been carried out.")
        return error
