"""What a call is: its path, the type of its result, and what happens when it is made twice."""

import enum
import re
from typing import Generic, TypeVar

import attrs

T_co = TypeVar("T_co", covariant=True)


class Effect(enum.Enum):
    """What making a call a second time does. Every operation names one; there is no default."""

    READ = "read"
    """Changes nothing."""

    CONVERGES = "converges"
    """Ends in the same state when done twice."""

    ONCE = "once"
    """Does two things when done twice: a second e-mail, a second text, a second key."""


@attrs.frozen
class Operation(Generic[T_co]):
    """One call of the API: ``Operation("/sms/send", SmsSent, effect=Effect.ONCE)``."""

    path: str
    result: type[T_co]
    effect: Effect = attrs.field(kw_only=True)
    method: str = attrs.field(default="POST", kw_only=True)
    takes_subaccount: bool = attrs.field(default=False, kw_only=True)
    """The API has ``subaccount_id`` here, so a client made with one fills it in."""
    key_in_body: bool = attrs.field(default=False, kw_only=True)
    """The API wants ``api_key`` in the body of this call, whatever carries it elsewhere."""

    def __attrs_post_init__(self) -> None:
        if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", self.path):
            raise ValueError("path: a path of the API is needed, for example /email/send")
        if self.method not in ("POST", "PATCH", "GET", "PUT", "DELETE"):
            raise ValueError(f"method: {self.method!r} is none of POST, PATCH, GET, PUT, DELETE")
        if not isinstance(self.effect, Effect):
            raise TypeError(f"effect: an Effect is needed, not a {type(self.effect).__name__}")

    @property
    def is_email(self) -> bool:
        """Whether the provider's larger body limit for ``/email`` calls applies."""
        return self.path.startswith("/email/")
