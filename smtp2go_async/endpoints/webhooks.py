"""Manage where the provider reports events to.

| method   | call                 | effect    |
|----------|----------------------|-----------|
| `add`    | POST /webhook/add    | ONCE      |
| `edit`   | POST /webhook/edit   | CONVERGES |
| `remove` | POST /webhook/remove | CONVERGES |
| `view`   | POST /webhook/view   | READ      |
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, Unpack

import attrs

from .._models.model import ListReply, MaskedAddress, Reply, Secret, Url, model
from .._operation import CallEffect, Operation
from .._values.checks import check_count
from .._values.options import Options
from ._group import EndpointGroup

WebhookEventName = (
    Literal["processed", "delivered", "open", "click", "bounce", "spam", "unsubscribe", "resubscribe", "reject"] | str
)
"""The documented events of e-mails; others may come. ``resubscribe`` is documented for callbacks only."""

WebhookSmsEventName = Literal["delivered", "failed", "rejected", "sending", "submitted", "opt-out"] | str
"""The documented events of texts; callbacks have ``sms_`` before them."""

OutputFormat = Literal["form", "json"] | str

AuthHeaderType = Literal["bearer", "basic", ""] | str

_HTTP = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


class WebhookOptions(Options, total=False):
    """Options of a webhook; each can be left out."""

    events: Sequence[WebhookEventName] | None
    """Events of e-mails to report. The API was seen to ignore names that it does not know: look at the answer's."""
    sms_events: Sequence[WebhookSmsEventName] | None
    """Events of texts to report."""
    headers: Sequence[str] | None
    """Names of headers of the e-mails to report with each event; the subject and the Message-ID always are."""
    usernames: Sequence[str] | None
    """Report only what these send, SMTP users and API keys; all when left out."""
    output_format: OutputFormat | None
    """``form`` or ``json``; a form when left out."""
    auth_header_type: AuthHeaderType | None
    """``bearer`` or ``basic``; empty for none."""
    auth_header_value: str | None
    """The token, or for ``basic`` the base64 of ``user:password``. Callbacks are not signed, so this is what they have
    to show; the URL can hold a user and password as well."""
    disabled: bool | None
    """Report nothing for now; the API got it in October 2026."""
    custom_headers: Any
    """The API got it in October 2026, and its shape is not published; it is passed on as it is."""
    subaccount_id: str | None
    """Act for this subaccount."""


@model
class Webhook:
    """A place that events are reported to."""

    id: int | None = None
    url: Url = ""
    """Only its host is shown in reprs: it can hold a password or a token."""
    events: tuple[WebhookEventName, ...] = ()
    sms_events: tuple[WebhookSmsEventName, ...] = ()
    headers: tuple[str, ...] = ()
    usernames: tuple[MaskedAddress, ...] = ()
    """Those whose sending is reported; all when empty. The API's reference shows whole keys here: masked in reprs."""
    output_format: OutputFormat = ""
    auth_header_type: AuthHeaderType = ""
    auth_header_value: Secret = ""
    """Not shown in reprs."""
    disabled: bool | None = None
    """``None`` when the answer does not say."""
    custom_headers: Any = attrs.field(default=None, repr=False)
    """As it came; its shape is not published."""


@model
class ChangedWebhook(Webhook, Reply):
    """The webhook that was added, changed or removed."""


ADD = Operation("/webhook/add", ChangedWebhook, effect=CallEffect.ONCE, takes_subaccount=True)
EDIT = Operation("/webhook/edit", ChangedWebhook, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/webhook/remove", ChangedWebhook, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/webhook/view", ListReply[Webhook], effect=CallEffect.READ, takes_subaccount=True)


class Webhooks(EndpointGroup):
    """Places that events are reported to."""

    async def add(self, url: str, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Report events to a URL.

        ``POST /webhook/add``. Not repeated when the outcome is unknown: each event could be reported twice. Free plans
        have 1 webhook, others 10.

        Args:
            url: ``http`` or ``https``; user, password and query are possible.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: Something else than a URL, an empty name, or a control character in the header.
        """
        return await self._call(ADD, {"url": _url(url), **options})

    async def edit(self, id: int, *, url: str | None = None, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Change a webhook.

        ``POST /webhook/edit``. Whether what is left out stays as it is, is not documented: look at the answer.

        Args:
            id: Its id.
            url: ``http`` or ``https``; user, password and query are possible.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: Something else than a URL, an empty name, or a control character in the header.
        """
        fields = {"id": check_count(id, "id"), "url": None if url is None else _url(url)}
        return await self._call(EDIT, {**fields, **options})

    async def remove(self, id: int, *, subaccount_id: str | None = None) -> ChangedWebhook:
        """Remove a webhook. Nothing is reported there any more.

        ``POST /webhook/remove``. The answer holds what was removed.

        Args:
            id: Its id.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(REMOVE, {"id": check_count(id, "id"), "subaccount_id": subaccount_id})

    async def view(self, *, subaccount_id: str | None = None) -> ListReply[Webhook]:
        """List the webhooks.

        ``POST /webhook/view``. One webhook is documented, a list was seen; both come as a list.

        Args:
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _url(url: str) -> str:
    # The URL is not in the message: it can hold a password.
    if not _HTTP.match(url):
        raise ValueError("url: a URL that starts with http:// or https:// is needed")
    return url
