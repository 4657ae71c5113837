"""Every error of this library, and its statement about the call that raised it.

                                             .carried_out, and why it was raised                        .retryable
    Smtp2goError                             None, where nothing else is said                           no
    ├ InvalidArgumentError (ValueError)      False: an argument has a value that is not possible        no
    ├ ArgumentTypeError (TypeError)          False: an argument has a type that is not possible         no
    ├ TransportError                         no usable reply                                            no
    │  ├ NotSentError (ConnectionError)      False: the request never left, or never left whole         unless final
    │  └ OutcomeUnknownError                 None: it left, and no response came                        not a send
    │     └ ReplyTimeoutError (TimeoutError) None: the response did not come in time                    not a send
    ├ ReplyError                             None: not understood (True: READ with 2xx)                 no
    ├ ApiError                               False: the API refused the call                            no
    │  ├ BadRequestError                     a field is missing or wrong                                no
    │  ├ AuthenticationError                 the key is missing, malformed, unknown or disabled         no
    │  ├ PermissionDeniedError               the key may not make this call                             no
    │  ├ NotFoundError                       there is no such thing                                     no
    │  ├ RateLimitError                      too many calls, or too many errors, from this address      yes
    │  └ ServerError                         None: a 5xx                                                not a send
    ├ SendRefusedError                       False: a 200 whose body says that nothing was accepted     no
    ├ PagingError                            None: a search ended before its last page                  no
    ├ BulkStoppedError                       None: a run ended early; its report says how far it came   by its cause
    ├ JournalError                           False: the journal of a run can't be used                  no
    ├ WebhookError                           a callback that can't be trusted or understood             no
    ├ InboxError                             False: an event could not be stored, or read back          by its cause
    └ HandlerError                           a handler of an event took too long, or was not started    no

``retryable`` says whether the same call can succeed later by itself, and can't take effect twice by that; "not carried
out" alone does not say so. It follows the table in `smtp2go_async.retry`: "not a send" means yes for a call that can be
made twice (`CallEffect.READ` and ``CONVERGES``), apart from a 500 with an error code of the API, and no for one that
does two things (``ONCE``), since an unknown outcome may be a success. An error that follows an earlier attempt with an
unknown outcome has ``carried_out=None``, and is not retryable if the call was a send. So has any error that ends a run
after its first call: a wrong row in the middle of a list, or a journal that can't be written any more. A run that ended
early is retryable if it has a journal and the reason passes: started again with that journal, it sends no row twice.

All of them pickle and copy, and go through JSON by `Smtp2goError.to_dict` and `Smtp2goError.from_dict`. So do their
``args``, which is what Celery keeps: ``type(error)(*error.args)`` is the same error again. The text names the
operation, the status, the code, the provider's message and the request id; keys, addresses and telephone numbers in it
are masked. It is a single line that any log can hold: line breaks are spaces, and other control characters and half
characters are shown as escapes. Only the error about several bad rows of an `EmailFile` has more lines, each of which
is such a line.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ._error_base import BaseError, Details, named_request, shown
from ._masking import mask_text


class Smtp2goError(BaseError):
    """Base of all errors that this library raises.

    Every error takes ``details`` as its second argument, which is what ``args`` holds after the text.
    """

    carried_out: bool | None = None
    """Whether the call took effect: ``False`` no, ``True`` yes, ``None`` nobody can know."""

    operation: str | None = None
    """The call, as the API names it, for example ``/email/send``."""

    _retryable: bool | None = None
    """Set where more is known than the error itself says: the effect of the call, or what came through JSON."""

    @property
    def retryable(self) -> bool:
        """Whether the same call can succeed later by itself, and can't take effect twice by that.

        ``carried_out=False`` alone does not say so: a call that was refused for its key is refused again.
        """
        return self._rule() if self._retryable is None else self._retryable

    @retryable.setter
    def retryable(self, value: bool) -> None:
        self._retryable = value


class InvalidArgumentError(Smtp2goError, ValueError):
    """An argument has a value that is not possible. Nothing was sent."""

    carried_out: bool | None = False

    argument: str | None = None
    """The argument as the caller wrote it, for example ``to[1]``; the text begins with it."""

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, argument: str | None = None
    ) -> None:
        super().__init__(message, operation=operation)
        # A path or a key of the caller's own can be a part of it.
        self.argument = argument and mask_text(argument)
        self._take(details)


class ArgumentTypeError(Smtp2goError, TypeError):
    """An argument has a type that is not possible. Nothing was sent."""

    carried_out: bool | None = False

    argument: str | None = None
    """The argument as the caller wrote it, for example ``to[1]``; the text begins with it."""

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, argument: str | None = None
    ) -> None:
        super().__init__(message, operation=operation)
        self.argument = argument and mask_text(argument)
        self._take(details)


class Smtp2goWarning(UserWarning):
    """Something works and is hardly meant: a `SyncClient` blocks an event loop, or a message has no recipients."""


class TransportError(Smtp2goError):
    """No usable reply came."""


class NotSentError(TransportError, ConnectionError):
    """The request did not leave this machine whole, so nothing was carried out; sending it again is safe."""

    carried_out: bool | None = False

    final: bool = False
    """Whether trying again would end in the same way: the client is closed, or a file was changed while it was sent."""

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, final: bool = False
    ) -> None:
        super().__init__(message, operation=operation)
        self.final = final
        self._take(details)

    def _rule(self) -> bool:
        return self.carried_out is False and not self.final


class OutcomeUnknownError(TransportError):
    """The request left and no response came: it may or may not have been carried out.

    A send is not repeated after this. Look for it with ``activity.search`` before sending again.
    """


class ReplyTimeoutError(OutcomeUnknownError, TimeoutError):
    """The request left and the response did not come in time."""


class ReplyError(Smtp2goError):
    """A response came that can't be understood: HTML, half a JSON text, an undocumented shape."""

    status: int = 0
    """The HTTP status of the response."""
    request_id: str | None = None
    """The id that SMTP2GO's support asks for, if the response had it."""
    raw: Any = None
    """The response: decoded JSON if it was JSON, else its bytes."""

    def __init__(
        self,
        message: str = "",
        details: Details = None,
        *,
        operation: str | None = None,
        status: int = 0,
        request_id: str | None = None,
        raw: Any = None,
        carried_out: bool | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.status = status
        self.request_id = request_id
        self.raw = raw
        self.carried_out = carried_out
        self._take(details)

    def _details(self) -> Sequence[str]:
        return (str(self.status or ""),)

    def _more(self) -> Sequence[str]:
        return named_request(self.request_id)


class ApiError(Smtp2goError):
    """The API refused the call, so nothing was carried out."""

    carried_out: bool | None = False

    status: int = 0
    """The HTTP status. It is not reliable: a wrong key has led to a 400, 401, 403 and 500."""
    code: str | None = None
    """The API's ``error_code`` without its ``E_ApiResponseCodes.`` prefix."""
    message: str = ""
    """The API's own text, unmasked and as it came: it can hold addresses, line breaks and control characters."""
    request_id: str | None = None
    """The id that SMTP2GO's support asks for."""
    field_errors: Mapping[str, str] = MappingProxyType({})
    """The problem of each wrong field of the body, unmasked and as it came."""
    raw: Any = None
    """The response: decoded JSON if it was JSON, else its bytes."""

    def __init__(
        self,
        message: str = "",
        details: Details = None,
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
        self._take(details)

    def _details(self) -> Sequence[str]:
        return (str(self.status or ""), shown(self.code or ""))

    def _more(self) -> Sequence[str]:
        fields = "; ".join(f"{name}: {problem}" for name, problem in self.field_errors.items())
        return [*([f"[{shown(fields)}]"] if fields else []), *named_request(self.request_id)]


class BadRequestError(ApiError):
    """A field of the request is missing or wrong; `field_errors` says which."""


class AuthenticationError(ApiError):
    """The API key is missing, malformed, unknown or disabled, or belongs to another region. Never repeated."""


class PermissionDeniedError(ApiError):
    """The API key is valid and may not make this call."""


class NotFoundError(ApiError):
    """The thing that the call names does not exist."""


class RateLimitError(ApiError):
    """The call was turned away with a 429, or not tried at all while the cool-down after a 429 lasts.

    The provider blocks the whole address for at least a minute after too many calls or too many errors.
    """

    retry_after: float | None = None
    """Seconds until calling again makes sense."""

    def __init__(
        self,
        message: str = "",
        details: Details = None,
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
        self._take(details)

    def _rule(self) -> bool:
        return self.carried_out is False

    def _more(self) -> Sequence[str]:
        if self.retry_after is None:
            return super()._more()
        wait = f"(retry_after: {self.retry_after:.0f} s; RetryPolicy.patient() waits up to 15 minutes)"
        return [*super()._more(), wait]


class ServerError(ApiError):
    """A 5xx that is not about the key: it may or may not have been carried out."""

    carried_out: bool | None = None


class SendRefusedError(Smtp2goError):
    """The response to a send has a success status, and its body says that nothing was accepted.

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
        details: Details = None,
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
        self._take(details)

    def _more(self) -> Sequence[str]:
        return named_request(self.request_id)


class PagingError(Smtp2goError):
    """A search over several pages ended before the last: the token of the next page has expired, or leads in a circle.

    Where the search takes dates, go on from the time of the last item.
    """

    items: int = 0
    """How many items came before."""
    last: Any = None
    """The last item that came, or ``None``."""

    def __init__(
        self,
        message: str = "",
        details: Details = None,
        *,
        operation: str | None = None,
        items: int = 0,
        last: Any = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.items = items
        self.last = last
        self._take(details)


class BulkStoppedError(Smtp2goError):
    """A run ended before its list did: the key, the permission, the plan, or a network that stays away.

    The error that ended it is its cause. Rows that were not sent can be sent by the same run, started again with its
    journal.
    """

    report: Any = None
    """The `BulkReport` of the run until then."""

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, report: Any = None
    ) -> None:
        super().__init__(message, operation=operation)
        self.report = report
        self._take(details)


class JournalError(Smtp2goError):
    """The journal of a run can't be opened, read or written, is in use, or belongs to another list."""

    carried_out: bool | None = False


class WebhookError(Smtp2goError):
    """A callback that can't be trusted or understood."""


class InboxError(Smtp2goError):
    """An inbox could not store an event, or read one back; nothing was stored by half."""

    carried_out: bool | None = False


class HandlerError(Smtp2goError):
    """A handler of an event took too long, or was not started because too many others hang."""
