# Written by tools/make_sync.py from endpoints/webhooks.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.webhooks`."""

from typing import Unpack

from ..endpoints.webhooks import ChangedWebhook, Webhook, WebhookOptions, Webhooks
from ..reply import ListReply
from ._group import SyncGroup


class SyncWebhooks(SyncGroup[Webhooks]):
    """Addresses that events are reported to (https://developers.smtp2go.com/reference/view-webhook)."""

    __slots__ = ()

    def add(self, url: str, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Report events to a URL.

        ``POST /webhook/add`` (https://developers.smtp2go.com/reference/add-webhook). Not repeated when the outcome is
        unknown: each event could be reported twice. Free plans allow 1 webhook, paid plans 10.

        Args:
            url: An ``http`` or ``https`` URL; it may have a user, a password and a query.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: The URL is not a URL, a name is empty, or the header has a control character.
        """
        return self._run(self._async.add, url, **WebhookOptions(**options))

    def edit(self, id: int, *, url: str | None = None, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
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
        return self._run(self._async.edit, id, url=url, **WebhookOptions(**options))

    def remove(self, id: int, *, subaccount_id: str | None = None) -> ChangedWebhook:
        """Remove a webhook. Nothing more is reported to it.

        ``POST /webhook/remove`` (https://developers.smtp2go.com/reference/remove-webhook). The answer holds the removed
        webhook.

        Args:
            id: The id of the webhook.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, id, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> ListReply[Webhook]:
        """List the webhooks.

        ``POST /webhook/view`` (https://developers.smtp2go.com/reference/view-webhook). A single webhook is documented
        and a list was seen; both are returned as a list.

        Args:
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
