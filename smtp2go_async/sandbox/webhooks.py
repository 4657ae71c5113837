"""The webhooks of a sandbox account, and the calls that set them up; `notify` reports events to them.

The provider was seen to ignore unknown names of events without a word, and the account does so, too. ``resubscribe`` is
among them: it is documented as an event, and not as a name that can be asked for.
"""

import re
import threading
from typing import Any

from attrs import evolve, frozen

from .call import Call, Operations
from .rules import Fields, RequestError, read_header

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
    custom_headers: tuple[tuple[str, str], ...] = ()
    disabled: bool = False
    subaccount: str = ""

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
            "/webhook/add": self.add,
            "/webhook/edit": self.edit,
            "/webhook/remove": self.remove,
            "/webhook/view": self.view,
        }

    @property
    def all(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks in the order in which they were added."""
        with self._lock:
            return tuple(self._webhooks.values())

    def __bool__(self) -> bool:
        """Return whether there is any webhook; without a lock, since each event of each e-mail asks."""
        return bool(self._webhooks)

    def get(self, webhook_id: int) -> StoredWebhook | None:
        """Return a webhook by its id, or `None` when there is none."""
        with self._lock:
            return self._webhooks.get(webhook_id)

    def add(self, call: Call) -> dict[str, Any]:
        """Answer ``/webhook/add``."""
        call.fields.required("url", call.fields.text("url"))
        changes = _changes(call.fields)
        with self._lock:
            if sum(webhook.subaccount == call.subaccount for webhook in self._webhooks.values()) >= self._most:
                # The provider has not published how it refuses one more.
                raise RequestError(400, "API_EXCEPTION", f"Your plan allows {self._most} webhooks, and all are in use")
            webhook = StoredWebhook(id=self._next_id, subaccount=call.subaccount, **changes)
            self._webhooks[webhook.id] = webhook
            self._next_id += 1
        return _shown(webhook)

    def edit(self, call: Call) -> dict[str, Any]:
        """Answer ``/webhook/edit``. A field that is left out stays as it was, which the provider has not published."""
        changes = _changes(call.fields)
        with self._lock:
            webhook = evolve(self._webhook(call), **changes)
            self._webhooks[webhook.id] = webhook
        return _shown(webhook)

    def remove(self, call: Call) -> dict[str, Any]:
        """Answer ``/webhook/remove`` with the webhook that was removed."""
        with self._lock:
            webhook = self._webhook(call)
            del self._webhooks[webhook.id]
        return _shown(webhook)

    def view(self, call: Call) -> list[dict[str, Any]]:
        """Answer ``/webhook/view``: with an array, as was seen, and not with an object, as is documented."""
        return [_shown(webhook) for webhook in self.all if webhook.subaccount == call.subaccount]

    def _webhook(self, call: Call) -> StoredWebhook:
        wanted = call.fields.whole("id")
        if wanted is None:
            call.fields.fail("id", "is required")
        webhook = self._webhooks.get(wanted)
        if webhook is None or webhook.subaccount != call.subaccount:
            raise RequestError(400, "API_EXCEPTION", "No webhook was found with the passed 'id'")
        return webhook


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
        found["auth_header_value"] = fields.line("auth_header_value") or ""
    if "custom_headers" in fields:
        found["custom_headers"] = _custom_headers(fields)
    if "disabled" in fields:
        found["disabled"] = fields.flag("disabled")
    return found


def _custom_headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    # The provider has not published their shape. Here it is that of an e-mail's, or an object with a text for a name.
    given = fields.raw("custom_headers")
    if isinstance(given, dict):
        items = [Fields({"header": name, "value": value}, "custom_headers.") for name, value in given.items()]
    else:
        items = fields.objects("custom_headers")
    return tuple([read_header(item) for item in items])


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
        "custom_headers": [{"header": name, "value": value} for name, value in webhook.custom_headers],
        "disabled": webhook.disabled,
    }
