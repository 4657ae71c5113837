"""The settings that API keys, SMTP users and IP authentications share. No I/O and no state."""

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from .rules import Fields, parse_mailbox

STATUSES = ("allowed", "blocked", "sandbox")
MAX_RATE = 2_147_483_647
NO_PERIOD = "0:00:00"

_PERIOD = re.compile(r"\d+ (?:hour|day|week|month)s?(?:[ ,]\d+:\d\d:\d\d)?|\d+:\d\d:\d\d|unlimited", re.ASCII)
_TEXTS = ("description", "feedback_html", "feedback_text")
_FLAGS = (
    "custom_ratelimit",
    "feedback_enabled",
    "open_tracking_enabled",
    "click_tracking_enabled",
    "archive_enabled",
)


@frozen(kw_only=True)
class SenderSettings:
    """How e-mails of a sender are treated. The defaults are those of the API.

    ``status`` is ``allowed``, ``blocked`` or ``sandbox``; ``custom_ratelimit_value`` is a number of e-mails in
    ``custom_ratelimit_period``; ``bounce_notifications`` is ``from``, ``drop`` or an address.
    """

    description: str = ""
    custom_ratelimit: bool = False
    custom_ratelimit_value: int | None = None
    custom_ratelimit_period: str = NO_PERIOD
    ip_pool: int | None = None
    feedback_enabled: bool = False
    feedback_html: str = ""
    feedback_text: str = ""
    open_tracking_enabled: bool = False
    click_tracking_enabled: bool = False
    archive_enabled: bool = False
    audit_email: str | None = None
    bounce_notifications: str = "from"
    status: str = "allowed"

    def shown(self) -> dict[str, Any]:
        """Return the settings in the names that API keys and the replies to a PATCH have; what is unset is left out."""
        fields: dict[str, Any] = {
            "description": self.description,
            "custom_rate_limit": self.custom_ratelimit,
            "custom_ratelimit_value": self.custom_ratelimit_value,
            "custom_ratelimit_period": self.custom_ratelimit_period,
            "default_ratelimit_value": "0",
            "default_ratelimit_period": "unlimited",
            # The request calls it ip_pool, the reply ippool.
            "ippool": self.ip_pool,
            "feedback_enabled": self.feedback_enabled,
            "feedback_html": self.feedback_html,
            "feedback_text": self.feedback_text,
            "open_tracking_enabled": self.open_tracking_enabled,
            "click_tracking_enabled": self.click_tracking_enabled,
            "archive_enabled": self.archive_enabled,
            "audit_email": self.audit_email,
            "bounce_notifications": self.bounce_notifications,
            "status": self.status,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def shown_in_results(self) -> dict[str, Any]:
        """Return the settings in the names of ``results``, where what is unset is null."""
        fields = self.shown()
        for name in ("custom_rate_limit", "default_ratelimit_value", "default_ratelimit_period"):
            del fields[name]
        return {
            **fields,
            "sending_allowed": self.status != "blocked",
            "custom_ratelimit": self.custom_ratelimit,
            "custom_ratelimit_value": self.custom_ratelimit_value,
            "feedback_domain": "default",
            "audit_email": self.audit_email,
        }


def read_settings(fields: Fields, pools: Mapping[int, object]) -> dict[str, Any]:
    """Return the settings that a request has, checked.

    Args:
        fields: The request.
        pools: The pools of dedicated IP addresses by their ids.
    """
    found: dict[str, Any] = {}
    for name in _TEXTS:
        if name in fields:
            found[name] = fields.text(name)
    for name in _FLAGS:
        if name in fields:
            found[name] = fields.flag(name)
    if "custom_ratelimit_value" in fields:
        found["custom_ratelimit_value"] = fields.whole("custom_ratelimit_value", lowest=1, highest=MAX_RATE)
    period = fields.text("custom_ratelimit_period")
    if period is not None:
        if not _PERIOD.fullmatch(period):
            fields.fail("custom_ratelimit_period", "was expecting a period such as '1 hour' or '0:30:00'")
        found["custom_ratelimit_period"] = period
    if "ip_pool" in fields:
        found["ip_pool"] = fields.whole("ip_pool")
        if found["ip_pool"] not in pools:
            fields.fail("ip_pool", "was expecting the id of an IP pool of the account")
    audit = fields.text("audit_email")
    if audit is not None:
        _check_address(fields, "audit_email", audit)
        found["audit_email"] = audit or None
    bounces = fields.text("bounce_notifications")
    if bounces is not None:
        if bounces not in ("from", "drop"):
            _check_address(fields, "bounce_notifications", bounces)
        found["bounce_notifications"] = bounces or "from"
    status = fields.text("status")
    if status is not None:
        fields.one_of("status", status, STATUSES)
        found["status"] = status
    return found


def with_changes(settings: SenderSettings, changes: Mapping[str, Any]) -> SenderSettings:
    """Return settings with changes. The limit is kept only where it is switched on, as the reference says."""
    changed = evolve(settings, **changes)
    if changed.custom_ratelimit:
        return changed
    return evolve(changed, custom_ratelimit_value=None, custom_ratelimit_period=NO_PERIOD)


def _check_address(fields: Fields, name: str, value: str) -> None:
    mailbox = parse_mailbox(value)
    if value and (mailbox is None or mailbox.name):
        fields.fail(name, "was expecting a valid e-mail address")
