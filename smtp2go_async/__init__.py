"""Send e-mail and SMS through SMTP2GO, and always know what happened.

    from smtp2go_async import AsyncClient

    async with AsyncClient() as client:                      # the key from SMTP2GO_API_KEY
        result = await client.email.send(
            sender="Shop <shop@example.com>", to=["jane@example.com"], subject="Hello", text_body="Hi Jane"
        )

`SyncClient` has the same methods for code that does not await. Every error is a `Smtp2goError` whose `carried_out` says
whether the call took effect: ``True``, ``False``, or ``None`` if that is unknown.

Importing this package loads nothing else: each name is loaded when it is used for the first time.
"""

# Annotated, so that jedi takes it for a bool that it can't know, and completes the names below as type checkers do.
TYPE_CHECKING: bool = False
if TYPE_CHECKING:
    from .bulk.journal import Journal as Journal
    from .bulk.outcome import BulkReport as BulkReport
    from .bulk.outcome import Outcome as Outcome
    from .bulk.outcome import ReconcileReport as ReconcileReport
    from .bulk.outcome import SmsOutcome as SmsOutcome
    from .bulk.progress import Progress as Progress
    from .bulk.rows import EmailFile as EmailFile
    from .client import AsyncClient as AsyncClient
    from .errors import ApiError as ApiError
    from .errors import ArgumentTypeError as ArgumentTypeError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BadRequestError as BadRequestError
    from .errors import BulkStoppedError as BulkStoppedError
    from .errors import HandlerError as HandlerError
    from .errors import InboxError as InboxError
    from .errors import InvalidArgumentError as InvalidArgumentError
    from .errors import JournalError as JournalError
    from .errors import NotFoundError as NotFoundError
    from .errors import NotSentError as NotSentError
    from .errors import OutcomeUnknownError as OutcomeUnknownError
    from .errors import PagingError as PagingError
    from .errors import PermissionDeniedError as PermissionDeniedError
    from .errors import RateLimitError as RateLimitError
    from .errors import ReplyError as ReplyError
    from .errors import ReplyTimeoutError as ReplyTimeoutError
    from .errors import SendRefusedError as SendRefusedError
    from .errors import ServerError as ServerError
    from .errors import Smtp2goError as Smtp2goError
    from .errors import Smtp2goWarning as Smtp2goWarning
    from .errors import TransportError as TransportError
    from .errors import WebhookError as WebhookError
    from .message import Attachment as Attachment
    from .message import Email as Email
    from .message import Inline as Inline
    from .pacing import Pacer as Pacer
    from .period import CalendarPeriod as CalendarPeriod
    from .reply import AnyReply as AnyReply
    from .reply import EmptyReply as EmptyReply
    from .reply import ListReply as ListReply
    from .reply import Reply as Reply
    from .retry import CallEffect as CallEffect
    from .retry import RetryPolicy as RetryPolicy
    from .sync import SyncClient as SyncClient

__version__ = "0.1.0"

_HOMES = {
    "bulk.journal": ("Journal",),
    "bulk.outcome": ("BulkReport", "Outcome", "ReconcileReport", "SmsOutcome"),
    "bulk.progress": ("Progress",),
    "bulk.rows": ("EmailFile",),
    "client": ("AsyncClient",),
    "sync": ("SyncClient",),
    "message": ("Attachment", "Email", "Inline"),
    "retry": ("CallEffect", "RetryPolicy"),
    "pacing": ("Pacer",),
    "period": ("CalendarPeriod",),
    "reply": ("AnyReply", "EmptyReply", "ListReply", "Reply"),
    "errors": (
        "ApiError",
        "ArgumentTypeError",
        "AuthenticationError",
        "BadRequestError",
        "BulkStoppedError",
        "HandlerError",
        "InboxError",
        "InvalidArgumentError",
        "JournalError",
        "NotFoundError",
        "NotSentError",
        "OutcomeUnknownError",
        "PagingError",
        "PermissionDeniedError",
        "RateLimitError",
        "ReplyError",
        "ReplyTimeoutError",
        "SendRefusedError",
        "ServerError",
        "Smtp2goError",
        "Smtp2goWarning",
        "TransportError",
        "WebhookError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AnyReply",
    "ApiError",
    "ArgumentTypeError",
    "AsyncClient",
    "Attachment",
    "AuthenticationError",
    "BadRequestError",
    "BulkReport",
    "BulkStoppedError",
    "CalendarPeriod",
    "CallEffect",
    "Email",
    "EmailFile",
    "EmptyReply",
    "HandlerError",
    "InboxError",
    "Inline",
    "InvalidArgumentError",
    "Journal",
    "JournalError",
    "ListReply",
    "NotFoundError",
    "NotSentError",
    "Outcome",
    "OutcomeUnknownError",
    "Pacer",
    "PagingError",
    "PermissionDeniedError",
    "Progress",
    "RateLimitError",
    "ReconcileReport",
    "Reply",
    "ReplyError",
    "ReplyTimeoutError",
    "RetryPolicy",
    "SendRefusedError",
    "ServerError",
    "SmsOutcome",
    "Smtp2goError",
    "Smtp2goWarning",
    "SyncClient",
    "TransportError",
    "WebhookError",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._runtime.loading import load, loading

    if home in ("client", "sync"):
        # logging is loaded before the rest, for the reason that `loading` gives.
        with loading:
            import logging  # noqa: F401
    value = load(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
