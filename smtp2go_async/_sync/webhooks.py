# Written by tools/make_sync.py from endpoints/webhooks.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.webhooks`."""

from typing import Unpack

from .._models.model import ListReply
from ..endpoints.webhooks import ChangedWebhook, Webhook, WebhookOptions, Webhooks
from ._group import SyncGroup


class SyncWebhooks(SyncGroup[Webhooks]):
    """Places that events are reported to."""

    __slots__ = ()

    def add(self, url: str, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Report events to a URL.

        ``POST /webhook/add``. Not repeated when the outcome is unknown: each event could be reported twice. Free plans
        have 1 webhook, others 10.

        Args:
            url: ``http`` or ``https``; user, password and query are possible.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: Something else than a URL, an empty name, or a control character in the header.
        """
        return self._run(self._async.add, url, **WebhookOptions(**options))

    def edit(self, id: int, *, url: str | None = None, **options: Unpack[WebhookOptions]) -> ChangedWebhook:
        """Change a webhook.

        ``POST /webhook/edit``. Whether what is left out stays as it is, is not documented: look at the answer.

        Args:
            id: Its id.
            url: ``http`` or ``https``; user, password and query are possible.
            **options: See `WebhookOptions`.

        Raises:
            ValueError: Something else than a URL, an empty name, or a control character in the header.
        """
        return self._run(self._async.edit, id, url=url, **WebhookOptions(**options))

    def remove(self, id: int, *, subaccount_id: str | None = None) -> ChangedWebhook:
        """Remove a webhook. Nothing is reported there any more.

        ``POST /webhook/remove``. The answer holds what was removed.

        Args:
            id: Its id.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.remove, id, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> ListReply[Webhook]:
        """List the webhooks.

        ``POST /webhook/view``. One webhook is documented, a list was seen; both come as a list.

        Args:
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
