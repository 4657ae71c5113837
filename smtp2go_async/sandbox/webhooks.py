"""The webhooks of a sandbox account, and the calls that set them up. Events are not reported to them yet.

The provider was seen to ignore unknown names of events without a word, and the account does so, too. ``resubscribe`` is
among them: it is documented as an event, and not as a name that can be asked for.
"""

import re
import threading
from typing import Any

from attrs import evolve, frozen

from .call import Operations
from .rules import Fields, RequestError

MAX_WEBHOOKS = 10  # of a paid plan; a free plan has 1

_FIRST_ID = 4320
# Both lists are those of the provider's reference; opt-out is named beside it.
_EVENTS: tuple[str, ...] = ("delivered", "unsubscribe", "spam", "bounce", "processed", "reject", "click", "open")
_SMS_EVENTS: tuple[str, ...] = ("delivered", "failed", "rejected", "sending", "submitted", "opt-out")
_FORMATS: tuple[str, ...] = ("form", "json")
_AUTH_TYPES: tuple[str, ...] = ("", "bearer", "basic")
_URL = re.compile(r"https?://[^/?#\s]+\S*", re.IGNORECASE)


@frozen(kw_only=True)
class StoredWebhook:
    """A webhook of the account. Reprs do not show its URL, which can hold a password."""

    id: int
    url: str = ""
    events: tuple[str, ...] = ()
    sms_events: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    output_format: str = "form"
    auth_header_type: str = ""
    auth_header_value: str = ""
    disabled: bool = False

    def __repr__(self) -> str:
        return f"<StoredWebhook {self.id}>"


class WebhookSettings:
    """The webhooks of an account. May be used from several threads at once.

    Args:
        most: How many webhooks the plan has.
    """

    def __init__(self, most: int = MAX_WEBHOOKS) -> None:
        if most < 0:
            raise ValueError(f"max_webhooks: must be 0 or more, not {most}")
        self._most = most
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all webhooks."""
        with self._lock:
            self._webhooks: dict[int, StoredWebhook] = {}
            self._next_id = _FIRST_ID

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/webhook/add": lambda call: self.add(call.fields),
            "/webhook/edit": lambda call: self.edit(call.fields),
            "/webhook/remove": lambda call: self.remove(call.fields),
            "/webhook/view": lambda _call: self.view(),
        }

    @property
    def all(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks in the order in which they were added."""
        with self._lock:
            return tuple(self._webhooks.values())

    def add(self, fields: Fields) -> dict[str, Any]:
        """Answer ``/webhook/add``."""
        fields.required("url", fields.text("url"))
        changes = _changes(fields)
        with self._lock:
            if len(self._webhooks) >= self._most:
                # The provider has not published how it refuses one more.
                raise RequestError(400, "API_EXCEPTION", f"Your plan allows {self._most} webhooks, and all are in use")
            webhook = StoredWebhook(id=self._next_id, **changes)
            self._webhooks[webhook.id] = webhook
            self._next_id += 1
        return _shown(webhook)

    def edit(self, fields: Fields) -> dict[str, Any]:
        """Answer ``/webhook/edit``. A field that is left out stays as it was, which the provider has not published."""
        changes = _changes(fields)
        with self._lock:
            webhook = evolve(self._webhook(fields), **changes)
            self._webhooks[webhook.id] = webhook
        return _shown(webhook)

    def remove(self, fields: Fields) -> dict[str, Any]:
        """Answer ``/webhook/remove`` with the webhook that was removed."""
        with self._lock:
            webhook = self._webhook(fields)
            del self._webhooks[webhook.id]
        return _shown(webhook)

    def view(self) -> list[dict[str, Any]]:
        """Answer ``/webhook/view``: with an array, as was seen, and not with an object, as is documented."""
        return [_shown(webhook) for webhook in self.all]

    def _webhook(self, fields: Fields) -> StoredWebhook:
        wanted = fields.whole("id")
        if wanted is None:
            fields.fail("id", "is required")
        if wanted not in self._webhooks:
            raise RequestError(400, "API_EXCEPTION", "No webhook was found with the passed 'id'")
        return self._webhooks[wanted]


def _changes(fields: Fields) -> dict[str, Any]:
    """Return the fields of a webhook that a request has."""
    found: dict[str, Any] = {}
    if "url" in fields:
        url = fields.text("url") or ""
        if not _URL.fullmatch(url):
            fields.fail("url", "was expecting a URL such as 'https://example.com/webhook'")
        found["url"] = url
    for name, subscribable in (("events", _EVENTS), ("sms_events", _SMS_EVENTS)):
        if name in fields:
            asked = fields.words(name)
            found[name] = tuple(word for word in subscribable if word in asked)
    for name in ("headers", "usernames"):
        if name in fields:
            found[name] = tuple(fields.words(name))
    for name, possible in (("output_format", _FORMATS), ("auth_header_type", _AUTH_TYPES)):
        if name in fields:
            found[name] = fields.text(name) or ""
            fields.one_of(name, found[name], possible)
    if "auth_header_value" in fields:
        found["auth_header_value"] = fields.text("auth_header_value") or ""
    if "disabled" in fields:
        found["disabled"] = fields.flag("disabled")
    return found


def _shown(webhook: StoredWebhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "id": webhook.id,
        "events": list(webhook.events),
        "sms_events": list(webhook.sms_events),
        "headers": list(webhook.headers),
        "usernames": list(webhook.usernames),
        "output_format": webhook.output_format,
        "auth_header_type": webhook.auth_header_type,
        "auth_header_value": webhook.auth_header_value,
        "disabled": webhook.disabled,
    }
