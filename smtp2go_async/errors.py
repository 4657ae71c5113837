"""Every error of this library, and what each says about the call that raised it.

    Smtp2goError                                   .carried_out: False no, True yes, None nobody can know
    ├ TransportError                               no usable reply
    │  ├ NotSentError (ConnectionError)            False: the request never left, or never left whole
    │  └ OutcomeUnknownError                       None: it left, and no answer came
    │     └ ReplyTimeoutError (TimeoutError)       None: the answer did not come in time
    ├ ReplyError                                   None: an answer that can't be understood (True for a READ with a 2xx)
    ├ ApiError                                     False: the API refused the call
    │  ├ ValidationError                           a field is missing or wrong
    │  ├ AuthenticationError                       the key is missing, malformed, unknown or disabled
    │  ├ PermissionDeniedError                     the key may not make this call
    │  ├ NotFoundError                             there is no such thing
    │  ├ RateLimitError                            too many calls, or too many errors, from this address
    │  └ ServerError                               None: a 5xx
    ├ SendRefusedError                             False: a 200 whose body says that nothing was accepted
    ├ PagingError                                  None: a search ended before its last page
    ├ BulkStoppedError                             None: a run ended before its list; its report says how far it came
    ├ JournalError                                 False: the journal of a run can't be used
    └ WebhookError                                 a callback that can't be trusted or understood

All of them pickle and copy. Their text names the operation, the status, the code, the provider's message and the
request id; keys, addresses and telephone numbers in it are masked. It is one line that can be written to any log or
terminal: line breaks are spaces, and other control characters and half characters are shown as escapes.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ._masking import mask_text, one_line

LONGEST_TEXT = 2000
"""Characters of the provider's message that an error's text shows; `ApiError.message` has all of it."""


class Smtp2goError(Exception):
    """Base of all errors raised by this library for a call that could be made."""

    carried_out: bool | None = None
    """Whether the call took effect: ``False`` no, ``True`` yes, ``None`` nobody can know."""

    operation: str | None = None
    """The call, as the API names it, for example ``/email/send``."""

    def __init__(self, message: str = "", *, operation: str | None = None) -> None:
        super().__init__(_shown(message))
        self.operation = operation

    def __str__(self) -> str:
        text = str(self.args[0]) if self.args else ""
        parts = [str(part) for part in (self.operation, *self._details()) if part]
        whole = f"{' '.join(parts)}: {text}" if parts and text else " ".join(parts) or text
        return one_line(" ".join(part for part in (whole, *self._more()) if part))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The constructors take keywords, which the default way of pickling an exception would lose.
        return _restore, (type(self), self.args), self.__dict__

    def _details(self) -> Sequence[str]:
        """What stands between the operation and the message."""
        return ()

    def _more(self) -> Sequence[str]:
        """What stands after the message."""
        return ()


def _shown(text: object) -> str:
    # Masked before it is cut: of half an address the half that is left would not be known for one.
    masked = mask_text(str(text))
    return masked if len(masked) <= LONGEST_TEXT else f"{masked[:LONGEST_TEXT]}..."


def _request(request_id: str | None) -> Sequence[str]:
    return [f"(request {str(request_id)[:LONGEST_TEXT]})"] if request_id else ()


def _restore(kind: type[Smtp2goError], args: tuple[Any, ...]) -> Smtp2goError:
    error = kind.__new__(kind)
    error.args = args
    return error


class TransportError(Smtp2goError):
    """No usable reply came."""


class NotSentError(TransportError, ConnectionError):
    """The request did not leave this machine whole, so nothing was carried out; sending it again is safe."""

    carried_out: bool | None = False

    final: bool = False
    """Whether trying again would end in the same way: the client is closed, or a file was changed while it was sent."""

    def __init__(self, message: str = "", *, operation: str | None = None, final: bool = False) -> None:
        super().__init__(message, operation=operation)
        self.final = final


class OutcomeUnknownError(TransportError):
    """The request left and no answer came: it may or may not have been carried out.

    A send is not repeated after this. Look for it with ``activity.search`` before sending again.
    """


class ReplyTimeoutError(OutcomeUnknownError, TimeoutError):
    """The request left and the answer did not come in time."""


class ReplyError(Smtp2goError):
    """An answer came that can't be understood: HTML, half a JSON text, a shape that nobody has documented."""

    status: int = 0
    """The HTTP status of the answer."""
    raw: Any = None
    """The answer: decoded JSON where it was JSON, else its bytes."""

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status: int = 0,
        raw: Any = None,
        carried_out: bool | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.status = status
        self.raw = raw
        self.carried_out = carried_out

    def _details(self) -> Sequence[str]:
        return (str(self.status),) if self.status else ()


