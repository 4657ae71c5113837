"""Receive what SMTP2GO reports about e-mails and texts: every event, once, from any framework.

    from smtp2go_async.webhooks import BearerAuth, Bounced, Receiver, Router, SqliteInbox

    router = Router()

    @router.on(Bounced, bounce="hard")
    async def remove(event: Bounced) -> None:
        await addresses.remove(event.recipient)

    receiver = Receiver(router, auth=BearerAuth("a long random text"), inbox=SqliteInbox("events.db"))
    app.add_route("/webhooks/smtp2go", receiver.asgi, methods=["POST"])     # Starlette, FastAPI
    await receiver.work()                                                   # in a task or a process of its own

`parse` reads a request, `Router` has the handlers, `Receiver` answers requests in any framework, and `SqliteInbox`
stores events until the handlers have got them. `fold` says what is true now of each recipient, `ensure_webhook` sets
the webhook up, and `backfill` gets the events that never came. Importing this package loads no HTTP library, no web
framework and no database.
"""

from .._runtime.loading import load
from ..errors import HandlerError as HandlerError
from ..errors import InboxError as InboxError
from ..errors import WebhookError as WebhookError
from ._receive.answer import WebhookAnswer as WebhookAnswer
from .auth import BasicAuth as BasicAuth
from .auth import BearerAuth as BearerAuth
from .auth import HeaderAuth as HeaderAuth
from .auth import QueryToken as QueryToken
from .auth import WebhookAuth as WebhookAuth
from .events import EVENT_CLASSES as EVENT_CLASSES
from .events import Bounced as Bounced
from .events import Clicked as Clicked
from .events import Complained as Complained
from .events import Delivered as Delivered
from .events import EmailEvent as EmailEvent
from .events import Event as Event
from .events import MailClient as MailClient
from .events import Opened as Opened
from .events import Place as Place
from .events import Processed as Processed
from .events import Rejected as Rejected
from .events import Resubscribed as Resubscribed
from .events import SmsDelivered as SmsDelivered
from .events import SmsEvent as SmsEvent
from .events import SmsFailed as SmsFailed
from .events import SmsOptedOut as SmsOptedOut
from .events import SmsRejected as SmsRejected
from .events import SmsSending as SmsSending
from .events import SmsSubmitted as SmsSubmitted
from .events import UnknownEvent as UnknownEvent
from .events import Unsubscribed as Unsubscribed
from .fold import EMAIL_RANKS as EMAIL_RANKS
from .fold import SMS_RANKS as SMS_RANKS
from .fold import RecipientState as RecipientState
from .fold import RecipientStates as RecipientStates
from .fold import fold as fold
from .inbox import Inbox as Inbox
from .inbox import InboxCounts as InboxCounts
from .inbox import Lease as Lease
from .inbox import StoredEvent as StoredEvent
from .parse import parse as parse
from .receiver import Receiver as Receiver
from .router import Router as Router

# Annotated, so that jedi takes it for a bool that it can't know, and completes the names below.
TYPE_CHECKING: bool = False
if TYPE_CHECKING:
    from ..bulk.journal import BULK_HEADER as BULK_HEADER
    from .from_activity import BackfillReport as BackfillReport
    from .from_activity import backfill as backfill
    from .from_activity import backfill_sync as backfill_sync
    from .setup import EnsuredWebhook as EnsuredWebhook
    from .setup import ensure_webhook as ensure_webhook
    from .setup import ensure_webhook_sync as ensure_webhook_sync
    from .sqlite_inbox import SqliteInbox as SqliteInbox
    from .sqlite_inbox import SyncSqliteInbox as SyncSqliteInbox

_HOME_OF = {
    "BULK_HEADER": "bulk.journal",
    "SqliteInbox": "webhooks.sqlite_inbox",
    "SyncSqliteInbox": "webhooks.sqlite_inbox",
    "EnsuredWebhook": "webhooks.setup",
    "ensure_webhook": "webhooks.setup",
    "ensure_webhook_sync": "webhooks.setup",
    "BackfillReport": "webhooks.from_activity",
    "backfill": "webhooks.from_activity",
    "backfill_sync": "webhooks.from_activity",
}
"""Names that need a database, an event loop or a client, and are loaded when they are touched."""

__all__ = [
    "BULK_HEADER",
    "EMAIL_RANKS",
    "EVENT_CLASSES",
    "SMS_RANKS",
    "BackfillReport",
    "BasicAuth",
    "BearerAuth",
    "Bounced",
    "Clicked",
    "Complained",
    "Delivered",
    "EmailEvent",
    "EnsuredWebhook",
    "Event",
    "HandlerError",
    "HeaderAuth",
    "Inbox",
    "InboxCounts",
    "InboxError",
    "Lease",
    "MailClient",
    "Opened",
    "Place",
    "Processed",
    "QueryToken",
    "Receiver",
    "RecipientState",
    "RecipientStates",
    "Rejected",
    "Resubscribed",
    "Router",
    "SmsDelivered",
    "SmsEvent",
    "SmsFailed",
    "SmsOptedOut",
    "SmsRejected",
    "SmsSending",
    "SmsSubmitted",
    "SqliteInbox",
    "StoredEvent",
    "SyncSqliteInbox",
    "UnknownEvent",
    "Unsubscribed",
    "WebhookAnswer",
    "WebhookAuth",
    "WebhookError",
    "backfill",
    "backfill_sync",
    "ensure_webhook",
    "ensure_webhook_sync",
    "fold",
    "parse",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = load(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
