"""Every error of this library, and what each says about the call that raised it.

    Smtp2goError                                   .carried_out: False no, True yes, None nobody can know
    ├ TransportError                               no usable reply
    │  ├ NotSentError (ConnectionError)            False: the request never left, or never left whole
    │  └ OutcomeUnknownError                       None: it left, and no answer came
    │     └ ReplyTimeoutError (TimeoutError)       None: the answer did not come in time
    ├ ReplyError                                   None: an answer that can't be understood (True for a READ with a 2xx)
    ├ ApiError                                     False: the API refused the call
    │  ├ BadRequestError              a field is missing or wrong
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

All of them pickle and copy, and go through JSON by `Smtp2goError.to_dict` and `Smtp2goError.from_dict`. So do their
``args``, which is what Celery keeps: ``type(error)(*error.args)`` is the same error again. The text names the
operation, the status, the code, the provider's message and the request id; keys, addresses and telephone numbers in it
are masked. It is one line that any log can hold: line breaks are spaces, and other control characters and half
characters are shown as escapes.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from ._error_json import OWN_ARGS, Details, details_of, message_of, named_request, shown, take, told
from ._masking import mask_text, one_line


class Smtp2goWarning(UserWarning):
    """Something works and is hardly meant: a `SyncClient` that stops an event loop while it waits."""


class Smtp2goError(Exception):
    """Base of all errors raised by this library for a call that could be made.

    Every error takes ``details`` as its second argument, which is what ``args`` holds after the text.
    """

    carried_out: bool | None = None
    """Whether the call took effect: ``False`` no, ``True`` yes, ``None`` nobody can know."""

    operation: str | None = None
    """The call, as the API names it, for example ``/email/send``."""

    def __init__(self, message: str = "", details: Details = None, *, operation: str | None = None) -> None:
        super().__init__(shown(message))
        self.operation = operation
        take(self, details)

    if not TYPE_CHECKING:  # to a type checker a property can't stand where a variable was

        @property
        def args(self) -> tuple[Any, ...]:
            """The text, then an object with what else there is to tell, also what was put on the error later."""
            more = details_of(self)
            return (self._text, more) if more else (self._text,)

        @args.setter
        def args(self, value: tuple[Any, ...]) -> None:
            OWN_ARGS.__set__(self, value)

    def to_dict(self, *, masked: bool = True) -> dict[str, Any]:
        """Return the error as an object for JSON, of which `from_dict` makes the same error.

        Left out is what would take whole answers along: ``raw``, ``result``, ``last`` and ``report``. The kind of an
        error of your own is the class of this library that it is derived from.

        Args:
            masked: Mask keys, addresses and telephone numbers in everything that the provider said, as the error's text
                does. With ``False``, `ApiError.message`, ``field_errors`` and ``failures`` are there as they came.

        Example:
            >>> error = NotSentError("the connection was refused", operation="/email/send")
            >>> error.to_dict()["kind"], error.to_dict()["carried_out"]
            ('NotSentError', False)
        """
        return {"kind": _kind(type(self)).__name__, **told(self, mask_text if masked else str)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make the error of which `to_dict` made an object. What a later version has added to it is left out.

        Raises:
            ValueError: ``kind`` names no error of this library, or one of another class than this is called on.
            TypeError: Something has another type than `to_dict` gives it.

        Example:
            >>> error = Smtp2goError.from_dict({"kind": "ApiError", "message": "no", "status": 400})
            >>> type(error).__name__, error.status, error.carried_out
            ('ApiError', 400, False)
        """
        message = message_of(data)
        named: Any = globals().get(str(data.get("kind")))
        kind: Any = cls if named is _kind(cls) else named
        if not (isinstance(kind, type) and issubclass(kind, cls)):
            raise ValueError(f"kind: is not the name of a {cls.__name__}")  # noqa: TRY004 - it is a wrong name
        return kind(message, data)

    def __str__(self) -> str:
        text = self._text
        parts = [str(part) for part in (self.operation, *self._details()) if part]
        whole = f"{' '.join(parts)}: {text}" if parts and text else " ".join(parts) or text
        return one_line(" ".join(part for part in (whole, *self._more()) if part))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The constructors take keywords, which the default way of pickling an exception would lose.
        return _restore, (type(self), OWN_ARGS.__get__(self)), self.__dict__

    @property
    def _text(self) -> str:
        args = OWN_ARGS.__get__(self)
        return str(args[0]) if args else ""

    def _details(self) -> Sequence[str]:
        return ()  # what stands between the operation and the message

    def _more(self) -> Sequence[str]:
        return ()  # what stands after the message


def _kind(cls: type[Smtp2goError]) -> type[Smtp2goError]:
    """Return the class of this module that a class is, or is derived from."""
    return next(one for one in cls.__mro__ if one.__module__ == __name__)


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

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, final: bool = False
    ) -> None:
        super().__init__(message, operation=operation)
        self.final = final
        take(self, details)


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
    request_id: str | None = None
    """What SMTP2GO's support asks for, where the answer had it."""
    raw: Any = None
    """The answer: decoded JSON where it was JSON, else its bytes."""

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
        take(self, details)

    def _details(self) -> Sequence[str]:
        return (str(self.status or ""),)

    def _more(self) -> Sequence[str]:
        return named_request(self.request_id)


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
        take(self, details)

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
        take(self, details)


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
        take(self, details)

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
        take(self, details)


class BulkStoppedError(Smtp2goError):
    """A run ended before its list did: the key, the permission, the plan, or a network that stays away.

    The error that ended it is its cause. Rows that were not sent can be sent by the same run, started again with its
    journal.
    """

    report: Any = None
    """The `BulkReport` of what was done until then."""

    def __init__(
        self, message: str = "", details: Details = None, *, operation: str | None = None, report: Any = None
    ) -> None:
        super().__init__(message, operation=operation)
        self.report = report
        take(self, details)


class JournalError(Smtp2goError):
    """The journal of a run can't be opened, read or written, is in use, or belongs to another list."""

    carried_out: bool | None = False


class WebhookError(Smtp2goError):
    """A callback that can't be trusted or understood."""
