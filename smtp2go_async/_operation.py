"""An operation of the API: its path, the type of its result, and what happens when it is called twice."""

import re
from typing import Generic, TypeVar

import attrs

from ._masking import shown_half_made
from ._values.checks import check_text
from ._values.problems import invalid, not_one_of, wrong_type
from .retry import CallEffect

METHODS = ("POST", "PATCH", "GET", "PUT", "DELETE")

MAX_PATH_LENGTH = 200
"""Characters; the API's longest path has 28."""

T_co = TypeVar("T_co", covariant=True)


@shown_half_made
@attrs.frozen
class Operation(Generic[T_co]):
    """One call of the API: ``Operation("/sms/send", SmsSent, effect=CallEffect.ONCE)``."""

    path: str
    result: type[T_co]
    effect: CallEffect = attrs.field(kw_only=True)
    method: str = attrs.field(default="POST", kw_only=True)
    takes_subaccount: bool = attrs.field(default=False, kw_only=True)
    """The API has ``subaccount_id`` here, so a client that has a subaccount fills it in."""
    key_in_body: bool = attrs.field(default=False, kw_only=True)
    """The API wants ``api_key`` in the body of this call, also where a header carries it in other calls."""

    empty_response: bool = attrs.field(default=False, kw_only=True)
    """The API documents a success without a body here, so any text with a success status is fine."""

    def __attrs_post_init__(self) -> None:
        if len(check_text(self.path, "path")) > MAX_PATH_LENGTH:
            raise invalid("path", f"must have at most {MAX_PATH_LENGTH} characters, not {len(self.path):,}")
        if not re.fullmatch(r"(/(?!\.\.?(/|$))[A-Za-z0-9_.~-]+)+", self.path):
            raise invalid("path", "must be a path of the API, for example /email/send")
        if check_text(self.method, "method") not in METHODS:
            raise not_one_of("method", METHODS, self.method)
        if not isinstance(self.effect, CallEffect):
            raise wrong_type("effect", "a CallEffect", self.effect)

    @property
    def is_email(self) -> bool:
        """Whether the provider's larger body limit for ``/email`` calls applies."""
        return self.path.startswith("/email/")
