"""Manage the addresses that the provider reports events to."""

import re
from collections.abc import Sequence
from typing import Any, Literal, Unpack

import attrs

from .._model_class import MaskedAddress, Secret, Url, model
from .._operation import Operation
from .._values.checks import check_count
from .._values.options import Options
from .._values.problems import invalid
from ..reply import ListReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup

WebhookEventName = (
    Literal["processed", "delivered", "open", "click", "bounce", "spam", "unsubscribe", "resubscribe", "reject"] | str
)
"""The documented events of e-mails; the API may add others. ``resubscribe`` is documented for callbacks only."""

WebhookSmsEventName = Literal["delivered", "failed", "rejected", "sending", "submitted", "opt-out"] | str
"""The documented events of texts; in callbacks their names start with ``sms_``."""

OutputFormat = Literal["form", "json"] | str

AuthHeaderType = Literal["bearer", "basic", ""] | str

_HTTP = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


class WebhookOptions(Options, total=False):
    """Options of a webhook; each can be left out."""

    events: Sequence[WebhookEventName] | None
    """Events of e-mails to report: ``processed``, ``delivered``, ``open``, ``click``, ``bounce``, ``spam``,
    ``unsubscribe``, ``resubscribe`` or ``reject``. Activity has other words for them. The API was seen to ignore
    unknown names, so compare the answer's ``events``."""
    sms_events: Sequence[WebhookSmsEventName] | None
    """Events of texts to report: ``delivered``, ``failed``, ``rejected``, ``sending``, ``submitted`` or ``opt-out``."""
    headers: Sequence[str] | None
    """Names of e-mail headers to report with each event; the subject and the Message-ID are always reported."""
    usernames: Sequence[str] | None
    """SMTP users and API keys whose e-mails are reported; all when left out."""
    output_format: OutputFormat | None
    """The format of the reports: ``form`` or ``json``; ``form`` when left out."""
    auth_header_type: AuthHeaderType | None
    """The kind of the ``Authorization`` header of reports: ``bearer``, ``basic``, or empty for no header."""
    auth_header_value: str | None
    """The token, or for ``basic`` the base64 of ``user:password``. Reports are not signed, so this header proves that
    they come from the provider; the URL can hold a user and a password as well."""
    disabled: bool | None
    """True to report nothing for now. In the API since October 2026."""
    custom_headers: Any
    """In the API since October 2026, and its shape is not published: passed on as it is."""
    subaccount_id: str | None
    """The subaccount to act for."""


@model
class Webhook:
    """An address that events are reported to."""

    id: int | None = None
    url: Url = ""
    """Reprs show nothing but its host, since it can hold a password or a token."""
    events: tuple[WebhookEventName, ...] = ()
    sms_events: tuple[WebhookSmsEventName, ...] = ()
    headers: tuple[str, ...] = ()
    usernames: tuple[MaskedAddress, ...] = ()
    """The users whose e-mails are reported; all if empty. Masked in reprs, as the API's reference shows whole keys."""
    output_format: OutputFormat = ""
    auth_header_type: AuthHeaderType = ""
    auth_header_value: Secret = ""
    """Not shown in reprs."""
    disabled: bool | None = None
    """``None`` if the answer does not say."""
    custom_headers: Any = attrs.field(default=None, repr=False)
    """As it came, since its shape is not published."""


@model
class ChangedWebhook(Webhook, Reply):
    """The webhook that was added, changed or removed."""


ADD = Operation("/webhook/add", ChangedWebhook, effect=CallEffect.ONCE, takes_subaccount=True)
EDIT = Operation("/webhook/edit", ChangedWebhook, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/webhook/remove", ChangedWebhook, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/webhook/view", ListReply[Webhook], effect=CallEffect.READ, takes_subaccount=True)


class Webhooks(EndpointGroup):
    """Addresses that events are reported to (https://developers.smtp2go.com/reference/view-webhook)."""

    async def add(self, url: str, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Report events to a URL.

        ``POST /webhook/add`` (https://developers.smtp2go.com/reference/add-webhook). Not repeated when the outcome is
        unknown: each event could be reported twice. Free plans allow 1 webhook, paid plans 10.

        Args:
            url: An ``http`` or ``https`` URL; it may have a user, a password and a query.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: The URL is not a URL, a name is empty, or the header has a control character.
        """
        return await self._call(ADD, {"url": _url(url), **WebhookOptions(**options)})

    async def edit(self, id: int, *, url: str | None = None, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Change a webhook.

        ``POST /webhook/edit`` (https://developers.smtp2go.com/reference/edit-webhook). It is not documented whether
        options that are left out are kept: look at the answer.

        Args:
            id: The id of the webhook.
            url: An ``http`` or ``https`` URL; it may have a user, a password and a query.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: The URL is not a URL, a name is empty, or the header has a control character.
        """
        fields = {"id": check_count(id, "id"), "url": None if url is None else _url(url)}
        return await self._call(EDIT, {**fields, **WebhookOptions(**options)})

    async def remove(self, id: int, *, subaccount_id: str | None = None) -> ChangedWebhook:
        """Remove a webhook. Nothing more is reported to it.

        ``POST /webhook/remove`` (https://developers.smtp2go.com/reference/remove-webhook). The answer holds the removed
        webhook.

        Args:
            id: The id of the webhook.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"id": check_count(id, "id"), "subaccount_id": subaccount_id})

    async def view(self, *, subaccount_id: str | None = None) -> ListReply[Webhook]:
        """List the webhooks.

        ``POST /webhook/view`` (https://developers.smtp2go.com/reference/view-webhook). A single webhook is documented
        and a list was seen; both are returned as a list.

        Args:
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _url(url: str) -> str:
    # The URL is not in the message: it can hold a password.
    if not _HTTP.match(url):
        raise invalid("url", "must be a URL that starts with http:// or https://")
    return url