class ApiError(Smtp2goError):
    """The API refused the call, so nothing was carried out."""

    carried_out: bool | None = False

    status: int = 0
    """The HTTP status. It is not reliable: a wrong key has been answered with 400, 401, 403 and 500."""
    code: str | None = None
    """The API's ``error_code`` without its ``E_ApiResponseCodes.`` prefix."""
    message: str = ""
    """The API's own text, unmasked and as it came: it can hold addresses, line breaks and control characters."""
    request_id: str | None = None
    """What SMTP2GO's support asks for."""
    field_errors: Mapping[str, str] = MappingProxyType({})
    """What is wrong with which field of the body, unmasked and as it came."""
    raw: Any = None
    """The answer: decoded JSON where it was JSON, else its bytes."""

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        field_errors: Mapping[str, str] | None = None,
        raw: Any = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.field_errors = dict(field_errors or {})
        self.raw = raw

    def _details(self) -> Sequence[str]:
        return [part for part in (str(self.status) if self.status else "", _shown(self.code or "")) if part]

    def _more(self) -> Sequence[str]:
        fields = "; ".join(f"{name}: {problem}" for name, problem in self.field_errors.items())
        return [*([f"[{_shown(fields)}]"] if fields else []), *_request(self.request_id)]


class ValidationError(ApiError):
    """A field of the request is missing or wrong; `field_errors` says which."""


class AuthenticationError(ApiError):
    """The API key is missing, malformed, unknown or disabled, or belongs to another region. Never repeated."""


class PermissionDeniedError(ApiError):
    """The API key is valid and may not make this call."""


class NotFoundError(ApiError):
    """What the call names does not exist."""


class RateLimitError(ApiError):
    """Turned away with a 429, or not tried at all while the cool-down after one lasts.

    The provider blocks the whole address for at least a minute after too many calls or too many errors.
    """

    retry_after: float | None = None
    """Seconds until calling again makes sense."""

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        field_errors: Mapping[str, str] | None = None,
        raw: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            message,
            operation=operation,
            status=status,
            code=code,
            request_id=request_id,
            field_errors=field_errors,
            raw=raw,
        )
        self.retry_after = retry_after


class ServerError(ApiError):
    """A 5xx that is not about the key: it may or may not have been carried out."""

    carried_out: bool | None = None


class SendRefusedError(Smtp2goError):
    """A send was answered with a success status, and its body says that nothing was accepted.

    ``client.with_options(raise_on_refused=False)`` returns the result instead.
    """

    carried_out: bool | None = False

    failures: tuple[str, ...] = ()
    """The provider's reasons, unmasked: each can have several lines and can hold addresses."""
    status: int = 0
    request_id: str | None = None
    result: Any = None
    """The result that would have been returned."""

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        failures: Sequence[str] = (),
        status: int = 0,
        request_id: str | None = None,
        result: Any = None,
        carried_out: bool | None = False,
    ) -> None:
        super().__init__(message, operation=operation)
        self.failures = tuple(failures)
        self.status = status
        self.request_id = request_id
        self.result = result
        self.carried_out = carried_out

    def _more(self) -> Sequence[str]:
        return _request(self.request_id)


class PagingError(Smtp2goError):
    """A search over several pages ended before the last: the token of the next page has expired, or leads in a circle.

    Where the search takes dates, go on from the time of the last item.
    """

    items: int = 0
    """How many items came before."""
    last: Any = None
    """The last item that came, or ``None``."""

    def __init__(self, message: str = "", *, operation: str | None = None, items: int = 0, last: Any = None) -> None:
        super().__init__(message, operation=operation)
        self.items = items
        self.last = last


class BulkStoppedError(Smtp2goError):
    """A run ended before its list did: the key, the permission, the plan, or a network that stays away.

    The error that ended it is its cause. Rows that were not sent can be sent by the same run, started again with its
    journal.
    """

    report: Any = None
    """The `BulkReport` of what was done until then."""

    def __init__(self, message: str = "", *, operation: str | None = None, report: Any = None) -> None:
        super().__init__(message, operation=operation)
        self.report = report


class JournalError(Smtp2goError):
    """The journal of a run can't be opened, read or written, is in use, or belongs to another list."""

    carried_out: bool | None = False


class WebhookError(Smtp2goError):
    """A callback that can't be trusted or understood."""
